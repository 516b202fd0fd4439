//! What is below a node: through aliases and merge keys too, as readers see it.

use std::collections::BTreeSet;

use granit_parser::ScalarStyle;

use crate::{
    alike::typed_key,
    keys::own,
    tree::{Kind, NodeId, Tree},
};

/// The key of YAML 1.1 (<https://yaml.org/type/merge.html>) whose value's keys are taken over.
pub(crate) const MERGE: &str = "<<";

/// How deep merges of merges are followed.
const DEPTH: usize = 64;

/// What a mapping has for a key.
pub(crate) enum Entry {
    /// The value of its own key.
    Own(NodeId),
    /// The key, or the merge key through which it might come, is there more than once in one mapping: these keys.
    Duplicate(Vec<NodeId>),
    /// The value of a key of a mapping that is merged in, and the node after `<<` through which it comes.
    Merged { value: NodeId, through: NodeId },
    /// Nothing.
    None,
}

/// Returns what `mapping` has for `key`.
pub(crate) fn entry(tree: &Tree<'_>, mapping: NodeId, key: &str) -> Entry {
    let found = own(tree, mapping, key);
    match found.same.as_slice() {
        [] => {}
        &[(_, value)] if found.alike.is_empty() => return Entry::Own(value),
        _ => return Entry::Duplicate(found.into_keys()),
    }
    let mut merges = Merges { tree, key, seen: BTreeSet::new(), alike: found.alike };
    match merges.find(mapping, DEPTH) {
        Err(keys) => Entry::Duplicate(keys),
        Ok(None) => Entry::None,
        Ok(Some(hit)) if !merges.alike.is_empty() && typed_key(tree, hit.key).is_some() => {
            let mut keys = merges.alike;
            keys.push(hit.key);
            keys.sort_unstable();
            Entry::Duplicate(keys)
        }
        Ok(Some(Hit { value, through, .. })) => Entry::Merged { value, through },
    }
}

/// Looks for a key in merged mappings, into each of them once, whatever cycles and repetitions there are.
struct Merges<'t, 's> {
    tree: &'t Tree<'s>,
    key: &'t str,
    seen: BTreeSet<NodeId>,
    /// The keys met so far, all of them stronger than those to come, that are the same key for readers.
    alike: Vec<NodeId>,
}

struct Hit {
    key: NodeId,
    value: NodeId,
    through: NodeId,
}

impl Merges<'_, '_> {
    /// Returns the first entry, or the keys that are there more than once on the way.
    fn find(&mut self, mapping: NodeId, depth: usize) -> Result<Option<Hit>, Vec<NodeId>> {
        let Some(depth) = depth.checked_sub(1) else { return Ok(None) };
        for through in merge_sources(self.tree, mapping)? {
            let source = resolve(self.tree, through);
            if !self.seen.insert(source) {
                continue;
            }
            let found = own(self.tree, source, self.key);
            match found.same.as_slice() {
                [] => {
                    self.alike.extend(found.alike);
                    if let Some(hit) = self.find(source, depth)? {
                        return Ok(Some(Hit { through, ..hit }));
                    }
                }
                &[(key, value)] if found.alike.is_empty() => return Ok(Some(Hit { key, value, through })),
                _ => return Err(found.into_keys()),
            }
        }
        Ok(None)
    }
}

/// Returns the nodes whose keys `mapping` takes over, the strongest first; or its merge keys if there are several:
/// some readers take the last one for the strongest, others refuse it.
fn merge_sources(tree: &Tree<'_>, mapping: NodeId) -> Result<Vec<NodeId>, Vec<NodeId>> {
    let mut merges = own(tree, mapping, MERGE).same;
    merges.retain(|&(key, _)| is_merge_key(tree, key));
    match merges.as_slice() {
        [] => Ok(Vec::new()),
        &[(_, value)] => Ok(match &tree.nodes[resolve(tree, value)].kind {
            Kind::Sequence { items } => items.clone(),
            _ => vec![value],
        }),
        several => Err(several.iter().map(|&(key, _)| key).collect()),
    }
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
    tree.scalar(scalar_at(tree, id, keys)?)
}

/// Returns the scalar that a reader finds at `keys` below `id`, if anything is written there.
pub(crate) fn scalar_at(tree: &Tree<'_>, id: NodeId, keys: &[&str]) -> Option<NodeId> {
    let mut node = resolve(tree, id);
    for key in keys {
        node = match entry(tree, node, key) {
            Entry::Own(value) | Entry::Merged { value, .. } => resolve(tree, value),
            Entry::Duplicate(_) | Entry::None => return None,
        };
    }
    tree.scalar(node).filter(|_| !tree.nodes[node].is_empty_value()).map(|_| node)
}
