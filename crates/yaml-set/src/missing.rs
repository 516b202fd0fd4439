//! Where what is missing may be inserted.

use crate::{
    Edit, Path, Segment, SetError,
    locate::End,
    lookup::MERGE,
    tree::{Kind, NodeId, Tree},
};

/// The most levels that one edit inserts: readers bound the depth too.
const LEVELS: usize = 100;

/// Whether the steps from `depth` on name what they lead to: an index or `[*]` would have to be there.
pub(crate) fn has_fixed_end(path: &Path, depth: usize) -> bool {
    path.segments().get(depth..).is_some_and(|rest| {
        rest.iter().all(|segment| matches!(segment, Segment::Key(_) | Segment::Where { .. }))
    })
}

/// Returns the one place below which the missing steps of an edit go; none if there is no such place.
pub(crate) fn place(tree: &Tree<'_>, edit: &Edit, stuck: &[End]) -> Result<Option<End>, SetError> {
    let empty = |end: &&End| tree.nodes[end.node].parent.is_none() && tree.nodes[end.node].is_empty_value();
    let mut candidates: Vec<&End> = stuck.iter().filter(|end| !empty(end)).collect();
    if candidates.is_empty() {
        candidates = stuck.iter().collect();
    }
    match candidates.as_slice() {
        [] if has_fixed_end(&edit.path, 0) => Ok(Some(End::in_new_document(&edit.path))),
        [end] if has_fixed_end(&edit.path, end.depth()) && takes(tree, edit, end) => Ok(Some((*end).clone())),
        [] | [_] => Ok(None),
        _ => Err(SetError::CannotCreate {
            path: edit.path.to_string(),
            line: None,
            reason: format!("it is missing in {} documents", candidates.len()),
            remedy: "Say in which one it is to be, such as by `@1` or `@kind=Deployment` before it.",
        }),
    }
}

/// Whether the node takes the first missing step: a key in a mapping, an item in a sequence, either where
/// nothing is written.
fn takes(tree: &Tree<'_>, edit: &Edit, end: &End) -> bool {
    let node = &tree.nodes[end.node];
    matches!(
        (&node.kind, edit.path.segments().get(end.depth())),
        (Kind::Mapping { .. }, Some(Segment::Key(_))) | (Kind::Sequence { .. }, Some(Segment::Where { .. }))
    ) || node.is_empty_value()
}

/// Checks that the steps from `depth` on can be inserted below a node, which is at `path`.
pub(crate) fn is_creatable(
    tree: &Tree<'_>,
    edit: &Edit,
    path: &Path,
    below: Option<NodeId>,
    depth: usize,
) -> Result<(), SetError> {
    let line = below.map(|id| tree.nodes[id].line);
    let refuse = |reason: &str, remedy: &'static str| {
        Err(SetError::CannotCreate { path: edit.path.to_string(), line, reason: reason.to_owned(), remedy })
    };
    let rest = &edit.path.segments()[depth..];
    if let Some(id) = below {
        let node = &tree.nodes[id];
        let kind = match (&node.kind, &rest[0]) {
            _ if node.is_empty_value() => "",
            (Kind::Mapping { .. }, Segment::Key(_)) | (Kind::Sequence { .. }, Segment::Where { .. }) => "",
            (Kind::Mapping { .. }, _) => "mapping",
            (Kind::Sequence { .. }, _) => "sequence",
            (Kind::Scalar { .. } | Kind::Alias { .. }, _) => "scalar",
        };
        if !kind.is_empty() {
            return refuse(&format!("`{path}` is a {kind}, below which it cannot be"), "Correct the path.");
        }
        let wanted = if matches!(rest[0], Segment::Key(_)) { "map" } else { "seq" };
        if node.tag.as_ref().is_some_and(|tag| *tag != format!("tag:yaml.org,2002:{wanted}")) {
            return refuse(&format!("`{path}` has a tag, which says what may be in it"), "Add it by hand.");
        }
    }
    let item = |segment: &Segment| matches!(segment, Segment::Where { .. });
    if rest.last().is_none_or(item) || rest.windows(2).any(|pair| item(&pair[0]) && item(&pair[1])) {
        return refuse("an item such as `[name=web]` is a mapping, not a value", "Add a key to the path.");
    }
    if rest.contains(&Segment::Key(MERGE.to_owned())) {
        return refuse("`<<` takes over the keys of another mapping", "Write it by hand.");
    }
    if rest.len() > LEVELS {
        return refuse("more than 100 levels are missing", "Correct the path.");
    }
    Ok(())
}
