//! What is below a node: through aliases and merge keys too, as readers see it.

use std::collections::BTreeSet;

use granit_parser::ScalarStyle;

use crate::tree::{Kind, NodeId, Tree};

/// The key of YAML 1.1 (<https://yaml.org/type/merge.html>) whose value's keys are taken over.
pub(crate) const MERGE: &str = "<<";

/// How deep merges of merges are followed.
const DEPTH: usize = 64;

/// What a mapping has for a key.
pub(crate) enum Entry {
    /// The value of its own key.
    Own(NodeId),
    /// The key is there more than once.
    Duplicate(Vec<NodeId>),
    /// The value of a key of a mapping that is merged in, and the node after `<<` through which it comes.
    Merged { value: NodeId, through: NodeId },
    /// Nothing.
    None,
}

/// Returns what `mapping` has for `key`.
pub(crate) fn entry(tree: &Tree<'_>, mapping: NodeId, key: &str) -> Entry {
    let mut own = own(tree, mapping, key);
    match (own.next(), own.next()) {
        (None, _) => merged(tree, mapping, key, DEPTH, &mut BTreeSet::new()).unwrap_or(Entry::None),
        (Some((_, value)), None) => Entry::Own(value),
        (Some((first, _)), Some((second, _))) => {
            Entry::Duplicate([first, second].into_iter().chain(own.map(|(key, _)| key)).collect())
        }
    }
}

/// Returns the keys and values of the entries of `mapping` that have this key.
fn own<'t>(tree: &'t Tree<'_>, mapping: NodeId, key: &'t str) -> impl Iterator<Item = (NodeId, NodeId)> + 't {
    let entries = match &tree.nodes[mapping].kind {
        Kind::Mapping { entries } => entries.as_slice(),
        _ => &[],
    };
    entries.iter().filter(move |(id, _)| key_text(tree, *id) == Some(key)).copied()
}

/// Looks into each merged mapping once, whatever cycles and repetitions there are.
fn merged(
    tree: &Tree<'_>,
    mapping: NodeId,
    key: &str,
    depth: usize,
    seen: &mut BTreeSet<NodeId>,
) -> Option<Entry> {
    let depth = depth.checked_sub(1)?;
    for through in merge_sources(tree, mapping) {
        let source = resolve(tree, through);
        if !seen.insert(source) {
            continue;
        }
        if let Some((_, value)) = own(tree, source, key).next() {
            return Some(Entry::Merged { value, through });
        }
        if let Some(Entry::Merged { value, .. }) = merged(tree, source, key, depth, seen) {
            return Some(Entry::Merged { value, through });
        }
    }
    None
}

/// Returns the nodes whose keys `mapping` takes over, the strongest first.
pub(crate) fn merge_sources(tree: &Tree<'_>, mapping: NodeId) -> Vec<NodeId> {
    let Kind::Mapping { entries } = &tree.nodes[mapping].kind else { return Vec::new() };
    let merges = entries.iter().filter(|(key, _)| is_merge_key(tree, *key)).map(|(_, value)| *value);
    merges
        .flat_map(|value| match &tree.nodes[resolve(tree, value)].kind {
            Kind::Sequence { items } => items.clone(),
            _ => vec![value],
        })
        .collect()
}

/// Whether `key` is `<<` without quotes.
pub(crate) fn is_merge_key(tree: &Tree<'_>, key: NodeId) -> bool {
    matches!(&tree.nodes[key].kind, Kind::Scalar { value, style: ScalarStyle::Plain } if value == MERGE)
}

/// Returns the node that `id` stands for: itself, or that of its anchor.
pub(crate) fn resolve(tree: &Tree<'_>, id: NodeId) -> NodeId {
    match &tree.nodes[id].kind {
        Kind::Alias { anchor } => tree.anchored.get(anchor).copied().unwrap_or(id),
        _ => id,
    }
}

/// Returns the text of a key that is a scalar or an alias of one.
pub(crate) fn key_text<'t>(tree: &'t Tree<'_>, key: NodeId) -> Option<&'t str> {
    tree.scalar(resolve(tree, key))
}

/// Returns the text of the scalar that a reader finds at `keys` below `id`.
pub(crate) fn text_at<'t>(tree: &'t Tree<'_>, id: NodeId, keys: &[&str]) -> Option<&'t str> {
    let mut node = resolve(tree, id);
    for key in keys {
        node = match entry(tree, node, key) {
            Entry::Own(value) | Entry::Merged { value, .. } => resolve(tree, value),
            Entry::Duplicate(_) | Entry::None => return None,
        };
    }
    tree.scalar(node).filter(|_| !tree.nodes[node].is_empty_value())
}
