//! What an action has to say when it has ended, before it is written anywhere.

use crate::{Annotation, Summary};

/// Outputs, summary, annotations and closing lines of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Outputs by name; several lines are allowed.
    pub outputs: Vec<(&'static str, String)>,
    /// The part of the run's page.
    pub summary: Summary,
    /// Annotations.
    pub annotations: Vec<Annotation>,
    /// Lines for the log.
    pub lines: Vec<String>,
}

impl Report {
    /// Starts empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an output.
    #[must_use]
    pub fn output(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.outputs.push((name, value.into()));
        self
    }

    /// Adds a line for the log.
    #[must_use]
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn annotation(mut self, annotation: Annotation) -> Self {
        self.annotations.push(annotation);
        self
    }

    /// Sets the summary.
    #[must_use]
    pub fn summary(mut self, summary: Summary) -> Self {
        self.summary = summary;
        self
    }
}
