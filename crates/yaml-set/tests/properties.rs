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
    fn no_text_makes_it_panic(text in "[ -~\n\t\r{}\\[\\]:#&*!|>'\"é-]{0,60}", path in "[a-z.\\[\\]=0-9\"\\\\-]{0,10}") {
        if let Ok(path) = path.parse::<Path>() {
            let _ = set(&text, &[Edit::new(path, "v")]);
        }
        let _ = set(&text, &[Edit::new(Path::new(vec![Segment::Index(0)]), "1")]);
    }
}
