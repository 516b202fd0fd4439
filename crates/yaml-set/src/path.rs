//! Where a scalar is: `image.tag`, `["a.b/c"]`, `containers[name=web].image`, `list[-1]`, `list[*].x`, `@2.x`.

mod document;
mod parse;
mod split;

use std::fmt;

pub use document::{Condition, DocumentSelector};
pub use parse::PathError;
pub use split::split_top_level;

/// One step from a node to a child of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// The value of a key in a mapping.
    Key(String),
    /// An item of a sequence, counted from 0, or from the end when negative.
    Index(i64),
    /// The one item of a sequence that is a mapping with this key and value: `[name=web]`.
    Where {
        /// The key that is compared.
        key: String,
        /// The text that its scalar must have.
        value: String,
    },
    /// Every item of a sequence, or the value of every key of a mapping: `[*]`.
    Every,
}

/// A path from the root of a document to a scalar.
///
/// | written | is |
/// |---|---|
/// | `image.tag` | the key `tag` in the key `image` |
/// | `a\.b`, `["a.b"]`, `['a.b']` | the key `a.b` |
/// | `list[0]`, `list[-1]` | the first and the last item |
/// | `list[name=web].image` | `image` of the one item whose `name` is `web`; `["a b"="x]y"]` quotes either side |
/// | `list[*].image`, `map[*].tag` | `image` of every item, `tag` of the value of every key |
/// | `@2.a` | `a` in the second document |
/// | `@kind=Deployment,name=web.spec.x` | see [`DocumentSelector`] |
///
/// ```
/// let path: yaml_set::Path = r#"spec.containers[name=web]["a.b/c"].x\.y[*]"#.parse()?;
/// assert_eq!(path.to_string(), r#"spec.containers[name=web]["a.b/c"]["x.y"][*]"#);
/// # Ok::<(), yaml_set::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    document: Option<DocumentSelector>,
    segments: Vec<Segment>,
}

impl Path {
    /// Builds a path from its steps; with none it is the document's root.
    pub fn new(segments: Vec<Segment>) -> Self {
        Self { document: None, segments }
    }

    /// Looks into one document only, counted from 1.
    #[must_use]
    pub fn in_document(self, number: usize) -> Self {
        self.selecting(DocumentSelector::Number(number))
    }

    /// Looks into the documents only that `selector` chooses.
    #[must_use]
    pub fn selecting(mut self, selector: DocumentSelector) -> Self {
        self.document = Some(selector);
        self
    }

    /// Returns the number of the document that it looks into, counted from 1, if it names one by its number.
    pub fn document(&self) -> Option<usize> {
        match self.document {
            Some(DocumentSelector::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// Returns what chooses its document; none for whichever has such a scalar.
    pub fn selector(&self) -> Option<&DocumentSelector> {
        self.document.as_ref()
    }

    /// Returns the steps.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Returns the path to the node that this one's node is in, and the last step; none for the root.
    pub fn split_last(&self) -> Option<(Self, &Segment)> {
        let (last, above) = self.segments.split_last()?;
        Some((self.with(above.to_vec()), last))
    }

    /// Returns the path of a child.
    #[must_use]
    pub fn child(&self, segment: Segment) -> Self {
        let mut child = self.clone();
        child.segments.push(segment);
        child
    }

    /// Returns a path with other steps in the same document.
    pub(crate) fn with(&self, segments: Vec<Segment>) -> Self {
        Self { document: self.document.clone(), segments }
    }

    /// Returns the text of the first `count` steps; empty for none.
    pub(crate) fn prefix(&self, count: usize) -> String {
        if count == 0 { String::new() } else { self.with(self.segments[..count].to_vec()).to_string() }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(selector) = &self.document {
            write!(formatter, "@{selector}")?;
        }
        for (position, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Key(key) if is_bare(key) => {
                    let dot = if position == 0 && self.document.is_none() { "" } else { "." };
                    write!(formatter, "{dot}{key}")?;
                }
                Segment::Key(key) => write!(formatter, "[{}]", quote(key))?,
                Segment::Index(index) => write!(formatter, "[{index}]")?,
                Segment::Where { key, value } => write!(formatter, "[{}={}]", bare(key), bare(value))?,
                Segment::Every => formatter.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

/// Writes `text` as it is if that is safe everywhere in a path, else in quotes.
fn bare(text: &str) -> String {
    if is_bare(text) { text.to_owned() } else { quote(text) }
}

fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'))
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
