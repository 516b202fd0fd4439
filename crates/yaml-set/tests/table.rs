//! Every style and form, one line each: before, path, value, after.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use yaml_set::{Edit, Edited, SetError, set};

fn edit(text: &str, path: &str, value: &str) -> Result<Edited, SetError> {
    set(text, &[Edit::new(path.parse().unwrap(), value)])
}

#[test]
fn edits_every_style_and_leaves_the_rest() {
    for (before, path, value, after) in [
        ("a: v1\n", "a", "v2", "a: v2\n"),
        ("a: v1", "a", "v2", "a: v2"),
        ("a: v1   # why\nb:  x \n", "a", "v2", "a: v2   # why\nb:  x \n"),
        ("a: v1\t# why\n", "a", "v2", "a: v2\t# why\n"),
        ("a: 'v1'  \n", "a", "it's", "a: 'it''s'  \n"),
        ("a: \"v1\"\n", "a", "v\"2", "a: \"v\\\"2\"\n"),
        ("a: v1\n", "a", "1.20", "a: \"1.20\"\n"),
        ("a: 1.20\n", "a", "1.20", "a: \"1.20\"\n"),
        ("a: 3\n", "a", "v3", "a: v3\n"),
        ("a: {b: v1, c: d}\n", "a.b", "x,y", "a: {b: \"x,y\", c: d}\n"),
        ("{\"a\": {\"b\": \"v1\"}}", "a.b", "v2", "{\"a\": {\"b\": \"v2\"}}"),
        ("a: [x, y, z]\n", "a[-1]", "v", "a: [x, y, v]\n"),
        ("- - a\n  - b\n", "[0][1]", "v", "- - a\n  - v\n"),
        (
            "l:\n- name: x\n  v: 1\n- name: web\n  v: 2\n",
            "l[name=web].v",
            "z",
            "l:\n- name: x\n  v: 1\n- name: web\n  v: z\n",
        ),
        ("a.b: v1\na:\n  b: x\n", r"a\.b", "v2", "a.b: v2\na:\n  b: x\n"),
        ("'a.b/c': v1\n", r#"["a.b/c"]"#, "v2", "'a.b/c': v2\n"),
        ("a: v1\r\nb: x\r\n", "a", "v2", "a: v2\r\nb: x\r\n"),
        ("\u{feff}a: é\nb: v1\n", "b", "v2", "\u{feff}a: é\nb: v2\n"),
        ("---\na: v1\n---\nb: v1\n...\n", "b", "v2", "---\na: v1\n---\nb: v2\n...\n"),
        ("a: v1\n---\na: v1\n", "@2.a", "v2", "a: v1\n---\na: v2\n"),
        ("a: p\n  q\nb: x\n", "a", "v2", "a: v2\nb: x\n"),
        ("a: \"p\n  q\"\nb: x\n", "a", "v2", "a: \"v2\"\nb: x\n"),
        ("a: v1\n", "a", "x\ny", "a: \"x\\ny\"\n"),
        ("a: v1\n", "a", "", "a: \"\"\n"),
        ("a: !!str v1\n", "a", "1", "a: !!str \"1\"\n"),
        ("a: &x v1\nb: c\n", "a", "v2", "a: &x v2\nb: c\n"),
        ("v1\n", "[0]", "", ""),
    ] {
        if after.is_empty() {
            assert!(edit(before, path, value).is_err(), "{before:?}");
            continue;
        }
        let edited = edit(before, path, value).unwrap_or_else(|error| panic!("{before:?}: {error}"));
        assert_eq!(edited.text, after);
        assert!(edited.changed());
        let again = edit(&edited.text, path, value).unwrap();
        assert!(!again.changed(), "{after:?}");
        assert_eq!(again.text, after);
    }
}

#[test]
fn fills_empty_values_after_the_colon() {
    for (before, path, after) in [
        ("tag:\n", "tag", "tag: v9\n"),
        ("tag:", "tag", "tag: v9"),
        ("tag:   # none\nb: 1\n", "tag", "tag: v9   # none\nb: 1\n"),
        ("tag :\n", "tag", "tag : v9\n"),
        ("\"tag\":\r\n", "tag", "\"tag\": v9\r\n"),
        ("{tag: , b: 1}\n", "tag", "{tag: v9 , b: 1}\n"),
        ("{tag: }\n", "tag", "{tag: v9 }\n"),
        ("{\"tag\":}\n", "tag", "{\"tag\": v9}\n"),
        ("-\n- x\n", "[0]", "- v9\n- x\n"),
        ("- \n- x\n", "[0]", "- v9 \n- x\n"),
        ("a:\n  - x\n  -\nb: 1\n", "a[1]", "a:\n  - x\n  - v9\nb: 1\n"),
        ("a:\n  b:\n# c\nd: e\n", "a.b", "a:\n  b: v9\n# c\nd: e\n"),
        ("? tag\n:\n", "tag", "? tag\n: v9\n"),
        ("tag: &x\nb: 1\n", "tag", "tag: &x v9\nb: 1\n"),
        ("tag: !!str # c\n", "tag", "tag: !!str v9 # c\n"),
    ] {
        let edited = edit(before, path, "v9").unwrap_or_else(|error| panic!("{before:?}: {error}"));
        assert_eq!(edited.text, after);
        assert!(!edit(after, path, "v9").unwrap().changed(), "{after:?}");
    }
    assert_eq!(edit("tag:\n", "tag", "v9").unwrap().changes[0].old, None);
    for (text, path) in [
        ("? tag\n", "tag"),
        ("{tag, b}\n", "tag"),
        ("- # c\n- x\n", "[0]"),
        ("{a:, b: 1}\n", "a"),
        ("{a:}", "a"),
        ("[a:]", "[0].a"),
        ("{b: {a :}}", "b.a"),
    ] {
        assert!(matches!(edit(text, path, "v9"), Err(SetError::NoPlace { .. })), "{text}");
    }
}

#[test]
fn edits_block_scalars_under_their_header() {
    for (before, value, after) in [
        ("a: |\n  v1\nb: 1\n", "v2", "a: |\n  v2\nb: 1\n"),
        ("a: |-  # c\n    v1\n    x\n\n# d\nb: 1\n", "v2", "a: |-  # c\n    v2\n\n# d\nb: 1\n"),
        ("a: >-\n  p\n  q\n", "v2", "a: >-\n  v2\n"),
        ("a: |+\n  v1\n\n\nb: 1\n", "v2", "a: |+\n  v2\n\n\nb: 1\n"),
        ("a: |\r\n  v1\r\nb: 1\r\n", "x\ny", "a: |\r\n  x\r\n  y\r\nb: 1\r\n"),
        ("a: |\r\r  v1\rb: 1\r", "x\ny", "a: |\r  x\r  y\rb: 1\r"),
        ("a: |\n\n\n   v1\n  # c\nb: 1\n", "v2", "a: |\n   v2\n  # c\nb: 1\n"),
        ("a: |2-\n   v1\n", " v2", "a: |2-\n   v2\n"),
        ("a: |\n  v1", "v2\n", "a: |\n  v2"),
        ("- a: |\n    v1\n  b: 1\n", "v2", "- a: |\n    v2\n  b: 1\n"),
    ] {
        let path = if before.starts_with('-') { "[0].a" } else { "a" };
        let edited = edit(before, path, value).unwrap_or_else(|error| panic!("{before:?}: {error}"));
        assert_eq!(edited.text, after);
        assert!(!edit(after, path, value).unwrap().changed(), "{after:?}");
    }
    for (text, value) in [
        ("a: |\n  v1\n", " x\ny"),
        ("a: >\n  v1\n", "x\ny"),
        ("a: |\n  v1\n", "x\u{7}"),
        ("a: |\nb: 1\n", "v"),
    ] {
        let error = edit(text, "a", value).unwrap_err();
        assert!(matches!(error, SetError::Unproven { .. } | SetError::NoPlace { .. }), "{text:?} {error:?}");
    }
}

#[test]
fn says_why_it_refuses() {
    for (text, path, message) in [
        (
            "image:\n  repository: r\n  tag: v1\n",
            "image.tga",
            "`image.tga` matches nothing: the nearest part that exists is `image`",
        ),
        ("a: 1\n", "b.c", "`b.c` matches nothing: not even its first part exists"),
        ("", "a", "`a` matches nothing: the file is empty"),
        (
            "a: 1\n---\nb: 1\n",
            "c",
            "`c` matches nothing: not even its first part exists in any of the 2 documents",
        ),
        ("a: v\n", "a.b", "`a.b` matches nothing: the nearest part that exists is `a`"),
        ("a: [x]\n", "a[1]", "`a[1]` matches nothing: the nearest part that exists is `a`"),
        ("a: [x]\n", "a[-2]", "`a[-2]` matches nothing: the nearest part that exists is `a`"),
        ("a: 1\n---\na: 2\n", "@3.a", "`@3.a` matches nothing: the file has 2 documents"),
        (
            "a: {b: 1}\n---\na: 2\n",
            "@1.a.c",
            "`@1.a.c` matches nothing: the nearest part that exists is `@1.a`",
        ),
        ("a: 1\n---\na: 2\n", "a", "`a` matches 2 places, on lines 1, 3"),
        ("l: [{n: a}, {n: a}]\n", "l[n=a].x", "`l[n=a]` matches 2 places, on lines 1, 1"),
        (
            "a: 1\na: 2\n",
            "a",
            "the key `a` is there more than once, on lines 1, 2, and readers disagree on which one counts",
        ),
        ("a:\n  b: 1\n", "a", "`a` on line 2 is a mapping, not a scalar"),
        ("a: &x v\nb: *x\n", "b", "`b` on line 2 is an alias of a value that is written elsewhere"),
        ("a: &x {k: v}\nb: *x\n", "b.k", "`b` on line 2 is an alias of a value that is written elsewhere"),
        (
            "a: &x v\nb: *x\nc: *x\n",
            "a",
            "`a` on line 1 is shared through the anchor `&x`, which is used on lines 2, 3",
        ),
        (
            "a: &x\n  k: v\nb:\n  <<: *x\n",
            "a.k",
            "`a.k` on line 2 is shared through the anchor `&x`, which is used on lines 4",
        ),
        (
            "a: !!int 1\n",
            "a",
            "`a` on line 1 has the tag `tag:yaml.org,2002:int`, with which a string cannot be set",
        ),
        (
            "a: {{ .Values.x }}\n",
            "a",
            "line 1 has a template action (`{{ … }}`), so the file is YAML only after rendering",
        ),
        (
            "a: 1\n{{- if .x }}\nb: 1\n{{- end }}\n",
            "a",
            "line 2 has a template action (`{{ … }}`), so the file is YAML only after rendering",
        ),
    ] {
        assert_eq!(edit(text, path, "new").unwrap_err().to_string(), message);
    }
    let error = edit("a: \"x\nb: 1\n", "a", "new").unwrap_err();
    assert!(matches!(error, SetError::Invalid { .. }), "{error}");
    assert_eq!(
        edit("image:\n  repository: r\n  tag: v1\n", "image.tga", "x").unwrap_err().found(),
        ["repository", "tag"]
    );
    let text = "l:\n- name: web\n- x\n";
    assert_eq!(edit(text, "l[name=wbe].x", "x").unwrap_err().found(), ["[name=web]", "[1]"]);
}

#[test]
fn several_edits_are_one() {
    let edits = |pairs: &[(&str, &str)]| -> Vec<Edit> {
        pairs.iter().map(|(path, value)| Edit::new(path.parse().unwrap(), *value)).collect()
    };
    let text = "b: {x: 1, y: 2}\na: p\n  q\nc: v1\n";
    let edited =
        set(text, &edits(&[("c", "v2"), ("b.y", "n"), ("b.x", "m"), ("a", "z"), ("c", "v2")])).unwrap();
    assert_eq!(edited.text, "b: {x: m, y: \"n\"}\na: z\nc: v2\n");
    assert_eq!(edited.changes.iter().map(|change| change.line).collect::<Vec<_>>(), [3, 1, 1, 2, 3]);
    assert!(matches!(set(text, &edits(&[("c", "1"), ("c", "2")])), Err(SetError::Conflict { .. })));
    assert!(set(text, &edits(&[("c", "v2"), ("nope", "x")])).is_err());
}
