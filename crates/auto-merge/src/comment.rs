//! The one comment that says on the pull request's page what a run came to. Pure.

mod sticky;

use std::str::FromStr;

use model::{CommitSha, ParseError};
use toolkit::Summary;

use crate::{codes, request::WorkflowRun, rule::Rule};

pub(crate) use sticky::write;

/// How the first line of our comment begins. It finds the comment among those of the token's own account, and only there.
const MARK: &str = "<!-- day2-actions:auto-merge";
/// What comes after this line names the run, which is another one each time and no reason to write anew.
const BY: &str = "<!-- by -->";
/// GitHub takes 65,536 characters (<https://docs.github.com/en/rest/issues/comments>); our own lines need few of them.
const MAX: usize = 65_000;

/// When a comment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommentPolicy {
    /// When it is not merged; a comment that is there is updated by a merge as well.
    OnRefusal,
    /// After each run.
    Always,
    /// Not at all.
    Never,
}

impl FromStr for CommentPolicy {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "on-refusal" => Ok(Self::OnRefusal),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(ParseError::new("a policy for comments", text, "`on-refusal`, `always` or `never`")),
        }
    }
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// The commit that the run is about.
    pub head: CommitSha,
    /// Whether the pull request is merged.
    pub is_merged: bool,
    /// The words, escaped.
    pub words: Summary,
}

/// Whether a pull request is one that the gate is for: what has other branches is another gate's concern, or nobody's.
pub(crate) fn is_concern(rules: &[Rule]) -> bool {
    const OTHERS: &[&model::Code] =
        &[&codes::BASE_NOT_ALLOWED, &codes::HEAD_NOT_ALLOWED, &codes::PULL_REQUEST_FROM_FORK];
    !rules.iter().any(|rule| OTHERS.contains(&rule.code))
}

/// Returns the first line of a gate's comment. Two gates can be run for one pull request, and each has a comment of its own.
fn mark(run: Option<&WorkflowRun>) -> String {
    let Some(WorkflowRun { workflow, job, .. }) = run else { return format!("{MARK} -->") };
    let names = [workflow, job].map(|name| name.as_deref().map(coded).unwrap_or_default());
    format!("{MARK} {} -->", names.join("/"))
}

/// A name with nothing in it that could end a comment of HTML, or the line.
fn coded(name: &str) -> String {
    let coded = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(coded).collect()
}

/// Which run says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Speaker {
    /// The first line of the gate's comment.
    pub mark: String,
    /// The run's page; none outside a workflow.
    pub url: Option<String>,
    /// The moment, RFC 3339.
    pub now: String,
}

impl Statement {
    /// Returns the comment's text.
    pub(crate) fn body(&self, speaker: &Speaker) -> String {
        let state = if self.is_merged { "merged" } else { "open" };
        let by = match &speaker.url {
            Some(url) => format!("[This run]({url})"),
            None => "A run by hand".to_owned(),
        };
        let mark = &speaker.mark;
        let words = within(self.words.as_str().trim_end(), (MAX - 1000).saturating_sub(mark.len()));
        format!("{mark}\n<!-- head={} {state} -->\n{words}\n\n{BY}\n{by}, {}.\n", self.head, speaker.now)
    }
}

/// A comment of ours that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said<'a>(&'a str);

impl<'a> Said<'a> {
    /// Reads a comment; none if it is not this gate's.
    fn read(body: &'a str, mark: &str) -> Option<Self> {
        (body.lines().next()?.trim_end() == mark).then_some(Self(body))
    }

    /// Whether it says the same, whoever said it.
    fn is_same(self, body: &str) -> bool {
        let words = |text: &str| {
            // The last one is ours: the words before it can hold another in code.
            let words = text.rsplit_once(BY).map_or(text, |(words, _)| words);
            words.replace("\r\n", "\n").trim_end().to_owned()
        };
        words(self.0) == words(body)
    }

    /// The commit that it speaks of.
    fn head(self) -> Option<&'a str> {
        self.facts()?.split(' ').next()
    }

    /// Whether it says that the pull request is merged.
    fn is_merged(self) -> bool {
        self.facts().is_some_and(|facts| facts.ends_with(" merged"))
    }

    fn facts(self) -> Option<&'a str> {
        self.0.lines().nth(1)?.trim_end().strip_prefix("<!-- head=")?.strip_suffix(" -->")
    }
}

/// As many lines as there is room for.
fn within(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let start: String = text.chars().take(max).collect();
    let end = start.rfind('\n').unwrap_or(start.len());
    format!("{}\n\n…", start.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests;
