//! Variables in an instruction's words: `$X`, `${X:-default}`, quotes and escapes
//! (BuildKit `frontend/dockerfile/shell/lex.go`).

use std::iter::Peekable;
use std::str::Chars;

/// Where a variable's value comes from.
pub(crate) trait Variables {
    /// Returns the value, none if it is not set.
    fn value(&self, name: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Variables for F {
    fn value(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// Expands the variables of `word` and removes its quotes. The error is a fragment of a sentence.
pub(crate) fn expand(word: &str, escape: char, variables: &dyn Variables) -> Result<String, String> {
    Expander { characters: word.chars().peekable(), escape, variables }.until(None)
}

struct Expander<'a> {
    characters: Peekable<Chars<'a>>,
    escape: char,
    variables: &'a dyn Variables,
}

impl Expander<'_> {
    /// Reads to the end, or to `stop`, which is consumed.
    fn until(&mut self, stop: Option<char>) -> Result<String, String> {
        let mut result = String::new();
        while let Some(character) = self.characters.next() {
            match character {
                _ if Some(character) == stop => return Ok(result),
                '\'' => self.single_quoted(&mut result)?,
                '"' => self.double_quoted(&mut result)?,
                '$' => result.push_str(&self.variable()?),
                _ if character == self.escape => result.extend(self.characters.next()),
                _ => result.push(character),
            }
        }
        match stop {
            None => Ok(result),
            Some(stop) => Err(format!("`{stop}` is missing at the end of a variable")),
        }
    }

    fn single_quoted(&mut self, result: &mut String) -> Result<(), String> {
        for character in self.characters.by_ref() {
            if character == '\'' {
                return Ok(());
            }
            result.push(character);
        }
        Err("a single quote is not closed".to_owned())
    }

    fn double_quoted(&mut self, result: &mut String) -> Result<(), String> {
        while let Some(character) = self.characters.next() {
            match character {
                '"' => return Ok(()),
                '$' => result.push_str(&self.variable()?),
                _ if character == self.escape => match self.characters.next() {
                    // Within double quotes only these can be escaped.
                    Some(next) if next == '"' || next == '$' || next == self.escape => result.push(next),
                    Some(next) => result.extend([character, next]),
                    None => break,
                },
                _ => result.push(character),
            }
        }
        Err("a double quote is not closed".to_owned())
    }

    /// Reads a variable after its `$`.
    fn variable(&mut self) -> Result<String, String> {
        if self.characters.next_if_eq(&'{').is_none() {
            let name = self.name();
            return Ok(if name.is_empty() {
                "$".to_owned()
            } else {
                self.variables.value(&name).unwrap_or_default()
            });
        }
        let name = self.name();
        if name.is_empty() {
            return Err("a variable in braces has no name".to_owned());
        }
        let value = self.variables.value(&name);
        let modifier = self.characters.next();
        let (modifier, empty_counts_as_unset) = match modifier {
            Some('}') => return Ok(value.unwrap_or_default()),
            None => return Err(format!("`${{{name}` is not closed by `}}`")),
            Some(':') => (self.characters.next(), true),
            other => (other, false),
        };
        let value = value.filter(|value| !(empty_counts_as_unset && value.is_empty()));
        let Some(modifier @ ('-' | '+' | '?')) = modifier else {
            return Err(format!("`${{{name}…}}` has a modifier other than `-`, `+` and `?`"));
        };
        let word = self.until(Some('}'))?;
        match (modifier, value) {
            ('-', None) => Ok(word),
            ('+', value) => Ok(value.map_or_else(String::new, |_| word)),
            ('?', None) => {
                Err(format!("`{name}` is not set{}{word}", if word.is_empty() { "" } else { ": " }))
            }
            (_, value) => Ok(value.unwrap_or_default()),
        }
    }

    /// Reads a name: a letter or `_` and what may follow, or the digits of a positional parameter.
    fn name(&mut self) -> String {
        let mut name = String::new();
        let first_is_digit = self.characters.peek().is_some_and(char::is_ascii_digit);
        while let Some(character) = self.characters.next_if(|c| {
            if first_is_digit { c.is_ascii_digit() } else { c.is_ascii_alphanumeric() || *c == '_' }
        }) {
            name.push(character);
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(word: &str) -> Result<String, String> {
        let variables = |name: &str| match name {
            "X" => Some("x y".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        expand(word, '\\', &variables)
    }

    #[test]
    fn expands_as_buildkit_does() {
        for (word, expected) in [
            ("a", "a"),
            ("$X", "x y"),
            ("a${X}b", "ax yb"),
            ("$NONE", ""),
            ("${NONE:-d}", "d"),
            ("${NONE-d}", "d"),
            ("${EMPTY:-d}", "d"),
            ("${EMPTY-d}", ""),
            ("${X:-d}", "x y"),
            ("${X:+set}", "set"),
            ("${EMPTY:+set}", ""),
            ("${EMPTY+set}", "set"),
            ("${NONE:-${X}!}", "x y!"),
            ("${NONE:-'a}b'}", "a}b"),
            (r"\$X", "$X"),
            ("'$X'", "$X"),
            ("\"$X\"", "x y"),
            (r#""\$X \n \"""#, r#"$X \n ""#),
            ("a$", "a$"),
            ("$1", ""),
            ("$X/$X", "x y/x y"),
            (r"a\ b", "a b"),
        ] {
            assert_eq!(expanded(word).unwrap(), expected, "{word}");
        }
    }

    #[test]
    fn errors_name_the_variable() {
        for (word, text) in [
            ("${X", "not closed"),
            ("${}", "no name"),
            ("${NONE:?say it}", "`NONE` is not set: say it"),
            ("${X#a}", "modifier other"),
            ("${NONE:-a", "is missing"),
            ("'a", "not closed"),
            ("\"a", "not closed"),
        ] {
            assert!(expanded(word).unwrap_err().contains(text), "{word}");
        }
    }
}
