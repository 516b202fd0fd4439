//! Messages that GitHub shows beside a run or a line of a file.

use std::fmt::Write;

use model::Location;

/// How serious an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Notice,
    /// Worth acting on.
    Warning,
    /// Why the step failed.
    Error,
}

impl Level {
    /// Returns the workflow command's name, which is also the word shown on a terminal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A message with a title and maybe a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How serious it is.
    pub level: Level,
    /// A few words.
    pub title: String,
    /// The message; several lines are allowed.
    pub message: String,
    /// The place in a file.
    pub location: Option<Location>,
}

impl Annotation {
    /// Builds an annotation without a place.
    pub fn new(level: Level, title: impl Into<String>, message: impl Into<String>) -> Self {
        Self { level, title: title.into(), message: message.into(), location: None }
    }

    /// Names the place.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, line: Option<usize>) -> Self {
        self.location = Some(Location { file: file.into(), line });
        self
    }

    /// Returns the workflow command, escaped as in actions/toolkit `packages/core/src/command.ts`.
    pub(crate) fn to_command(&self) -> String {
        let mut properties = String::new();
        if let Some(location) = &self.location {
            // Writing to a String cannot fail, here and below.
            let _ = write!(properties, "file={},", escape_property(&location.file));
            if let Some(line) = location.line {
                let _ = write!(properties, "line={line},");
            }
        }
        let _ = write!(properties, "title={}", escape_property(&self.title));
        format!("::{} {properties}::{}", self.level.as_str(), escape_data(&self.message))
    }

    /// Returns the text for a terminal: `error: title: message (file:line)`.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{}: ", self.level.as_str());
        if !self.title.is_empty() {
            let _ = write!(text, "{}: ", self.title);
        }
        text.push_str(&self.message);
        if let Some(Location { file, line }) = &self.location {
            let _ = match line {
                Some(line) => write!(text, " ({file}:{line})"),
                None => write!(text, " ({file})"),
            };
        }
        text
    }
}

/// Escapes the data of a workflow command.
pub(crate) fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_cannot_be_broken_out_of() {
        let annotation =
            Annotation::new(Level::Error, "a,b:c", "50%\n::set-env::x\r").at("values/dev.yaml", Some(7));
        assert_eq!(
            annotation.to_command(),
            "::error file=values/dev.yaml,line=7,title=a%2Cb%3Ac::50%25%0A::set-env::x%0D"
        );
    }

    #[test]
    fn a_terminal_gets_words() {
        let annotation = Annotation::new(Level::Notice, "bumped", "a → b").at("v.yaml", None);
        assert_eq!(annotation.to_text(), "notice: bumped: a → b (v.yaml)");
    }
}
