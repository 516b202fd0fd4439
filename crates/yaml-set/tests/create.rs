//! Insertion, one case each: before, path, after. The value is always `v9`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use yaml_set::{Edit, Edited, SetError, set};

fn create(text: &str, path: &str) -> Result<Edited, SetError> {
    set(text, &[Edit::new(path.parse().unwrap(), "v9").creating(true)])
}

fn check(cases: &[(&str, &str, &str)]) {
    for &(before, path, after) in cases {
        let edited = create(before, path).unwrap_or_else(|error| panic!("{before:?} {path}: {error}"));
        assert_eq!(edited.text, after, "{before:?} {path}");
        assert!(edited.changes[0].created, "{before:?}");
        assert_eq!((edited.changes[0].old.as_deref(), edited.changes[0].new.as_str()), (None, "v9"));
        let lines = after.replace("\r\n", "\n").replace('\r', "\n");
        let line = lines.lines().nth(edited.changes[0].line - 1).unwrap();
        assert!(line.contains("v9") || !lines.contains('\n'), "{line:?} of {after:?}");
        let again = create(&edited.text, path).unwrap();
        assert!(!again.changed() && again.text == edited.text && !again.changes[0].created, "{after:?}");
        // Without permission nothing is inserted.
        assert!(set(before, &[Edit::new(path.parse().unwrap(), "v9")]).is_err(), "{before:?}");
        if !before.contains('\r') && before.contains('\n') {
            let crlf = create(&before.replace('\n', "\r\n"), path)
                .unwrap_or_else(|error| panic!("{before:?}: {error}"));
            assert_eq!(crlf.text, after.replace('\n', "\r\n"));
        }
    }
}

#[test]
fn after_the_last_entry_of_a_block_mapping() {
    check(&[
        ("a: 1\n", "b", "a: 1\nb: v9\n"),
        ("a: 1", "b", "a: 1\nb: v9"),
        ("a: 1\r\nc: 2", "b", "a: 1\r\nc: 2\r\nb: v9"),
        ("a: 1\rc: 2\r", "b", "a: 1\rc: 2\rb: v9\r"),
        ("\u{feff}a: 1\n", "b", "\u{feff}a: 1\nb: v9\n"),
        ("\u{feff}  a: 1\n", "b", "\u{feff}  a: 1\n  b: v9\n"),
        ("a:\n  b: 1  # why\nc: 2\n", "a.x", "a:\n  b: 1  # why\n  x: v9\nc: 2\n"),
        ("a:\n    b: 1\n\n\n# c\nc: 2\n", "a.x", "a:\n    b: 1\n    x: v9\n\n\n# c\nc: 2\n"),
        ("a:\n  b:\n    - 1\n    - 2\nc: 2\n", "a.x", "a:\n  b:\n    - 1\n    - 2\n  x: v9\nc: 2\n"),
        ("a:\n  b: |\n    t\n\nc: 2\n", "a.x", "a:\n  b: |\n    t\n  x: v9\n\nc: 2\n"),
        ("a:\n  b: |+\n    t\n\nc: 2\n", "a.x", "a:\n  b: |+\n    t\n\n  x: v9\nc: 2\n"),
        (
            "a:\n  b:\n    c: |+\n      t\n\n  d: 1",
            "a.b.x",
            "a:\n  b:\n    c: |+\n      t\n\n    x: v9\n  d: 1",
        ),
        ("a:\n  b: >+\n    t\n\n\n  c: 1\n", "a.x", "a:\n  b: >+\n    t\n\n\n  c: 1\n  x: v9\n"),
        ("a: |+\n\n\nc: |\n\n", "x", "a: |+\n\n\nc: |\nx: v9\n\n"),
        ("a: >2-\n    t", "x", "a: >2-\n    t\nx: v9"),
        ("a: \"p\n  q\" # c\n", "x", "a: \"p\n  q\" # c\nx: v9\n"),
        ("a: p\n  q\n", "x", "a: p\n  q\nx: v9\n"),
        ("a: {}\n  # b: 1\n  #  c: 2\n# d\n", "x", "a: {}\n  # b: 1\n  #  c: 2\nx: v9\n# d\n"),
        ("a:\n  b:\n    # c\n  # d\n", "a.x", "a:\n  b:\n    # c\n  x: v9\n  # d\n"),
        ("a:\n  ? b\n  : 1\n", "a.x", "a:\n  ? b\n  : 1\n  x: v9\n"),
        ("a:\n  ? b\nc: 1\n", "a.x", "a:\n  ? b\n  x: v9\nc: 1\n"),
        ("a:\n  b: &k 1\n  c: *k\n", "a.x", "a:\n  b: &k 1\n  c: *k\n  x: v9\n"),
        ("- a: 1\n- b: 1\n  c: 2\n", "[0].x", "- a: 1\n  x: v9\n- b: 1\n  c: 2\n"),
        ("-   a: 1\n-   b: 1\n", "[1].x", "-   a: 1\n-   b: 1\n    x: v9\n"),
        ("- - a: 1\n", "[0][0].x", "- - a: 1\n    x: v9\n"),
        ("a: !!map\n  b: 1\n", "a.x", "a: !!map\n  b: 1\n  x: v9\n"),
        ("a: &k\n  b: 1\n", "a.x", "a: &k\n  b: 1\n  x: v9\n"),
        ("a: 1\n...\n", "b", "a: 1\nb: v9\n...\n"),
        ("%YAML 1.2\n---\na: 1\n--- # d\n", "b", "%YAML 1.2\n---\na: 1\nb: v9\n--- # d\n"),
        ("a: 1\n---\nc: 1\n", "@2.b", "a: 1\n---\nc: 1\nb: v9\n"),
        ("kind: A\n---\nkind: B\n", "@kind=A.b.c", "kind: A\nb:\n  c: v9\n---\nkind: B\n"),
    ]);
}

