//! A failure for a person: an annotation, its details, and a part of the run's page.

use model::Failure;

use crate::{Annotation, Host, Level, Summary};

/// Where the codes are explained.
const ERRORS_PAGE: &str = "docs/errors.md";

/// Writes a failure to the log, as an annotation, and to the summary. `action` is the command's name.
pub fn render_failure(host: &Host, action: &str, failure: &Failure) {
    let page = format!("{ERRORS_PAGE}#{}", failure.code.id);
    for note in &failure.notes {
        host.info(&format!("  {}", note.replace('\n', "\n  ")));
    }
    let mut annotation = Annotation::new(
        Level::Error,
        format!("{action}: {}", failure.code.id),
        format!("{}\n{}\nSee {page}", sentence(&failure.cause), failure.remedy),
    );
    annotation.location.clone_from(&failure.location);
    host.annotate(&annotation);
    let mut summary = Summary::new()
        .heading(&format!("{action}: {}", failure.code.id))
        .text(&sentence(&failure.cause))
        .text(&failure.remedy);
    if !failure.notes.is_empty() {
        summary = summary.code("text", &failure.notes.join("\n"));
    }
    // The annotation has said it all; a summary that cannot be written adds nothing.
    let _ = host.add_summary(summary.as_str());
}

/// Makes a sentence of a fragment. A first word that is a name (`arn:aws:…`, `values.yaml`) stays as it is.
fn sentence(fragment: &str) -> String {
    let mut characters = fragment.chars();
    let Some(first) = characters.next() else { return String::new() };
    let word = fragment.split(' ').next().unwrap_or_default();
    let is_a_word = word.trim_end_matches([',', ':']).chars().all(char::is_alphabetic);
    let begin = if is_a_word { first.to_uppercase().to_string() } else { first.to_string() };
    let stop = if fragment.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{begin}{}{stop}", characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_become_sentences() {
        assert_eq!(sentence("cannot connect"), "Cannot connect.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence("arn:aws:iam::1:role/x is refused"), "arn:aws:iam::1:role/x is refused.");
        assert_eq!(sentence(""), "");
    }
}
