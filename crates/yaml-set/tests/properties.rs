//! Random documents and random edits, judged by an independent reader.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fmt::Write as _};

use proptest::prelude::*;
use yaml_serde::Value;
use yaml_set::{Edit, Path, Segment, set};

/// A document that can write itself in many ways.
#[derive(Debug, Clone)]
enum Doc {
    /// A scalar's token, a comment after it, and whether it is a block scalar.
    Leaf(String, bool),
    Block(String),
    Map(Vec<Doc>),
    Seq(Vec<Doc>),
    Flow(Vec<(bool, String)>),
}

fn doc() -> impl Strategy<Value = Doc> {
    let token = prop_oneof![
        "[a-z][a-z0-9._/-]{0,8}",
        Just(String::new()),
        Just("1.20".to_owned()),
        Just("~".to_owned()),
        "'[ -&(-~]{0,8}'",
        "\"[a-z #:{},é]{0,8}\"",
        Just("\"x\\\"\\n \\u00e9\"".to_owned()),
    ];
    let leaf = prop_oneof![
        6 => (token, any::<bool>()).prop_map(|(token, comment)| Doc::Leaf(token, comment)),
        1 => prop_oneof![Just("|"), Just("|-"), Just(">"), Just(">-"), Just("|+"), Just("| # c")]
            .prop_map(|header| Doc::Block(header.to_owned())),
        1 => prop::collection::vec((any::<bool>(), "[a-z]{1,4}|'[a-z,]{0,4}'|1"), 1..4).prop_map(Doc::Flow),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 1..5).prop_map(Doc::Map),
            1 => prop::collection::vec(inner, 1..4).prop_map(Doc::Seq),
        ]
    })
}

/// Writes `doc` after a colon or a dash, and collects the paths of its leaves.
fn write(doc: &Doc, indent: usize, path: &[Segment], out: &mut String, leaves: &mut Vec<Path>) {
    let pad = " ".repeat(indent);
    let step = |segment| [path, &[segment]].concat();
    match doc {
        Doc::Leaf(token, comment) => {
            let space = if token.is_empty() { "" } else { " " };
            // A comment after an empty item hides the dash, which is refused and tested elsewhere.
            let comment = if *comment && !token.is_empty() { "\t # \"{x}: y" } else { "" };
            let _ = writeln!(out, "{space}{token}{comment}");
            leaves.push(Path::new(path.to_vec()));
        }
        Doc::Block(header) => {
            let _ = writeln!(out, " {header}\n{pad}  one\n{pad}  two");
            leaves.push(Path::new(path.to_vec()));
        }
        Doc::Map(children) => {
            out.push('\n');
            for (index, child) in children.iter().enumerate() {
                let key = ["a", "b.c", "d/e", "'f'", "\"g h\""][index];
                let _ = write!(out, "{pad}{key}:");
                let decoded = key.trim_matches(['"', '\'']).to_owned();
                write(child, indent + 2, &step(Segment::Key(decoded)), out, leaves);
            }
        }
        Doc::Seq(children) => {
            out.push_str("\n# above\n");
            for (index, child) in children.iter().enumerate() {
                let _ = write!(out, "{pad}-");
                let index = i64::try_from(index).unwrap_or_default();
                write(child, indent + 2, &step(Segment::Index(index)), out, leaves);
            }
        }
        Doc::Flow(items) => {
            let mut texts = Vec::new();
            for (index, (keyed, token)) in items.iter().enumerate() {
                let item = step(Segment::Index(i64::try_from(index).unwrap_or_default()));
                texts.push(if *keyed { format!("{{k: {token}}}") } else { token.clone() });
                let key = keyed.then(|| Segment::Key("k".to_owned()));
                leaves.push(Path::new(item.into_iter().chain(key).collect()));
            }
            let _ = writeln!(out, " [ {} ]", texts.join(" , "));
        }
    }
}

fn flatten(value: &Value, at: String, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Mapping(map) => {
            map.iter().for_each(|(key, value)| flatten(value, format!("{at}/{key:?}"), into));
        }
        Value::Sequence(items) => {
            items.iter().enumerate().for_each(|(i, value)| flatten(value, format!("{at}/{i}"), into));
        }
        other => {
            into.insert(at, other.clone());
        }
    }
}

