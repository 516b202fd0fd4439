//! Follows a path through a tree to the scalars that it leads to, or to where one is missing.

use std::collections::BTreeSet;

use crate::{
    Edit, Path, Segment, SetError,
    documents::{is_one_of_several, roots},
    keys::{items_where, repeated},
    lookup::{Entry, MERGE, entry, is_merge_key, key_text, resolve},
    missing,
    nearby::{children, position},
    sharing,
    tree::{Kind, NodeId, Tree},
};

/// The most nodes that one path may lead through: an alias may be in what it stands for.
const STEPS: usize = 2_000_000;

/// Where an edit applies.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The path that leads there and nowhere else.
    pub(crate) path: Path,
    /// The same with keys and indices only, and always with the document's number.
    pub(crate) exact: Path,
    pub(crate) at: At,
}

/// What is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum At {
    /// A scalar.
    Scalar(NodeId),
    /// Nothing: the steps of the path from this one on are missing below the node, or in a text without one.
    Missing { below: Option<NodeId>, depth: usize },
}

/// Returns the places of an edit, in the order in which they are written, each of them once.
pub(crate) fn locate(tree: &Tree<'_>, edit: &Edit) -> Result<Vec<Target>, SetError> {
    let every = edit.path.segments().contains(&Segment::Every);
    let mut walk = Walk {
        tree,
        edit,
        numbered: is_one_of_several(tree, &edit.path),
        steps: 0,
        seen: BTreeSet::new(),
        ends: Vec::new(),
    };
    let roots = roots(tree, &edit.path)?;
    for &(number, root) in &roots {
        walk.from(root, number)?;
    }
    let (arrived, stuck): (Vec<End>, Vec<End>) = walk.ends.into_iter().partition(End::has_arrived);
    if every {
        let mut ends: Vec<End> = arrived;
        if edit.create {
            let can_go_on = |end: &End| missing::has_fixed_end(&edit.path, end.depth());
            ends.extend(stuck.iter().filter(|end| can_go_on(end)).cloned());
            ends.sort_by_key(|end| end.order);
        }
        if ends.is_empty() {
            return Err(not_found(tree, &edit.path, &stuck, roots.len()));
        }
        return checked(tree, edit, ends);
    }
    match (arrived.as_slice(), edit.create) {
        ([], false) => Err(not_found(tree, &edit.path, &stuck, roots.len())),
        ([], true) => {
            let place = missing::place(tree, edit, &stuck)?;
            let end = place.ok_or_else(|| not_found(tree, &edit.path, &stuck, roots.len()))?;
            checked(tree, edit, vec![end])
        }
        ([_], _) => checked(tree, edit, arrived),
        (several, _) => Err(SetError::Ambiguous {
            path: edit.path.to_string(),
            lines: several.iter().map(|end| tree.nodes[end.node].line).collect(),
        }),
    }
}

/// Where a walk ended: at the end of the path, or where it cannot go on.
#[derive(Debug, Clone)]
pub(crate) struct End {
    order: usize,
    /// The node of the last step that could be made.
    pub(crate) node: NodeId,
    pub(crate) at: At,
    path: Path,
    exact: Path,
}

impl End {
    /// A place below the root of a document that is not there yet.
    pub(crate) fn in_new_document(path: &Path) -> Self {
        let exact = path.with(Vec::new()).in_document(1);
        Self {
            order: 0,
            node: 0,
            at: At::Missing { below: None, depth: 0 },
            path: path.with(Vec::new()),
            exact,
        }
    }

    fn has_arrived(&self) -> bool {
        matches!(self.at, At::Scalar(_))
    }

    /// How many steps could be made.
    pub(crate) fn depth(&self) -> usize {
        match self.at {
            At::Scalar(_) => usize::MAX,
            At::Missing { depth, .. } => depth,
        }
    }
}

/// A walk that has come to `node` by the first `depth` steps.
struct State {
    node: NodeId,
    depth: usize,
    path: Path,
    exact: Path,
}

