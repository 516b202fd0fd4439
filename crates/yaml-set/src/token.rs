//! Writes a string as a YAML token.

use std::fmt::Write as _;

use granit_parser::ScalarStyle;

use crate::resolve::may_not_be_a_string;

/// Writes `value` on one line, in `style` where that can hold it, else in double quotes.
pub(crate) fn flow_token(value: &str, style: ScalarStyle, in_flow: bool) -> String {
    match style {
        ScalarStyle::Plain if is_plain(value, in_flow) => value.to_owned(),
        ScalarStyle::SingleQuoted if !value.chars().any(needs_escape) => {
            format!("'{}'", value.replace('\'', "''"))
        }
        _ => double_quoted(value),
    }
}

/// Writes `value` as the content of a block scalar, without its header and last line break.
pub(crate) fn block_lines(value: &str, indent: usize, line_break: &str) -> String {
    let lines: Vec<String> = value
        .trim_end_matches('\n')
        .split('\n')
        .map(|line| if line.is_empty() { String::new() } else { format!("{}{line}", " ".repeat(indent)) })
        .collect();
    lines.join(line_break)
}

/// Whether a block scalar can hold `value` for every reader: some refuse tabs where indentation may be, and a
/// folded one joins lines.
pub(crate) fn is_block_text(value: &str, style: ScalarStyle) -> bool {
    let text = value.trim_end_matches('\n');
    let fits = |line: &str| !line.starts_with('\t') && (line.is_empty() || !line.trim().is_empty());
    let folds = style == ScalarStyle::Folded && (text.contains('\n') || text.starts_with(' '));
    !text.is_empty()
        && !folds
        && text.split('\n').all(fits)
        && !text.chars().any(|c| c != '\n' && needs_escape(c))
}

/// Whether `value` can stand without quotes and is seen as a string by every reader. The rules are those of
/// <https://yaml.org/spec/1.2.2/#733-plain-style>, a little stricter at the edges.
fn is_plain(value: &str, in_flow: bool) -> bool {
    const LEADING: &str = "-?:,[]{}#&*!|>'\"%@`";
    !may_not_be_a_string(value)
        && !value.starts_with(|c: char| LEADING.contains(c) || c.is_whitespace())
        && !value.ends_with(|c: char| c == ':' || c.is_whitespace())
        && !value.starts_with("...")
        && !value.contains(": ")
        && !value.contains(" #")
        && !value.chars().any(|c| needs_escape(c) || c == '\t')
        // The question mark and the second colon are for YAML 1.1: libyaml stops at `a:?` and `a::b`.
        && !(in_flow && (value.contains([',', '[', ']', '{', '}', '?']) || value.contains("::")))
}

/// Whether `c` cannot be written as it is on one line: line breaks and what YAML calls not printable.
fn needs_escape(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Only escapes that JSON has too are used, since JSON files are YAML.
fn double_quoted(value: &str) -> String {
    let mut token = String::with_capacity(value.len() + 2);
    token.push('"');
    for c in value.chars() {
        match c {
            '"' => token.push_str("\\\""),
            '\\' => token.push_str("\\\\"),
            '\n' => token.push_str("\\n"),
            '\r' => token.push_str("\\r"),
            '\t' => token.push_str("\\t"),
            c if needs_escape(c) => {
                // Every one of them is in the basic plane; writing to a String cannot fail.
                let _ = write!(token, "\\u{:04X}", u32::from(c));
            }
            c => token.push(c),
        }
    }
    token.push('"');
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_style_where_it_can() {
        use ScalarStyle::{DoubleQuoted, Plain, SingleQuoted};
        for (value, style, in_flow, token) in [
            ("v1", Plain, false, "v1"),
            ("1.20", Plain, false, "\"1.20\""),
            ("a,b", Plain, false, "a,b"),
            ("a,b", Plain, true, "\"a,b\""),
            ("a::b", Plain, true, "\"a::b\""),
            ("a: b", Plain, false, "\"a: b\""),
            ("a:b", Plain, false, "a:b"),
            ("a #b", Plain, false, "\"a #b\""),
            ("@a", Plain, false, "\"@a\""),
            (" a", Plain, false, "\" a\""),
            ("a:", Plain, false, "\"a:\""),
            ("a\nb", Plain, false, "\"a\\nb\""),
            ("it's", SingleQuoted, false, "'it''s'"),
            ("a\nb", SingleQuoted, false, "\"a\\nb\""),
            ("a\"\\\u{1b}\u{feff}", DoubleQuoted, false, "\"a\\\"\\\\\\u001B\\uFEFF\""),
            ("é😀", DoubleQuoted, false, "\"é😀\""),
        ] {
            assert_eq!(flow_token(value, style, in_flow), token);
        }
    }

    #[test]
    fn a_block_keeps_its_indent() {
        assert_eq!(block_lines("a\n\nb\n", 2, "\r\n"), "  a\r\n\r\n  b");
    }
}
