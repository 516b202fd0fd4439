//! Time grows with the text, not with its square: a text of twice the size takes about twice as long.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::{fmt::Write as _, time::Instant};

use yaml_set::{Edit, set};

/// 8 leaves for each item, 200 bytes.
fn text(items: usize) -> String {
    let mut text = String::from("list:\n");
    for index in 0..items {
        let _ = writeln!(
            text,
            "  - name: item-{index} # why\n    image: {{repository: registry.example/r{index}, tag: v1.2.3}}\n    \
             env:\n      A: \"one\"\n      B: 'two'\n      C: three\n    args: [x{index}, y]"
        );
    }
    text
}

fn edits(kind: &str, items: usize) -> Vec<Edit> {
    let edit =
        |path: String| Edit::new(path.parse().expect("a path"), "v9").creating(true).following_aliases(true);
    match kind {
        "100 edits" => {
            (0..100).map(|n| edit(format!("list[name=item-{}].image.tag", n * items / 100))).collect()
        }
        "100 insertions" => (0..100).map(|n| edit(format!("list[{}].new.key", n * items / 100))).collect(),
        "every value" => vec![edit("list[*].env[*]".to_owned())],
        "every item gets one" => {
            vec![edit("list[*].env.D".to_owned()), edit("list[*].image.digest".to_owned())]
        }
        _ => vec![edit("list[name=new].env.A".to_owned())],
    }
}

#[test]
#[ignore = "a measurement: cargo test -p yaml-set --test linear -- --ignored --nocapture"]
fn two_megabytes_in_one_pass() {
    for kind in ["100 edits", "100 insertions", "every value", "every item gets one", "one item"] {
        for items in [5_000, 10_000] {
            let text = text(items);
            let edits = edits(kind, items);
            let start = Instant::now();
            let edited = set(&text, &edits).expect("the edits fit");
            let took = start.elapsed();
            println!(
                "{kind}: {} bytes, {} leaves, {} changes, {took:.0?}",
                text.len(),
                items * 8,
                edited.changes.len()
            );
        }
    }
}

/// Steps, not seconds: what would be quadratic could not end within the patience of whoever runs this.
#[test]
fn long_texts_end() {
    let items = 2_000;
    for kind in ["100 edits", "100 insertions", "every value", "every item gets one", "one item"] {
        let edited = set(&text(items), &edits(kind, items)).expect("the edits fit");
        assert!(edited.changed(), "{kind}");
    }
    // All of it on one line, in brackets.
    let line = format!("{{\"l\": [{}]}}", vec!["{\"a\": 1}"; 20_000].join(", "));
    let edit = Edit::new("l[*].b".parse().expect("a path"), "x").creating(true);
    let edited = set(&line, &[edit]).expect("the edits fit");
    assert_eq!(
        (edited.changes.len(), edited.text.len()),
        (20_000, line.len() + 20_000 * ", \"b\": \"x\"".len())
    );
    // Many comments in a row.
    let comments = "# c\n".repeat(50_000);
    let text = format!("a:\n{comments}  b: 1\n{comments}");
    assert!(set(&text, &[Edit::new("a.b".parse().expect("a path"), "x")]).expect("the edit fits").changed());
}
