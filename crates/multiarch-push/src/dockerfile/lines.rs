//! From a file's text to logical lines: directives, comments, continuations, heredocs.

use super::Error;

/// An instruction's text with its continuation lines joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins, from 1.
    pub(super) number: usize,
    /// The text, without white space at the start.
    pub(super) text: String,
    /// Whether heredocs follow it; their bodies are not kept, since only a builder uses them.
    pub(super) has_heredoc: bool,
}

/// The lines and the escape character that a directive chose.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) escape: char,
    pub(super) lines: Vec<Line>,
}

/// Splits a Dockerfile.
pub(super) fn split(text: &str) -> Result<Lines, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let escape = escape_directive(text)?;
    let mut lines = Vec::new();
    let mut physical = text.lines().enumerate();
    while let Some((index, first)) = physical.next() {
        let first = first.trim_start();
        if first.is_empty() || is_comment(first) {
            continue;
        }
        let (mut joined, mut goes_on) = continuation(first, escape);
        while goes_on {
            let Some((_, next)) = physical.next() else { break };
            // Comments and empty lines inside an instruction are dropped.
            if next.trim().is_empty() || is_comment(next) {
                continue;
            }
            let (more, again) = continuation(next, escape);
            joined.push_str(&more);
            goes_on = again;
        }
        let number = index + 1;
        let terminators = heredocs(&joined);
        for terminator in &terminators {
            skip_heredoc(&mut physical, terminator).ok_or_else(|| {
                Error::invalid(number, format!("heredoc `{}` is not closed", terminator.word))
            })?;
        }
        lines.push(Line { number, text: joined.trim_end().to_owned(), has_heredoc: !terminators.is_empty() });
    }
    Ok(Lines { escape, lines })
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Reads `# escape=` from the directives at the top, which end at the first line that is none.
fn escape_directive(text: &str) -> Result<char, Error> {
    for (index, line) in text.lines().enumerate() {
        let directive = line.trim().strip_prefix('#').and_then(|rest| rest.split_once('='));
        let Some((key, value)) = directive else { break };
        let key = key.trim().to_ascii_lowercase();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric()) {
            break;
        }
        if key == "escape" {
            return match value.trim() {
                "\\" => Ok('\\'),
                "`" => Ok('`'),
                other => Err(Error::invalid(
                    index + 1,
                    format!("escape is `{other}`: it must be a backslash or a backtick"),
                )),
            };
        }
    }
    Ok('\\')
}

/// Takes the continuation character off a line's end; it counts only if it is not itself escaped.
fn continuation(line: &str, escape: char) -> (String, bool) {
    let trimmed = line.trim_end_matches([' ', '\t', '\r']);
    match trimmed.strip_suffix(escape) {
        Some(rest) if !rest.ends_with(escape) => (rest.to_owned(), true),
        _ => (line.trim_end_matches('\r').to_owned(), false),
    }
}

struct Terminator {
    word: String,
    strip_tabs: bool,
}

/// Finds `<<WORD` and `<<-WORD` in the instructions that may have them.
fn heredocs(text: &str) -> Vec<Terminator> {
    let keyword = text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if !matches!(keyword.as_str(), "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    text.split_whitespace()
        .filter_map(|word| {
            let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
            let (strip_tabs, rest) = match rest.strip_prefix('-') {
                Some(rest) => (true, rest),
                None => (false, rest),
            };
            let word = rest.trim_matches(['"', '\'']);
            let valid = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            valid.then(|| Terminator { word: word.to_owned(), strip_tabs })
        })
        .collect()
}

fn skip_heredoc<'a>(
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
    terminator: &Terminator,
) -> Option<()> {
    lines
        .any(|(_, line)| {
            let line = if terminator.strip_tabs { line.trim_start_matches('\t') } else { line };
            line.trim_end_matches('\r') == terminator.word
        })
        .then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(usize, String)> {
        split(text).unwrap().lines.into_iter().map(|line| (line.number, line.text)).collect()
    }

    #[test]
    fn joins_lines_and_drops_comments() {
        for (text, expected) in [
            ("FROM a\n\n  # c\nCMD b", vec![(1, "FROM a"), (4, "CMD b")]),
            ("ENV a=1 \\\n  b=2", vec![(1, "ENV a=1   b=2")]),
            ("ENV a=1 \\  \n# note\n\n  b=2\nCMD x", vec![(1, "ENV a=1   b=2"), (5, "CMD x")]),
            ("ENV a=\\\\\nCMD x", vec![(1, "ENV a=\\\\"), (2, "CMD x")]),
            ("# escape=`\nWORKDIR C:\\\nENV a=1 `\n b=2", vec![(2, "WORKDIR C:\\"), (3, "ENV a=1  b=2")]),
            ("\u{feff}FROM a\r\nCMD b\r\n", vec![(1, "FROM a"), (2, "CMD b")]),
            ("CMD a \\", vec![(1, "CMD a")]),
            ("# just a comment = x\n# escape=`\nCMD a", vec![(3, "CMD a")]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(n, t)| (n, t.to_owned())).collect();
            assert_eq!(texts(text), expected, "{text}");
        }
    }

    #[test]
    fn a_heredoc_is_no_instruction() {
        let lines =
            split("FROM a\nRUN <<EOF\nFROM b\nEOF\nCOPY <<-\"X\" /a\n\tCMD\n\tX\nCMD c").unwrap().lines;
        let numbers: Vec<_> = lines.iter().map(|line| (line.number, line.has_heredoc)).collect();
        assert_eq!(numbers, [(1, false), (2, true), (5, true), (8, false)]);
        assert_eq!(split("RUN <<EOF\nx").unwrap_err().to_string(), "line 1: heredoc `EOF` is not closed");
    }

    #[test]
    fn the_escape_directive_is_checked() {
        assert!(split("# escape=x\nFROM a").is_err());
        assert_eq!(split("# syntax=docker/dockerfile:1\n# escape=`\n").unwrap().escape, '`');
    }
}
