//! What a path could have gone on with, for errors.

use crate::{
    Path, Segment,
    tree::{Kind, NodeId, Tree},
};

/// The most keys that an error lists.
const LISTED: usize = 30;

/// Returns the position of an index, if there is one.
pub(crate) fn position(index: i64, length: usize) -> Option<usize> {
    let from_end = || length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?);
    if index < 0 { from_end() } else { usize::try_from(index).ok().filter(|&at| at < length) }
}

/// Says what a path could go on with below `node`.
pub(crate) fn children(tree: &Tree<'_>, node: NodeId) -> Vec<String> {
    let (mut names, count): (Vec<String>, usize) = match &tree.nodes[node].kind {
        Kind::Mapping { entries } => {
            let keys = entries.iter().filter_map(|&(key, _)| tree.scalar(key));
            let names = keys.map(|key| Path::new(vec![Segment::Key(key.to_owned())]).to_string());
            (names.take(LISTED).collect(), entries.len())
        }
        Kind::Sequence { items } => {
            let names = items
                .iter()
                .enumerate()
                .map(|(index, &item)| name_of(tree, item).unwrap_or_else(|| format!("[{index}]")));
            (names.take(LISTED).collect(), items.len())
        }
        Kind::Scalar { .. } | Kind::Alias { .. } => (Vec::new(), 0),
    };
    if count > LISTED {
        names.push(format!("… and {} more", count - LISTED));
    }
    names
}

fn name_of(tree: &Tree<'_>, item: NodeId) -> Option<String> {
    let Kind::Mapping { entries } = &tree.nodes[item].kind else { return None };
    let &(_, value) = entries.iter().find(|&&(key, _)| tree.scalar(key) == Some("name"))?;
    let segment = Segment::Where { key: "name".to_owned(), value: tree.scalar(value)?.to_owned() };
    Some(Path::new(vec![segment]).to_string())
}
