//! The Markdown that a step adds to the run's page.

use std::fmt::Write;

/// A piece of Markdown, built from parts that escape what they are given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary(String);

impl Summary {
    /// Starts empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a heading of the third level.
    #[must_use]
    pub fn heading(mut self, text: &str) -> Self {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(self.0, "### {}\n", escape(text));
        self
    }

    /// Adds a paragraph of plain text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        let _ = writeln!(self.0, "{}\n", escape(text));
        self
    }

    /// Adds a paragraph that is Markdown already; it must not hold anything from outside.
    #[must_use]
    pub fn markdown(mut self, text: &str) -> Self {
        let _ = writeln!(self.0, "{text}\n");
        self
    }

    /// Adds a table; cells are plain text, in which code stays between its backticks.
    #[must_use]
    pub fn table<H: AsRef<str>, C: AsRef<str>>(mut self, header: &[H], rows: &[Vec<C>]) -> Self {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        self.0.push_str(&line(header.iter().map(|cell| escape(cell.as_ref())).collect()));
        self.0.push_str(&line(header.iter().map(|_| "---".to_owned()).collect()));
        for row in rows {
            self.0.push_str(&line(row.iter().map(|text| cell(text.as_ref())).collect()));
        }
        self.0.push('\n');
        self
    }

    /// Adds a list of plain texts, each with further ones below it.
    #[must_use]
    pub fn list(mut self, items: &[(String, Vec<String>)]) -> Self {
        for (item, below) in items {
            let _ = writeln!(self.0, "- {}", escape(&flat(item)));
            for line in below {
                let _ = writeln!(self.0, "  - {}", escape(&flat(line)));
            }
        }
        self.0.push('\n');
        self
    }

    /// Adds a block of code, fenced so that its own fences do not end it.
    #[must_use]
    pub fn code(mut self, language: &str, text: &str) -> Self {
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let _ = writeln!(self.0, "{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'));
        self
    }

    /// Adds a part that is folded until it is clicked.
    #[must_use]
    pub fn details(mut self, title: &str, body: &Summary) -> Self {
        let _ = writeln!(self.0, "<details><summary>{}</summary>\n\n{}</details>\n", html(title), body.0);
        self
    }

    /// Adds the calls that an action made to a server, folded: rows of call, status, begin and duration.
    #[must_use]
    pub fn calls(self, rows: &[Vec<String>]) -> Self {
        if rows.is_empty() {
            return self;
        }
        let title = if rows.len() == 1 { "1 call".to_owned() } else { format!("{} calls", rows.len()) };
        self.details(&title, &Self::new().table(&["call", "status", "began at", "took"], rows))
    }

    /// Adds all of another summary.
    #[must_use]
    pub fn append(mut self, other: &Summary) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Returns the Markdown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A table's cell: nothing ends the row, not even in code, where a pipe has to be escaped as well.
fn cell(text: &str) -> String {
    let mut escaped = String::new();
    for part in parts(&flat(text)) {
        match part {
            Part::Code { .. } => escaped.push_str(&part.escape().replace('|', "\\|")),
            Part::Fence(_) | Part::Text(_) => escaped.push_str(&part.escape()),
        }
    }
    escaped
}

/// One line of it.
fn flat(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// Makes plain text of anything: Markdown and HTML lose their meaning, and code between backticks is shown as it is.
fn escape(text: &str) -> String {
    parts(text).iter().map(Part::escape).collect()
}

/// Makes plain text of anything inside an element of HTML, where there is no Markdown.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('@', "@\u{200b}")
}

/// A part of a text as Markdown reads it (<https://spec.commonmark.org/0.31.2/#code-spans>).
enum Part<'a> {
    /// What is between two fences of equally many backticks.
    Code { fence: &'a str, code: &'a str },
    /// Backticks that fence nothing.
    Fence(&'a str),
    /// What has no backticks.
    Text(&'a str),
}

impl Part<'_> {
    fn escape(&self) -> String {
        match self {
            Self::Code { fence, code } => format!("{fence}{code}{fence}"),
            Self::Fence(fence) => fence.replace('`', "\\`"),
            Self::Text(text) => linkless(text),
        }
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut left = text;
    while !left.is_empty() {
        let (text, after) = left.split_at(left.find('`').unwrap_or(left.len()));
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        let (fence, after) = after.split_at(backticks(after));
        // A span that went on in the next line could be ended by what stands there, such as a list.
        let line = after.split(['\r', '\n']).next().unwrap_or_default();
        left = match until_fence(line, fence.len()).and_then(|code| after.split_at_checked(code)) {
            Some((code, end)) if !fence.is_empty() => {
                parts.push(Part::Code { fence, code });
                end.get(fence.len()..).unwrap_or_default()
            }
            _ => {
                parts.push(Part::Fence(fence));
                after
            }
        };
    }
    parts
}

/// How many backticks it starts with.
fn backticks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// Where the first run of exactly so many backticks is.
fn until_fence(line: &str, length: usize) -> Option<usize> {
    let mut at = 0;
    loop {
        let left = line.get(at..)?;
        let start = left.find('`')?;
        let found = backticks(left.get(start..)?);
        if found == length {
            return Some(at + start);
        }
        at += start + found;
    }
}

/// What GitHub makes a link of without being asked (<https://github.github.com/gfm/#autolinks-extension->).
const LINKS: &[&str] = &["http://", "https://", "ftp://", "www."];

/// Escapes a text without backticks; addresses in it are code, so that nobody else's text is a link of ours.
fn linkless(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let lower = word.to_ascii_lowercase();
        let Some(start) = LINKS.iter().filter_map(|link| lower.find(link)).min() else {
            plain(word, &mut escaped);
            continue;
        };
        let (before, link) = word.split_at(start);
        let end = link.trim_end_matches(|c: char| c.is_whitespace() || ".,;:!?)]>\"'".contains(c)).len();
        let (link, after) = link.split_at(end);
        plain(before, &mut escaped);
        // Code that the text has right before or after it must not become one with this.
        escaped.push_str("\u{200b}`");
        escaped.push_str(link);
        escaped.push_str("`\u{200b}");
        plain(after, &mut escaped);
    }
    escaped
}

fn plain(text: &str, escaped: &mut String) {
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '*' | '_' | '[' | ']' | '\\' | '#' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            // A mention of a person from data must not notify them.
            '@' => escaped.push_str("@\u{200b}"),
            _ => escaped.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_the_table() {
        let summary = Summary::new().table(&["a", "b"], &[vec!["x|y\nz", "`v1|2`"]]);
        assert_eq!(summary.as_str(), "| a | b |\n| --- | --- |\n| x\\|y z | `v1\\|2` |\n\n");
    }

    #[test]
    fn code_is_shown_as_it_is() {
        for text in [
            "put `ready_to_ship`",
            "`<b>` `@a` `a*b|c[d]#~\\&`",
            "`` a`b `` ``` `` ```",
            "`see https://x.example/_a_`",
        ] {
            assert_eq!(Summary::new().text(text).as_str(), format!("{text}\n\n"));
        }
        let table = Summary::new().table(&["a"], &[vec!["`a_b|c` d_e `f|`"]]);
        assert_eq!(table.as_str(), "| a |\n| --- |\n| `a_b\\|c` d\\_e `f\\|` |\n\n");
    }

    #[test]
    fn what_only_looks_like_code_is_text() {
        for (text, shown) in [
            ("a ` <b>", "a \\` &lt;b&gt;"),
            ("`a`` <b>", "\\`a\\`\\` &lt;b&gt;"),
            ("`x` <b> `y`", "`x` &lt;b&gt; `y`"),
            ("\\`<b>`", "\\\\`<b>`"),
            ("`a\n<b>`", "\\`a\n&lt;b&gt;\\`"),
            ("```\n*x*\n```", "\\`\\`\\`\n\\*x\\*\n\\`\\`\\`"),
        ] {
            assert_eq!(Summary::new().text(text).as_str(), format!("{shown}\n\n"), "{text}");
        }
    }

    #[test]
    fn an_address_is_no_link() {
        for (text, shown) in [
            ("see HTTPS://x.example/a_b.", "see `HTTPS://x.example/a_b`."),
            ("(www.x.example) y", "(`www.x.example`) y"),
            ("`a`http://x`b`", "`a``http://x``b`"),
            ("javascript:http://a https://b", "javascript:`http://a` `https://b`"),
        ] {
            let summary = Summary::new().text(text);
            assert_eq!(summary.as_str().replace('\u{200b}', ""), format!("{shown}\n\n"), "{text}");
        }
        let summary = Summary::new().text("`a`http://x`b`");
        assert_eq!(summary.as_str(), "`a`\u{200b}`http://x`\u{200b}`b`\n\n");
    }

    #[test]
    fn a_title_is_html() {
        let summary = Summary::new().details("`a_b` <img> @c", &Summary::new());
        assert_eq!(
            summary.as_str(),
            "<details><summary>`a_b` &lt;img&gt; @\u{200b}c</summary>\n\n</details>\n\n"
        );
    }

    #[test]
    fn an_item_stays_one() {
        let summary = Summary::new().list(&[("a\n- @b".to_owned(), vec!["[c](d)\n# e".to_owned()])]);
        assert_eq!(summary.as_str(), "- a - @\u{200b}b\n  - \\[c\\](d) \\# e\n\n");
    }

    #[test]
    fn html_is_text() {
        assert_eq!(Summary::new().text("<img src=x>").as_str(), "&lt;img src=x&gt;\n\n");
    }

    #[test]
    fn fences_grow() {
        assert_eq!(Summary::new().code("", "a ```` b").as_str(), "`````\na ```` b\n`````\n\n");
    }
}
