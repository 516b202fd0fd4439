//! The instructions, with their words as written; variables are expanded when an image is assembled.

use super::Copy;

/// One instruction of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instruction {
    /// Its line, from 1.
    pub(crate) line: usize,
    /// Its text, for the image's history.
    pub(crate) text: String,
    /// What it does.
    pub(crate) kind: Kind,
}

/// What an instruction does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `ARG name[=default]`.
    Arg(Vec<(String, Option<String>)>),
    /// `ENV name=value`.
    Env(Vec<(String, String)>),
    /// `WORKDIR path`.
    Workdir(String),
    /// `COPY` and `ADD`.
    Copy(Copy),
    /// `LABEL name=value`.
    Label(Vec<(String, String)>),
    /// `EXPOSE port[/protocol]`.
    Expose(Vec<String>),
    /// `USER name`.
    User(String),
    /// `ENTRYPOINT`.
    Entrypoint(CommandLine),
    /// `CMD`.
    Cmd(CommandLine),
    /// `SHELL ["…"]`.
    Shell(Vec<String>),
    /// `STOPSIGNAL signal`.
    StopSignal(String),
    /// `VOLUME path`.
    Volume(Vec<String>),
    /// `HEALTHCHECK`.
    Healthcheck(Healthcheck),
    /// `MAINTAINER name`, long deprecated.
    Maintainer(String),
    /// Something that only a builder can do, and why.
    NeedsBuilder(String),
}

/// A command in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CommandLine {
    /// `["program", "argument"]`.
    Exec(Vec<String>),
    /// `program argument`, run by the image's shell.
    Shell(String),
}

impl CommandLine {
    /// Returns the words that the image's configuration holds.
    pub(crate) fn to_words(&self, shell: &[String]) -> Vec<String> {
        match self {
            Self::Exec(words) => words.clone(),
            Self::Shell(text) => shell.iter().cloned().chain([text.clone()]).collect(),
        }
    }
}

/// A health check, or its removal. Durations are in nanoseconds, as Docker's image configuration has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Healthcheck {
    /// `HEALTHCHECK NONE`.
    None,
    /// `HEALTHCHECK [options] CMD …`.
    Command {
        /// The probe.
        command: CommandLine,
        /// Options by their name in the image's configuration, such as `Interval`.
        options: Vec<(&'static str, u64)>,
    },
}
