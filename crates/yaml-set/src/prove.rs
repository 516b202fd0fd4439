//! Compares a text before and after: only the wanted leaves may differ.

use std::collections::BTreeMap;

use granit_parser::ScalarStyle;

use crate::{
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

/// Checks that `after` is `before` but for the scalars in `wanted`, which have their new values.
pub(crate) fn only_these_changed(
    before: &Tree<'_>,
    after: &Tree<'_>,
    wanted: &BTreeMap<NodeId, &str>,
) -> Result<(), String> {
    if before.nodes.len() != after.nodes.len() || before.documents != after.documents {
        return Err("the structure would change".to_owned());
    }
    if before.comments != after.comments {
        return Err("a comment would change".to_owned());
    }
    for (id, (old, new)) in before.nodes.iter().zip(&after.nodes).enumerate() {
        let same = (&old.tag, &old.anchor, old.parent) == (&new.tag, &new.anchor, new.parent);
        let as_wanted = match wanted.get(&id) {
            Some(value) => is_string(new, value),
            None => old.kind == new.kind && old.is_empty_value() == new.is_empty_value(),
        };
        if !as_wanted && wanted.contains_key(&id) {
            return Err(format!(
                "the value on line {} cannot be written in the style that is there",
                old.line
            ));
        }
        if !same || !as_wanted {
            return Err(format!("what is on line {} would change too", old.line));
        }
    }
    Ok(())
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