#[test]
fn missing_parents_come_too() {
    check(&[
        ("a: 1\n", "b.c.d", "a: 1\nb:\n  c:\n    d: v9\n"),
        ("a:\n    b: 1\n", "c.d", "a:\n    b: 1\nc:\n    d: v9\n"),
        ("a: 1\n", r#"["a.b/c"].d"#, "a: 1\na.b/c:\n  d: v9\n"),
        (
            "a: 1\n",
            "b['1.20']['yes']['x: y']['#z']",
            "a: 1\nb:\n  \"1.20\":\n    \"yes\":\n      \"x: y\":\n        \"#z\": v9\n",
        ),
        ("a: 1\n", "images[name=x].newTag", "a: 1\nimages:\n- name: x\n  newTag: v9\n"),
        ("l:\n  - 1\n", "images[name=x].newTag", "l:\n  - 1\nimages:\n  - name: x\n    newTag: v9\n"),
        ("a: 1\n", "l[port=80].m[k=a].x", "a: 1\nl:\n- port: \"80\"\n  m:\n  - k: a\n    x: v9\n"),
    ]);
}

#[test]
fn where_nothing_is_written() {
    check(&[
        ("", "a.b", "a:\n  b: v9\n"),
        ("", "[name=x].b", "- name: x\n  b: v9\n"),
        ("\u{feff}", "a", "\u{feff}a: v9\n"),
        ("# c", "a", "# c\na: v9"),
        ("# c\n\n", "a", "# c\n\na: v9\n"),
        ("---\n", "a", "---\na: v9\n"),
        ("--- # c\n...\n", "a", "--- # c\na: v9\n...\n"),
        ("a: 1\n---\n", "@2.b", "a: 1\n---\nb: v9\n"),
        ("a: 1\n---\n", "b", "a: 1\nb: v9\n---\n"),
        ("a:\nb: 1\n", "a.c", "a:\n  c: v9\nb: 1\n"),
        ("a: # d\n  # e\nb: 1\n", "a.c", "a: # d\n  c: v9\n  # e\nb: 1\n"),
        ("a:", "a.c.d", "a:\n  c:\n    d: v9"),
        ("a: &k   \n", "a.c", "a: &k   \n  c: v9\n"),
        ("a: !!map\nb: 1\n", "a.c", "a: !!map\n  c: v9\nb: 1\n"),
        ("x:\n  a:\n", "x.a[name=w].c", "x:\n  a:\n  - name: w\n    c: v9\n"),
        ("-\n- b\n", "[0].c", "- c: v9\n- b\n"),
        ("- \n", "[0][name=x].c", "- - name: x\n    c: v9\n"),
        ("-   \n", "[0].c.d", "-   c:\n      d: v9\n"),
        ("- &k # c\n", "[0].c", "- &k # c\n  c: v9\n"),
        ("? a\n:\n", "a.c", "? a\n:\n  c: v9\n"),
    ]);
}

#[test]
fn items_of_sequences() {
    check(&[
        ("l:\n- name: a\n  t: 1\n", "l[name=x].t", "l:\n- name: a\n  t: 1\n- name: x\n  t: v9\n"),
        (
            "l:\n  - name: a\n    t: 1\nb: 1\n",
            "l[name=x].t",
            "l:\n  - name: a\n    t: 1\n  - name: x\n    t: v9\nb: 1\n",
        ),
        ("l:\n  -   name: a\n", "l[name=x].t", "l:\n  -   name: a\n  -   name: x\n      t: v9\n"),
        ("l:\n- - a\n", "l[name=x].t", "l:\n- - a\n- name: x\n  t: v9\n"),
        ("l:\n- - a\n", "l[0][name=x].t", "l:\n- - a\n  - name: x\n    t: v9\n"),
        ("l:\n-\n  - a\n", "l[name=x].t", "l:\n-\n  - a\n- name: x\n  t: v9\n"),
        ("l:\n-\n  name: a\n", "l[name=x].t", "l:\n-\n  name: a\n- name: x\n  t: v9\n"),
        ("l:\n- a # c\n  # d\n# e\n", "l[name=x].t", "l:\n- a # c\n  # d\n- name: x\n  t: v9\n# e\n"),
        ("- a\n", "[name=x].t", "- a\n- name: x\n  t: v9\n"),
        ("l: []\n", "l[name=x].t", "l: [{name: x, t: v9}]\n"),
        ("l: [a]\n", "l[name=x].t", "l: [a, {name: x, t: v9}]\n"),
        ("l:\n- name: x\n", "l[name=x].t", "l:\n- name: x\n  t: v9\n"),
        ("l: [{name: x}]\n", "l[name=x].t.u", "l: [{name: x, t: {u: v9}}]\n"),
    ]);
}

#[test]
fn inside_brackets() {
    check(&[
        ("a: {}\n", "a.b.c", "a: {b: {c: v9}}\n"),
        ("a: { }\n", "a.b", "a: { b: v9 }\n"),
        ("a: {x: 1} # c\n", "a.b", "a: {x: 1, b: v9} # c\n"),
        ("a: { x: 1 }\n", "a.b", "a: { x: 1, b: v9 }\n"),
        ("a: {x: 1,}\n", "a.b", "a: {x: 1, b: v9,}\n"),
        ("a: {x}\n", "a.b", "a: {x, b: v9}\n"),
        ("a: {x: }\n", "a.b", "a: {x: , b: v9 }\n"),
        ("a: {x: [1, {y: 2}]}\n", "a.x[1].b", "a: {x: [1, {y: 2, b: v9}]}\n"),
        ("a: {x: , y: 1}\n", "a.x.b", "a: {x: {b: v9} , y: 1}\n"),
        ("{\"a\": {}}\n", "a.b", "{\"a\": {\"b\": \"v9\"}}\n"),
        ("{\"a\":[]}", "a[name=x].b", "{\"a\":[{\"name\": \"x\", \"b\": \"v9\"}]}"),
        ("{\n  \"a\": 1\n}\n", "b", "{\n  \"a\": 1,\n  \"b\": \"v9\"\n}\n"),
        ("{\n  a: 1, # c\n  b: 2, # d\n}\n", "x", "{\n  a: 1, # c\n  b: 2, # d\n  x: v9,\n}\n"),
        ("{\n  a: 1, # c\n  b: 2 # d\n}\n", "x", "{\n  a: 1, # c\n  b: 2, # d\n  x: v9\n}\n"),
        ("[\n  a\n]\n", "[name=x].t", "[\n  a,\n  {name: x, t: v9}\n]\n"),
        ("{ a: 1,\n  b: 2 }\n", "x", "{ a: 1,\n  b: 2, x: v9 }\n"),
        ("a: { # c\n}\n", "a.b", "a: { b: v9 # c\n}\n"),
        ("{a: 1\n , }\n", "b", "{a: 1, b: v9\n , }\n"),
        ("a: {x: \"p\n  q\"}\n", "a.b", "a: {x: \"p\n  q\", b: v9}\n"),
        ("--- {a: 1}\n", "b", "--- {a: 1, b: v9}\n"),
    ]);
}

/// Readers of YAML 1.1 see the key `c:` in `{c:,`, and the tag `!!str,` in `!!str,`.
#[test]
fn a_blank_keeps_the_comma_from_what_is_empty() {
    check(&[
        ("{c: }", "b", "{c: , b: v9 }"),
        ("{c:\n}", "b", "{c: , b: v9\n}"),
        ("{c: !!str }", "b", "{c: !!str , b: v9 }"),
        ("{c: &k }", "b", "{c: &k , b: v9 }"),
        ("{c: , }", "b", "{c: , b: v9 , }"),
        ("{c: v, d: }", "b", "{c: v, d: , b: v9 }"),
        ("{c: {d: }}", "b", "{c: {d: }, b: v9}"),
        ("{c: {d: }}", "c.b", "{c: {d: , b: v9 }}"),
        ("{\"c\":}", "b", "{\"c\": , \"b\": \"v9\"}"),
        ("{\n  c:\n}\n", "b", "{\n  c: ,\n  b: v9\n}\n"),
        ("{\n  c: !!str # d\n}\n", "b", "{\n  c: !!str , # d\n  b: v9\n}\n"),
        ("[a, &x ]", "[name=w].b", "[a, &x , {name: w, b: v9} ]"),
        ("[a, !!str ]", "[name=w].b", "[a, !!str , {name: w, b: v9} ]"),
        ("[a, c: ]", "[name=w].b", "[a, c: , {name: w, b: v9} ]"),
        ("[a, c: d ]", "[name=w].b", "[a, c: d, {name: w, b: v9} ]"),
    ]);
    for (text, path) in [("{c:}", "b"), ("{c:,}", "b"), ("[c:]", "[name=w].b"), ("{c:, d: 1}", "c.b")] {
        let error = create(text, path).unwrap_err();
        assert!(matches!(error, SetError::CannotCreate { .. }), "{text}: {error}");
    }
    check(&[("{c:, d: 1}", "b", "{c:, d: 1, b: v9}")]);
}

#[test]
fn several_edits_share_what_is_missing() {
    let edits = |paths: &[(&str, &str)]| -> Vec<Edit> {
        paths.iter().map(|(path, value)| Edit::new(path.parse().unwrap(), *value).creating(true)).collect()
    };
    for (before, paths, after) in [
        (
            "a: 1\n",
            &[
                ("images[name=x].newName", "r/x"),
                ("images[name=x].newTag", "1.20"),
                ("images[name=w].newTag", "t"),
                ("a", "z"),
            ][..],
            "a: z\nimages:\n- name: x\n  newName: r/x\n  newTag: \"1.20\"\n- name: w\n  newTag: t\n",
        ),
        (
            "a:\n  b:\n    c: 1\n",
            &[("x", "1st"), ("a.w", "2nd"), ("a.b.z", "3rd"), ("a.b.c", "new"), ("x2", "4th")],
            "a:\n  b:\n    c: new\n    z: 3rd\n  w: 2nd\nx: 1st\nx2: 4th\n",
        ),
        ("a:\n  b:", &[("c", "n"), ("a.d", "m"), ("a.b", "l")], "a:\n  b: l\n  d: m\nc: \"n\""),
        ("{a: {b: }}", &[("c", "o"), ("a.d", "m"), ("a.b", "l")], "{a: {b: l , d: m }, c: o}"),
        ("", &[("a.b", "l"), ("a.c", "m"), ("d", "o")], "a:\n  b: l\n  c: m\nd: o\n"),
        (
            "a: []\nb: {}\n",
            &[("a[k=1].x", "l"), ("a[k=2].x", "m"), ("b.c", "o")],
            "a: [{k: \"1\", x: l}, {k: \"2\", x: m}]\nb: {c: o}\n",
        ),
    ] {
        let edited = set(before, &edits(paths)).unwrap_or_else(|error| panic!("{before:?}: {error}"));
        assert_eq!(edited.text, after);
        assert_eq!(
            edited.changes.iter().map(|change| change.edit).collect::<Vec<_>>(),
            (0..paths.len()).collect::<Vec<_>>()
        );
        assert!(!set(after, &edits(paths)).unwrap().changed(), "{after}");
    }
    for (before, paths) in [
        ("a: 1\n", &[("b", "x"), ("b.c", "y")][..]),
        ("a: 1\n", &[("b.c", "x"), ("b", "y")]),
        ("a: 1\n", &[("b", "x"), ("b", "y")]),
        ("a:\n", &[("a", "x"), ("a.b", "y")]),
        ("a: 1\n", &[("l[n=x].n", "y")]),
        ("a: 1\n", &[("l[n=x].k", "y"), ("l.k", "y")]),
    ] {
        let error = set(before, &edits(paths)).unwrap_err();
        assert!(matches!(error, SetError::Conflict { .. }), "{paths:?} {error}");
    }
    let error = set("l:\n- a: 1\n", &edits(&[("l[-1].a", "x"), ("l[n=y].b", "z")])).unwrap_err();
    assert!(matches!(error, SetError::Unproven { .. }), "{error}");
}

#[test]
fn refuses_with_a_reason() {
    for (text, path, message) in [
        ("a: 1\n---\nb: 1\n", "c", "`c` cannot be created: it is missing in 2 documents"),
        (
            "a: |\n  t",
            "b",
            "`b` cannot be created: the file ends in a block scalar without a line break, which would become part of its value",
        ),
        (
            "a: 1\n",
            "l[name=x]",
            "`l[name=x]` cannot be created: an item such as `[name=web]` is a mapping, not a value",
        ),
        ("a: 1\n", "b.<<.c", "`b[\"<<\"].c` cannot be created: `<<` takes over the keys of another mapping"),
        ("a: !x\n  b: 1\n", "a.c", "`a.c` cannot be created: `a` has a tag, which says what may be in it"),
        (
            "a: [b: c]\n",
            "a[0].d",
            "`a[0].d` cannot be created: what is there is written in a form that has no place for it",
        ),
        (
            "{a, b}\n",
            "a.c",
            "`a.c` cannot be created: what is there is written in a form that has no place for it",
        ),
    ] {
        assert_eq!(create(text, path).unwrap_err().to_string(), message);
    }
    for (text, path) in [
        ("a: v\n", "a.b"),
        ("a: ~\n", "a.b"),
        ("a: {b: 1}\n", "a[name=x].c"),
        ("a: [b]\n", "a.c"),
        ("a: [b]\n", "a[1]"),
        ("a: [b]\n", "a[-2].c"),
        ("a: 1\n", "l[0]"),
        ("a: 1\n", "l[*].b"),
        ("l: []\n", "l[*].b"),
        ("", "[0]"),
        ("", "[*].a"),
    ] {
        let error = create(text, path).unwrap_err();
        assert!(matches!(error, SetError::NotFound { .. }), "{text:?} {path}: {error}");
    }
    assert!(matches!(create("a: 1\n", "@kind=A.b"), Err(SetError::NoDocument { .. })));
    assert!(matches!(create("a: 1\n", "@2.b"), Err(SetError::NoDocument { .. })));
    let deep = vec!["k"; 200].join(".");
    assert!(matches!(create("a: 1\n", &deep), Err(SetError::CannotCreate { .. })));
}
