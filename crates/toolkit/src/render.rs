//! A failure for a person: an annotation, its details, and a part of the run's page.

use model::Failure;

use crate::{Annotation, Env, Host, Level, Summary};

/// Where the codes are explained: the page of the release that the workflow uses, as the runner names it.
fn errors_page(env: &Env) -> String {
    const PAGE: &str = "docs/errors.md";
    let variable = |name| env.get(name);
    match (variable("GITHUB_SERVER_URL"), variable("GITHUB_ACTION_REPOSITORY"), variable("GITHUB_ACTION_REF"))
    {
        (Some(server), Some(repository), Some(reference)) => {
            format!("{server}/{repository}/blob/{reference}/{PAGE}")
        }
        _ => PAGE.to_owned(),
    }
}

/// Writes a failure to the log, as an annotation, and to the summary. `action` is the command's name.
pub fn render_failure(host: &Host, action: &str, failure: &Failure) {
    let page = format!("{}#{}", errors_page(host.env()), failure.code.id);
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
    fn the_page_is_that_of_the_release_in_use() {
        let env = Env::from_pairs([
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_ACTION_REPOSITORY", "org/day2-actions"),
            ("GITHUB_ACTION_REF", "v1"),
        ]);
        assert_eq!(errors_page(&env), "https://github.com/org/day2-actions/blob/v1/docs/errors.md");
        assert_eq!(errors_page(&Env::default()), "docs/errors.md");
    }

    #[test]
    fn fragments_become_sentences() {
        assert_eq!(sentence("cannot connect"), "Cannot connect.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence("arn:aws:iam::1:role/x is refused"), "arn:aws:iam::1:role/x is refused.");
        assert_eq!(sentence(""), "");
    }
}
