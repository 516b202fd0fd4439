//! Lines of a text: they end with `\n`, `\r\n`, or `\r`, as in YAML 1.2.

/// The byte order mark, which is no part of the first line's column.
const BOM: char = '\u{feff}';

/// Returns where the line that `at` is in ends, without its line break.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length)
}

/// Returns where the line that `at` is in begins, after a byte order mark.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    if start == 0 && text.starts_with(BOM) { BOM.len_utf8().min(at) } else { start }
}

/// Returns the line break that begins at `at`; empty if there is none.
pub(crate) fn line_break(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    let length = match rest.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    };
    &rest[..length]
}

/// Returns `at`, or where the line break begins that ends there.
pub(crate) fn before_line_break(text: &str, at: usize) -> usize {
    let before = &text[..at];
    let before = before.strip_suffix('\n').map_or(before, |rest| rest.strip_suffix('\r').unwrap_or(rest));
    if before.len() == at { before.strip_suffix('\r').unwrap_or(before).len() } else { before.len() }
}

/// Returns the line break that the first line has; `\n` for a single line.
pub(crate) fn first_line_break(text: &str) -> &str {
    match line_break(text, line_end(text, 0)) {
        "" => "\n",
        found => found,
    }
}

/// Returns how many characters are before `at` on its line.
pub(crate) fn column(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].chars().count()
}

/// Returns the number of the line that `at` is in, from 1.
pub(crate) fn line_number(text: &str, at: usize) -> usize {
    let before = &text[..at];
    let breaks = before.matches(['\n', '\r']).count() - before.matches("\r\n").count();
    breaks + 1
}

/// Whether there is nothing but blanks between `at` and a tab on one of the lines below. After what is written without
/// quotes readers skip it; elsewhere some take it for an indentation, which is not allowed.
pub(crate) fn has_tab_below(text: &str, at: usize) -> bool {
    let rest = &text[at..];
    let blanks = &rest[..rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len()];
    blanks.find(['\n', '\r']).is_some_and(|line_break| blanks[line_break..].contains('\t'))
}

/// Returns where the first character from `at` is that is neither a blank nor a tab.
pub(crate) fn skip_blanks(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start_matches([' ', '\t']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_every_line_break() {
        let text = "\u{feff}a\r\nb\rc\n\nd";
        assert_eq!((line_start(text, 4), line_end(text, 3), line_break(text, 4)), (3, 4, "\r\n"));
        assert_eq!((line_start(text, 7), line_end(text, 6), line_break(text, 7)), (6, 7, "\r"));
        assert_eq!(
            (before_line_break(text, 6), before_line_break(text, 8), before_line_break(text, 7)),
            (4, 7, 7)
        );
        assert_eq!((line_start(text, 0), line_start(text, 3), column(text, 4)), (0, 3, 1));
        assert_eq!((line_end(text, text.len()), line_break(text, text.len())), (text.len(), ""));
        assert_eq!([0, 3, 6, 7, 8].map(|at| line_number(text, at)), [1, 1, 2, 2, 3]);
        assert_eq!((first_line_break("a\rb\n"), first_line_break("a")), ("\r", "\n"));
    }
}
