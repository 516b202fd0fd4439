//! Which bytes go and which come.

use std::{cmp::Ordering, ops::Range};

use granit_parser::ScalarStyle;

use crate::{
    SetError,
    lines::{before_line_break, has_tab_below, line_break, line_start},
    token::{block_lines, flow_token, is_block_text},
    tree::{Kind, Node, NodeId, Tree},
};

/// Bytes to put in the place of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) range: Range<usize>,
    pub(crate) token: String,
    /// How deep the collection is that it adds to; 0 if it sets a value. Of what comes at the same place, the value
    /// is the first, and the entry of an inner collection comes before that of an outer one.
    depth: usize,
}

impl Splice {
    /// Puts `token` in the place of the bytes in `range`.
    pub(crate) fn replace(range: Range<usize>, token: String) -> Self {
        Self { range, token, depth: 0 }
    }

    /// Puts `token` in between, as an addition to a collection that is `depth` levels deep.
    pub(crate) fn insert(at: usize, token: String, depth: usize) -> Self {
        Self { range: at..at, token, depth }
    }

    /// Compares by place in the text.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let place = |splice: &Self| (splice.range.start, splice.range.end, splice.depth > 0);
        place(self).cmp(&place(other)).then(other.depth.cmp(&self.depth))
    }
}

/// Plans the splice that puts `value` in the place of the scalar `id`, which is at `path()`.
pub(crate) fn splice(
    text: &str,
    tree: &Tree<'_>,
    id: NodeId,
    path: impl Fn() -> String,
    value: &str,
) -> Result<Splice, SetError> {
    let node = &tree.nodes[id];
    let style = match &node.kind {
        Kind::Scalar { style, .. } => *style,
        _ => ScalarStyle::Plain,
    };
    if let Some(anchor) = odd_anchor(tree, id) {
        return Err(SetError::OddAnchor { path: path(), line: node.line, anchor: anchor.to_owned() });
    }
    let is_plain = style == ScalarStyle::Plain && !node.is_empty_value() && !node.in_flow;
    if is_plain && flow_token(value, style, false).starts_with('"') && has_tab_below(text, node.end) {
        return Err(SetError::TabBelow { path: path(), line: node.line });
    }
    let splice = match style {
        ScalarStyle::Literal | ScalarStyle::Folded if !is_block_text(value, style) => {
            let reason =
                format!("`{}` on line {} is a block scalar, which cannot hold this value", path(), node.line);
            return Err(SetError::Unproven { reason });
        }
        ScalarStyle::Literal | ScalarStyle::Folded => block(text, node, value),
        _ if node.is_empty_value() => {
            let token = flow_token(value, style, node.in_flow);
            place_of_empty(text, tree, node).map(|at| Splice::replace(at..at, format!(" {token}")))
        }
        _ => Some(Splice::replace(node.span.clone(), flow_token(value, style, node.in_flow))),
    };
    splice.ok_or_else(|| SetError::NoPlace { path: path(), line: node.line })
}

/// Whether some readers end the name of an anchor at a character that others take for a part of it, so that for them
/// the rest is the value.
fn ends_early((_, name): &(usize, String)) -> bool {
    name.contains(['?', ':', ',', '%', '@', '`', ']', '}'])
}

/// Returns the name of such an anchor on a node or on what it is in.
pub(crate) fn odd_anchor<'t>(tree: &'t Tree<'_>, id: NodeId) -> Option<&'t str> {
    std::iter::successors(Some(id), |&id| tree.nodes[id].parent)
        .filter_map(|id| tree.nodes[id].anchor.as_ref())
        .find(|anchor| ends_early(anchor))
        .map(|(_, name)| name.as_str())
}

/// An empty value has no bytes, and the parser places it before its colon: `tag:` is at `tag|:`.
/// A value goes right after the tag or anchor, the colon, or the dash of a sequence's item.
pub(crate) fn place_of_empty(text: &str, tree: &Tree<'_>, node: &Node<'_>) -> Option<usize> {
    if node.properties_end.is_some() {
        return node.properties_end.filter(|_| !node.anchor.as_ref().is_some_and(ends_early));
    }
    let at = node.span.start;
    let in_mapping =
        node.parent.is_some_and(|parent| matches!(tree.nodes[parent].kind, Kind::Mapping { .. }));
    if is_glued(text, tree, node) {
        return None;
    }
    if in_mapping {
        let blanks = text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
        text[at + blanks..].starts_with(':').then_some(at + blanks + 1)
    } else {
        let before = text[..at].trim_end_matches([' ', '\t']);
        before.ends_with('-').then_some(before.len())
    }
}

/// Whether an empty value is written as `{key:}` or `{key:, …`: some readers take the colon for a part of the key.
pub(crate) fn is_glued(text: &str, tree: &Tree<'_>, node: &Node<'_>) -> bool {
    if !node.in_flow || node.is_key || node.properties_end.is_some() || !node.is_empty_value() {
        return false;
    }
    let Some(Kind::Mapping { entries }) = node.parent.map(|parent| &tree.nodes[parent].kind) else {
        return false;
    };
    let key = entries.get(node.index).map(|&(key, _)| &tree.nodes[key]);
    let may_go_on = key.is_some_and(|key| {
        matches!(key.kind, Kind::Scalar { style: ScalarStyle::Plain, .. } | Kind::Alias { .. })
    });
    let colon = text[node.span.start..].trim_start_matches([' ', '\t']);
    may_go_on && colon.strip_prefix(':').is_some_and(|rest| rest.starts_with([',', ']', '}', '[', '{']))
}

/// A block scalar keeps its header and indent; its lines, from the one below the header to the last that is
/// not blank, are replaced. Blank lines after them belong to the layout.
fn block(text: &str, node: &Node<'_>, value: &str) -> Option<Splice> {
    let content = text[node.span.clone()].trim_end_matches([' ', '\t', '\r', '\n']);
    let indent = node.indent.filter(|_| !content.is_empty())?;
    let end = node.span.start + content.len();
    let mut start = node.span.start.checked_sub(indent)?;
    while let Some(above) = line_above(text, start) {
        if !text[above..start].trim().is_empty() {
            break;
        }
        start = above;
    }
    let line_break = line_break(text, before_line_break(text, start));
    Some(Splice::replace(start..end, block_lines(value, indent, line_break)))
}

/// Returns where the line above the one that begins at `start` begins.
fn line_above(text: &str, start: usize) -> Option<usize> {
    let end = before_line_break(text, start);
    (end < start).then(|| line_start(text, end))
}

/// Applies splices that are in order and do not overlap.
pub(crate) fn apply(text: &str, splices: &[Splice]) -> String {
    let mut result = String::with_capacity(text.len() + splices.iter().map(|s| s.token.len()).sum::<usize>());
    let mut done = 0;
    for splice in splices {
        result.push_str(&text[done..splice.range.start]);
        result.push_str(&splice.token);
        done = splice.range.end;
    }
    result.push_str(&text[done..]);
    result
}
