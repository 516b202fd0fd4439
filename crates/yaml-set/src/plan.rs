//! What all edits of a text want together, and what came of it.

use crate::{
    Change, Edit, SetError,
    fresh::{Clash, Fresh},
    insert::Inserter,
    locate::{At, Target, locate},
    prove::{Wanted, is_string},
    sharing::{Budget, other_places},
    splice::{Splice, splice},
    tree::{NodeId, Tree},
};

/// The edits of a text, each with its places.
pub(crate) struct Plan<'e> {
    pub(crate) wanted: Wanted<'e>,
    targets: Vec<Vec<Target>>,
}

impl<'e> Plan<'e> {
    /// Finds the places, and checks that no two edits contradict each other.
    pub(crate) fn of(tree: &Tree<'_>, edits: &'e [Edit]) -> Result<Self, SetError> {
        let mut plan = Self { wanted: Wanted::default(), targets: Vec::new() };
        for edit in edits {
            let targets = locate(tree, edit)?;
            for target in &targets {
                plan.want(edit, target.at)
                    .map_err(|Clash| SetError::Conflict { path: target.path.to_string() })?;
            }
            plan.targets.push(targets);
        }
        let both = |id: &Option<NodeId>| id.is_some_and(|id| plan.wanted.values.contains_key(&id));
        if plan.wanted.growth.keys().any(both) {
            let path = edits.last().map(|edit| edit.path.to_string()).unwrap_or_default();
            return Err(SetError::Conflict { path });
        }
        Ok(plan)
    }

    fn want(&mut self, edit: &'e Edit, at: At) -> Result<(), Clash> {
        match at {
            At::Scalar(id) => match self.wanted.values.insert(id, &edit.value) {
                Some(other) if other != edit.value => Err(Clash),
                _ => Ok(()),
            },
            At::Missing { below, depth } => {
                let steps = &edit.path.segments()[depth..];
                let new = || Fresh::for_steps(steps, &edit.value);
                self.wanted.growth.entry(below).or_insert_with(new).put(steps, &edit.value)
            }
        }
    }

    /// Plans the bytes, in the order of the text.
    pub(crate) fn splices(
        &self,
        text: &str,
        tree: &Tree<'_>,
        edits: &[Edit],
    ) -> Result<Vec<Splice>, SetError> {
        let mut splices = Vec::new();
        let path_of = |at: &dyn Fn(At) -> bool| {
            let of = |(edit, targets): (&Edit, &Vec<Target>)| {
                targets.iter().any(|target| at(target.at)).then(|| edit.path.to_string())
            };
            edits.iter().zip(&self.targets).find_map(of).unwrap_or_default()
        };
        for (&id, value) in &self.wanted.values {
            if !is_string(&tree.nodes[id], value) {
                splices.push(splice(text, tree, id, || path_of(&|at| at == At::Scalar(id)), value)?);
            }
        }
        if !self.wanted.growth.is_empty() {
            let inserter = Inserter::new(text, tree);
            for (&below, fresh) in &self.wanted.growth {
                let is_here = |at| matches!(at, At::Missing { below: found, .. } if found == below);
                let error = |room: crate::insert::NoRoom| {
                    room.into_error(path_of(&is_here), below.map(|id| tree.nodes[id].line))
                };
                splices.extend(inserter.splices(below, fresh).map_err(error)?);
            }
        }
        splices.sort_by(Splice::order);
        Ok(splices)
    }

    /// Says what each edit did, by following its path in the new text: there, nothing is left to do.
    pub(crate) fn changes(
        self,
        before: &Tree<'_>,
        after: &Tree<'_>,
        edits: &[Edit],
    ) -> Result<Vec<Change>, SetError> {
        let (mut changes, mut budget) = (Vec::new(), Budget::default());
        for (index, (edit, old)) in edits.iter().zip(self.targets).enumerate() {
            let new = locate(after, edit)?;
            if old.len() != new.len() {
                return Err(contradiction(edit));
            }
            for (old, new) in old.into_iter().zip(new) {
                let At::Scalar(id) = new.at else { return Err(contradiction(edit)) };
                if !is_string(&after.nodes[id], &edit.value) {
                    return Err(contradiction(edit));
                }
                let is_new = !matches!(old.at, At::Scalar(id) if is_string(&before.nodes[id], &edit.value));
                let also = if is_new && edit.follow_alias {
                    other_places(after, id, &new.exact, &mut budget)?
                } else {
                    Vec::new()
                };
                changes.push(Change { also, ..change(before, after, index, edit, old, id) });
            }
        }
        Ok(changes)
    }
}

fn change(before: &Tree<'_>, after: &Tree<'_>, index: usize, edit: &Edit, old: Target, id: NodeId) -> Change {
    let (text, changed, created) = match old.at {
        At::Scalar(id) => {
            let node = &before.nodes[id];
            let text = before.scalar(id).filter(|_| !node.is_empty_value());
            (text.map(str::to_owned), !is_string(node, &edit.value), false)
        }
        At::Missing { .. } => (None, true, true),
    };
    Change {
        edit: index,
        path: old.path,
        old: text,
        new: edit.value.clone(),
        line: after.nodes[id].line,
        changed,
        created,
        also: Vec::new(),
    }
}

fn contradiction(edit: &Edit) -> SetError {
    let reason =
        format!("`{}` would lead elsewhere after the other edits; make them one after the other", edit.path);
    SetError::Unproven { reason }
}
