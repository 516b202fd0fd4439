//! The keys of mappings, and the items of sequences by a key, with an index of the large ones: many edits may ask one.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use crate::{
    alike::{Typed, typed, typed_key},
    lookup::{key_text, scalar_at},
    tree::{Kind, NodeId, Tree},
};

/// Up to this size, looking at all of them costs less than an index.
const SMALL: usize = 16;

/// What was sorted when it was asked for. It has at most two entries for each one of the text.
#[derive(Debug, Default)]
pub(crate) struct Index {
    mappings: RefCell<BTreeMap<NodeId, Rc<Keys>>>,
    /// With the key that was asked for last.
    sequences: RefCell<BTreeMap<NodeId, (String, Rc<Pairs>)>>,
}

/// Scalars, and what belongs to them, sorted by their text.
type Pairs = [(NodeId, NodeId)];

#[derive(Debug)]
struct Keys {
    /// Keys and values.
    by_text: Box<Pairs>,
    /// The keys that are no strings.
    typed: Box<[(Typed, NodeId)]>,
}

/// The entries of a mapping for a key.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The keys with this text, and their values.
    pub(crate) same: Vec<(NodeId, NodeId)>,
    /// The keys with another text that are the same key for readers, as `yes` is for `true`.
    pub(crate) alike: Vec<NodeId>,
}

impl Found {
    /// Returns all keys, in the order in which they are written.
    pub(crate) fn into_keys(self) -> Vec<NodeId> {
        let mut keys: Vec<NodeId> = self.same.into_iter().map(|(key, _)| key).chain(self.alike).collect();
        keys.sort_unstable();
        keys
    }
}

/// Returns the entries of `mapping` for `key`.
pub(crate) fn own(tree: &Tree<'_>, mapping: NodeId, key: &str) -> Found {
    let Kind::Mapping { entries } = &tree.nodes[mapping].kind else { return Found::default() };
    let wanted = typed(key);
    let mut found = Found::default();
    if entries.len() <= SMALL {
        for &(id, value) in entries {
            if key_text(tree, id) == Some(key) {
                found.same.push((id, value));
            } else if wanted.is_some() && typed_key(tree, id) == wanted {
                found.alike.push(id);
            }
        }
    } else {
        let keys = keys_of(tree, mapping, entries);
        found.same = equal(tree, &keys.by_text, key).to_vec();
        if let Some(wanted) = wanted {
            let start = keys.typed.partition_point(|&(typed, _)| typed < wanted);
            let alike = keys.typed[start..].iter().take_while(|&&(typed, _)| typed == wanted);
            found.alike = alike.map(|&(_, id)| id).filter(|&id| key_text(tree, id) != Some(key)).collect();
        }
    }
    // In quotes it is a string, which those are not.
    if !found.same.is_empty() && found.same.iter().all(|&(id, _)| typed_key(tree, id).is_none()) {
        found.alike.clear();
    }
    found
}

/// Returns the keys of a mapping that are there more than once, those of the first such key.
pub(crate) fn repeated(tree: &Tree<'_>, entries: &[(NodeId, NodeId)]) -> Option<[NodeId; 2]> {
    let first_pair = |sorted: &[(NodeId, NodeId)]| {
        let mut pairs = sorted.array_windows();
        let same = |[a, b]: &&[(NodeId, NodeId); 2]| key_text(tree, a.0) == key_text(tree, b.0);
        pairs.find(same).map(|[a, b]| [a.0, b.0])
    };
    first_pair(&by_text(tree, entries)).or_else(|| {
        let typed = by_type(tree, entries);
        let mut pairs = typed.array_windows();
        pairs.find(|[a, b]| a.0 == b.0).map(|[a, b]| [a.1, b.1])
    })
}

/// Returns the items of `sequence` that are mappings with this text as the value of `key`.
pub(crate) fn items_where(tree: &Tree<'_>, sequence: NodeId, key: &str, text: &str) -> Vec<NodeId> {
    let Kind::Sequence { items } = &tree.nodes[sequence].kind else { return Vec::new() };
    let pairs = || items.iter().filter_map(|&item| Some((scalar_at(tree, item, &[key])?, item)));
    if items.len() <= SMALL {
        return pairs().filter(|&(id, _)| tree.scalar(id) == Some(text)).map(|(_, item)| item).collect();
    }
    let known = tree.index.sequences.borrow().get(&sequence).filter(|(of, _)| of == key).cloned();
    let sorted = known.map_or_else(
        || {
            let mut sorted: Vec<(NodeId, NodeId)> = pairs().collect();
            sorted.sort_by_key(|&(id, _)| tree.scalar(id));
            let sorted: Rc<Pairs> = sorted.into();
            tree.index.sequences.borrow_mut().insert(sequence, (key.to_owned(), Rc::clone(&sorted)));
            sorted
        },
        |(_, sorted)| sorted,
    );
    equal(tree, &sorted, text).iter().map(|&(_, item)| item).collect()
}

fn keys_of(tree: &Tree<'_>, mapping: NodeId, entries: &Pairs) -> Rc<Keys> {
    let known = tree.index.mappings.borrow().get(&mapping).cloned();
    known.unwrap_or_else(|| {
        let keys = Rc::new(Keys {
            by_text: by_text(tree, entries).into_boxed_slice(),
            typed: by_type(tree, entries).into_boxed_slice(),
        });
        tree.index.mappings.borrow_mut().insert(mapping, Rc::clone(&keys));
        keys
    })
}

fn by_text(tree: &Tree<'_>, entries: &Pairs) -> Vec<(NodeId, NodeId)> {
    let scalars = entries.iter().filter(|(id, _)| key_text(tree, *id).is_some());
    let mut sorted: Vec<(NodeId, NodeId)> = scalars.copied().collect();
    sorted.sort_by_key(|&(id, _)| key_text(tree, id));
    sorted
}

fn by_type(tree: &Tree<'_>, entries: &Pairs) -> Vec<(Typed, NodeId)> {
    let typed = entries.iter().filter_map(|&(id, _)| Some((typed_key(tree, id)?, id)));
    let mut sorted: Vec<(Typed, NodeId)> = typed.collect();
    sorted.sort_unstable();
    sorted
}

/// Returns those that have this text.
fn equal<'p>(tree: &Tree<'_>, sorted: &'p Pairs, text: &str) -> &'p Pairs {
    let start = sorted.partition_point(|&(id, _)| key_text(tree, id) < Some(text));
    let rest = &sorted[start..];
    &rest[..rest.partition_point(|&(id, _)| key_text(tree, id) == Some(text))]
}