fn leaves_of(text: &str) -> BTreeMap<String, Value> {
    let mut leaves = BTreeMap::new();
    flatten(&yaml_serde::from_str(text).expect("the reader takes it"), String::new(), &mut leaves);
    leaves
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z0-9._:/@-]{1,12}",
        2 => "[0-9]{1,4}[.e:x_-]?[0-9]{0,4}",
        2 => "[ -~]{0,8}",
        1 => prop::sample::select(vec!["", "yes", "~", "null", "0o7", "a\nb", "\t", "é😀", "\u{feff}", "- a", "a: b", "#a", "2026-11-21", "\u{85}", "\r"])
            .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_one_leaf_changes(children in prop::collection::vec(doc(), 1..5), pick in any::<prop::sample::Index>(), value in value()) {
        let (mut text, mut paths) = (String::from("# head"), Vec::new());
        write(&Doc::Map(children), 0, &[], &mut text, &mut paths);
        let path = pick.get(&paths).clone();
        let before = leaves_of(&text);
        let edits = [Edit::new(path.clone(), value.clone())];
        let Ok(edited) = set(&text, &edits) else {
            // Only a block scalar may be unable to hold a value.
            let at = text.lines().filter(|line| line.contains('|') || line.contains('>')).count();
            prop_assert!(at > 0, "{text}\n{path} = {value:?}: {:?}", set(&text, &edits));
            return Ok(());
        };
        let after = leaves_of(&edited.text);
        prop_assert_eq!(before.len(), after.len());
        let differing: Vec<_> = before.iter().filter(|(at, old)| after.get(*at) != Some(*old)).map(|(at, _)| at).collect();
        prop_assert!(differing.len() <= 1, "{differing:?} in\n{text}\n{}", edited.text);
        prop_assert_eq!(edited.changed(), edited.text != text);
        if let [at] = differing.as_slice() {
            let Some(Value::String(new)) = after.get(*at) else { panic!("no string in\n{}", edited.text) };
            prop_assert_eq!(new.trim_end_matches('\n'), value.trim_end_matches('\n'));
        }

        let again = set(&edited.text, &edits).expect("the same edit again");
        prop_assert!(!again.changed());
        prop_assert_eq!(&again.text, &edited.text);

        let crlf = set(&text.replace('\n', "\r\n"), &edits).expect("the same edit under CRLF");
        prop_assert_eq!(crlf.text, edited.text.replace('\n', "\r\n"));
    }

    #[test]
    fn only_what_is_missing_is_inserted(
        children in prop::collection::vec(doc(), 1..4),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_usize), 1..4),
        value in value(),
        final_break in any::<bool>(),
    ) {
        let (mut text, mut paths) = (String::from("# head"), Vec::new());
        write(&Doc::Map(children), 0, &[], &mut text, &mut paths);
        if !final_break {
            text.truncate(text.trim_end_matches('\n').len());
        }
        // Below some node on the way to a leaf, or the leaf itself.
        let edits: Vec<Edit> = places.iter().map(|(leaf, depth, form)| {
            let leaf = leaf.get(&paths).segments();
            let kept = &leaf[..depth.index(leaf.len() + 1)];
            let new = [&["new"][..], &["new", "1.20"], &["a", "x: y"], &["new", "b.c", "z"]][*form];
            let new = new.iter().map(|key| Segment::Key((*key).to_owned()));
            let item = Segment::Where { key: "name".to_owned(), value: "web".to_owned() };
            let sequence = matches!(leaf.get(kept.len()), Some(Segment::Index(_)));
            let item = sequence.then_some(item);
            Edit::new(Path::new(kept.iter().cloned().chain(item).chain(new).collect()), value.clone()).creating(true)
        }).collect();
        let Ok(edited) = set(&text, &edits) else { return Ok(()) };
        let (before, after) = (leaves_of(&text), leaves_of(&edited.text));
        // A mapping takes the place of the null that an empty value is.
        let lost: Vec<_> = before.iter().filter(|(at, old)| after.get(*at) != Some(*old)).collect();
        prop_assert!(lost.iter().all(|(_, old)| **old == Value::Null || edited.changes.iter().any(|change| !change.created)), "{lost:?} in\n{text}\n{}", edited.text);
        let created: std::collections::BTreeSet<String> =
            edited.changes.iter().filter(|change| change.created).map(|change| change.path.to_string()).collect();
        let names = edits.iter().filter(|edit| edit.path.segments().iter().any(|s| matches!(s, Segment::Where { .. }))).count();
        let gained: Vec<_> = after.iter().filter(|(at, _)| !before.contains_key(*at)).collect();
        prop_assert!(gained.len() >= created.len() && gained.len() <= created.len() + names, "{gained:?} for {created:?} in\n{text}\n{}", edited.text);
        for (at, new) in gained {
            let Value::String(new) = new else { panic!("{at} is no string in\n{}", edited.text) };
            prop_assert!(*new == value || new == "web", "{at} is {new:?}");
        }
        if edited.changes.iter().all(|change| change.created) {
            let mut rest = edited.text.bytes();
            prop_assert!(text.bytes().all(|byte| rest.any(|found| found == byte)), "bytes are lost in\n{text}\n{}", edited.text);
        }

        let again = set(&edited.text, &edits).expect("the same edits again");
        prop_assert!(!again.changed());
        prop_assert_eq!(&again.text, &edited.text);
        let crlf = set(&text.replace('\n', "\r\n"), &edits).expect("the same edits under CRLF");
        prop_assert_eq!(crlf.text, edited.text.replace('\n', "\r\n"));
    }

    #[test]
    fn every_leaf_of_a_collection_changes(leaves in prop::collection::vec(("[a-z]{1,4}|'[a-z ]{0,4}'|\"x\"|1", any::<bool>()), 1..6), keyed in any::<bool>(), value in value()) {
        let mut text = String::from("top:\n");
        for (index, (token, nested)) in leaves.iter().enumerate() {
            let start = if keyed { format!("  k{index}:") } else { "  -".to_owned() };
            let _ = writeln!(text, "{start} {}", if *nested { format!("{{t: {token}, u: 1}}") } else { token.clone() });
        }
        text.push_str("after: 1 # c\n");
        let all = set(&text, &[Edit::new("top[*]".parse().expect("a path"), value.clone())]);
        prop_assert_eq!(all.is_err(), leaves.iter().any(|(_, nested)| *nested));
        let nested = leaves.iter().filter(|(_, nested)| *nested).count();
        let path: Path = "top[*].t".parse().expect("a path");
        let Ok(edited) = set(&text, &[Edit::new(path, value.clone())]) else {
            prop_assert_eq!(nested, 0);
            return Ok(());
        };
        prop_assert_eq!(edited.changes.len(), nested);
        let (before, after) = (leaves_of(&text), leaves_of(&edited.text));
        prop_assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
        for (at, new) in &after {
            let wanted = if at.ends_with("/String(\"t\")") { &Value::String(value.clone()) } else { &before[at] };
            prop_assert_eq!(new, wanted);
        }
    }

    #[test]
    fn a_followed_alias_changes_the_places_that_are_listed(
        uses in prop::collection::vec(0..5_usize, 1..6), pick in 0..3_usize, value in value(),
    ) {
        let mut text = String::from("base: &x\n  t: old\n  u: &y other\n");
        for (index, form) in uses.iter().enumerate() {
            let form = ["*x", "{<<: *x}", "{<<: *x, t: own}", "[*x, *y]", "{<<: [{t: first}, *x]}"][*form];
            let _ = writeln!(text, "k{index}: {form}");
        }
        let path = ["base.t", "k0.t", "base.u"][pick];
        let edit = Edit::new(path.parse().expect("a path"), value).following_aliases(true);
        let Ok(edited) = set(&text, std::slice::from_ref(&edit)) else {
            // A list has no key, and what comes first in the list is where it is written.
            prop_assert!(path == "k0.t" && [3].contains(&uses[0]), "{text}");
            return Ok(());
        };
        let merged = |text: &str| {
            let mut value: Value = yaml_serde::from_str(text).expect("the reader takes it");
            value.apply_merge().expect("merges");
            let mut leaves = BTreeMap::new();
            flatten(&value, String::new(), &mut leaves);
            leaves
        };
        let (before, after) = (merged(&text), merged(&edited.text));
        let differing = before.iter().filter(|(at, old)| after.get(*at) != Some(*old)).count();
        prop_assert_eq!(before.len(), after.len());
        let listed = edited.changes[0].also.len() + usize::from(edited.changed());
        prop_assert_eq!(differing, listed, "{:?} in\n{}", &edited.changes[0].also, edited.text);
        prop_assert!(!set(&edited.text, &[edit]).expect("the same edit again").changed());
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ -~\n\t\r{}\\[\\]:#&*!|>'\"é-]{0,60}", path in "[a-z.\\[\\]=0-9\"\\\\-]{0,10}") {
        if let Ok(path) = path.parse::<Path>() {
            let _ = set(&text, &[Edit::new(path.clone(), "v")]);
            let _ = set(&text, &[Edit::new(path, "v").creating(true).following_aliases(true)]);
        }
        let _ = set(&text, &[Edit::new(Path::new(vec![Segment::Index(0)]), "1")]);
    }
}
