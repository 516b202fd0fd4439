//! One stage of the checks.

use std::{
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
};

use super::{attacks, corpus, schema, snippets};
use crate::{generate, process, tidy, tools};

/// How a test begins the lines that say what it did.
const FIGURES: &str = "figures: ";

/// How a stage ended.
pub(super) enum Outcome {
    /// All good; `tests` is 0 for a stage that counts none.
    Passed { tests: usize },
    /// All good, and what there is to say about it.
    Noted { note: String },
    /// Not run, and why.
    Skipped { why: String },
    /// Something is wrong; `output` says what.
    Failed { tests: usize, failures: usize, output: String },
}

impl Outcome {
    pub(super) fn failed(output: impl Into<String>) -> Self {
        Self::Failed { tests: 0, failures: 1, output: output.into() }
    }
}

type Work = Box<dyn Fn(&Path) -> Outcome>;

/// A named check.
pub(super) struct Stage {
    name: &'static str,
    work: Work,
}

impl Stage {
    pub(super) fn new(name: &'static str, work: impl Fn(&Path) -> Outcome + 'static) -> Self {
        Self { name, work: Box::new(work) }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn run(&self, root: &Path) -> Outcome {
        (self.work)(root)
    }

    /// The stages of every run, the quick ones first.
    pub(super) fn standard() -> Vec<Self> {
        let recording = Rc::new(schema::Recording::new());
        let (recorded, attacked) = (recording.clone(), recording.clone());
        let (argocd, aws) = (recording.clone(), recording.clone());
        vec![
            Self::cargo("format", &["fmt", "--all", "--check"]),
            Self::new("generated files", |root| match generate::run(root, generate::Mode::Check) {
                Ok(changed) if changed.is_empty() => Outcome::Passed { tests: 0 },
                Ok(changed) => {
                    Outcome::failed(format!("not up to date: {}; run `cargo xtask gen`", changed.join(", ")))
                }
                Err(error) => Outcome::failed(error),
            }),
            Self::new("tidy", |root| match tidy::run(root) {
                Ok(problems) if problems.is_empty() => Outcome::Passed { tests: 0 },
                Ok(problems) => Outcome::failed(problems.join("\n")),
                Err(error) => Outcome::failed(error),
            }),
            Self::new("actionlint", actionlint),
            Self::new("actionlint (READMEs)", shown),
            Self::new("zizmor (auditor)", zizmor),
            Self::cargo(
                "clippy",
                &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"],
            ),
            Self::new("documentation", |root| {
                let arguments = ["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"];
                cargo(root, &arguments, &[("RUSTDOCFLAGS", "-D warnings")])
            }),
            Self::new("unit, property, end-to-end", move |root| {
                recorded.tests(root, &["test", "--workspace", "--no-fail-fast"], &[])
            }),
            Self::new("attacks on the prod gate", move |root| attacks::run(root, &attacked)),
            Self::new("GitHub's schemas", move |root| recording.check(root)),
            Self::new("Argo CD's schema", move |root| argocd.check_argocd(root)),
            Self::new("AWS's schema", move |root| aws.check_aws(root)),
            Self::new("corpus: real YAML files", |root| corpus::run(root, corpus::Extent::Sample)),
        ]
    }

    /// A stage that is one run of cargo.
    pub(super) fn cargo(name: &'static str, arguments: &'static [&'static str]) -> Self {
        Self::new(name, move |root| cargo(root, arguments, &[]))
    }
}

/// Runs cargo with our own toolchain and reads the closing lines of its test runs.
pub(super) fn cargo(root: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Outcome {
    let mut command = process::cargo();
    command.args(arguments).envs(env.iter().copied()).current_dir(root);
    run(&mut command)
}

fn run(command: &mut Command) -> Outcome {
    match command.output() {
        Ok(output) => {
            let text = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            let (tests, failures) = count(&text);
            let figures: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(FIGURES)).collect();
            if output.status.success() && !figures.is_empty() {
                Outcome::Noted { note: figures.join("\n        ") }
            } else if output.status.success() {
                Outcome::Passed { tests }
            } else {
                Outcome::Failed { tests, failures, output: text }
            }
        }
        Err(error) => Outcome::failed(format!("cannot run {command:?}: {error}")),
    }
}

/// Adds up `test result: ok. 3 passed; 1 failed; …`.
fn count(text: &str) -> (usize, usize) {
    let number = |line: &str, what: &str| -> usize {
        let before = line.split(what).next().unwrap_or_default();
        before.split_whitespace().last().and_then(|word| word.parse().ok()).unwrap_or(0)
    };
    text.lines().filter(|line| line.starts_with("test result:")).fold((0, 0), |(passed, failed), line| {
        (passed + number(line, " passed"), failed + number(line, " failed"))
    })
}

fn actionlint(root: &Path) -> Outcome {
    match tools::actionlint() {
        Ok(path) => {
            run(Command::new(path).args(["-color", "-shellcheck="]).args(workflows(root)).current_dir(root))
        }
        Err(why) => without(why),
    }
}

/// Lints what READMEs show. Their parts name steps that are not shown, so that one complaint does not count.
fn shown(root: &Path) -> Outcome {
    let linter = match tools::actionlint() {
        Ok(path) => path,
        Err(why) => return without(why),
    };
    let directory = match tempfile::tempdir() {
        Ok(directory) => directory,
        Err(error) => return Outcome::failed(format!("cannot make a directory: {error}")),
    };
    match snippets::write(root, directory.path()) {
        Ok(0) => Outcome::failed("no README shows any YAML"),
        Ok(_) => {
            let files = std::fs::read_dir(directory.path()).into_iter().flatten().flatten();
            run(Command::new(linter)
                .args(["-color", "-shellcheck=", "-ignore", "is not defined in object type"])
                .args(files.map(|entry| entry.path())))
        }
        Err(error) => Outcome::failed(error),
    }
}

fn zizmor(root: &Path) -> Outcome {
    match tools::zizmor() {
        Ok(path) => {
            // From the root it looks at the root's own workflows only, so the examples are named too.
            let arguments = ["--persona=auditor", "--offline", "--quiet", "."];
            run(Command::new(path).args(arguments).args(examples(root)).current_dir(root))
        }
        Err(why) => without(why),
    }
}

/// A check without its tool: a person may go on and is told; where nobody reads the line, it is a failure.
#[expect(clippy::disallowed_methods, reason = "the chores have no snapshot of the environment")]
pub(super) fn without(why: String) -> Outcome {
    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        Outcome::failed(why)
    } else {
        Outcome::Skipped { why }
    }
}

/// Returns every workflow that we ship or show.
fn workflows(root: &Path) -> Vec<PathBuf> {
    let shown = examples(root).into_iter().map(|example| example.join(".github/workflows"));
    std::iter::once(PathBuf::from(".github/workflows"))
        .chain(shown)
        .filter_map(|directory| std::fs::read_dir(root.join(directory)).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .collect()
}

/// Returns the examples, seen from the root.
fn examples(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root.join("examples")).into_iter().flatten().flatten();
    let mut examples: Vec<PathBuf> =
        entries.map(|entry| Path::new("examples").join(entry.file_name())).collect();
    examples.sort();
    examples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_add_up() {
        let text = "test result: ok. 3 passed; 0 failed; 0 ignored\nx\ntest result: FAILED. 2 passed; 1 failed; 0 ignored";
        assert_eq!(count(text), (5, 1));
    }
}
