//! The Dockerfile language, as far as an image can be assembled without running anything in it.
//!
//! Follows BuildKit's parser (`frontend/dockerfile/parser`, `…/instructions`, `…/shell`), whose behaviour is the
//! language's definition: <https://docs.docker.com/reference/dockerfile/>.

mod copy;
mod expand;
mod instruction;
mod lines;
mod parse;
mod stages;
mod words;

pub(crate) use copy::{Copy, CopyFrom, Owner};
pub(crate) use expand::expand;
pub(crate) use instruction::{CommandLine, Healthcheck, Instruction, Kind};
pub(crate) use parse::{Dockerfile, parse};
pub(crate) use stages::{needed_stages, obstacle};

use crate::codes;

/// What is wrong with one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub(crate) struct Error {
    /// The line, from 1; of an instruction over several lines, the first.
    pub(crate) line: usize,
    /// What is wrong, as a fragment that begins with the thing.
    pub(crate) message: String,
    /// What kind of problem it is.
    pub(crate) kind: ErrorKind,
}

/// Kinds of problems, each of which has a remedy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// Docker would refuse it as well.
    Invalid,
    /// Docker can build it, but only by running something or by reading a base image's files.
    NeedsBuilder,
    /// A file that it names is not in the context.
    ContextMissing,
}

impl Error {
    pub(crate) fn invalid(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), kind: ErrorKind::Invalid }
    }

    pub(crate) fn needs_builder(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), kind: ErrorKind::NeedsBuilder }
    }

    pub(crate) fn missing(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), kind: ErrorKind::ContextMissing }
    }

    /// Turns it into a failure about `file`.
    pub(crate) fn into_failure(self, file: &str) -> model::Failure {
        let code = match self.kind {
            ErrorKind::Invalid => &codes::DOCKERFILE_INVALID,
            ErrorKind::NeedsBuilder => &codes::DOCKERFILE_NEEDS_BUILDER,
            ErrorKind::ContextMissing => &codes::CONTEXT_MISSING,
        };
        model::Failure::new(code, format!("{file}:{}: {}", self.line, self.message)).at(file, Some(self.line))
    }
}
