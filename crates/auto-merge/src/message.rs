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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
