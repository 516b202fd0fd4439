//! Real files: edits of thousands of them, judged by PyYAML; see tests/tests/corpus.

use std::path::Path;

use super::stage::{Outcome, cargo, without};
use crate::tools;

/// How many leaves are set one by one. In both, all leaves of each file are set at once as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of small files, a sample of larger ones.
    Sample,
    /// All of files up to 100 kB, a sample of larger ones.
    Full,
}

/// Edits the files of a few packages.
pub(super) fn run(root: &Path, extent: Extent) -> Outcome {
    let needs = tools::go::modules(&root.join("tests/corpus"))
        .and_then(|directories| Ok((directories, tools::python_with_yaml()?)));
    let (directories, python) = match needs {
        Ok(needs) => needs,
        Err(why) => return without(why),
    };
    let directories = match std::env::join_paths(directories) {
        Ok(directories) => directories.to_string_lossy().into_owned(),
        Err(error) => return Outcome::failed(error.to_string()),
    };
    let is_full = extent == Extent::Full;
    let python = python.to_string_lossy().into_owned();
    let env = [
        ("DAY2_CORPUS", directories.as_str()),
        ("DAY2_CORPUS_PYTHON", python.as_str()),
        ("DAY2_CORPUS_LONG", if is_full { "1" } else { "" }),
    ];
    let mut arguments = vec!["test", "--quiet", "-p", "e2e", "--test", "corpus"];
    arguments.extend(is_full.then_some("--release"));
    arguments.extend(["--", "--nocapture"]);
    demand_figures(cargo(root, &arguments, &env))
}

/// A run that does not say what it did has done nothing. What it must have done at least, the test itself knows.
fn demand_figures(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Passed { .. } => {
            Outcome::failed("the corpus test passed without its figures: it edited nothing")
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_figures_fails() {
        assert!(matches!(demand_figures(Outcome::Passed { tests: 2 }), Outcome::Failed { .. }));
        let noted = Outcome::Noted { note: "2746 files edited".to_owned() };
        assert!(matches!(demand_figures(noted), Outcome::Noted { .. }));
    }
}
