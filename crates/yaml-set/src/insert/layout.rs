//! How a text indents, so that what is inserted looks like the rest.

use crate::{
    fresh::Fresh,
    insert::render::{flow_entry, key_token, scalar_token},
    lines::column,
    tree::{Kind, Node, Tree},
};

/// The most nodes that are looked at.
const LOOKED_AT: usize = 20_000;

/// The habits of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// By how much a mapping is indented below its key.
    pub(crate) step: usize,
    /// By how much the dashes of a sequence are.
    pub(crate) dash: usize,
}

impl Layout {
    /// Takes over what the first mapping and the first sequence below a key do.
    pub(crate) fn of(text: &str, tree: &Tree<'_>) -> Self {
        let indent = |node: &Node<'_>| {
            let parent = &tree.nodes[node.parent?];
            let in_block = matches!(parent.kind, Kind::Mapping { .. }) && is_block(text, parent);
            (in_block && is_block(text, node))
                .then(|| (column(text, node.span.start), column(text, parent.span.start)))
        };
        let nodes = || tree.nodes.iter().take(LOOKED_AT);
        let step = nodes()
            .filter(|node| matches!(node.kind, Kind::Mapping { .. }))
            .find_map(|node| indent(node).and_then(|(own, above)| own.checked_sub(above)));
        let dash = nodes().filter(|node| matches!(node.kind, Kind::Sequence { .. })).find_map(|node| {
            let (own, above) = indent(node)?;
            Some(if is_at_dash(text, tree, node) { own.saturating_sub(above) } else { 0 })
        });
        Self { step: step.filter(|&step| step > 0).unwrap_or(2), dash: dash.unwrap_or(0) }
    }

    /// Writes a collection as lines, the first of them indented by `column` too.
    pub(crate) fn lines(&self, fresh: &Fresh, column: usize) -> Vec<String> {
        match fresh {
            Fresh::Mapping(entries) => self.entries(entries, column),
            Fresh::Sequence(items) => self.items(items, column, 2),
            Fresh::Scalar(value) => {
                vec![format!("{}{}", " ".repeat(column), scalar_token(value, false, false))]
            }
        }
    }

    /// Writes the entries of a mapping.
    pub(crate) fn entries(&self, entries: &[(String, Fresh)], column: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for (key, value) in entries {
            let key = format!("{}{}:", " ".repeat(column), key_token(key, false, false));
            match value {
                Fresh::Scalar(value) => lines.push(format!("{key} {}", scalar_token(value, false, false))),
                Fresh::Mapping(entries) => {
                    lines.push(key);
                    lines.extend(self.entries(entries, column + self.step));
                }
                Fresh::Sequence(items) => {
                    lines.push(key);
                    lines.extend(self.items(items, column + self.dash, 2));
                }
            }
        }
        lines
    }

    /// Writes the items of a sequence with their dashes at `column`, and their content `gap` characters on.
    pub(crate) fn items(&self, items: &[Fresh], column: usize, gap: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for item in items {
            let start = lines.len();
            lines.extend(self.lines(item, column + gap));
            if let Some(first) = lines.get_mut(start) {
                first.replace_range(column..=column, "-");
            }
        }
        lines
    }

    /// Writes a collection in brackets.
    pub(crate) fn in_brackets(fresh: &Fresh, json: bool) -> String {
        match fresh {
            Fresh::Scalar(value) => scalar_token(value, true, json),
            Fresh::Mapping(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| flow_entry(key, value, json)).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Fresh::Sequence(items) => {
                let items: Vec<String> = items.iter().map(|item| Self::in_brackets(item, json)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }
}

/// Whether a collection is written without brackets.
pub(crate) fn is_block(text: &str, node: &Node<'_>) -> bool {
    !node.in_flow && !text[node.span.clone()].starts_with(['{', '['])
}

/// Whether a block sequence begins, for the parser, at its first dash. It does not when the dash is right below its
/// key: then it begins after the dash.
pub(crate) fn is_at_dash(text: &str, tree: &Tree<'_>, node: &Node<'_>) -> bool {
    let Kind::Sequence { items } = &node.kind else { return false };
    let first = items.first().map(|&id| &tree.nodes[id]);
    let starts_inside = first.is_some_and(|first| {
        matches!(first.kind, Kind::Sequence { .. }) && first.span.start == node.span.start
    });
    let rest = &text[node.span.start..];
    let is_dash = rest
        .strip_prefix('-')
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
    is_dash && !starts_inside
}
