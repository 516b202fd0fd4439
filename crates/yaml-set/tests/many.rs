//! Edits with more than one place: `[*]`, chosen documents, anchors and merge keys.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use yaml_set::{Change, Edit, SetError, set};

fn edit(path: &str) -> Edit {
    Edit::new(path.parse().unwrap(), "v9")
}

fn paths(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| change.path.to_string()).collect()
}

/// `path:line` of all other places.
fn also(change: &Change) -> Vec<String> {
    change.also.iter().map(|place| format!("{}:{}", place.path, place.line)).collect()
}

#[test]
fn every_item_and_every_key() {
    for (before, path, after, changed) in [
        ("l:\n- t: a\n- t: b\n", "l[*].t", "l:\n- t: v9\n- t: v9\n", &["l[0].t", "l[1].t"][..]),
        ("l: [a, b]\n", "l[*]", "l: [v9, v9]\n", &["l[0]", "l[1]"]),
        ("l: [{t: a}, {x: b}, c]\n", "l[*].t", "l: [{t: v9}, {x: b}, c]\n", &["l[0].t"]),
        (
            "m:\n  a.b: {t: a}\n  c: {t: b}\n",
            "m[*].t",
            "m:\n  a.b: {t: v9}\n  c: {t: v9}\n",
            &["m[\"a.b\"].t", "m.c.t"],
        ),
        ("l: [[a], [b, c]]\n", "l[*][-1]", "l: [[v9], [b, v9]]\n", &["l[0][-1]", "l[1][-1]"]),
        ("l: [[a], [b, c]]\n", "l[*][*]", "l: [[v9], [v9, v9]]\n", &["l[0][0]", "l[1][0]", "l[1][1]"]),
        (
            "l: [a]\n---\nx: 1\n---\nl: [b]\n",
            "l[*]",
            "l: [v9]\n---\nx: 1\n---\nl: [v9]\n",
            &["@1.l[0]", "@3.l[0]"],
        ),
        ("l: [a]\n---\nl: [b]\n", "@2.l[*]", "l: [a]\n---\nl: [v9]\n", &["@2.l[0]"]),
        ("l: [{n: x, t: a}]\n", "l[n=x].t", "l: [{n: x, t: v9}]\n", &["l[n=x].t"]),
    ] {
        let edited = set(before, &[edit(path)]).unwrap_or_else(|error| panic!("{before:?} {path}: {error}"));
        assert_eq!(edited.text, after);
        assert_eq!(paths(&edited.changes), changed);
        assert!(!set(after, &[edit(path)]).unwrap().changed());
        // Each of the paths leads to its place alone.
        for change in &edited.changes {
            let one = set(before, &[Edit::new(change.path.clone(), "v9")]).unwrap();
            assert_eq!(one.changes.len(), 1, "{}", change.path);
            assert_eq!((one.changes[0].line, &one.changes[0].old), (change.line, &change.old));
        }
    }
    let edited = set("l: [v9, b]\n", &[edit("l[*]")]).unwrap();
    assert_eq!(edited.changes.iter().map(|change| change.changed).collect::<Vec<_>>(), [false, true]);
    for (text, path) in [
        ("l: []\n", "l[*]"),
        ("l: {}\n", "l[*].a"),
        ("l: [{a: 1}]\n", "l[*].b"),
        ("a: 1\n", "a[*]"),
        ("a: 1\n", "b[*]"),
    ] {
        assert!(matches!(set(text, &[edit(path)]), Err(SetError::NotFound { .. })), "{text}");
    }
    for (text, path, message) in [
        ("l: [{t: {}}]\n", "l[*].t", "`l[0].t` on line 1 is a mapping"),
        ("m: {a: 1, a: 2}\n", "m[*]", "the key `m.a` is there more than once"),
        ("x: &x 1\nl: [*x]\n", "l[*]", "`l[0]` on line 2 is an alias"),
    ] {
        let error = set(text, &[edit(path)]).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn every_item_gets_what_it_lacks() {
    let create = |text: &str, path: &str| set(text, &[edit(path).creating(true)]);
    let edited = create("l:\n- a: 1\n- t: 2\n- # c\n- {}\n", "l[*].t").unwrap_err();
    assert!(matches!(edited, SetError::CannotCreate { .. }), "{edited}");
    let edited = create("l:\n- a: 1\n- t: 2\n-\n- {}\n", "l[*].t").unwrap();
    assert_eq!(edited.text, "l:\n- a: 1\n  t: v9\n- t: v9\n- t: v9\n- {t: v9}\n");
    assert_eq!(
        edited.changes.iter().map(|change| change.created).collect::<Vec<_>>(),
        [true, false, true, true]
    );
    assert_eq!(paths(&edited.changes), ["l[0].t", "l[1].t", "l[2].t", "l[3].t"]);
    let error = create("l: [a, {t: 1}]\n", "l[*].t").unwrap_err().to_string();
    assert_eq!(error, "`l[*].t` cannot be created: `l[0]` is a scalar, below which it cannot be");
}

#[test]
fn documents_are_chosen_by_what_they_hold() {
    let text = "kind: A\nmetadata: {name: x}\nt: 1\n---\nkind: A\nmetadata: {name: w, labels: {a.b/c: d}}\nt: 2\n---\nkind: B\nt: 3\n";
    for (path, line, shown) in [
        ("@kind=A,name=w.t", 7, "@2.t"),
        ("@name=x.t", 3, "@1.t"),
        ("@metadata.labels['a.b/c']=d.t", 7, "@2.t"),
        ("@kind=\"B\".t", 10, "@3.t"),
        ("@3.t", 10, "@3.t"),
    ] {
        let edited = set(text, &[edit(path)]).unwrap();
        assert_eq!((edited.changes[0].line, edited.changes[0].path.to_string().as_str()), (line, shown));
    }
    let edited = set("kind: A\nt: 1\n", &[edit("@kind=A.t")]).unwrap();
    assert_eq!(paths(&edited.changes), ["@kind=A.t"]);
    assert!(matches!(set(text, &[edit("@kind=A.t")]), Err(SetError::Ambiguous { .. })));
    let error = set(text, &[edit("@kind=C.t")]).unwrap_err();
    assert_eq!(error.found(), ["@1 (kind A, name x)", "@2 (kind A, name w)", "@3 (kind B)"]);
    assert!(matches!(set(text, &[edit("@kind=B.x")]), Err(SetError::NotFound { .. })));
}

#[test]
fn an_alias_is_followed_to_its_anchor() {
    let text = "a: &x v1\nb: *x\nc: {d: [*x]}\n";
    let edited = set(text, &[edit("b").following_aliases(true)]).unwrap();
    assert_eq!(edited.text, "a: &x v9\nb: *x\nc: {d: [*x]}\n");
    assert_eq!(
        (paths(&edited.changes), also(&edited.changes[0])),
        (vec!["b".into()], vec!["a:1".into(), "c.d[0]:3".into()])
    );
    assert_eq!((edited.changes[0].line, edited.changes[0].old.as_deref()), (1, Some("v1")));
    let edited = set(text, &[edit("a").following_aliases(true)]).unwrap();
    assert_eq!(also(&edited.changes[0]), ["b:2", "c.d[0]:3"]);
    let again = set(&edited.text, &[edit("b").following_aliases(true)]).unwrap();
    assert!(!again.changed() && again.changes[0].also.is_empty());

    // An item that two paths lead to is set once.
    let edited = set("l: [&x {t: a}, *x, {t: b}]\n", &[edit("l[*].t").following_aliases(true)]).unwrap();
    assert_eq!(edited.text, "l: [&x {t: v9}, *x, {t: v9}]\n");
    assert_eq!(paths(&edited.changes), ["l[0].t", "l[2].t"]);
    assert_eq!(also(&edited.changes[0]), ["l[1].t:1"]);

    // What an alias stands for may have aliases too, and a second anchor of the same name is another one.
    let text = "a: &x v1\nb: &y {k: *x}\nc: *y\nd: &x v2\ne: *x\n---\na: &x v3\nb: *x\n";
    let edited = set(text, &[edit("@1.a").following_aliases(true)]).unwrap();
    assert_eq!(also(&edited.changes[0]), ["@1.b.k:2", "@1.c.k:3"]);
    let edited = set(text, &[edit("@1.e").following_aliases(true)]).unwrap();
    assert_eq!(also(&edited.changes[0]), ["@1.d:4"]);
}

#[test]
fn merged_keys_are_set_where_they_are_written() {
    let text =
        "base: &x\n  t: v1\n  u: 1\nb:\n  <<: *x\n  u: 2\nc: {<<: [*x], t: own}\nd: {<<: [{q: 1}, *x]}\n";
    let error = set(text, &[edit("b.t")]).unwrap_err();
    assert_eq!(error.to_string(), "`b.t` comes from line 2 through `<<` on line 5");
    assert!(matches!(set(text, &[edit("b.t").creating(true)]), Err(SetError::Merged { .. })));
    assert!(matches!(set(text, &[edit("base.t")]), Err(SetError::Shared { .. })));
    let edited = set(text, &[edit("b.t").following_aliases(true)]).unwrap();
    assert_eq!(edited.text, text.replace("v1", "v9"));
    assert_eq!(also(&edited.changes[0]), ["base.t:2", "d.t:8"]);
    // A key of its own is no merged one.
    let edited = set(text, &[edit("b.u")]).unwrap();
    assert_eq!(edited.text, text.replace("u: 2", "u: v9"));
    assert!(set(text, &[edit("c.t")]).unwrap().changed());
    // A merged key is what an item is chosen by, too.
    let text = "x: &x {name: w}\nl:\n- {<<: *x, t: 1}\n- *x\n- {<<: *x, name: z, t: 1}\n";
    assert!(matches!(set(text, &[edit("l[name=w].t")]), Err(SetError::Ambiguous { .. })));
    assert_eq!(set(text, &[edit("l[name=z].t")]).unwrap().changes[0].line, 5);
    // A quoted `<<` is an ordinary key.
    assert!(matches!(set("x: &x {t: 1}\nb: {\"<<\": *x}\n", &[edit("b.t")]), Err(SetError::NotFound { .. })));
}

#[test]
fn what_cannot_be_followed_is_refused() {
    for (text, path) in [
        ("&x a: 1\nb: *x\n", "b"),
        ("a: &x k\n*x : 1\n", "a"),
        ("a: &x {b: c}\n? *x\n: 1\n", "a.b"),
        ("a: &x [b, *x]\n", "a[0]"),
    ] {
        let error = set(text, &[edit(path).following_aliases(true)]).unwrap_err();
        assert!(matches!(error, SetError::CannotFollow { .. }), "{text:?} {error}");
        assert!(
            matches!(set(text, &[edit(path)]), Err(SetError::Shared { .. } | SetError::Alias { .. })),
            "{text:?}"
        );
    }
    // A path that never ends, and one that ends in more places than there are atoms.
    let cycle = format!("a{}", "[*]".repeat(3000));
    assert!(set("a: &x [*x]\n", &[edit(&cycle).following_aliases(true)]).is_err());
    let mut laughs = String::from("a0: &a0 {k: v}\n");
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(laughs, "a{level}: &a{level} [{below}]");
    }
    let error = set(&laughs, &[edit("a0.k").following_aliases(true)]).unwrap_err();
    assert!(matches!(error, SetError::TooMany { .. }), "{error}");
}

#[test]
fn insertion_into_what_is_shared_follows_aliases_too() {
    let text = "a: &x\n  k: v\nb: *x\nc:\n  <<: *x\n";
    let create = edit("b.t").creating(true);
    assert!(matches!(set(text, std::slice::from_ref(&create)), Err(SetError::Alias { .. })));
    assert!(matches!(set(text, &[edit("a.t").creating(true)]), Err(SetError::Shared { .. })));
    let edited = set(text, &[create.following_aliases(true)]).unwrap();
    assert_eq!(edited.text, "a: &x\n  k: v\n  t: v9\nb: *x\nc:\n  <<: *x\n");
    assert_eq!(also(&edited.changes[0]), ["a.t:3", "c.t:6"]);
    // The mapping that merges is not the one that is merged.
    let edited = set(text, &[edit("c.t").creating(true)]).unwrap();
    assert_eq!(edited.text, format!("{text}  t: v9\n"));
}
