//! Keys that are there more than once: in the mapping, in one that is merged in, or as another word for the same.

#![expect(clippy::unwrap_used, clippy::unwrap_in_result, reason = "a test fails by panicking")]

use yaml_set::{Edit, SetError, set};

fn follow(text: &str, path: &str) -> Result<String, SetError> {
    let edit = Edit::new(path.parse().unwrap(), "v9").following_aliases(true);
    set(text, &[edit]).map(|edited| edited.text)
}

#[track_caller]
fn refused(text: &str, path: &str, message: &str) {
    let error = follow(text, path).unwrap_err();
    let expected = format!("the key {message}, and readers disagree on which one counts");
    assert_eq!(error.to_string(), expected, "{text}");
}

#[test]
fn a_key_twice_in_a_merged_mapping() {
    let text = "x: &x\n  t: 1\n  t: 2\nz: {<<: *x}\n";
    refused(text, "z.t", "`z.t` is there more than once, on lines 2, 3");
    // Also in one that is merged into that, and in the second of several.
    let text = "x: &x\n  t: 1\n  t: 2\ny: &y {<<: *x}\nw: &w {u: 1}\nz: {<<: [*w, *y]}\n";
    refused(text, "z.t", "`z.t` is there more than once, on lines 2, 3");
    // What is stronger counts.
    let edited = follow(text, "z.u").unwrap();
    assert_eq!(edited, text.replace("u: 1", "u: v9"));
    let own = "x: &x\n  t: 1\n  t: 2\nz: {<<: *x, t: 3}\n";
    assert_eq!(follow(own, "z.t").unwrap(), own.replace("t: 3", "t: v9"));
}

#[test]
fn a_merge_key_twice() {
    let text = "x: &x {t: 1}\ny: &y {t: 2}\nz:\n  <<: *x\n  <<: *y\n  own: 1\n";
    refused(text, "z.t", "`z[\"<<\"]` is there more than once, on lines 4, 5");
    refused(text, "z.new", "`z[\"<<\"]` is there more than once, on lines 4, 5");
    assert_eq!(follow(text, "z.own").unwrap(), text.replace("own: 1", "own: v9"));
    // In a merged mapping.
    let deep = format!("{}v: {{<<: *z}}\n", text.replace("z:\n", "z: &z\n"));
    refused(&deep, "v.t", "`v[\"<<\"]` is there more than once, on lines 4, 5");
    // Who sees `x.t` at `z` cannot be said.
    let error = follow(text, "x.t").unwrap_err();
    assert!(matches!(error, SetError::CannotFollow { line: 1, .. }), "{error}");
    // In quotes it is a key like others.
    let quoted = "x: &x {t: 1}\nz:\n  \"<<\": x\n  <<: *x\n";
    assert_eq!(follow(quoted, "z.t").unwrap(), quoted.replace("t: 1", "t: v9"));
}

#[test]
fn another_word_for_the_same_key() {
    for (text, path) in [
        ("yes: 1\ntrue: 2\n", "yes"),
        ("yes: 1\ntrue: 2\n", "true"),
        ("On: 1\ntrue: 2\n", "On"),
        ("no: 1\nFALSE: 2\n", "no"),
        ("~: 1\nnull: 2\n", "null"),
        ("1: 1\n0x1: 2\n", "1"),
        ("1: 1\n1.0: 2\n", r#"["1.0"]"#),
        ("1.1: 1\n1.10: 2\n", r#"["1.1"]"#),
        ("yes: 1\ntrue: 2\n", "[*]"),
    ] {
        let error = follow(text, path).unwrap_err();
        let SetError::DuplicateKey { lines, .. } = &error else { panic!("{text:?}: {error}") };
        assert_eq!(lines, &[1, 2], "{text:?}");
        // The same among many keys, of which there is an index.
        let many: String = (100..200).map(|n| format!("{n}: x\n")).collect();
        let error = follow(&format!("{many}{text}"), path).unwrap_err();
        let SetError::DuplicateKey { lines, .. } = &error else { panic!("{text:?}: {error}") };
        assert_eq!(lines, &[101, 102], "{text:?}");
    }
}

#[test]
fn words_that_are_different_keys() {
    for (text, path) in [
        ("\"yes\": 1\ntrue: 2\n", "yes"),
        ("yes: 1\n'true': 2\n", "yes"),
        ("!!str yes: 1\ntrue: 2\n", "yes"),
        ("yes: 1\nno: 2\n", "yes"),
        ("y: 1\nyes: 2\n", "y"),
        ("1: 1\n2: 2\n", "1"),
        ("a: 1\nyes: 2\ntrue: 3\n", "a"),
    ] {
        assert_eq!(follow(text, path).unwrap(), text.replacen(": 1", ": v9", 1));
    }
}

#[test]
fn another_word_for_a_merged_key() {
    let text = "x: &x\n  yes: 1\nz:\n  <<: *x\n  true: 2\n";
    refused(text, "z.yes", "`z.yes` is there more than once, on lines 2, 5");
    let text = "x: &x\n  yes: 1\ny: &y\n  true: 2\nz: {<<: [*y, *x]}\n";
    refused(text, "z.yes", "`z.yes` is there more than once, on lines 2, 4");
    // The stronger one is meant.
    let text = "x: &x\n  yes: 1\ny: &y\n  true: 2\nz: {<<: [*x, *y]}\n";
    assert_eq!(follow(text, "z.yes").unwrap(), text.replace("yes: 1", "yes: v9"));
}