/// A child that a step leads to, with the step that leads to it alone.
struct Child {
    node: NodeId,
    /// As the path has it, but for `[*]`.
    segment: Segment,
    /// A key or an index.
    exact: Segment,
}

struct Walk<'t, 's> {
    tree: &'t Tree<'s>,
    edit: &'t Edit,
    /// Whether the document's number goes into the paths.
    numbered: bool,
    steps: usize,
    /// The nodes and depths that it has come to: by way of aliases it may come to one again, which is one place.
    seen: BTreeSet<(NodeId, usize)>,
    ends: Vec<End>,
}

impl Walk<'_, '_> {
    fn from(&mut self, root: NodeId, number: usize) -> Result<(), SetError> {
        let path = self.edit.path.with(Vec::new());
        let exact = path.clone().in_document(number);
        let path = if self.numbered { exact.clone() } else { path };
        let mut open = vec![State { node: root, depth: 0, path, exact }];
        while let Some(mut state) = open.pop() {
            self.steps += 1;
            if self.steps > STEPS {
                return Err(SetError::TooMany { path: self.edit.path.to_string() });
            }
            self.follow(&mut state)?;
            if self.edit.follow_alias && !self.seen.insert((state.node, state.depth)) {
                continue;
            }
            let Some(segment) = self.edit.path.segments().get(state.depth) else {
                self.end(At::Scalar(state.node), state);
                continue;
            };
            let next = self.step(segment, &state)?;
            if next.is_empty() {
                self.end(At::Missing { below: Some(state.node), depth: state.depth }, state);
                continue;
            }
            // The last one is taken first.
            for Child { node, segment, exact } in next.into_iter().rev() {
                let (path, exact) = (state.path.child(segment), state.exact.child(exact));
                open.push(State { node, depth: state.depth + 1, path, exact });
            }
        }
        Ok(())
    }

    /// Goes from an alias to the node of its anchor.
    fn follow(&self, state: &mut State) -> Result<(), SetError> {
        if !matches!(self.tree.nodes[state.node].kind, Kind::Alias { .. }) {
            return Ok(());
        }
        if !self.edit.follow_alias {
            let path = state.path.to_string();
            return Err(SetError::Alias { path, line: self.tree.nodes[state.node].line });
        }
        state.node = resolve(self.tree, state.node);
        Ok(())
    }

    /// Returns the children that a step leads to.
    fn step(&self, segment: &Segment, state: &State) -> Result<Vec<Child>, SetError> {
        let tree = self.tree;
        let one = |node| vec![Child { node, segment: segment.clone(), exact: segment.clone() }];
        let item = |node: NodeId| {
            let exact = Segment::Index(i64::try_from(tree.nodes[node].index).unwrap_or(i64::MAX));
            Child { node, segment: segment.clone(), exact }
        };
        let lines = |ids: &[NodeId]| ids.iter().map(|&id| tree.nodes[id].line).collect();
        let path = |state: &State| state.path.child(segment.clone()).to_string();
        Ok(match (&tree.nodes[state.node].kind, segment) {
            (Kind::Mapping { .. }, Segment::Key(key)) => match entry(tree, state.node, key) {
                Entry::Own(value) => one(value),
                Entry::Duplicate(keys) => {
                    let merge = keys.iter().any(|&key| is_merge_key(tree, key));
                    let key = if merge { MERGE } else { key.as_str() };
                    let path = state.path.child(Segment::Key(key.to_owned())).to_string();
                    return Err(SetError::DuplicateKey { path, lines: lines(&keys) });
                }
                Entry::Merged { value, .. } if self.edit.follow_alias => one(value),
                Entry::Merged { value, through } => {
                    return Err(SetError::Merged {
                        path: path(state),
                        line: tree.nodes[through].line,
                        value_line: tree.nodes[value].line,
                    });
                }
                Entry::None => Vec::new(),
            },
            (Kind::Mapping { entries }, Segment::Every) => {
                let named = entries.iter().filter(|(key, _)| !is_merge_key(tree, *key));
                let named: Vec<(NodeId, NodeId)> = named.copied().collect();
                if let Some(keys) = repeated(tree, &named) {
                    let text = key_text(tree, keys[0]).unwrap_or_default();
                    let path = state.path.child(Segment::Key(text.to_owned())).to_string();
                    return Err(SetError::DuplicateKey { path, lines: lines(&keys) });
                }
                let key = |text: &str| Segment::Key(text.to_owned());
                let named = named.into_iter().filter_map(|(id, node)| Some((key_text(tree, id)?, node)));
                named.map(|(text, node)| Child { node, segment: key(text), exact: key(text) }).collect()
            }
            (Kind::Sequence { items }, Segment::Every) => {
                let numbered = |child: Child| Child { segment: child.exact.clone(), ..child };
                items.iter().map(|&id| numbered(item(id))).collect()
            }
            (Kind::Sequence { items }, Segment::Index(index)) => {
                position(*index, items.len()).map(|at| item(items[at])).into_iter().collect()
            }
            (Kind::Sequence { .. }, Segment::Where { key, value }) => {
                match items_where(tree, state.node, key, value).as_slice() {
                    [] => Vec::new(),
                    [id] => vec![item(*id)],
                    several => {
                        return Err(SetError::Ambiguous { path: path(state), lines: lines(several) });
                    }
                }
            }
            _ => Vec::new(),
        })
    }

