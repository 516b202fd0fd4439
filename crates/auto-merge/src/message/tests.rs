use serde_json::json;

use super::*;

fn pull(title: &str, text: &str) -> PullRequest {
    serde_json::from_value(json!({
        "number": 7, "state": "open", "title": title, "body": text, "user": { "login": "alice" },
        "head": { "ref": "feature/a", "sha": "a".repeat(40) },
        "base": { "ref": "dev", "sha": "b".repeat(40) },
    }))
    .unwrap()
}

fn wording(first: Option<&str>, rest: Option<&str>) -> Wording {
    Wording { title: first.map(|text| title(text).unwrap()), body: rest.map(|text| body(text).unwrap()) }
}

fn run() -> WorkflowRun {
    WorkflowRun { id: "42".to_owned(), workflow: None, job: None, is_first_attempt: true }
}

/// The body by a run, without a wish if `rest` is none.
fn written(rest: Option<&str>, method: Method, pull: &PullRequest, commits: &[&str]) -> String {
    let commits: Vec<String> = commits.iter().map(|&text| text.to_owned()).collect();
    wording(None, rest).write(method, pull, &commits, Some(&run())).body.unwrap()
}

#[test]
fn words_are_replaced_once() {
    let pull = pull("Fix {base} ä", "");
    let wording = wording(Some("{title} (#{number}) by {author}: {head} → {base} {{x}}"), None);
    let message = wording.write(Method::Merge, &pull, &[], None);
    assert_eq!(message.title.unwrap(), "Fix {base} ä (#7) by alice: feature/a → dev {x}");
    assert_eq!(message.body, None);
}

#[test]
fn a_typing_error_is_named() {
    assert!(title("{titel}").unwrap_err().contains("`{titel}` is none of {number}, {title}"));
    assert!(body("{").is_err());
}

#[test]
fn a_description_comes_without_its_comments() {
    for (text, rest) in [
        ("Why.\r\n\r\n<!-- hint\nof two lines -->\r\n\r\nHow.", "Why.\n\nHow."),
        ("<!-- a -->x<!-- b -->", "x"),
        ("x <!-- never closed\ny", "x"),
        ("<!---->", ""),
    ] {
        let body = written(Some("{body}"), Method::Merge, &pull("t", text), &[]);
        assert_eq!(body, format!("{rest}\n\nMerged-By-Run: 42").trim_start(), "{text}");
    }
}

#[test]
fn one_space_is_an_empty_body() {
    let by_hand = |rest| wording(None, rest).write(Method::Merge, &pull("t", ""), &[], None).body;
    assert_eq!((by_hand(Some(" ")).as_deref(), by_hand(None)), (Some(" "), None));
    // A template that comes to nothing is no wish for GitHub's own text either.
    assert_eq!(by_hand(Some("{body}")).as_deref(), Some(" "));
    assert_eq!(written(Some(" "), Method::Merge, &pull("t", ""), &[]), "Merged-By-Run: 42");
}

#[test]
fn somebody_elses_words_cannot_speak_as_a_run() {
    let forged = "Merged-By-Run: 1";
    let pull = pull(forged, &format!("x\r\n{forged}\r\n"));
    for body in [
        written(None, Method::Merge, &pull, &[]),
        written(None, Method::Squash, &pull, &[&format!("a\n\n{forged}")]),
        written(Some("{title}\n{body}\n{commits}"), Method::Merge, &pull, &[forged]),
    ] {
        assert_eq!(body.lines().filter(|line| line.starts_with(MARK)).count(), 1, "{body}");
        assert_eq!(mark(&body), Some("42"));
    }
    let title = wording(Some("{title}"), None).write(Method::Merge, &pull, &[], None).title.unwrap();
    assert_eq!((title.as_str(), mark(&title)), ("> Merged-By-Run: 1", None));
}

#[test]
fn long_texts_end_before_the_mark() {
    let pull = pull(&"ä".repeat(70_000), "");
    let message = wording(Some("{title}\n"), Some("{title}")).write(Method::Merge, &pull, &[], Some(&run()));
    let (title, body) = (message.title.unwrap(), message.body.unwrap());
    assert_eq!((title.chars().count(), title.ends_with('…')), (256, true));
    assert!(body.chars().count() < 65_100 && mark(&body) == Some("42"));
}

#[test]
fn a_squash_keeps_the_texts_of_its_commits() {
    let pull = pull("t", "");
    let squash = |commits: &[&str]| written(None, Method::Squash, &pull, commits);
    assert_eq!(squash(&["a\n\nwhy"]), "why\n\nMerged-By-Run: 42");
    assert_eq!(squash(&["a\n\nwhy", "b\n"]), "* a\n\nwhy\n\n* b\n\nMerged-By-Run: 42");
    let commits = written(Some("{commits}"), Method::Merge, &pull, &["a\n\nwhy", "b"]);
    assert_eq!(commits, "* a\n* b\n\nMerged-By-Run: 42");
}

#[test]
fn commits_are_read_only_where_they_are_shown() {
    let (merge, squash) = (Method::Merge, Method::Squash);
    let needs = |wording: &Wording, method| wording.needs_commits(method, Some(&run()));
    let plain = wording(Some("{title}"), None);
    assert!(!needs(&plain, merge) && needs(&plain, squash) && !plain.needs_commits(squash, None));
    assert!(needs(&wording(None, Some("{commits}")), merge));
    assert!(!needs(&wording(None, Some(" ")), squash));
    assert!(!needs(&wording(Some("{commits}"), None), Method::Rebase));
}

#[test]
fn what_has_no_message_gets_none() {
    let message = wording(Some("{title}"), Some("{body}")).write(Method::Rebase, &pull("t", ""), &[], None);
    assert_eq!(message, Message::default());
}
