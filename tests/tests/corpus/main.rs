//! Edits scalars of a few thousand real files, and has PyYAML judge the results.
//!
//! One by one: every scalar of small files, an even sample of larger ones. All at once: every scalar of each file.
//!
//! The files are those of published packages; `cargo xtask test` fetches them and says where they are in
//! `DAY2_CORPUS`. Without it there is nothing to test.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod figures;
mod files;
mod judge;
mod keys;
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

/// How many leaves of a file are set one by one: all of a file of up to `whole` bytes. Larger ones are sampled evenly:
/// as many leaves as `bytes` of edited text hold, and `leaves` at least.
struct Extent {
    whole: usize,
    bytes: usize,
    leaves: usize,
    /// To how many mappings of a file a key is added.
    keys: usize,
}

impl Extent {
    /// How many leaves of a file of this size are set one by one.
    fn of(&self, size: usize) -> usize {
        if size <= self.whole { usize::MAX } else { (self.bytes / size).max(self.leaves) }
    }
}

const STANDARD: Extent = Extent { whole: 1_000, bytes: 100_000, leaves: 2, keys: 5 };
const LONG: Extent = Extent { whole: 100_000, bytes: 5_000_000, leaves: 100, keys: 20 };

#[test]
fn real_files_are_edited_exactly() {
    let Some(corpus) = given("DAY2_CORPUS") else {
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
    let lacks = figures.lacks();
    assert!(lacks.is_empty(), "this says too little of yaml-set: {}", lacks.join(", "));
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
    for (after, is_good) in [
        ("d:\n  e: 1\n  new: \"1.20\"\n", true),
        ("d:\n  e: 1\n  new: 1.20\n", false),
        ("d:\n  e: 2\n  new: \"1.20\"\n", false),
        ("d:\n  e: 1\nnew: \"1.20\"\n", false),
    ] {
        std::fs::write(&path, "d:\n  e: 1\n").unwrap();
        judge.tell(&serde_json::json!({ "file": path, "leaves": [[1, "d", "e"]] }));
        judge.tell(&serde_json::json!({ "under": [1, "d"], "key": "new", "value": "1.20", "text": after }));
        assert_eq!(judge.verdict().problems.is_empty(), is_good, "{after}");
    }
    std::fs::write(&path, before).unwrap();
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

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    given(name).filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "how the caller of a test says where the files are")]
fn given(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
