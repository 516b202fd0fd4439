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

    /// Adds a table; cells are plain text, and a cell between backticks is shown as code.
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
        let _ = writeln!(self.0, "<details><summary>{}</summary>\n\n{}</details>\n", escape(title), body.0);
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

/// A table's cell: code stays code, and nothing ends the row.
fn cell(text: &str) -> String {
    let flat = flat(text);
    match flat.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        Some(code) if !code.contains('`') => format!("`{}`", code.replace('|', "\\|")),
        _ => escape(&flat),
    }
}

/// One line of it.
fn flat(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// Makes plain text of anything: Markdown and HTML lose their meaning, single backticks keep theirs.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
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
    escaped
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
