//! Compares a text before and after: only what was wanted may differ.

use std::collections::BTreeMap;

use granit_parser::ScalarStyle;

use crate::{
    fresh::Fresh,
    resolve::may_not_be_a_string,
    splice::Splice,
    tree::{Kind, Node, NodeId, Tree},
};

/// Whether the scalar `node` already is the string `value` for every reader.
///
/// The line breaks at the end of a block scalar come from its header and layout, so they do not count.
pub(crate) fn is_string(node: &Node<'_>, value: &str) -> bool {
    match &node.kind {
        Kind::Scalar { value: found, style: ScalarStyle::Literal | ScalarStyle::Folded } => {
            found.trim_end_matches('\n') == value.trim_end_matches('\n')
        }
        Kind::Scalar { .. } if node.is_empty_value() => node.tag.is_some() && value.is_empty(),
        Kind::Scalar { value: found, style: ScalarStyle::Plain } if node.tag.is_none() => {
            found == value && !may_not_be_a_string(value)
        }
        Kind::Scalar { value: found, .. } => found == value,
        _ => false,
    }
}

/// What may differ.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'e> {
    /// The new value of each scalar.
    pub(crate) values: BTreeMap<NodeId, &'e str>,
    /// What is added to each collection, or where nothing was written.
    pub(crate) growth: BTreeMap<Option<NodeId>, Fresh>,
}

/// Checks that `after` is `before` but for what is wanted, which it has.
pub(crate) fn only_these_changed(
    before: &Tree<'_>,
    after: &Tree<'_>,
    wanted: &Wanted<'_>,
) -> Result<(), String> {
    if before.comments != after.comments {
        return Err("a comment would change".to_owned());
    }
    if let Some(fresh) = wanted.growth.get(&None) {
        return match (before.documents.as_slice(), after.documents.as_slice()) {
            ([], [root]) if is_fresh(after, *root, fresh) => Ok(()),
            _ => Err("the document cannot be written".to_owned()),
        };
    }
    if before.documents.len() != after.documents.len() {
        return Err("the structure would change".to_owned());
    }
    let comparison = Comparison { before, after, wanted };
    before.documents.iter().zip(&after.documents).try_for_each(|(&old, &new)| comparison.compare(old, new))
}

struct Comparison<'t, 's, 'n> {
    before: &'t Tree<'s>,
    after: &'t Tree<'n>,
    wanted: &'t Wanted<'t>,
}

impl Comparison<'_, '_, '_> {
    /// The parser bounds the depth, so that recursion does.
    fn compare(&self, old_id: NodeId, new_id: NodeId) -> Result<(), String> {
        let (old, new) = (&self.before.nodes[old_id], &self.after.nodes[new_id]);
        let too = || Err(format!("what is on line {} would change too", old.line));
        if (&old.tag, &old.anchor, old.in_flow) != (&new.tag, &new.anchor, new.in_flow) {
            return too();
        }
        if let Some(value) = self.wanted.values.get(&old_id) {
            return if is_string(new, value) {
                Ok(())
            } else {
                Err(format!("the value on line {} cannot be written in the style that is there", old.line))
            };
        }
        let fresh = self.wanted.growth.get(&Some(old_id));
        match (&old.kind, &new.kind, fresh) {
            (Kind::Scalar { .. }, _, Some(fresh)) if is_fresh_content(self.after, new_id, fresh) => Ok(()),
            (Kind::Scalar { .. } | Kind::Alias { .. }, _, None)
                if old.kind == new.kind && old.is_empty_value() == new.is_empty_value() =>
            {
                Ok(())
            }
            (Kind::Mapping { entries: old }, Kind::Mapping { entries: new }, _) if new.len() >= old.len() => {
                for (&(old_key, old_value), &(new_key, new_value)) in old.iter().zip(new) {
                    self.compare(old_key, new_key)?;
                    self.compare(old_value, new_value)?;
                }
                match fresh {
                    None if new.len() == old.len() => Ok(()),
                    Some(Fresh::Mapping(fresh)) if are_entries(self.after, &new[old.len()..], fresh) => {
                        Ok(())
                    }
                    _ => too(),
                }
            }
            (Kind::Sequence { items: old }, Kind::Sequence { items: new }, _) if new.len() >= old.len() => {
                for (&old, &new) in old.iter().zip(new) {
                    self.compare(old, new)?;
                }
                match fresh {
                    None if new.len() == old.len() => Ok(()),
                    Some(Fresh::Sequence(fresh)) if are_items(self.after, &new[old.len()..], fresh) => Ok(()),
                    _ => too(),
                }
            }
            _ => too(),
        }
    }
}

/// Whether a node is exactly what was to be inserted.
fn is_fresh(tree: &Tree<'_>, id: NodeId, fresh: &Fresh) -> bool {
    let node = &tree.nodes[id];
    node.tag.is_none() && node.anchor.is_none() && is_fresh_content(tree, id, fresh)
}

fn is_fresh_content(tree: &Tree<'_>, id: NodeId, fresh: &Fresh) -> bool {
    match (&tree.nodes[id].kind, fresh) {
        (Kind::Scalar { .. }, Fresh::Scalar(value)) => is_string(&tree.nodes[id], value),
        (Kind::Mapping { entries }, Fresh::Mapping(fresh)) => are_entries(tree, entries, fresh),
        (Kind::Sequence { items }, Fresh::Sequence(fresh)) => are_items(tree, items, fresh),
        _ => false,
    }
}

fn are_entries(tree: &Tree<'_>, entries: &[(NodeId, NodeId)], fresh: &[(String, Fresh)]) -> bool {
    let is_key = |id: NodeId, key: &str| tree.nodes[id].tag.is_none() && is_string(&tree.nodes[id], key);
    entries.len() == fresh.len()
        && entries
            .iter()
            .zip(fresh)
            .all(|(&(id, value), (key, fresh))| is_key(id, key) && is_fresh(tree, value, fresh))
}

fn are_items(tree: &Tree<'_>, items: &[NodeId], fresh: &[Fresh]) -> bool {
    items.len() == fresh.len() && items.iter().zip(fresh).all(|(&id, fresh)| is_fresh(tree, id, fresh))
}

/// Checks that `after` has the bytes of `before` outside the splices.
pub(crate) fn only_these_bytes_changed(before: &str, after: &str, splices: &[Splice]) -> Result<(), String> {
    let (mut old_at, mut new_at) = (0, 0);
    let differs = || "bytes outside the value would change".to_owned();
    for splice in splices {
        let kept = before.get(old_at..splice.range.start).ok_or_else(differs)?;
        let rest = after.get(new_at..).and_then(|rest| rest.strip_prefix(kept)).ok_or_else(differs)?;
        let rest = rest.strip_prefix(splice.token.as_str()).ok_or_else(differs)?;
        (old_at, new_at) = (splice.range.end, after.len() - rest.len());
    }
    if before.get(old_at..) == after.get(new_at..) { Ok(()) } else { Err(differs()) }
}
