//! Which bytes come where something is inserted. None goes.

mod block;
mod extent;
mod flow;
mod layout;
mod render;

use crate::{
    SetError,
    fresh::Fresh,
    lines::{before_line_break, first_line_break, has_tab_below, line_break, line_end},
    splice::{Splice, odd_anchor, place_of_empty},
    tree::{Kind, NodeId, Tree},
};

use layout::Layout;

/// Plans insertions into a text.
pub(crate) struct Inserter<'t, 's> {
    text: &'t str,
    tree: &'t Tree<'s>,
    layout: Layout,
}

/// Why nothing can be inserted at a place; the caller knows the path.
pub(crate) enum NoRoom {
    /// The way in which it is written has no place for it.
    Form,
    /// A line break at the end of the file would change the block scalar that it ends with.
    OpenEnd,
    /// Some readers refuse a tab below what is inserted.
    TabBelow,
    /// Some readers take a part of an anchor's name for the value.
    OddAnchor,
}

impl NoRoom {
    /// Returns the error about `path`, which is missing below what is on `line`.
    pub(crate) fn into_error(self, path: String, line: Option<usize>) -> SetError {
        let (reason, remedy) = match self {
            Self::Form => (
                "what is there is written in a form that has no place for it",
                "Write what is there in the usual form, `key: value`.",
            ),
            Self::OpenEnd => (
                "the file ends in a block scalar without a line break, which would become part of its value",
                "Add a line break at the end of the file.",
            ),
            Self::TabBelow => (
                "on a blank line below its place is a tab, which some readers refuse there",
                "Remove the tab from the blank line.",
            ),
            Self::OddAnchor => (
                "some readers end the name of an anchor that it would be in early",
                "Give the anchor a name of letters, digits, `-` and `_`.",
            ),
        };
        SetError::CannotCreate { path, line, reason: reason.to_owned(), remedy }
    }
}

impl<'t, 's> Inserter<'t, 's> {
    /// Looks at how the text is laid out.
    pub(crate) fn new(text: &'t str, tree: &'t Tree<'s>) -> Self {
        Self { text, tree, layout: Layout::of(text, tree) }
    }

    /// Plans the bytes for `fresh`: the new entries or items of a collection, the value where nothing is written,
    /// or the content of a text without any.
    pub(crate) fn splices(&self, below: Option<NodeId>, fresh: &Fresh) -> Result<Vec<Splice>, NoRoom> {
        let Some(id) = below else { return Ok(vec![self.fill_empty_text(fresh)]) };
        if odd_anchor(self.tree, id).is_some() {
            return Err(NoRoom::OddAnchor);
        }
        let splice = match (&self.tree.nodes[id].kind, fresh) {
            (Kind::Scalar { .. }, _) => self.fill_empty_value(id, fresh)?,
            (_, _) if self.is_in_brackets(id) => return self.grow_flow(id, fresh),
            (Kind::Mapping { .. }, Fresh::Mapping(entries)) => self.grow_block_mapping(id, entries)?,
            (Kind::Sequence { .. }, Fresh::Sequence(items)) => self.grow_block_sequence(id, items)?,
            _ => return Err(NoRoom::Form),
        };
        if !self.tree.nodes[id].in_flow && has_tab_below(self.text, splice.range.end) {
            return Err(NoRoom::TabBelow);
        }
        Ok(vec![splice])
    }

    /// Whether a collection is written as `{}` or `[]`.
    fn is_in_brackets(&self, id: NodeId) -> bool {
        let node = &self.tree.nodes[id];
        node.in_flow || self.text[node.span.clone()].starts_with(['{', '['])
    }

    /// There are comments at most.
    fn fill_empty_text(&self, fresh: &Fresh) -> Splice {
        let lines = self.layout.lines(fresh, 0);
        let eol = first_line_break(self.text);
        let content = self.text.trim_start_matches('\u{feff}');
        if content.is_empty() {
            return Splice::insert(self.text.len(), lines.join(eol) + eol, 0);
        }
        let at = before_line_break(self.text, self.text.len());
        Splice::insert(at, lines.iter().flat_map(|line| [eol, line.as_str()]).collect(), 0)
    }

    /// Returns `lines` as they follow the line that ends at `at`.
    fn lines_after(&self, at: usize, lines: &[String], depth: usize) -> Splice {
        let eol = match line_break(self.text, at) {
            "" => first_line_break(self.text),
            found => found,
        };
        Splice::insert(at, lines.iter().flat_map(|line| [eol, line.as_str()]).collect(), depth)
    }

    /// Returns where the line ends on which an empty value has its place.
    fn end_of_empty(&self, id: NodeId) -> Option<usize> {
        let node = &self.tree.nodes[id];
        let place = match node.parent {
            None => Some(node.properties_end.unwrap_or(node.span.start)),
            Some(_) => place_of_empty(self.text, self.tree, node),
        };
        place.map(|at| line_end(self.text, at))
    }

    fn depth(&self, id: NodeId) -> usize {
        std::iter::successors(Some(id), |&id| self.tree.nodes[id].parent).count()
    }
}
