//! Why a text was not edited.

use granit_parser::ScanError;

/// Why nothing was edited. Every one is final: the same text and edits fail in the same way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The bytes are no text.
    #[error("line {line}: {reason}")]
    Encoding {
        /// The line, from 1.
        line: usize,
        /// What they are.
        reason: &'static str,
    },
    /// The text is no YAML.
    #[error("line {line}, column {column}: {reason}")]
    Invalid {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// The parser's words.
        reason: String,
    },
    /// The text is a template that only becomes YAML when it is rendered.
    #[error("line {line} has a template action (`{{{{ … }}}}`), so the file is YAML only after rendering")]
    Template {
        /// The first line with one.
        line: usize,
    },
    /// The text has a character that ends a line for some readers only.
    #[error(
        "line {line} has the character U+{code:04X} outside double quotes, which ends the line for some readers"
    )]
    LineBreak {
        /// The line, from 1.
        line: usize,
        /// The character's code point.
        code: u32,
    },
    /// The path leads nowhere.
    #[error("`{path}` matches nothing: {}", nearest(prefix, *document_count))]
    NotFound {
        /// The path.
        path: String,
        /// The longest part of it that exists, empty for the root.
        prefix: String,
        /// The line of that part.
        line: Option<usize>,
        /// What there is below that part: keys, or the number of items.
        found: Vec<String>,
        /// How many documents were looked at.
        document_count: usize,
    },
    /// The path names a document that is not there.
    #[error("`{path}` matches nothing: {}", documents(*count))]
    NoDocument {
        /// The path.
        path: String,
        /// How many there are.
        count: usize,
        /// What they are: their numbers, kinds and names.
        found: Vec<String>,
    },
    /// The path leads to more than one node.
    #[error("`{path}` matches {} places, on lines {}", lines.len(), list(lines))]
    Ambiguous {
        /// The path.
        path: String,
        /// Their lines.
        lines: Vec<usize>,
    },
    /// A mapping on the way has the key twice, and readers disagree on which one counts.
    #[error(
        "the key `{path}` is there more than once, on lines {}, and readers disagree on which one counts",
        list(lines)
    )]
    DuplicateKey {
        /// The path up to the key.
        path: String,
        /// Their lines.
        lines: Vec<usize>,
    },
    /// The path leads to a mapping or a sequence.
    #[error("`{path}` on line {line} is a {kind}, not a scalar")]
    NotScalar {
        /// The path.
        path: String,
        /// Its line.
        line: usize,
        /// `mapping` or `sequence`.
        kind: &'static str,
        /// Its keys.
        found: Vec<String>,
    },
    /// The path leads to or through an alias.
    #[error("`{path}` on line {line} is an alias of a value that is written elsewhere")]
    Alias {
        /// The path up to the alias.
        path: String,
        /// Its line.
        line: usize,
    },
    /// The value is in a node whose anchor is used elsewhere, so that more than one place would change.
    #[error(
        "`{path}` on line {line} is shared through the anchor `&{anchor}`, which is used on lines {}",
        list(users)
    )]
    Shared {
        /// The path.
        path: String,
        /// The line of the value.
        line: usize,
        /// The anchor's name.
        anchor: String,
        /// The lines of its aliases.
        users: Vec<usize>,
    },
    /// The value comes from a mapping that is merged in by `<<`.
    #[error("`{path}` comes from line {value_line} through `<<` on line {line}")]
    Merged {
        /// The path up to the key.
        path: String,
        /// The line of what is after `<<`.
        line: usize,
        /// The line of the value.
        value_line: usize,
    },
    /// The value is used elsewhere in a way in which it cannot be followed.
    #[error("`{path}` on line {line} cannot be set for all who use its anchor: {reason}")]
    CannotFollow {
        /// The path.
        path: String,
        /// The line of the value.
        line: usize,
        /// Why not.
        reason: &'static str,
    },
    /// What is missing cannot be inserted.
    #[error("`{path}` cannot be created: {reason}")]
    CannotCreate {
        /// The path.
        path: String,
        /// The line of the nearest part that exists.
        line: Option<usize>,
        /// Why not.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The path leads through more places than a file made by hand can have.
    #[error("`{path}` leads through too many places by way of aliases")]
    TooMany {
        /// The path.
        path: String,
    },
    /// The value has a tag other than `!!str`.
    #[error("`{path}` on line {line} has the tag `{tag}`, with which a string cannot be set")]
    Tagged {
        /// The path.
        path: String,
        /// Its line.
        line: usize,
        /// The resolved tag.
        tag: String,
    },
    /// Two edits want different values in one place.
    #[error("two different values are to be set at `{path}`")]
    Conflict {
        /// The path of the second one.
        path: String,
    },
    /// The value is empty, and there is no place where one could be put without rewriting the line.
    #[error("`{path}` on line {line} is written in a form that has no place for a value")]
    NoPlace {
        /// The path.
        path: String,
        /// Its line.
        line: usize,
    },
    /// The value needs quotes, after which some readers do not take the tab that is below it.
    #[error(
        "`{path}` on line {line} needs quotes for this value, but below it is a tab, which some readers refuse after quotes"
    )]
    TabBelow {
        /// The path.
        path: String,
        /// Its line.
        line: usize,
    },
    /// The value has, or is in what has, an anchor whose name readers disagree on.
    #[error(
        "`{path}` on line {line} has the anchor `&{anchor}`, or is in what has it, and some readers end that name early"
    )]
    OddAnchor {
        /// The path.
        path: String,
        /// Its line.
        line: usize,
        /// The anchor's name.
        anchor: String,
    },
    /// The edited text would not have been what was wanted; nothing was changed.
    #[error("the edit cannot be made exactly: {reason}")]
    Unproven {
        /// What differs.
        reason: String,
    },
}

