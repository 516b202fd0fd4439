//! Values that are in more than one place, since an anchor names them.

use crate::{
    Path, Place, Segment, SetError,
    lookup::{Entry, entry, is_merge_key, key_text},
    tree::{Kind, NodeId, Tree},
};

/// The most places that are listed for one value, and for all of them; the most aliases between a value and a place.
const PLACES: usize = 10_000;
const ALL_PLACES: usize = 200_000;
const ALIASES: usize = 100;

/// What is left for all values that are set at once: each key below an anchor is in as many places as the anchor is
/// used, so that together they could be the square of what is written.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(ALL_PLACES)
    }
}

/// Checks that no alias stands for `id`, which is at `path`, or for something that it is in.
pub(crate) fn is_alone(tree: &Tree<'_>, path: &Path, id: NodeId) -> Result<(), SetError> {
    let mut above = Some(id);
    while let Some(current) = above {
        let node = &tree.nodes[current];
        if let Some((anchor, name)) = &node.anchor
            && let Some(users) = tree.users.get(anchor)
        {
            return Err(SetError::Shared {
                path: path.to_string(),
                line: tree.nodes[id].line,
                anchor: name.clone(),
                users: users.iter().map(|&user| tree.nodes[user].line).collect(),
            });
        }
        above = node.parent;
    }
    Ok(())
}

/// Returns the places but `known` in which a reader finds the scalar `id`.
pub(crate) fn other_places(
    tree: &Tree<'_>,
    id: NodeId,
    known: &Path,
    budget: &mut Budget,
) -> Result<Vec<Place>, SetError> {
    let mut search = Search { tree, id, known, open: Vec::new(), aliases: 0, found: Vec::new() };
    search.climb(id, Vec::new(), tree.nodes[id].line, budget)?;
    search.found.sort_by_key(|place| place.line);
    Ok(search.found)
}

struct Search<'t, 's> {
    tree: &'t Tree<'s>,
    id: NodeId,
    known: &'t Path,
    /// The anchored nodes whose aliases are being followed.
    open: Vec<NodeId>,
    /// How many aliases were followed.
    aliases: usize,
    found: Vec<Place>,
}

impl Search<'_, '_> {
    /// Goes from a node to the root, and aside to each alias of what it comes through. `below` are the steps from
    /// the node to the scalar, the last one first.
    fn climb(
        &mut self,
        from: NodeId,
        mut below: Vec<Segment>,
        line: usize,
        budget: &mut Budget,
    ) -> Result<(), SetError> {
        let mut current = from;
        loop {
            let node = &self.tree.nodes[current];
            let users = node.anchor.as_ref().and_then(|(anchor, _)| self.tree.users.get(anchor));
            if let Some(users) = users {
                if self.open.contains(&current) {
                    return Err(self.refused("an alias in it stands for itself"));
                }
                self.open.push(current);
                for &user in users {
                    self.aliases += 1;
                    budget.0 = budget.0.saturating_sub(1);
                    if budget.0 == 0 || self.aliases > PLACES || self.open.len() > ALIASES {
                        return Err(SetError::TooMany { path: self.known.to_string() });
                    }
                    self.climb(user, below.clone(), self.tree.nodes[user].line, budget)?;
                }
                self.open.pop();
            }
            if node.is_key {
                return Err(
                    self.refused("it is, or is in, the key of a mapping, which would get another name")
                );
            }
            let Some(parent) = node.parent else { break };
            if let (Some(mapping), Some(Segment::Key(key))) = (self.merged_into(current), below.last()) {
                // Its key is one of that mapping, unless that has the key from elsewhere.
                match entry(self.tree, mapping, key) {
                    Entry::Merged { through, .. } if through == current => current = mapping,
                    Entry::Duplicate(_) => {
                        return Err(self.refused("a mapping that takes it over by `<<` has a key twice"));
                    }
                    _ => return Ok(()),
                }
                continue;
            }
            below.push(self.step_to(parent, current));
            current = parent;
        }
        below.reverse();
        let number = self.tree.documents.binary_search(&current).unwrap_or_default() + 1;
        let path = Path::new(below).in_document(number);
        if path != *self.known {
            let path = if self.tree.documents.len() > 1 { path } else { Path::new(path.segments().to_vec()) };
            self.found.push(Place { path, line });
        }
        Ok(())
    }

    /// Returns the mapping that takes over the keys of a node, which is after `<<`.
    fn merged_into(&self, source: NodeId) -> Option<NodeId> {
        let parent = self.tree.nodes[source].parent?;
        let (mapping, value) = match self.tree.nodes[parent].kind {
            Kind::Sequence { .. } => (self.tree.nodes[parent].parent?, parent),
            _ => (parent, source),
        };
        let Kind::Mapping { entries } = &self.tree.nodes[mapping].kind else { return None };
        let (key, found) = *entries.get(self.tree.nodes[value].index)?;
        (found == value && is_merge_key(self.tree, key)).then_some(mapping)
    }

    fn step_to(&self, parent: NodeId, child: NodeId) -> Segment {
        let index = self.tree.nodes[child].index;
        let key = match &self.tree.nodes[parent].kind {
            Kind::Mapping { entries } => entries.get(index).and_then(|&(key, _)| key_text(self.tree, key)),
            _ => None,
        };
        let index = Segment::Index(i64::try_from(index).unwrap_or(i64::MAX));
        key.map_or(index, |key| Segment::Key(key.to_owned()))
    }

    fn refused(&self, reason: &'static str) -> SetError {
        SetError::CannotFollow { path: self.known.to_string(), line: self.tree.nodes[self.id].line, reason }
    }
}
