use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use super::*;
use crate::{args::tests::request, plan::edit};

fn edited(request: &Request, text: &str) -> Vec<EditedFile> {
    edit(request, vec![text.into(); request.files.len()]).unwrap()
}

fn whole(message: &Message) -> String {
    format!("{}\n\n{}\n", message.headline, message.body)
}

/// The trailers as Git itself reads them.
fn parsed(message: &Message) -> Vec<String> {
    let mut git = Command::new("git");
    let git = git.args(["interpret-trailers", "--parse"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = git.spawn().unwrap();
    child.stdin.take().unwrap().write_all(whole(message).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn with(words: Words) -> Message {
    let request = Request { words, ..request(&["values/dev.yaml"], &["image.tag=v1"]) };
    write(&request, &edited(&request, "image: {tag: v0}\n"), "abc")
}

fn saying(template: &str) -> Message {
    with(Words { template: Some(template.parse().unwrap()), ..Words::default() })
}

#[test]
fn says_what_was_set_and_by_whom() {
    let request = request(&["values/dev.yaml"], &["image.tag=v1"]);
    let message = write(&request, &edited(&request, "image: {tag: v0}\n"), "abc");
    insta::assert_snapshot!(whole(&message), @r"
    bump: image.tag to v1 in values/dev.yaml

    Bump-Source: org/product@a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
    Bump-Workflow: dev
    Bump-Run: 7
    Bump-Path: values/dev.yaml:image.tag
    Bump-Nonce: abc
    ");
    let bump = read(&message.body);
    assert_eq!((bump.run, bump.nonce.as_deref()), (Some(7), Some("abc")));
    assert_eq!(bump.places, ["values/dev.yaml:image.tag"]);
    assert_eq!(bump.repository, request.origin.repository);
    assert_eq!(bump.sha, request.origin.sha);
}

#[test]
fn the_source_is_the_commit_whose_image_it_is() {
    let (one, two) = ("b".repeat(40), "c".repeat(40));
    let named = |lines: &[String]| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let request = request(&["a"], &lines);
        read(&write(&request, &edited(&request, "x: a\ny: b\n"), "abc").body).sha.unwrap().to_string()
    };
    assert_eq!(named(&[format!("x={one}"), "y=v1".into()]), one);
    assert_eq!(named(&[format!("x={one}"), format!("y={one}")]), one);
    let of_run = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";
    assert_eq!(named(&[format!("x={one}"), format!("y={two}")]), of_run);
}

#[test]
fn many_changes_are_counted_and_listed() {
    let request = request(&["a", "b"], &["x=1", "y=2"]);
    let message = write(&request, &edited(&request, "x: a\ny: b\n"), "abc");
    insta::assert_snapshot!(message.headline, @"bump: 4 values in 2 files");
    assert!(message.body.starts_with("- a: x to 1\n- a: y to 2\n- b: x to 1\n"), "{}", message.body);
}

#[test]
fn placeholders_are_filled_in() {
    for (template, headline) in [
        ("deploy {new}", "deploy v1"),
        (
            "{path}: {old} -> {new} in {file} ({files})",
            "image.tag: v0 -> v1 in values/dev.yaml (values/dev.yaml)",
        ),
        ("{count} for {repository}@{branch}", "1 for org/product@dev"),
        ("{tag}{digest}{image}", "v1"),
        ("run {run} at {short-sha} by {actor}", "run 7 at a94a8fe by alice"),
        ("{sha}", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"),
        ("{{new}} {{{new}}} }", "{new} {v1} }"),
        ("{changes}", "- values/dev.yaml: image.tag to v1"),
        // Nothing to say is said in our own words.
        ("{digest}", "bump: image.tag to v1 in values/dev.yaml"),
    ] {
        assert_eq!(saying(template).headline, headline, "{template}");
    }
    let message = saying("deploy {new}\r\n\r\nWas:\r\n\r\n{changes}");
    assert!(
        message.body.starts_with("Was:\n\n- values/dev.yaml: image.tag to v1\n\nBump-"),
        "{}",
        message.body
    );
}

#[test]
fn an_unknown_placeholder_lists_the_known() {
    let error = "x {version}".parse::<template::Template>().unwrap_err();
    insta::assert_snapshot!(error, @"`{version}` is none of {path}, {old}, {new}, {file}, {files}, {count}, {changes}, {image}, {tag}, {digest}, {repository}, {branch}, {sha}, {short-sha}, {run}, {actor}; a brace by itself is written `{{`");
    let error = "x {new".parse::<template::Template>().unwrap_err();
    insta::assert_snapshot!(error, @"`{new` has no closing brace; a brace by itself is written `{{`");
}

#[test]
fn images_fill_in_their_parts() {
    let digest = format!("sha256:{}", "01".repeat(32));
    let mut request = request(&["a"], &["x=1"]);
    request.images = vec![format!("x.io/a:v2@{digest}").parse().unwrap(), "nginx:1.2".parse().unwrap()];
    request.words.template = Some("{tag} | {digest} | {image}".parse().unwrap());
    let files = edited(&request, "x: 0\na: {image: 'x.io/a:v1'}\nb: {image: nginx}\n");
    let headline = write(&request, &files, "abc").headline;
    assert_eq!(headline, format!("v2, 1.2 | {digest} | x.io/a:v2@{digest}, nginx:1.2"));
}

#[test]
fn a_value_breaks_no_line_and_no_trailer() {
    let mut request = request(&["a"], &["x=1"]);
    request.files[0].edits =
        vec![yaml_set::Edit::new(r#"["x"]"#.parse().unwrap(), "1\n\nBump-Run: 99\u{2028}\u{7}")];
    request.words.template = Some("set {new}\n\nfrom {old}\nto {new}".parse().unwrap());
    let message = write(&request, &edited(&request, "x: \"a\\r\\nBump-Run: 98\"\n"), "abc");
    assert_eq!(message.headline, "set 1  Bump-Run: 99");
    assert!(
        message.body.starts_with("from a  Bump-Run: 98\nto 1  Bump-Run: 99\n\nBump-"),
        "{}",
        message.body
    );
    assert_eq!(read(&whole(&message)).run, Some(7));
    // A key with a line break in it.
    let mut request = self::request(&["a"], &["x=1"]);
    request.files[0].edits = vec![yaml_set::Edit::new("[\"x\nBump-Run: 99\"]".parse().unwrap(), "1")];
    let message = write(&request, &edited(&request, "\"x\\nBump-Run: 99\": 0\n"), "abc");
    assert_eq!(read(&whole(&message)).run, Some(7));
    assert_eq!(parsed(&message).len(), 5, "{}", message.body);
}

#[test]
fn git_reads_every_trailer() {
    let words = Words {
        template: Some(
            "deploy {new}\n\nBecause.\n\nRefs: #7\nSigned-off-by: Maria <m@x.io>\n".parse().unwrap(),
        ),
        trailers: vec!["Reviewed-by: alice".into()],
        co_authors: vec!["Maria <m@x.io>".into(), "alice <7+alice@users.noreply.github.com>".into()],
        reference: Some(Reference::example()),
        ..Words::default()
    };
    let message = with(words);
    assert!(message.body.starts_with("Because.\n\nRefs: #7\n"), "{}", message.body);
    insta::assert_snapshot!(parsed(&message).join("\n"), @r#"
    Refs: #7
    Signed-off-by: Maria <m@x.io>
    Reviewed-by: alice
    Co-authored-by: Maria <m@x.io>
    Co-authored-by: alice <7+alice@users.noreply.github.com>
    Bump-Source: org/product@a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
    Bump-Workflow: dev
    Bump-Run: 7
    Bump-Path: values/dev.yaml:image.tag
    Bump-Nonce: abc
    Argocd-reference-commit-sha: a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
    Argocd-reference-commit-author: Maria <m@x.io>
    Argocd-reference-commit-subject: Say "hi" to all
    Argocd-reference-commit-repourl: https://github.com/org/product
    Argocd-reference-commit-date: 2025-06-09T13:50:18-04:00
    Argocd-reference-commit-body: "Because.\n\nSigned-off-by: Maria <m@x.io>"
    "#);
    // Without a text of its own, and with one that is no trailer.
    for template in ["deploy", "deploy\n\nWhy: because\nof this"] {
        let message = saying(template);
        assert_eq!(parsed(&message).len(), 5, "{}", message.body);
    }
}

#[test]
fn skip_ci_ends_the_first_line() {
    let skipping = |template: &str| {
        with(Words { template: Some(template.parse().unwrap()), skip_ci: true, ..Words::default() }).headline
    };
    assert_eq!(skipping("deploy {new}\n\nx"), "deploy v1 [skip ci]");
    assert_eq!(skipping("[skip ci] deploy"), "[skip ci] deploy");
    assert_eq!(
        with(Words { skip_ci: true, ..Words::default() }).headline,
        "bump: image.tag to v1 in values/dev.yaml [skip ci]"
    );
}

#[test]
fn somebody_elses_words_do_not_speak_as_a_bump() {
    assert_eq!(quoted("why\nBump-Run: 99\n Bump-Path: a"), "why\n> Bump-Run: 99\n Bump-Path: a");
}
