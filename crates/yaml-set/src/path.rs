//! Where a scalar is: `image.tag`, `["a.b/c"]`, `containers[name=web].image`, `list[-1]`, `@2.spec.x`.

mod parse;

use std::fmt;

pub use parse::{PathError, split_top_level};

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
}

/// A path from the root of a document to a scalar.
///
/// ```
/// let path: yaml_set::Path = r#"spec.containers[name=web]["a.b/c"].x\.y"#.parse().unwrap();
/// assert_eq!(path.to_string(), r#"spec.containers[name=web]["a.b/c"]["x.y"]"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    document: Option<usize>,
    segments: Vec<Segment>,
}

impl Path {
    /// Builds a path from its steps; with none it is the document's root.
    pub fn new(segments: Vec<Segment>) -> Self {
        Self { document: None, segments }
    }

    /// Looks into one document only, counted from 1.
    #[must_use]
    pub fn in_document(mut self, number: usize) -> Self {
        self.document = Some(number);
        self
    }

    /// Returns the document that it looks into, counted from 1; none for whichever has such a scalar.
    pub fn document(&self) -> Option<usize> {
        self.document
    }

    /// Returns the steps.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Returns the path to the node that this one's node is in, and the last step; none for the root.
    pub fn split_last(&self) -> Option<(Self, &Segment)> {
        let (last, above) = self.segments.split_last()?;
        Some((Self { document: self.document, segments: above.to_vec() }, last))
    }

    /// Returns the path of a child.
    #[must_use]
    pub fn child(&self, segment: Segment) -> Self {
        let mut child = self.clone();
        child.segments.push(segment);
        child
    }

    /// Returns the text of the first `count` steps; empty for none.
    pub(crate) fn prefix(&self, count: usize) -> String {
        if count == 0 {
            return String::new();
        }
        Self { document: self.document, segments: self.segments[..count].to_vec() }.to_string()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.document {
            write!(formatter, "@{number}")?;
        }
        for (position, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Key(key) if is_bare(key) => {
                    let dot = if position == 0 && self.document.is_none() { "" } else { "." };
                    write!(formatter, "{dot}{key}")?;
                }
                Segment::Key(key) => write!(formatter, "[{}]", quote(key))?,
                Segment::Index(index) => write!(formatter, "[{index}]")?,
                Segment::Where { key, value } => {
                    let value = if is_bare(value) { value.clone() } else { quote(value) };
                    write!(formatter, "[{key}={value}]")?;
                }
            }
        }
        Ok(())
    }
}

fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'))
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
