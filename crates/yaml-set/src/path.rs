//! Where a scalar is: `image.tag`, `["a.b/c"]`, `containers[name=web].image`, `list[-1]`.

use std::{fmt, iter::Peekable, str::CharIndices, str::FromStr};

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
pub struct Path(Vec<Segment>);

impl Path {
    /// Builds a path from its steps; with none it is the document's root.
    pub fn new(segments: Vec<Segment>) -> Self {
        Self(segments)
    }

    /// Returns the steps.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Returns the text of the first `count` steps.
    pub(crate) fn prefix(&self, count: usize) -> String {
        Self(self.0[..count].to_vec()).to_string()
    }
}

/// A text that is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a path: {reason} at character {}", at + 1)]
pub struct PathError {
    /// The text.
    pub text: String,
    /// What is wrong.
    pub reason: &'static str,
    /// Where, in characters from 0.
    pub at: usize,
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut reader = Reader { text, chars: text.char_indices().peekable() };
        let mut segments = Vec::new();
        loop {
            match reader.chars.peek().map(|&(_, c)| c) {
                None if segments.is_empty() => return Err(reader.error("it is empty")),
                None => return Ok(Self(segments)),
                Some('[') => segments.push(reader.bracket()?),
                Some('.') if segments.is_empty() => {
                    return Err(reader.error("a key is missing before the dot"));
                }
                Some('.') => {
                    reader.chars.next();
                    segments.push(reader.key()?);
                }
                Some(_) if segments.is_empty() => segments.push(reader.key()?),
                Some(_) => return Err(reader.error("a dot or a bracket is missing")),
            }
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    chars: Peekable<CharIndices<'t>>,
}

impl Reader<'_> {
    fn error(&mut self, reason: &'static str) -> PathError {
        let byte = self.chars.peek().map_or(self.text.len(), |&(byte, _)| byte);
        PathError { text: self.text.to_owned(), reason, at: self.text[..byte].chars().count() }
    }

    fn key(&mut self) -> Result<Segment, PathError> {
        let mut key = String::new();
        while let Some(&(_, c)) = self.chars.peek() {
            match c {
                '.' | '[' => break,
                ']' => return Err(self.error("a bracket is closed that was not opened")),
                '\\' => {
                    self.chars.next();
                    let Some((_, escaped)) = self.chars.next() else {
                        return Err(self.error("a character is missing after the backslash"));
                    };
                    key.push(escaped);
                }
                _ => {
                    key.push(c);
                    self.chars.next();
                }
            }
        }
        if key.is_empty() { Err(self.error("a key is missing")) } else { Ok(Segment::Key(key)) }
    }

    fn bracket(&mut self) -> Result<Segment, PathError> {
        self.chars.next();
        let segment = if self.at_quote() {
            Segment::Key(self.quoted()?)
        } else {
            let word = self.word_until(&['=', ']']);
            if self.chars.peek().is_some_and(|&(_, c)| c == '=') {
                self.chars.next();
                let value = if self.at_quote() { self.quoted()? } else { self.word_until(&[']']) };
                if word.is_empty() || value.is_empty() {
                    return Err(self.error("`[key=value]` needs both"));
                }
                Segment::Where { key: word, value }
            } else if let Ok(index) = word.parse() {
                Segment::Index(index)
            } else {
                return Err(
                    self.error("brackets hold an index, `key=value` or a quoted key, which is not what ends")
                );
            }
        };
        match self.chars.next() {
            Some((_, ']')) => Ok(segment),
            _ => Err(self.error("a closing bracket is missing")),
        }
    }

    fn at_quote(&mut self) -> bool {
        self.chars.peek().is_some_and(|&(_, c)| c == '"' || c == '\'')
    }

    fn word_until(&mut self, ends: &[char]) -> String {
        let mut word = String::new();
        while let Some((_, c)) = self.chars.next_if(|(_, c)| !ends.contains(c)) {
            word.push(c);
        }
        word
    }

    fn quoted(&mut self) -> Result<String, PathError> {
        let quote = self.chars.next().map_or('"', |(_, c)| c);
        let mut text = String::new();
        loop {
            match self.chars.next() {
                None => return Err(self.error("a closing quote is missing")),
                Some((_, c)) if c == quote => return Ok(text),
                Some((_, '\\')) => text.extend(self.chars.next().map(|(_, c)| c)),
                Some((_, c)) => text.push(c),
            }
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if is_bare(key) => {
                    let dot = if position == 0 { "" } else { "." };
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

/// Splits `text` at the first `at` that is outside brackets and not escaped: for `path=value` lines.
///
/// ```
/// let line = "containers[name=web].image=nginx:1";
/// assert_eq!(yaml_set::split_top_level(line, '='), Some(("containers[name=web].image", "nginx:1")));
/// ```
pub fn split_top_level(text: &str, at: char) -> Option<(&str, &str)> {
    let (mut quote, mut inside, mut escaped) = (None, false, false);
    for (position, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) => quote = (c != open).then_some(open),
            (None, '"' | '\'') if inside => quote = Some(c),
            (None, '[') => inside = true,
            (None, ']') => inside = false,
            (None, _) if c == at && !inside => {
                return Some((&text[..position], &text[position + c.len_utf8()..]));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_every_form() {
        for (text, written) in [
            ("a.b", "a.b"),
            (r"a\.b", r#"["a.b"]"#),
            (r#"["a.b/c"]"#, r#"["a.b/c"]"#),
            ("['x y'].z", r#"["x y"].z"#),
            ("a[0][-1].b", "a[0][-1].b"),
            ("a[name=web].image", "a[name=web].image"),
            (r#"a[name="x]y"]"#, r#"a[name="x]y"]"#),
            ("[0]", "[0]"),
            ("é.ü", "é.ü"),
        ] {
            let path: Path = text.parse().unwrap();
            assert_eq!(path.to_string(), written, "{text}");
            assert_eq!(written.parse::<Path>().unwrap(), path, "{written}");
        }
    }

    #[test]
    fn refuses_other_texts() {
        for text in [
            "", ".", ".a", "a.", "a..b", "a[", "a[]", "a[x]", "a[0", "a[0]b", "a]", "a\\", "[\"a", "[=a]",
            "[a=]", "[*]",
        ] {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
        let error = "a..b".parse::<Path>().unwrap_err();
        assert_eq!(error.to_string(), "`a..b` is not a path: a key is missing at character 3");
    }

    #[test]
    fn splits_outside_brackets_only() {
        assert_eq!(split_top_level(r#"["a=b"].c=d=e"#, '='), Some((r#"["a=b"].c"#, "d=e")));
        assert_eq!(split_top_level(r"a\=b=c", '='), Some((r"a\=b", "c")));
        assert_eq!(split_top_level("a'b=c", '='), Some(("a'b", "c")));
        assert_eq!(split_top_level("a[x=y]", '='), None);
    }
}
