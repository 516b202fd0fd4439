//! Reading paths.

use std::{iter::Peekable, str::CharIndices, str::FromStr};

use super::{Path, Segment};

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
        let document = reader.document()?;
        loop {
            match reader.chars.peek().map(|&(_, c)| c) {
                None if segments.is_empty() => return Err(reader.error("it is empty")),
                None => return Ok(Self { document, segments }),
                Some('[') => segments.push(reader.bracket()?),
                Some('.') if segments.is_empty() && document.is_none() => {
                    return Err(reader.error("a key is missing before the dot"));
                }
                Some('.') => {
                    reader.chars.next();
                    segments.push(reader.key()?);
                }
                Some(_) if segments.is_empty() && document.is_none() => segments.push(reader.key()?),
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

    /// `@2`: a key that begins with `@` is written `\@key`.
    fn document(&mut self) -> Result<Option<usize>, PathError> {
        if self.chars.next_if(|&(_, c)| c == '@').is_none() {
            return Ok(None);
        }
        match self.word_until(&['.', '[']).parse() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => {
                Err(self.error("`@` is followed by the number of a document, from 1, which is not what ends"))
            }
        }
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
            ("@2.a[0]", "@2.a[0]"),
            ("@1[0]", "@1[0]"),
            (r"\@a", r#"["@a"]"#),
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