impl SetError {
    /// Returns the line that it is about, if there is one.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Invalid { line, .. }
            | Self::Template { line }
            | Self::NotScalar { line, .. }
            | Self::Alias { line, .. }
            | Self::Shared { line, .. }
            | Self::Tagged { line, .. }
            | Self::Merged { line, .. }
            | Self::CannotFollow { line, .. }
            | Self::Encoding { line, .. }
            | Self::LineBreak { line, .. }
            | Self::TabBelow { line, .. }
            | Self::OddAnchor { line, .. }
            | Self::NoPlace { line, .. } => Some(*line),
            Self::NotFound { line, .. } | Self::CannotCreate { line, .. } => *line,
            Self::Ambiguous { lines, .. } | Self::DuplicateKey { lines, .. } => lines.first().copied(),
            Self::NoDocument { .. }
            | Self::Conflict { .. }
            | Self::TooMany { .. }
            | Self::Unproven { .. } => None,
        }
    }

    /// Returns what to do about it, as a sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Encoding { .. } => "Store the file as UTF-8.",
            Self::Invalid { .. } => "Correct the file so that it is YAML before it is edited.",
            Self::Template { .. } => "Keep the value in a file of plain values, which the template reads.",
            Self::NotFound { .. } => "Correct the path, or allow what is missing to be created.",
            Self::NoDocument { .. } => "Correct the number or the conditions after `@`.",
            Self::Ambiguous { .. } => "Say which one is meant, such as by `@2.key` or `[name=web]`.",
            Self::DuplicateKey { .. } => "Remove all but one of them.",
            Self::NotScalar { .. } => "Add steps to the path until it leads to one value.",
            Self::Alias { .. } | Self::Shared { .. } | Self::Merged { .. } => {
                "Allow aliases to be followed, which changes the value for all who use it, or write it out here."
            }
            Self::CannotFollow { .. } | Self::TooMany { .. } => "Write the value out where it is used.",
            Self::CannotCreate { remedy, .. } => remedy,
            Self::Tagged { .. } => "Remove the tag.",
            Self::Conflict { .. } => "Keep one of the two.",
            Self::NoPlace { .. } => "Write it as `key: value`.",
            Self::LineBreak { .. } => {
                "Remove the character, or write it as an escape such as `\\u2028` in double quotes."
            }
            Self::TabBelow { .. } => "Remove the tab from the blank line below.",
            Self::OddAnchor { .. } => "Give the anchor a name of letters, digits, `-` and `_`.",
            Self::Unproven { .. } => "Edit it by hand.",
        }
    }

    /// Returns what there is at the nearest place that exists: keys, or the number of items.
    pub fn found(&self) -> &[String] {
        match self {
            Self::NotFound { found, .. } | Self::NoDocument { found, .. } | Self::NotScalar { found, .. } => {
                found
            }
            _ => &[],
        }
    }
}

impl SetError {
    /// A text that is broken somewhere, and has a template action as text on the line `action`.
    pub(crate) fn broken_beside_action(error: &ScanError, action: usize) -> Self {
        let marker = error.marker();
        let reason = format!(
            "{}; the template action on line {action} is in a block scalar, where it is text",
            error.info()
        );
        Self::Invalid { line: marker.line(), column: marker.col() + 1, reason }
    }
}

impl From<&ScanError> for SetError {
    fn from(error: &ScanError) -> Self {
        let marker = error.marker();
        Self::Invalid { line: marker.line(), column: marker.col() + 1, reason: error.info() }
    }
}

fn nearest(prefix: &str, document_count: usize) -> String {
    match (prefix, document_count) {
        ("", 0) => "the file is empty".to_owned(),
        ("", 1) => "not even its first part exists".to_owned(),
        ("", count) => format!("not even its first part exists in any of the {count} documents"),
        (prefix, _) => format!("the nearest part that exists is `{prefix}`"),
    }
}

fn documents(count: usize) -> String {
    match count {
        0 => "the file is empty".to_owned(),
        1 => "the file has 1 document".to_owned(),
        _ => format!("the file has {count} documents"),
    }
}

/// Names ten lines at most.
fn list(lines: &[usize]) -> String {
    const SHOWN: usize = 10;
    let texts: Vec<String> = lines.iter().take(SHOWN).map(ToString::to_string).collect();
    match lines.len().saturating_sub(SHOWN) {
        0 => texts.join(", "),
        more => format!("{} and {more} more", texts.join(", ")),
    }
}
