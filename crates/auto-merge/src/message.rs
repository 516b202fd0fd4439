//! The merge commit's message.

use github::pulls::PullRequest;
use toolkit::{Template, one_line};

use crate::request::{Method, WorkflowRun};

/// What `{name}` may be in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Number,
    Title,
    Head,
    Base,
    Author,
    Body,
    Commits,
}

const WORDS: &[(&str, Word)] = &[
    ("number", Word::Number),
    ("title", Word::Title),
    ("head", Word::Head),
    ("base", Word::Base),
    ("author", Word::Author),
    ("body", Word::Body),
    ("commits", Word::Commits),
];

/// What is asked for as the message; GitHub writes what is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wording {
    /// The first line.
    pub title: Option<Template<Word>>,
    /// The rest.
    pub body: Option<Body>,
}

/// The message's rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing, which is not the same as no wish: GitHub takes an empty text for none, and writes one itself.
    Empty,
    /// This.
    Text(Template<Word>),
}

/// Reads a first line.
pub(crate) fn title(text: &str) -> Result<Template<Word>, String> {
    Template::parse(text, WORDS)
}

/// Reads the rest; white space alone means that there is to be none.
pub(crate) fn body(text: &str) -> Result<Body, String> {
    if text.trim().is_empty() {
        return Ok(Body::Empty);
    }
    Template::parse(&text.trim_end().replace("\r\n", "\n"), WORDS).map(Body::Text)
}

/// A message in the two parts in which GitHub takes it; it writes what is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) title: Option<String>,
    pub(crate) body: Option<String>,
}

impl Wording {
    /// Whether the messages of the pull request's commits are needed for it.
    pub(crate) fn needs_commits(&self, method: Method, run: Option<&WorkflowRun>) -> bool {
        let has = |template: &Template<Word>| template.has(Word::Commits);
        let in_body = match &self.body {
            Some(Body::Text(template)) => has(template),
            Some(Body::Empty) => false,
            None => method == Method::Squash && run.is_some(),
        };
        method.has_message() && (in_body || self.title.as_ref().is_some_and(has))
    }

    /// Writes the message, with the mark of the run where there is one. `commits` are the messages of the commits.
    pub(crate) fn write(
        &self,
        method: Method,
        pull: &PullRequest,
        commits: &[String],
        run: Option<&WorkflowRun>,
    ) -> Message {
        if !method.has_message() {
            return Message::default();
        }
        let filled = |template: &Template<Word>| quoted(&template.render(|word| value(word, pull, commits)));
        let title =
            self.title.as_ref().map(|template| shortened(&one_line(&filled(template)), LONGEST_TITLE));
        let given = self.body.as_ref().map(|body| match body {
            Body::Empty => String::new(),
            Body::Text(template) => shortened(filled(template).trim(), LONGEST_BODY),
        });
        let body = match (given, run) {
            (Some(given), Some(run)) => Some(with_mark(&given, &run.id)),
            // What GitHub would write itself stands before the mark.
            (None, Some(run)) => {
                let own = if method == Method::Squash { squash_body(commits) } else { pull.title.clone() };
                Some(with_mark(&shortened(&quoted(&own), LONGEST_BODY), &run.id))
            }
            (Some(given), None) => Some(if given.is_empty() { " ".to_owned() } else { given }),
            (None, None) => None,
        };
        Message { title: title.filter(|title| !title.is_empty()), body }
    }
}

/// In characters: more is no headline any more.
const LONGEST_TITLE: usize = 256;

/// In characters; GitHub's own texts end at 65,536, and a trailer follows.
const LONGEST_BODY: usize = 65_000;

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

fn value(word: Word, pull: &PullRequest, commits: &[String]) -> String {
    match word {
        Word::Number => pull.number.to_string(),
        Word::Title => one_line(&pull.title),
        Word::Head => pull.head.branch.clone(),
        Word::Base => pull.base.branch.clone(),
        Word::Author => pull.user.as_ref().map(|user| user.login.clone()).unwrap_or_default(),
        Word::Body => without_comments(&pull.body.replace("\r\n", "\n")),
        Word::Commits => {
            let headline = |message: &String| format!("* {}", message.lines().next().unwrap_or_default());
            commits.iter().map(headline).collect::<Vec<_>>().join("\n")
        }
    }
}

/// Drops what a page does not show either, such as the hints of a template. A comment that is not closed goes on to
/// the end, as on the page.
fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut left = text;
    while let Some((before, after)) = left.split_once("<!--") {
        kept.push_str(before);
        left = after.split_once("-->").map_or("", |(_, after)| after);
    }
    kept.push_str(left);
    let mut lines: Vec<&str> = kept.lines().map(str::trim_end).collect();
    lines.dedup_by(|one, other| one.is_empty() && other.is_empty());
    lines.join("\n").trim().to_owned()
}

/// The trailer that names the run which merged: of several runs for one pull request only that one goes on.
const MARK: &str = "Merged-By-Run: ";

/// Quotes the lines that would speak as a run: titles, descriptions and commits are somebody else's words.
fn quoted(text: &str) -> String {
    let quoted = |line: &str| if line.starts_with(MARK) { format!("> {line}") } else { line.to_owned() };
    text.lines().map(quoted).collect::<Vec<_>>().join("\n")
}

/// Adds the run's trailer, in a paragraph of its own.
fn with_mark(body: &str, run_id: &str) -> String {
    format!("{}\n\n{MARK}{run_id}", body.trim_end()).trim_start().to_owned()
}

/// Returns the run that merged. The last trailer counts: those before come from merges that went into the head.
pub(crate) fn mark(message: &str) -> Option<&str> {
    message.lines().rev().find_map(|line| line.strip_prefix(MARK)).map(str::trim)
}

/// What GitHub writes below the first line of a squash if nothing is given: a single commit's own text, or all of them
/// as a list.
fn squash_body(messages: &[String]) -> String {
    match messages {
        [single] => single.split_once('\n').map_or("", |(_, body)| body).trim().to_owned(),
        several => {
            several.iter().map(|message| format!("* {}", message.trim())).collect::<Vec<_>>().join("\n\n")
        }
    }
}

#[cfg(test)]
mod tests;
