//! `cargo xtask test`: every check of the project, one line per stage.

mod attacks;
mod cluster;
mod corpus;
mod fuzz;
mod real;
mod schema;
mod snippets;
mod stage;
mod tiers;

use std::{path::Path, time::Instant};

use stage::{Outcome, Stage};

/// Which tiers run besides the one that always does.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TestArgs {
    /// Push to real registries as well, and show what was pushed to crane, regctl, skopeo and buildah; sign in at moto
    #[arg(long)]
    real: bool,
    /// Run the scenarios of argocd-sync on a real Argo CD and two Kubernetes API servers as well
    #[arg(long)]
    cluster: bool,
    /// Run what takes minutes as well: many more random cases, 10,000 histories of merges, fuzzing, pushes of 2 GB, images
    /// that are started (as root, with QEMU), and many more edits of real YAML files (every value of files up to 100 kB alone, a sample of larger ones, and all of each file at
    /// once)
    #[arg(long)]
    long: bool,
    /// Run only the stages whose name has this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
}

/// Runs the stages and prints a line for each. Returns whether all passed.
pub(crate) fn run(root: &Path, args: &TestArgs, say: &mut dyn FnMut(&str)) -> bool {
    let mut stages = Stage::standard();
    stages.extend(tiers::chosen(args.real, args.cluster, args.long));
    let stages = match only(stages, &args.only) {
        Ok(stages) => stages,
        Err(why) => {
            say(&why);
            return false;
        }
    };
    let (mut passed, mut failed) = (0, 0);
    let mut is_good = true;
    for stage in stages {
        let start = Instant::now();
        let outcome = stage.run(root);
        let seconds = start.elapsed().as_secs_f64();
        let name = stage.name();
        match outcome {
            Outcome::Passed { tests } => {
                passed += tests;
                let count = if tests > 0 { format!(", {tests} tests") } else { String::new() };
                say(&format!("ok      {name:<28} {seconds:>6.1} s{count}"));
            }
            Outcome::Noted { note } => say(&format!("ok      {name:<28} {seconds:>6.1} s, {note}")),
            Outcome::Skipped { why } => say(&format!("skipped {name:<28} {why}")),
            Outcome::Failed { tests, failures, output } => {
                passed += tests;
                failed += failures.max(1);
                is_good = false;
                say(&output);
                say(&format!("FAILED  {name:<28} {seconds:>6.1} s"));
            }
        }
    }
    say(&format!("{passed} passed, {failed} failed"));
    is_good
}

/// Returns the stages whose name has `text`. None is an error: a run of nothing must not pass.
fn only(stages: Vec<Stage>, text: &str) -> Result<Vec<Stage>, String> {
    let names: Vec<&str> = stages.iter().map(Stage::name).collect();
    if names.iter().any(|name| name.contains(text)) {
        return Ok(stages.into_iter().filter(|stage| stage.name().contains(text)).collect());
    }
    let is_of_a_tier = tiers::chosen(true, true, true).iter().any(|stage| stage.name().contains(text));
    let remedy = if is_of_a_tier { "; add --real, --cluster or --long, whose stage it is" } else { "" };
    Err(format!(
        "no stage of this run has {text:?} in its name{remedy}. There are:\n  {}",
        names.join("\n  ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(long: bool, text: &str) -> Result<Vec<&'static str>, String> {
        let mut stages = Stage::standard();
        stages.extend(tiers::chosen(false, false, long));
        only(stages, text).map(|stages| stages.iter().map(Stage::name).collect())
    }

    #[test]
    fn a_text_that_no_stage_has_is_refused_with_the_names() {
        assert_eq!(named(false, "clippy").unwrap(), ["clippy"]);
        assert!(named(false, "").unwrap().len() > 5);
        let error = named(false, "clipy").unwrap_err();
        assert!(
            error.starts_with("no stage of this run has \"clipy\" in its name. There are:\n  format\n"),
            "{error}"
        );
        assert!(error.contains("\n  corpus: real YAML files"), "{error}");
    }

    #[test]
    fn a_stage_of_a_tier_needs_its_tier() {
        assert_eq!(named(true, "fuzz").unwrap(), ["long: fuzzing"]);
        let error = named(false, "fuzz").unwrap_err();
        assert!(error.contains("add --real, --cluster or --long"), "{error}");
    }
}
