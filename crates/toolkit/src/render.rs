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

/// Makes a sentence of a fragment.
fn sentence(fragment: &str) -> String {
    let mut characters = fragment.chars();
    let Some(first) = characters.next() else { return String::new() };
    let stop = if fragment.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_become_sentences() {
        assert_eq!(sentence("cannot connect"), "Cannot connect.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence(""), "");
    }
}