    fn end(&mut self, at: At, state: State) {
        let State { node, path, exact, .. } = state;
        self.ends.push(End { order: self.ends.len(), node, at, path, exact });
    }
}

/// Checks that each place can be edited, and drops those that were reached before by way of an alias.
fn checked(tree: &Tree<'_>, edit: &Edit, ends: Vec<End>) -> Result<Vec<Target>, SetError> {
    let mut seen = BTreeSet::new();
    let mut targets = Vec::new();
    for End { at, path, exact, .. } in ends {
        match at {
            At::Scalar(id) => is_settable(tree, &path, id)?,
            At::Missing { below, depth } => missing::is_creatable(tree, edit, &path, below, depth)?,
        }
        if let (At::Scalar(node) | At::Missing { below: Some(node), .. }, false) = (at, edit.follow_alias) {
            sharing::is_alone(tree, &path, node)?;
        }
        if seen.insert(at) {
            let rest = match at {
                At::Scalar(_) => &[],
                At::Missing { depth, .. } => &edit.path.segments()[depth..],
            };
            let path = rest.iter().fold(path, |path, segment| path.child(segment.clone()));
            targets.push(Target { path, exact, at });
        }
    }
    Ok(targets)
}

/// Checks that `id` is a scalar that can hold a string.
fn is_settable(tree: &Tree<'_>, path: &Path, id: NodeId) -> Result<(), SetError> {
    let node = &tree.nodes[id];
    let (path, line) = (path.to_string(), node.line);
    let kind = match node.kind {
        Kind::Alias { .. } => return Err(SetError::Alias { path, line }),
        Kind::Mapping { .. } => "mapping",
        Kind::Sequence { .. } => "sequence",
        Kind::Scalar { .. } => "",
    };
    if !kind.is_empty() {
        return Err(SetError::NotScalar { path, line, kind, found: children(tree, id) });
    }
    match node.tag.as_ref().filter(|tag| tag.as_str() != "tag:yaml.org,2002:str") {
        Some(tag) => Err(SetError::Tagged { path, line, tag: tag.clone() }),
        None => Ok(()),
    }
}

/// Says what there is at the end of the longest walk.
fn not_found(tree: &Tree<'_>, path: &Path, stuck: &[End], document_count: usize) -> SetError {
    let mut nearest: Option<&End> = None;
    for end in stuck {
        if nearest.is_none_or(|best| end.depth() > best.depth()) {
            nearest = Some(end);
        }
    }
    SetError::NotFound {
        path: path.to_string(),
        prefix: nearest.map(|end| path.prefix(end.depth())).unwrap_or_default(),
        line: nearest.filter(|end| end.depth() > 0).map(|end| tree.nodes[end.node].line),
        found: nearest.map(|end| children(tree, end.node)).unwrap_or_default(),
        document_count,
    }
}
