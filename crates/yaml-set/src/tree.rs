//! The nodes of a YAML text with their byte spans, in the order in which they are written.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StructureStyle, Tag};

use crate::keys::Index;

/// A node's number, its position in [`Tree::nodes`].
pub(crate) type NodeId = usize;

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind<'s> {
    /// A scalar, decoded.
    Scalar { value: Cow<'s, str>, style: ScalarStyle },
    /// A mapping: keys and values. Keys may be any node.
    Mapping { entries: Vec<(NodeId, NodeId)> },
    /// A sequence.
    Sequence { items: Vec<NodeId> },
    /// A reference to the anchor with this number.
    Alias { anchor: usize },
}

/// One node.
#[derive(Debug, Clone)]
pub(crate) struct Node<'s> {
    pub(crate) kind: Kind<'s>,
    /// The bytes of a scalar's token or of an alias. Empty for an empty value. For a block scalar the
    /// content without its header; for a collection its first byte.
    pub(crate) span: Range<usize>,
    /// Where it ends; for a collection in brackets after the closing one.
    pub(crate) end: usize,
    /// The line on which it begins, from 1.
    pub(crate) line: usize,
    /// The indentation of a block scalar's content.
    pub(crate) indent: Option<usize>,
    /// The resolved explicit tag.
    pub(crate) tag: Option<String>,
    /// The number and name of its anchor.
    pub(crate) anchor: Option<(usize, String)>,
    /// Where its tag and anchor end, if it has any.
    pub(crate) properties_end: Option<usize>,
    /// Whether it is inside `{}` or `[]`.
    pub(crate) in_flow: bool,
    /// Whether it is the key of an entry.
    pub(crate) is_key: bool,
    /// The collection that it is in.
    pub(crate) parent: Option<NodeId>,
    /// The number of its entry or item in that collection.
    pub(crate) index: usize,
}

impl Node<'_> {
    /// Whether nothing is written for it: `key:` and no more.
    pub(crate) fn is_empty_value(&self) -> bool {
        self.span.is_empty() && matches!(self.kind, Kind::Scalar { style: ScalarStyle::Plain, .. })
    }
}

/// A parsed text.
#[derive(Debug, Default)]
pub(crate) struct Tree<'s> {
    pub(crate) nodes: Vec<Node<'s>>,
    /// The root node of each document.
    pub(crate) documents: Vec<NodeId>,
    /// The node of each anchor.
    pub(crate) anchored: BTreeMap<usize, NodeId>,
    /// The aliases of each anchor that has some.
    pub(crate) users: BTreeMap<usize, Vec<NodeId>>,
    /// The text of every comment.
    pub(crate) comments: Vec<Cow<'s, str>>,
    /// The line of the first flow mapping that begins with `{{`, which is how a template action parses.
    pub(crate) template_line: Option<usize>,
    /// Speeds up look-ups.
    pub(crate) index: Index,
}

/// A collection whose end has not been seen.
struct Open {
    id: NodeId,
    flow: bool,
    key: Option<NodeId>,
}

impl<'s> Tree<'s> {
    /// Parses a text.
    pub(crate) fn parse(text: &'s str) -> Result<Self, ScanError> {
        // Any number of comments may stand between two nodes: they are no more than the text that is there.
        let options =
            granit_parser::options! { emit_anchor_events: true, max_buffered_comment_events: usize::MAX };
        let mut tree = Self::default();
        let mut open: Vec<Open> = Vec::new();
        for next in Parser::new_from_str_with_options(text, options) {
            let (event, span) = next?;
            match event {
                Event::Scalar(value, style, _, tag) => {
                    tree.add(&mut open, Kind::Scalar { value, style }, span, tag);
                }
                Event::Alias(anchor) => {
                    let id = tree.add(&mut open, Kind::Alias { anchor }, span, None);
                    tree.users.entry(anchor).or_default().push(id);
                }
                Event::SequenceStart(style, _, tag) => {
                    let id = tree.add(&mut open, Kind::Sequence { items: Vec::new() }, span, tag);
                    open.push(Open { id, flow: style == StructureStyle::Flow, key: None });
                }
                Event::MappingStart(style, _, tag) => {
                    let flow = style == StructureStyle::Flow;
                    let id = tree.add(&mut open, Kind::Mapping { entries: Vec::new() }, span, tag);
                    let node = &tree.nodes[id];
                    if flow && tree.template_line.is_none() && text[node.span.start..].starts_with("{{") {
                        tree.template_line = Some(node.line);
                    }
                    open.push(Open { id, flow, key: None });
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let (Some(open), Some(end)) = (open.pop(), span.end.byte_offset()) {
                        tree.nodes[open.id].end = end;
                    }
                }
                Event::Anchor(anchor, name) => {
                    // It follows its node at once, so that the last node is the anchored one.
                    tree.anchored.insert(anchor, tree.nodes.len().saturating_sub(1));
                    if let Some(node) = tree.nodes.last_mut() {
                        node.anchor = Some((anchor, name.into_owned()));
                        node.properties_end = node.properties_end.max(span.end.byte_offset());
                    }
                }
                Event::Comment(text, _) => tree.comments.push(text),
                _ => {}
            }
        }
        Ok(tree)
    }

    fn add(
        &mut self,
        open: &mut [Open],
        mut kind: Kind<'s>,
        span: Span,
        tag: Option<Cow<'s, Tag>>,
    ) -> NodeId {
        let id = self.nodes.len();
        if let Kind::Scalar { value, style: ScalarStyle::Plain } = &mut kind
            && span.byte_range().is_none_or(|bytes| bytes.is_empty())
        {
            // The parser says `~` for what is not written.
            *value = Cow::Borrowed("");
        }
        let properties_end = span.tag_span().and_then(|tag| tag.end.byte_offset());
        let is_key = open.last().is_some_and(|open| {
            open.key.is_none() && matches!(self.nodes[open.id].kind, Kind::Mapping { .. })
        });
        let index = open.last().map_or(0, |open| match &self.nodes[open.id].kind {
            Kind::Mapping { entries } => entries.len(),
            Kind::Sequence { items } => items.len(),
            Kind::Scalar { .. } | Kind::Alias { .. } => 0,
        });
        let bytes = span.byte_range().unwrap_or_default();
        self.nodes.push(Node {
            kind,
            end: bytes.end,
            span: bytes,
            is_key,
            line: span.start.line(),
            indent: span.indent,
            tag: tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix())),
            anchor: None,
            properties_end,
            in_flow: open.iter().any(|open| open.flow),
            parent: open.last().map(|open| open.id),
            index,
        });
        match open.last_mut() {
            None => self.documents.push(id),
            Some(Open { id: parent, key, .. }) => match (&mut self.nodes[*parent].kind, key.take()) {
                (Kind::Sequence { items }, _) => items.push(id),
                (Kind::Mapping { entries }, Some(key)) => entries.push((key, id)),
                (_, None) => *key = Some(id),
                (_, Some(_)) => {}
            },
        }
        id
    }

    /// Returns the decoded text of a scalar.
    pub(crate) fn scalar(&self, id: NodeId) -> Option<&str> {
        match &self.nodes[id].kind {
            Kind::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }
}
