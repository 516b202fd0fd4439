//! Why an action did not do what it was asked: a stable code, a cause and a remedy.

use std::fmt;

/// The exit codes of every action (docs/errors.md lists which failure has which).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// A remote service failed, or answered with something that stops the work.
    Remote = 1,
    /// A bad input, or a configuration that cannot work.
    Input = 2,
    /// Refused by a policy: a rule of the gate does not hold.
    Refused = 3,
    /// The `timeout` has passed.
    Deadline = 4,
    /// A bug of ours.
    Bug = 70,
}

/// A kind of failure. Its `id` is public API: people search for it and match on it.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable name, in kebab case: `merge-head-moved`.
    pub id: &'static str,
    /// The exit code that goes with it.
    pub exit: Exit,
    /// What it means, one sentence, for docs/errors.md.
    pub meaning: &'static str,
    /// What to do about it in general, one sentence; a failure may carry a more exact one.
    pub remedy: &'static str,
}

/// A place in a file that a failure is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The path from the root of the repository.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<usize>,
}

/// One failure: a code, one sentence of cause, one of what to do, and what helps to understand it.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The kind of failure.
    pub code: &'static Code,
    /// One sentence: the thing and what is wrong with it.
    pub cause: String,
    /// One sentence: what to do.
    pub remedy: String,
    /// Further lines: claims, candidates, logs. Never a secret.
    pub notes: Vec<String>,
    /// The place in a file, for an annotation.
    pub location: Option<Location>,
}

impl Failure {
    /// Builds a failure with the code's own remedy.
    pub fn new(code: &'static Code, cause: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), remedy: code.remedy.to_owned(), notes: Vec::new(), location: None }
    }

    /// Replaces the remedy by a more exact one.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// Adds a line of detail.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Names the place in a file that it is about.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, line: Option<usize>) -> Self {
        self.location = Some(Location { file: file.into(), line });
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.cause, self.code.id)
    }
}

impl std::error::Error for Failure {}

/// Failures that every action can have.
pub mod codes {
    use super::{Code, Exit};

    /// One or several inputs are missing or malformed.
    pub const INVALID_INPUT: Code = Code {
        id: "invalid-input",
        exit: Exit::Input,
        meaning: "One or several inputs are missing or malformed; all of them are listed.",
        remedy: "Correct the inputs that are listed.",
    };
    /// The action's `timeout` has passed.
    pub const DEADLINE_PASSED: Code = Code {
        id: "deadline-passed",
        exit: Exit::Deadline,
        meaning: "The action's `timeout` passed before its work was done.",
        remedy: "Raise `timeout`, or see in the cause what it was waiting for.",
    };
    /// A server could not be reached.
    pub const UNREACHABLE: Code = Code {
        id: "unreachable",
        exit: Exit::Remote,
        meaning: "A server could not be reached: no address, connection refused, or TLS failed.",
        remedy: "Check the address, the network path from this runner, and the proxy variables.",
    };
    /// A server's reply was none that its interface knows.
    pub const UNEXPECTED_REPLY: Code = Code {
        id: "unexpected-reply",
        exit: Exit::Remote,
        meaning: "A server answered with a status or body that its interface does not describe.",
        remedy: "Run again with debug logging; if it persists, report it with the request id.",
    };
    /// Something that cannot be.
    pub const INTERNAL: Code = Code {
        id: "internal",
        exit: Exit::Bug,
        meaning: "A bug in day2-actions.",
        remedy: "Please report it with the log of a run with debug logging.",
    };
    /// A file of ours or of the runner could not be read or written.
    pub const FILE_ACCESS: Code = Code {
        id: "file-access",
        exit: Exit::Input,
        meaning: "A file on the runner could not be read or written.",
        remedy: "Check that the path exists and that the runner's user may use it.",
    };

    /// All of them, for docs/errors.md.
    pub const ALL: &[&Code] =
        &[&INVALID_INPUT, &DEADLINE_PASSED, &UNREACHABLE, &UNEXPECTED_REPLY, &INTERNAL, &FILE_ACCESS];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_code() {
        let failure = Failure::new(&codes::UNREACHABLE, "cannot connect to 127.0.0.1:1");
        assert_eq!(failure.to_string(), "cannot connect to 127.0.0.1:1 (unreachable)");
        assert_eq!(failure.remedy, codes::UNREACHABLE.remedy);
    }
}
