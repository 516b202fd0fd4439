//! The merge commit's message.

use github::pulls::PullRequest;

/// Replaces the words in braces. One pass, so that a title with `{base}` in it stays as it is.
pub(crate) fn fill(template: &str, pull: &PullRequest) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let words = [
            ("{number}", pull.number.to_string()),
            ("{title}", pull.title.clone()),
            ("{head}", pull.head.branch.clone()),
            ("{base}", pull.base.branch.clone()),
            ("{author}", pull.user.as_ref().map(|user| user.login.clone()).unwrap_or_default()),
        ];
        let word = words.into_iter().find(|(word, _)| rest.starts_with(word));
        let (length, text) = word.map_or((1, "{".to_owned()), |(word, text)| (word.len(), text));
        filled.push_str(&text);
        rest = &rest[length..];
    }
    filled + rest
}

/// The trailer that names the run which merged: of several runs for one pull request only that one goes on.
const MARK: &str = "Merged-By-Run: ";

/// Adds the run's trailer, in a paragraph of its own.
pub(crate) fn with_mark(body: &str, run_id: &str) -> String {
    format!("{}\n\n{MARK}{run_id}", body.trim_end()).trim_start().to_owned()
}

/// Returns the run that merged. The last trailer counts: those before come from titles and commits.
pub(crate) fn mark(message: &str) -> Option<&str> {
    message.lines().rev().find_map(|line| line.strip_prefix(MARK)).map(str::trim)
}

/// What GitHub writes below the first line of a squash if nothing is given: a single commit's own text, or all of them
/// as a list.
pub(crate) fn squash_body(messages: &[String]) -> String {
    match messages {
        [single] => single.split_once('\n').map_or("", |(_, body)| body).trim().to_owned(),
        several => {
            several.iter().map(|message| format!("* {}", message.trim())).collect::<Vec<_>>().join("\n\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_mark_counts() {
        let message = format!("Title\n\n{}", with_mark("Merged-By-Run: 1\n", "42"));
        assert_eq!(message, "Title\n\nMerged-By-Run: 1\n\nMerged-By-Run: 42");
        assert_eq!((mark(&message), mark("Title\n\nMerged by hand")), (Some("42"), None));
        assert_eq!(with_mark("", "42"), "Merged-By-Run: 42");
    }

    #[test]
    fn a_squash_keeps_the_texts_of_its_commits() {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        assert_eq!(squash_body(&texts(&["a\n\nwhy"])), "why");
        assert_eq!(squash_body(&texts(&["a\n\nwhy", "b\n"])), "* a\n\nwhy\n\n* b");
    }

    #[test]
    fn words_are_replaced_once() {
        let pull: PullRequest = serde_json::from_value(json!({
            "number": 7, "state": "open", "title": "Fix {base} ä", "user": { "login": "alice" },
            "head": { "ref": "feature/a", "sha": "a".repeat(40) },
            "base": { "ref": "dev", "sha": "b".repeat(40) },
        }))
        .unwrap();
        let filled = fill("{title} (#{number}) by {author}: {head} → {base} {x} {", &pull);
        assert_eq!(filled, "Fix {base} ä (#7) by alice: feature/a → dev {x} {");
    }
}
