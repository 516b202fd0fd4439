//! Insertion into what is written in brackets.

use std::ops::Range;

use granit_parser::ScalarStyle;

use crate::{
    fresh::Fresh,
    insert::{Inserter, NoRoom, layout::Layout, render::flow_entry},
    lines::line_end,
    splice::{Splice, is_glued, place_of_empty},
    tree::{Kind, NodeId},
};

impl Inserter<'_, '_> {
    /// `, key: value` after the last entry; on lines of their own if that is how the last entry is written.
    pub(super) fn grow_flow(&self, id: NodeId, fresh: &Fresh) -> Result<Vec<Splice>, NoRoom> {
        let node = &self.tree.nodes[id];
        let json = self.is_json(id);
        let (items, last): (Vec<String>, _) = match (&node.kind, fresh) {
            (Kind::Mapping { entries }, Fresh::Mapping(new)) => (
                new.iter().map(|(key, value)| flow_entry(key, value, json)).collect(),
                entries.last().map(|&(key, value)| (key, self.entry_end(key, value))),
            ),
            (Kind::Sequence { items }, Fresh::Sequence(new)) => (
                new.iter().map(|item| Layout::in_brackets(item, json)).collect(),
                items.last().map(|&item| (item, self.content_end(item))),
            ),
            _ => return Err(NoRoom::Form),
        };
        // `[a: b]` has a mapping without brackets, to which nothing can be added.
        if !self.text[node.span.clone()].starts_with(['{', '[']) {
            return Err(NoRoom::Form);
        }
        let depth = self.depth(id);
        let Some((last, end)) = last else {
            let at = node.span.start + 1;
            let space = if self.text[at..].starts_with([' ', '\t']) { " " } else { "" };
            return Ok(vec![Splice::insert(at, format!("{space}{}", items.join(", ")), depth)]);
        };
        let comma = self.comma_after(id)?;
        let close = node.end.saturating_sub(1);
        let inline = || vec![Splice::insert(end, format!("{comma} {}", items.join(", ")), depth)];
        let start = self.tree.nodes[last].span.start;
        let breaks = |range: Range<usize>| self.text.get(range).is_some_and(|gap| gap.contains(['\n', '\r']));
        // The line may be the whole text, so that it is not looked through for each entry.
        let above = self.text[..start].trim_end_matches([' ', '\t']);
        let indent = &self.text[above.len()..start];
        let own_line = (above.is_empty() || above.ends_with(['\n', '\r'])) && breaks(end..close);
        if !own_line {
            return Ok(inline());
        }
        let lines = |after: &str| -> Vec<String> {
            items.iter().map(|item| format!("{indent}{item}{after}")).collect()
        };
        match self.comma(end, close) {
            Some(comma) if breaks(comma..close) => {
                Ok(vec![self.lines_after(line_end(self.text, comma), &lines(","), depth)])
            }
            Some(_) => Ok(inline()),
            None => {
                let mut lines = lines(",");
                if let Some(last) = lines.last_mut() {
                    last.pop();
                }
                let comma = Splice::insert(end, comma.to_owned(), depth);
                Ok(vec![comma, self.lines_after(line_end(self.text, end), &lines, depth)])
            }
        }
    }

    /// Returns the comma to write after the last entry: with a blank before it where nothing, a tag or an anchor is the
    /// value, since some readers take `key:,` for a longer key, and `!tag,` for a longer tag.
    fn comma_after(&self, id: NodeId) -> Result<&'static str, NoRoom> {
        let mut last = id;
        loop {
            let node = &self.tree.nodes[last];
            if last != id && self.text[node.span.clone()].starts_with(['{', '[']) {
                return Ok(",");
            }
            let (key, value) = match &node.kind {
                Kind::Mapping { entries } => entries.last().map(|&(key, value)| (Some(key), value)),
                Kind::Sequence { items } => items.last().map(|&item| (None, item)),
                Kind::Scalar { .. } | Kind::Alias { .. } => None,
            }
            .unwrap_or((None, last));
            if is_glued(self.text, self.tree, &self.tree.nodes[value]) {
                return Err(NoRoom::Form);
            }
            let is_empty = |id: NodeId| self.tree.nodes[id].is_empty_value();
            // `{!!str }`: neither the key nor the value is there. `{key}` has a key that ends like any scalar.
            let has_colon = || place_of_empty(self.text, self.tree, &self.tree.nodes[value]).is_some();
            if is_empty(value) {
                return Ok(if has_colon() || key.is_some_and(is_empty) { " ," } else { "," });
            }
            if value == last {
                return Ok(",");
            }
            last = value;
        }
    }

    /// Finds the comma after the last entry, between its end and the closing bracket, where comments may be too.
    fn comma(&self, end: usize, close: usize) -> Option<usize> {
        let mut in_comment = false;
        for (at, c) in self.text.get(end..close)?.char_indices() {
            match c {
                '\n' | '\r' => in_comment = false,
                '#' => in_comment = true,
                ',' if !in_comment => return Some(end + at),
                _ => {}
            }
        }
        None
    }

    /// Whether the nearest key is in double quotes, as all are in JSON.
    pub(super) fn is_json(&self, id: NodeId) -> bool {
        let mut above = Some(id);
        while let Some(current) = above {
            let node = &self.tree.nodes[current];
            if let Kind::Mapping { entries } = &node.kind
                && let Some((key, _)) = entries.last()
                && self.is_in_brackets(current)
            {
                let style = &self.tree.nodes[*key].kind;
                return matches!(style, Kind::Scalar { style: ScalarStyle::DoubleQuoted, .. });
            }
            above = node.parent;
        }
        false
    }
}
