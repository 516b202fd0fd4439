//! Insertion into what is written without brackets, and where nothing is written.

use crate::{
    fresh::Fresh,
    insert::{
        Inserter, NoRoom,
        layout::{Layout, is_at_dash},
    },
    lines::{column, skip_blanks},
    splice::{Splice, place_of_empty},
    tree::{Kind, NodeId},
};

impl Inserter<'_, '_> {
    /// New lines after the last one of a mapping, indented as its entries are.
    pub(super) fn grow_block_mapping(
        &self,
        id: NodeId,
        entries: &[(String, Fresh)],
    ) -> Result<Splice, NoRoom> {
        let indent = column(self.text, self.tree.nodes[id].span.start);
        let at = self.last_line_end(id, indent)?;
        Ok(self.lines_after(at, &self.layout.entries(entries, indent), self.depth(id)))
    }

    /// New lines after the last one of a sequence, with the dashes where they are.
    pub(super) fn grow_block_sequence(&self, id: NodeId, items: &[Fresh]) -> Result<Splice, NoRoom> {
        let indent = self.dash_column(id).ok_or(NoRoom::Form)?;
        let at = self.last_line_end(id, indent)?;
        let lines = self.layout.items(items, indent, self.gap(id, indent));
        Ok(self.lines_after(at, &lines, self.depth(id)))
    }

    fn dash_column(&self, id: NodeId) -> Option<usize> {
        let node = &self.tree.nodes[id];
        if is_at_dash(self.text, self.tree, node) {
            return Some(column(self.text, node.span.start));
        }
        let parent = &self.tree.nodes[node.parent?];
        matches!(parent.kind, Kind::Mapping { .. }).then(|| column(self.text, parent.span.start))
    }

    /// Returns how far from its dash the content of the last item begins, if it is on the same line.
    fn gap(&self, id: NodeId, indent: usize) -> usize {
        let Kind::Sequence { items } = &self.tree.nodes[id].kind else { return 2 };
        let last = items.last().map(|&id| &self.tree.nodes[id]);
        last.filter(|node| matches!(node.kind, Kind::Mapping { .. }) && !node.in_flow)
            .filter(|node| self.text[..node.span.start].trim_end_matches([' ', '\t']).ends_with('-'))
            .and_then(|node| column(self.text, node.span.start).checked_sub(indent))
            .filter(|&gap| gap > 1)
            .unwrap_or(2)
    }

    /// A collection where nothing is written after a colon, a dash, or the start of a document.
    pub(super) fn fill_empty_value(&self, id: NodeId, fresh: &Fresh) -> Result<Splice, NoRoom> {
        let node = &self.tree.nodes[id];
        if node.in_flow {
            let at = place_of_empty(self.text, self.tree, node).ok_or(NoRoom::Form)?;
            let token = format!(" {}", Layout::in_brackets(fresh, self.is_json(id)));
            return Ok(Splice::insert(at, token, self.depth(id)));
        }
        let end = self.end_of_empty(id).ok_or(NoRoom::Form)?;
        let Some(parent) = node.parent else {
            return Ok(self.lines_after(end, &self.layout.lines(fresh, 0), self.depth(id)));
        };
        if let Kind::Mapping { .. } = self.tree.nodes[parent].kind {
            let by = if matches!(fresh, Fresh::Sequence(_)) { self.layout.dash } else { self.layout.step };
            let indent = column(self.text, self.tree.nodes[parent].span.start) + by;
            return Ok(self.lines_after(end, &self.layout.lines(fresh, indent), self.depth(id)));
        }
        let place = place_of_empty(self.text, self.tree, node).ok_or(NoRoom::Form)?;
        let dash = self.dash_of_item(id).ok_or(NoRoom::Form)?;
        let blanks = &self.text[place..end];
        if node.properties_end.is_some() || skip_blanks(self.text, place) < end {
            return Ok(self.lines_after(end, &self.layout.lines(fresh, dash + 2), self.depth(id)));
        }
        if blanks.contains('\t') {
            return Err(NoRoom::Form);
        }
        // `- key: value`: dash and blanks take the place of the first line's indentation.
        let lines = self.layout.lines(fresh, dash + 1 + blanks.len().max(1));
        let mut splice = self.lines_after(end, lines.get(1..).unwrap_or_default(), self.depth(id));
        let first = lines.first().map(|line| line.trim_start()).unwrap_or_default();
        let space = if blanks.is_empty() { " " } else { "" };
        splice.token = format!("{space}{first}{}", splice.token);
        Ok(splice)
    }

    /// Returns the column of the dash of an empty item.
    fn dash_of_item(&self, id: NodeId) -> Option<usize> {
        let node = &self.tree.nodes[id];
        let at = place_of_empty(self.text, self.tree, node)?;
        let before = match node.properties_end {
            Some(_) => return self.dash_column(node.parent?),
            None => &self.text[..at],
        };
        before.ends_with('-').then(|| column(self.text, at - 1))
    }
}
