//! Which document of a file a path looks into: `@2`, `@kind=Deployment,name=web`.

use std::fmt;

use super::{Path, Segment, bare};

/// Chooses documents of a file, at the start of a path.
///
/// `@2` is the second document. `@kind=Deployment,name=web` are those for which every condition holds. A
/// condition is a key, or keys with dots between them, then `=` and the text that its scalar has; `name` is
/// short for `metadata.name`, as every Kubernetes object has it, and a key `name` at the top is `["name"]`.
///
/// The selector ends at the first dot or bracket outside quotes, so that a value with a dot, a comma, a bracket
/// or a space in it is put in quotes.
///
/// ```
/// use yaml_set::{Edit, Path, set};
///
/// let path: Path = r#"@apiVersion="apps/v1",metadata.namespace=shop.spec.x"#.parse()?;
/// assert_eq!(path.to_string(), "@apiVersion=apps/v1,metadata.namespace=shop.spec.x");
///
/// let text = "kind: Service\nmetadata: {name: web}\nport: a\n---\nkind: Ingress\nmetadata: {name: web}\nport: b\n";
/// let edited = set(text, &[Edit::new("@kind=Ingress,name=web.port".parse()?, "c")])?;
/// assert!(edited.text.ends_with("port: a\n---\nkind: Ingress\nmetadata: {name: web}\nport: c\n"));
/// assert_eq!(edited.changes[0].path.to_string(), "@2.port");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DocumentSelector {
    /// The document with this number, from 1.
    Number(usize),
    /// The documents for which all of these hold.
    Where(Vec<Condition>),
}

/// What must hold for a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The keys from the root of the document to a scalar.
    pub keys: Vec<String>,
    /// The text that the scalar must have.
    pub value: String,
}

impl Condition {
    /// Builds a condition. The key `name` alone means `metadata.name`.
    pub fn new(key: &str, value: impl Into<String>) -> Self {
        let keys =
            if key == "name" { vec!["metadata".to_owned(), key.to_owned()] } else { vec![key.to_owned()] };
        Self { keys, value: value.into() }
    }
}

impl fmt::Display for DocumentSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Where(conditions) => {
                for (index, condition) in conditions.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(formatter, "{comma}{condition}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = bare(&self.value);
        match self.keys.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["metadata", "name"] => write!(formatter, "name={value}"),
            ["name"] => write!(formatter, "[\"name\"]={value}"),
            // A number would be read as that of a document.
            [key] if key.chars().all(|c| c.is_ascii_digit()) => write!(formatter, "[\"{key}\"]={value}"),
            keys => {
                let segments = keys.iter().map(|key| Segment::Key((*key).to_owned())).collect();
                write!(formatter, "{}={value}", Path::new(segments))
            }
        }
    }
}
