//! What readers of YAML 1.1 and 1.2 see differently is refused: text, path, what is said.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use yaml_set::{Edit, Edited, SetError, set};

fn edit(text: &str, path: &str, value: &str) -> Result<Edited, SetError> {
    set(text, &[Edit::new(path.parse().unwrap(), value)])
}

fn create(text: &str, path: &str) -> Result<Edited, SetError> {
    set(text, &[Edit::new(path.parse().unwrap(), "x").creating(true)])
}

#[test]
fn line_breaks_of_yaml_1_1() {
    for (text, line, code) in [
        ("a: 1 # c\u{2028}a: 2", 1, 0x2028),
        ("a: 1\r\n# c\u{2029}a: 2\n", 2, 0x2029),
        ("b: \"\u{85}\"\ra: 1 #\u{85}\r", 2, 0x85),
        ("a: v\u{85}w\n", 1, 0x85),
        ("a: 1\nb: 'v\u{2028}w'\n", 2, 0x2028),
        ("a: 1\nb: |\n  v\n  w\u{2028}a: 2\n", 4, 0x2028),
        ("a: 1\nb: \"\n  \u{85}\n  \"\nc: \u{85}\n", 5, 0x85),
    ] {
        let error = edit(text, "a", "x").unwrap_err();
        assert_eq!(error, SetError::LineBreak { line, code }, "{text:?}");
        assert_eq!(yaml_set::scalars(text).unwrap_err(), error);
    }
    let error = edit("a: 1 # c\u{2028}a: 2", "a", "x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1 has the character U+2028 outside double quotes, which ends the line for some readers"
    );
    assert_eq!((error.line(), error.remedy().contains(r"`\u2028`")), (Some(1), true));
    let text = "a: v1\nb: \"\u{85} \u{2028}\" # c\n\"\u{2029}\": \"\u{85}\"\n";
    assert_eq!(edit(text, "a", "x").unwrap().text, text.replace("v1", "x"));
}

#[test]
fn tabs_below_a_value_that_gets_quotes() {
    for text in [
        "a: v1\n  \t\nb: 1\n",
        "a: v1\n\t\nb: 1\n",
        "a: v1\n \t# c\nb: 1\n",
        "a: v1  \r\n\r\n \t\r\nb: 1\r\n",
        "a: p\n  q\n\t\n",
    ] {
        let error = edit(text, "a", "1.20").unwrap_err();
        assert_eq!(error, SetError::TabBelow { path: "a".to_owned(), line: 1 }, "{text:?}");
        assert!(edit(text, "a", "v2").is_ok(), "{text:?}");
    }
    for (text, path) in [
        ("a: v1 \t\n\nb: 1\n", "a"),
        ("a: v1 # c\n", "a"),
        ("a: v1\n# \t\nb: 1\n", "a"),
        ("a: {b: v1\n  \t\n  }\n", "a.b"),
        ("a: |\n  v1\n", "a"),
    ] {
        assert!(edit(text, path, "1.20").is_ok(), "{text:?}");
    }
    for (text, path) in [
        ("a: v1\n  \t\n", "b"),
        ("x:\n  a: v1\n  \t\nb: 1\n", "x.c"),
        ("x:\n- a: v1\n\t\nb: 1\n", "x[name=w].c"),
    ] {
        let error = create(text, path).unwrap_err();
        assert!(matches!(error, SetError::CannotCreate { .. }) && error.remedy().contains("tab"), "{error}");
    }
    assert!(create("x:\n  a: v1\n  \t\nb: 1\n", "c").is_ok());
    assert!(create("x: {a: v1\n  \t\n  }\n", "x.c").is_ok());
}

#[test]
fn anchors_that_end_early() {
    for (text, path) in [
        ("a: &a:b x\n", "a"),
        ("a: &a:b\n", "a"),
        ("a: &x?y\n", "a"),
        ("a: &a@b 'x'\n", "a"),
        ("a: &a:b |\n  x\n", "a"),
        ("a: &a:b {c: x}\n", "a.c"),
    ] {
        let error = edit(text, path, "v2").unwrap_err();
        assert!(matches!(error, SetError::OddAnchor { line: 1 | 2, .. }), "{text:?} {error}");
    }
    assert_eq!(
        edit("a: &a:b {c: x}\n", "a.c", "v2").unwrap_err().to_string(),
        "`a.c` on line 1 has the anchor `&a:b`, or is in what has it, and some readers end that name early"
    );
    let error = create("a: &a:b {c: x}\n", "a.d").unwrap_err();
    assert!(matches!(error, SetError::CannotCreate { .. }), "{error}");
    assert!(edit("a: &a:b x\nc: &a-b_1 y\n", "c", "v2").is_ok());
}

#[test]
fn what_ruby_and_python_take_for_numbers_gets_quotes() {
    for value in ["0x_", "0b_", "+0b__", "0x__", "0o_", "1,000"] {
        assert_eq!(edit("a: v1\n", "a", value).unwrap().text, format!("a: \"{value}\"\n"));
    }
}

#[test]
fn templates_that_parse() {
    assert_eq!(edit("b: [1]\na: {{ .y }}\n", "b", "x").unwrap_err(), SetError::Template { line: 2 });
    // Workflows and ApplicationSets are YAML, and have braces in plain scalars.
    for text in ["a: repo:{{ .x }}\nb: 1\n", "b: 1\na: ${{ github.sha }}\n", "b: 1\na: x{{ .y }}\n"] {
        assert!(edit(text, "b", "x").is_ok(), "{text}");
    }
    for text in
        ["a: \"{{ x }}\"\nb: 1\n", "a: 'r:{{ x }}'\nb: 1\n", "a: |\n  {{ x }}\nb: 1\n", "# {{ x }}\nb: 1\n"]
    {
        assert!(edit(text, "b", "x").is_ok(), "{text}");
    }
    let error = edit("a: |\n  {{ x }}\nb: [1\nc: 1\n", "b", "x").unwrap_err();
    assert!(matches!(error, SetError::Invalid { line: 3.., .. }), "{error:?}");
    assert!(
        error.to_string().ends_with("; the template action on line 2 is in a block scalar, where it is text")
    );
}

#[test]
fn a_long_list_of_lines_is_cut() {
    let users = "- *x\n".repeat(12);
    let error = edit(&format!("- &x v\n{users}"), "[0]", "w").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`[0]` on line 1 is shared through the anchor `&x`, which is used on lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"
    );
}
