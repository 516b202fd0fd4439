//! Reading paths.

use std::{iter::Peekable, str::CharIndices, str::FromStr};

use super::{Condition, DocumentSelector, Path, Segment};

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

    /// `@2`, `@kind=Deployment,name=web`: a key that begins with `@` is written `\@key`.
    fn document(&mut self) -> Result<Option<DocumentSelector>, PathError> {
        if self.chars.next_if(|&(_, c)| c == '@').is_none() {
            return Ok(None);
        }
        if self.chars.peek().is_none_or(|(_, c)| c.is_ascii_digit()) {
            return match self.word_until(&['.', '[']).parse() {
                Ok(number) if number > 0 => Ok(Some(DocumentSelector::Number(number))),
                _ => Err(self.error(
                    "`@` is followed by the number of a document, from 1, or by `key=value`, which is not what ends",
                )),
            };
        }
        let mut conditions = vec![self.condition()?];
        while self.chars.next_if(|&(_, c)| c == ',').is_some() {
            conditions.push(self.condition()?);
        }
        Ok(Some(DocumentSelector::Where(conditions)))
    }

    fn condition(&mut self) -> Result<Condition, PathError> {
        let mut keys = Vec::new();
        let mut bare = false;
        loop {
            match self.chars.peek().map(|&(_, c)| c) {
                Some('=') => break,
                Some('[') => match self.bracket()? {
                    Segment::Key(key) => keys.push(key),
                    _ => return Err(self.error("a document is chosen by keys, not by items, which ended")),
                },
                Some(c) if keys.is_empty() || c == '.' => {
                    if !keys.is_empty() {
                        self.chars.next();
                    }
                    bare = keys.is_empty();
                    keys.push(self.key_until(&['.', '[', '=', ','])?);
                }
                Some(_) => return Err(self.error("a dot or a bracket is missing")),
                None => return Err(self.error("`=` and a value are missing after the document's key")),
            }
        }
        self.chars.next();
        let value =
            if self.at_quote() { self.quoted()? } else { self.escaped_until(&['.', '[', ']', ',', '='])? };
        if keys.is_empty() || value.is_empty() {
            return Err(self.error("`@key=value` needs both"));
        }
        match keys.as_slice() {
            [name] if bare => Ok(Condition::new(name, value)),
            _ => Ok(Condition { keys, value }),
        }
    }

    fn key(&mut self) -> Result<Segment, PathError> {
        self.key_until(&['.', '[']).map(Segment::Key)
    }

    fn key_until(&mut self, ends: &[char]) -> Result<String, PathError> {
        let key = self.escaped_until(ends)?;
        if key.is_empty() { Err(self.error("a key is missing")) } else { Ok(key) }
    }

    /// Reads up to one of `ends`; a backslash takes the meaning from what follows.
    fn escaped_until(&mut self, ends: &[char]) -> Result<String, PathError> {
        let mut word = String::new();
        while let Some(&(_, c)) = self.chars.peek() {
            match c {
                _ if ends.contains(&c) => break,
                ']' => return Err(self.error("a bracket is closed that was not opened")),
                '\\' => {
                    self.chars.next();
                    let Some((_, escaped)) = self.chars.next() else {
                        return Err(self.error("a character is missing after the backslash"));
                    };
                    word.push(escaped);
                }
                _ => {
                    word.push(c);
                    self.chars.next();
                }
            }
        }
        Ok(word)
    }

    fn bracket(&mut self) -> Result<Segment, PathError> {
        self.chars.next();
        let quoted = self.at_quote();
        let word = if quoted { self.quoted()? } else { self.word_until(&['=', ']']) };
        let segment = if self.chars.next_if(|&(_, c)| c == '=').is_some() {
            let value = if self.at_quote() { self.quoted()? } else { self.word_until(&[']']) };
            if word.is_empty() || value.is_empty() {
                return Err(self.error("`[key=value]` needs both"));
            }
            Segment::Where { key: word, value }
        } else if quoted {
            Segment::Key(word)
        } else if word == "*" {
            Segment::Every
        } else if let Ok(index) = word.parse() {
            Segment::Index(index)
        } else {
            return Err(self
                .error("brackets hold an index, `key=value`, `*` or a quoted key, which is not what ends"));
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
            ("a[*].b", "a[*].b"),
            (r#"a["*"]"#, r#"a["*"]"#),
            (r#"a["x y"="z]"]"#, r#"a["x y"="z]"]"#),
            ("a[x.y=z].b", r#"a["x.y"=z].b"#),
            ("@kind=Deployment.spec", "@kind=Deployment.spec"),
            ("@kind=Deployment,name=web[0]", "@kind=Deployment,name=web[0]"),
            ("@metadata.name=web.a", "@name=web.a"),
            (r#"@["name"]=web.a"#, r#"@["name"]=web.a"#),
            (r#"@["2"]=web.a"#, r#"@["2"]=web.a"#),
            (
                r#"@apiVersion='a.b/v1',metadata.namespace=x["a.b"]"#,
                r#"@apiVersion="a.b/v1",metadata.namespace=x["a.b"]"#,
            ),
            (r"@a=x\.y.z", r#"@a="x.y".z"#),
            (r#"@metadata.labels["a.b/c"]=x.y"#, r#"@metadata.labels["a.b/c"]=x.y"#),
        ] {
            let path: Path = text.parse().unwrap();
            assert_eq!(path.to_string(), written, "{text}");
            assert_eq!(written.parse::<Path>().unwrap(), path, "{written}");
        }
    }

    #[test]
    fn refuses_other_texts() {
        for text in [
            "",
            ".",
            ".a",
            "a.",
            "a..b",
            "a[",
            "a[]",
            "a[x]",
            "a[0",
            "a[0]b",
            "a]",
            "a\\",
            "[\"a",
            "[=a]",
            "[a=]",
            "@",
            "@0.a",
            "@x",
            "@x.a",
            "@kind=.a",
            "@=a.b",
            "@kind=Deployment",
            "@a=b,.c",
            "@a=b=c.d",
            "@2x.a",
            "@a[0]=b.c",
            "@a=b].c",
            "[**]",
            "[\"a\"=]",
        ] {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
        let error = "a..b".parse::<Path>().unwrap_err();
        assert_eq!(error.to_string(), "`a..b` is not a path: a key is missing at character 3");
    }
}
