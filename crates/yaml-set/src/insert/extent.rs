//! Where what is written for a node ends.

use granit_parser::ScalarStyle;

use crate::{
    insert::{Inserter, NoRoom},
    lines::{before_line_break, column, line_break, line_end, line_start, skip_blanks},
    splice::place_of_empty,
    tree::{Kind, NodeId},
};

impl Inserter<'_, '_> {
    /// Returns where the last byte of a node's content is followed by something else. The parser bounds the depth.
    pub(super) fn content_end(&self, id: NodeId) -> usize {
        let node = &self.tree.nodes[id];
        match &node.kind {
            Kind::Mapping { .. } | Kind::Sequence { .. } if node.end > node.span.end => {
                // `[a: b]` has a mapping without brackets.
                let has_brackets = self.text[node.span.clone()].starts_with(['{', '[']);
                if has_brackets { node.end } else { self.end_of_last(id) }
            }
            Kind::Mapping { .. } | Kind::Sequence { .. } => self.end_of_last(id),
            Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, value } => {
                let content = self.text[node.span.clone()].trim_end_matches([' ', '\t', '\r', '\n']);
                // Blank lines at its end are part of it if they are kept.
                if content.is_empty() || value.ends_with("\n\n") {
                    // The indentation of the next line is counted in.
                    before_line_break(self.text, line_start(self.text, node.span.end))
                } else {
                    node.span.start + content.len()
                }
            }
            _ if node.is_empty_value() => {
                place_of_empty(self.text, self.tree, node).unwrap_or(node.span.start)
            }
            _ => node.end,
        }
    }

    fn end_of_last(&self, id: NodeId) -> usize {
        match &self.tree.nodes[id].kind {
            Kind::Mapping { entries } => entries.last().map(|&(key, value)| self.entry_end(key, value)),
            Kind::Sequence { items } => items.last().map(|&item| self.content_end(item)),
            _ => None,
        }
        .unwrap_or(self.tree.nodes[id].span.start)
    }

    /// An empty value without a colon, as in `? key`, may be said to be on the next line.
    pub(super) fn entry_end(&self, key: NodeId, value: NodeId) -> usize {
        let node = &self.tree.nodes[value];
        match (node.is_empty_value(), place_of_empty(self.text, self.tree, node)) {
            (true, Some(place)) => place,
            (true, None) => self.content_end(key),
            (false, _) => self.content_end(value),
        }
    }

    /// Returns where the last line of a block collection ends whose entries begin at `indent`: comments below it
    /// that are indented deeper belong to its last entry.
    pub(super) fn last_line_end(&self, id: NodeId, indent: usize) -> Result<usize, NoRoom> {
        let mut end = line_end(self.text, self.end_of_last(id));
        if end == self.text.len() && self.ends_open(id) {
            return Err(NoRoom::OpenEnd);
        }
        loop {
            let next = end + line_break(self.text, end).len();
            let comment = skip_blanks(self.text, next);
            if next == end || !self.text[comment..].starts_with('#') || column(self.text, comment) <= indent {
                return Ok(end);
            }
            end = line_end(self.text, comment);
        }
    }

    /// Whether the last scalar is a block scalar that a line break would change. Readers disagree on what it is now.
    fn ends_open(&self, id: NodeId) -> bool {
        let mut last = id;
        loop {
            let node = &self.tree.nodes[last];
            last = match &node.kind {
                Kind::Mapping { entries } if !self.is_in_brackets(last) => match entries.last() {
                    Some(&(_, value)) => value,
                    None => return false,
                },
                Kind::Sequence { items } if !self.is_in_brackets(last) => match items.last() {
                    Some(&item) => item,
                    None => return false,
                },
                Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. } => {
                    return !self.strips_line_breaks(last);
                }
                _ => return false,
            };
        }
    }

    /// Whether the header of a block scalar is `|-` or `>-`.
    fn strips_line_breaks(&self, id: NodeId) -> bool {
        let header = self.text[..self.tree.nodes[id].span.start].trim_end();
        let header = header.rsplit(['\n', '\r']).next().unwrap_or_default();
        // With a comment after it, or what looks like one, the answer is no, which is the safe one.
        header
            .rsplit([' ', '\t', ':'])
            .next()
            .is_some_and(|word| word.starts_with(['|', '>']) && word.contains('-'))
    }
}
