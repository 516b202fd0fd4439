//! Texts with `{placeholders}`, as an input gives them.

/// A text with placeholders, each of which stands for one of the values that `N` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template<N>(Vec<Part<N>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part<N> {
    Text(String),
    Value(N),
}

impl<N: Copy + PartialEq> Template<N> {
    /// Reads a text; `names` are the placeholders without their braces. `{{` and `}}` are braces, and a `}` by itself is
    /// one too.
    pub fn parse(text: &str, names: &[(&str, N)]) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut left = text;
        while let Some((before, brace, after)) = split_at_brace(left) {
            plain.push_str(before);
            left = after;
            if let Some(after) = left.strip_prefix(brace) {
                plain.push(brace);
                left = after;
            } else if brace == '}' {
                plain.push('}');
            } else {
                let (name, after) = left.split_once('}').ok_or_else(|| {
                    format!("`{{{left}` has no closing brace; a brace by itself is written `{{{{`")
                })?;
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Value(named(name, names)?));
                left = after;
            }
        }
        plain.push_str(left);
        parts.push(Part::Text(plain));
        Ok(Self(parts))
    }

    /// Whether the placeholder is in it.
    pub fn has(&self, name: N) -> bool {
        self.0.contains(&Part::Value(name))
    }

    /// Puts the values in. A value that looks like a placeholder stays as it is.
    pub fn render(&self, value: impl Fn(N) -> String) -> String {
        let one = |part: &Part<N>| match part {
            Part::Text(text) => text.clone(),
            Part::Value(name) => value(*name),
        };
        self.0.iter().map(one).collect()
    }
}

fn split_at_brace(text: &str) -> Option<(&str, char, &str)> {
    let (at, brace) = text.char_indices().find(|(_, c)| matches!(c, '{' | '}'))?;
    Some((text.get(..at)?, brace, text.get(at + 1..)?))
}

fn named<N: Copy>(name: &str, names: &[(&str, N)]) -> Result<N, String> {
    let found = names.iter().find(|(known, _)| *known == name).map(|(_, found)| *found);
    found.ok_or_else(|| {
        let known: Vec<String> = names.iter().map(|(known, _)| format!("{{{known}}}")).collect();
        format!("`{{{name}}}` is none of {}; a brace by itself is written `{{{{`", known.join(", "))
    })
}

/// Returns text without line breaks and other control characters, which would end a line that must be one.
pub fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    text.chars().map(plain).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[(&str, char)] = &[("a", 'a'), ("b", 'b')];

    fn rendered(text: &str) -> String {
        Template::parse(text, NAMES).unwrap().render(|name| format!("<{name}{{b}}>"))
    }

    #[test]
    fn values_are_put_in_once() {
        assert_eq!(rendered("x {a}ä{b} {{a}} }"), "x <a{b}>ä<b{b}> {a} }");
        assert_eq!(rendered(""), "");
    }

    #[test]
    fn knows_what_is_in_it() {
        let template = Template::parse("{a} {{b}}", NAMES).unwrap();
        assert!(template.has('a') && !template.has('b'));
    }

    #[test]
    fn a_typing_error_is_named() {
        assert_eq!(
            Template::parse("{c}", NAMES).unwrap_err(),
            "`{c}` is none of {a}, {b}; a brace by itself is written `{{`"
        );
        assert!(Template::parse("x {a", NAMES).unwrap_err().starts_with("`{a` has no closing brace"));
    }

    #[test]
    fn one_line_is_one_line() {
        assert_eq!(one_line(" a\r\nb\u{2028}c\u{7} "), "a  b c");
    }
}
