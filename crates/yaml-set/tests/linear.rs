//! Time grows with the text and the edits, not with their square.
//!
//! No seconds: the same operation is timed at a size and at four times that. Four times the time is linear, sixteen
//! times is quadratic; what lies between is left to a machine that has other things to do.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use yaml_set::{Edit, SetError, set};

/// Between the 4 of linear growth and the 16 of quadratic growth.
const BOUND: f64 = 12.0;

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

fn edit(path: &str) -> Edit {
    Edit::new(path.parse().expect("a path"), "v9").creating(true).following_aliases(true)
}

fn edits(kind: &str, items: usize) -> Vec<Edit> {
    let spread = |form: &dyn Fn(usize) -> String| (0..100).map(|n| edit(&form(n * items / 100))).collect();
    match kind {
        "100 edits" => spread(&|n| format!("list[name=item-{n}].image.tag")),
        "100 insertions" => spread(&|n| format!("list[{n}].new.key")),
        "every value" => vec![edit("list[*].env[*]")],
        "every item gets one" => vec![edit("list[*].env.D"), edit("list[*].image.digest")],
        "an edit for each item" => {
            (0..items).map(|n| edit(&format!("list[name=item-{n}].image.tag"))).collect()
        }
        _ => vec![edit("list[name=new].env.A")],
    }
}

fn took(text: &str, edits: &[Edit]) -> Duration {
    let start = Instant::now();
    let edited = set(text, edits).expect("the edits fit");
    let took = start.elapsed();
    assert!(edited.changed());
    took
}

/// Compares the shortest times of `input(n)` and `input(4 * n)`, and tries again a few times if something disturbed.
#[track_caller]
fn assert_linear(what: &str, n: usize, input: impl Fn(usize) -> (String, Vec<Edit>)) {
    let (small, large) = (input(n), input(4 * n));
    let (mut least, mut most) = (Duration::MAX, Duration::MAX);
    for _ in 0..6 {
        least = least.min(took(&small.0, &small.1));
        most = most.min(took(&large.0, &large.1));
        if most.as_secs_f64() < BOUND * least.as_secs_f64() {
            return;
        }
    }
    panic!("{what}: {least:.1?} for {n}, {most:.1?} for four times as many");
}

#[test]
fn a_longer_text() {
    for kind in ["100 edits", "100 insertions", "every value", "every item gets one", "one item"] {
        assert_linear(kind, 600, |items| (text(items), edits(kind, items)));
    }
}

#[test]
fn more_edits() {
    let kind = "an edit for each item";
    assert_linear(kind, 600, |items| (text(items), edits(kind, items)));
    assert_linear("an edit for each key", 2_000, |keys| {
        let text = (0..keys).fold(String::new(), |text, n| text + &format!("key{n}: v1\n"));
        (text, (0..keys).map(|n| edit(&format!("key{n}"))).collect())
    });
    assert_linear("an edit for each key that is merged", 1_000, |keys| {
        let text = (0..keys).fold("a: &a\n".to_owned(), |text, n| text + &format!("  key{n}: v1\n"));
        (text + "b:\n  <<: *a\n", (0..keys).map(|n| edit(&format!("b.key{n}"))).collect())
    });
}

#[test]
fn all_on_one_line() {
    assert_linear("a line", 2_000, |items| {
        (format!("{{\"l\": [{}]}}", vec!["{\"a\": 1}"; items].join(", ")), vec![edit("l[*].b")])
    });
}

#[test]
fn comments_in_a_row() {
    assert_linear("comments", 10_000, |lines| {
        let comments = "# c\n".repeat(lines);
        (format!("a:\n{comments}  b: 1\n{comments}"), vec![edit("a.b")])
    });
}

/// `keys` keys below an anchor, which is used so often.
fn shared(keys: usize, uses: usize) -> String {
    let mut text = String::from("b: &b\n");
    for n in 0..keys {
        let _ = writeln!(text, "  k{n}: v1");
    }
    for n in 0..uses {
        let _ = writeln!(text, "u{n}: *b");
    }
    text
}

#[test]
fn shared_values() {
    assert_linear("keys that are used twice", 1_000, |keys| (shared(keys, 2), vec![edit("b[*]")]));
    assert_linear("one key that is used often", 1_000, |uses| (shared(1, uses), vec![edit("b[*]")]));
    // What is used in more than one place by way of the same alias is one place.
    assert_linear("one list in a list of aliases", 500, |n| {
        (format!("{}l: [{}]\n", shared(n, 1), ["*b"; 5].join(", ")), vec![edit("l[*][*]")])
    });
}

/// All together they would be the square of what the text has.
#[test]
fn too_many_shared_values_are_refused() {
    let text = shared(2_000, 2_000);
    for edits in [vec![edit("b[*]")], (0..2_000).map(|n| edit(&format!("b.k{n}"))).collect()] {
        let found = set(&text, &edits).map(|edited| edited.changes.len());
        let error = found.expect_err("4,000,000 places");
        assert!(matches!(error, SetError::TooMany { .. }), "{error}");
    }
    // By way of each alias the same values are reached.
    let edited = set(&shared(2, 2_000), &[edit("[*][*]")]).expect("the edits fit");
    assert_eq!(edited.changes.len(), 2);
}
