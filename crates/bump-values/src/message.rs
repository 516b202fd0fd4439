//! The commit's message, and reading those of others.

mod bump;
mod reference;
mod template;
mod words;

pub(crate) use self::{
    bump::{Bump, read},
    reference::{Reference, gather},
    words::Words,
};

use model::CommitSha;
use toolkit::one_line;

use self::template::Values;
use crate::{edit::EditedFile, origin::Origin, request::Request};

/// A message in two parts, as `createCommitOnBranch` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) headline: String,
    pub(crate) body: String,
}

impl Message {
    /// The whole message, as Git has it.
    pub(crate) fn text(&self) -> String {
        format!("{}\n\n{}", self.headline, self.body)
    }
}

/// Writes the message: what was asked for, else what is set; then the trailers. `nonce` finds the commit again.
pub(crate) fn write(request: &Request, files: &[EditedFile], nonce: &str) -> Message {
    let values = Values { request, files };
    let (mut headline, text) = match &request.words.template {
        Some(template) => template.render(&values),
        None => values.default_text(),
    };
    headline = quoted(&headline);
    if request.words.skip_ci && !headline.contains("[skip ci]") {
        headline.push_str(" [skip ci]");
    }
    // Trailers are read from the last paragraph only, so that those of the text move into it.
    let text = quoted(&text);
    let text = text.trim();
    let (above, last) = text.rsplit_once("\n\n").unwrap_or(("", text));
    let (above, own) = if is_trailers(last) { (above.trim_end(), last) } else { (text, "") };
    let mut lines: Vec<String> = own.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.extend(trailers(request, files, nonce));
    let mut paragraphs = Vec::new();
    if !above.is_empty() {
        paragraphs.push(above.to_owned());
    }
    paragraphs.push(lines.join("\n"));
    Message { headline, body: paragraphs.join("\n\n") }
}

/// Quotes the lines that would speak as a bump: the text may hold somebody else's words, such as a commit's message, and
/// the order of values is read from these trailers.
fn quoted(text: &str) -> String {
    let speaks = |line: &str| line.starts_with("Bump-") && line.contains(": ");
    let quoted = |line: &str| if speaks(line) { format!("> {line}") } else { line.to_owned() };
    text.lines().map(quoted).collect::<Vec<_>>().join("\n")
}

/// Whether every line is a trailer, or goes on with the one above.
fn is_trailers(paragraph: &str) -> bool {
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let mut lines = paragraph.lines();
    let is_first = |line: &str| line.split_once(": ").is_some_and(|(key, _)| is_key(key));
    lines.next().is_some_and(is_first) && lines.all(|line| line.starts_with([' ', '\t']) || is_first(line))
}

fn trailers(request: &Request, files: &[EditedFile], nonce: &str) -> Vec<String> {
    let Origin { repository, workflow, run, .. } = &request.origin;
    let mut trailers = request.words.trailers.clone();
    trailers.extend(request.words.co_authors.iter().map(|person| format!("Co-authored-by: {person}")));
    if let (Some(repository), Some(source)) = (repository, source(&request.origin, files)) {
        trailers.push(format!("Bump-Source: {repository}@{source}"));
    }
    trailers.extend(workflow.as_ref().map(|name| format!("Bump-Workflow: {name}")));
    trailers.extend(run.map(|run| format!("Bump-Run: {run}")));
    let changes = files.iter().flat_map(|file| file.changes.iter().map(move |change| (file, change)));
    trailers.extend(changes.map(|(file, change)| format!("Bump-Path: {}", place(&file.path, &change.path))));
    trailers.push(format!("Bump-Nonce: {nonce}"));
    trailers.extend(request.words.reference.iter().flat_map(Reference::trailers));
    trailers
}

/// Names the commit whose image it is: the value if it is a commit's id, else the run's own.
pub(crate) fn source(origin: &Origin, files: &[EditedFile]) -> Option<CommitSha> {
    let changes = files.iter().flat_map(|file| &file.changes);
    let mut ids = changes.filter_map(|change| change.new.parse::<CommitSha>().ok());
    let id = ids.next().filter(|id| ids.all(|other| other == *id));
    id.or_else(|| origin.sha.clone())
}

/// Names a value across files.
pub(crate) fn place(file: &str, path: &yaml_set::Path) -> String {
    one_line(&format!("{file}:{path}"))
}

#[cfg(test)]
mod tests;
