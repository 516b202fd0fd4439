//! Edits every scalar of a few thousand real files, one by one and all at once, and has PyYAML judge the results.
//!
//! The files are those of published packages; `cargo xtask test` fetches them and says where they are in
//! `DAY2_CORPUS`. Without it there is nothing to test.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod figures;
mod files;
mod judge;
mod leaves;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use figures::Figures;
use judge::Judge;

/// How many bytes of edited text of one file are judged one leaf at a time, and for how many leaves at least.
/// Files of which that is less than every leaf are sampled evenly.
struct Extent {
    bytes: usize,
    leaves: usize,
}

const STANDARD: Extent = Extent { bytes: 100_000, leaves: 2 };
const LONG: Extent = Extent { bytes: 5_000_000, leaves: 100 };

#[test]
fn real_files_are_edited_exactly() {
    let Some(corpus) = variable("DAY2_CORPUS") else {
        println!("skipped: DAY2_CORPUS does not name the directories; `cargo xtask test` sets it");
        return;
    };
    let python = PathBuf::from(variable("DAY2_CORPUS_PYTHON").expect("DAY2_CORPUS_PYTHON names no Python"));
    let extent = if variable("DAY2_CORPUS_LONG").is_some() { &LONG } else { &STANDARD };
    let files = files::all(&std::env::split_paths(&corpus).collect::<Vec<_>>());
    assert!(!files.is_empty(), "no YAML file in {corpus}");

    let figures = run(&files, &python, extent);

    println!("{figures}");
    let expected: BTreeMap<&str, &str> = files::readable_but_refused().collect();
    let found: BTreeMap<&str, &str> =
        figures.readable_but_refused.iter().map(|(file, why)| (file.as_str(), why.as_str())).collect();
    let shown: Vec<_> = figures.problems.iter().take(30).map(String::as_str).collect();
    assert!(shown.is_empty(), "{} problems:\n{}", figures.problems.len(), shown.join("\n"));
    assert_eq!(found, expected, "files that PyYAML reads and yaml-set refuses, and tests/corpus/refused.txt");
}

/// What the judge must not let pass, or the other test says nothing.
#[test]
fn the_judge_objects_to_wrong_edits() {
    let Some(python) = variable("DAY2_CORPUS_PYTHON") else { return };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.yaml");
    let before = "a: &x v1 # why\nb: *x\n\nc: 1.0\n";
    std::fs::write(&path, before).unwrap();
    let leaves = serde_json::json!([[1, "a"], [1, "c"]]);
    let mut judge = Judge::start(Path::new(&python));
    for (after, is_good) in [
        ("a: &x yes1 # why\nb: *x\n\nc: 1.0\n", true),
        ("a: &x yes1\nb: *x\n\nc: 1.0\n", false),
        ("a: yes1 # why\nb: *x\n\nc: 1.0\n", false),
        ("a: &x yes1 # why\nb: yes1\n\nc: 1.0\n", false),
        ("a: &x yes1 # why\nb: *x\nc: 1.0\n", false),
        ("a: &x yes1 # why\nb: *x\n\nc: \"1.0\"\n", false),
        ("a: &x yes2 # why\nb: *x\n\nc: 1.0\n", false),
    ] {
        judge.tell(&serde_json::json!({ "file": path, "leaves": leaves }));
        judge.tell(&serde_json::json!({ "at": [0], "values": ["yes1"], "text": after }));
        assert_eq!(judge.verdict().problems.is_empty(), is_good, "{after}");
    }
    for (value, text) in [("yes", "yes"), ("58467e65", "58467e65"), ("~", "~")] {
        judge.tell(&serde_json::json!({ "file": path, "leaves": leaves }));
        let after = before.replace("1.0", text);
        judge.tell(&serde_json::json!({ "at": [1], "values": [value], "text": after }));
        assert!(!judge.verdict().problems.is_empty(), "{value} without quotes");
    }
}

/// Spreads the files over as many judges as there are cores, the large ones first.
fn run(files: &[files::File], python: &Path, extent: &Extent) -> Figures {
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Figures::default());
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut judge = Judge::start(python);
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let figures = leaves::edit(file, extent, &mut judge);
                    total.lock().unwrap().add(figures);
                }
            });
        }
    });
    total.into_inner().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "how the caller of a test says where the files are")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
