//! Words of an instruction: flags, quoted words, the JSON form.

/// Takes `--name[=value]` words off the front; the rest is left in `text`. Without `=`, the value is none.
pub(super) fn take_flags<'a>(text: &mut &'a str) -> Vec<(&'a str, Option<&'a str>)> {
    let mut flags = Vec::new();
    loop {
        *text = text.trim_start();
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let Some(flag) = text[..end].strip_prefix("--") else { return flags };
        *text = &text[end..];
        if flag.is_empty() {
            return flags;
        }
        flags.push(match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag, None),
        });
    }
}

/// Reads the exec form: a JSON array of strings. None if it is none, which then is the shell form.
pub(super) fn exec_form(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    text.starts_with('[').then(|| serde_json::from_str(text).ok()).flatten()
}

/// Splits at white space that is neither quoted nor escaped. Quotes and escapes stay, for the expansion.
pub(super) fn split_words(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == escape && quote != Some('\'') {
            word.push(character);
            word.extend(characters.next());
            continue;
        }
        match quote {
            None if character.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if matches!(character, '"' | '\'') => quote = Some(character),
            Some(open) if open == character => quote = None,
            _ => {}
        }
        word.push(character);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Reads the pairs of ENV and LABEL: `name=value …`, or the old form `name value with spaces`.
pub(super) fn pairs(text: &str, escape: char) -> Result<Vec<(String, String)>, String> {
    let words = split_words(text, escape);
    let Some(first) = words.first() else { return Err("needs at least one `name=value`".to_owned()) };
    if !first.contains('=') {
        let value = text.trim().strip_prefix(first.as_str()).unwrap_or_default().trim();
        if value.is_empty() {
            return Err(format!("`{first}` has no value: write `{first}=value`"));
        }
        return Ok(vec![(first.clone(), value.to_owned())]);
    }
    words
        .iter()
        .map(|word| match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(format!("`{word}` is not of the form `name=value`; quote values with spaces")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_end_at_the_first_word_without_dashes() {
        let mut text = " --chown=1:2 --link a --b";
        assert_eq!(take_flags(&mut text), [("chown", Some("1:2")), ("link", None)]);
        assert_eq!(text, "a --b");
    }

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(split_words(r#"a="b c" d\ e 'f g'"#, '\\'), [r#"a="b c""#, r"d\ e", "'f g'"]);
        assert!(split_words("  ", '\\').is_empty());
    }

    #[test]
    fn both_forms_of_pairs() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        for (text, expected) in [
            ("a=1 b=\"x y\"", vec![pair("a", "1"), pair("b", "\"x y\"")]),
            ("a some long = text", vec![pair("a", "some long = text")]),
            ("a=", vec![pair("a", "")]),
        ] {
            assert_eq!(pairs(text, '\\').unwrap(), expected, "{text}");
        }
        for text in ["", "a", "a=1 b", "=x"] {
            assert!(pairs(text, '\\').is_err(), "{text}");
        }
    }

    #[test]
    fn only_an_array_of_strings_is_exec_form() {
        assert_eq!(exec_form(r#" ["a", "b c"] "#).unwrap(), ["a", "b c"]);
        for text in ["a b", "[a]", "['a']", "[1]", "[\"a\""] {
            assert!(exec_form(text).is_none(), "{text}");
        }
    }
}
