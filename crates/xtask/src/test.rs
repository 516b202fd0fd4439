//! `cargo xtask test`: every check of the project, one line per stage.

mod corpus;
mod fuzz;
mod schema;
mod snippets;
mod stage;
mod tiers;

use std::{path::Path, time::Instant};

use stage::{Outcome, Stage};

/// Which tiers run besides the one that always does.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TestArgs {
    /// Run against a real registry and a second implementation of AWS's interfaces as well
    #[arg(long)]
    real: bool,
    /// Run against a real Argo CD as well
    #[arg(long)]
    cluster: bool,
    /// Run what takes minutes as well: many more random cases, every scalar of real YAML files
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
    stages.retain(|stage| stage.name().contains(&args.only));
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
