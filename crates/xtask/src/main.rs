//! The project's own chores: `cargo xtask <chore>`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people at a terminal, not an action"
)]

mod bench;
mod demo;
mod dist;
mod generate;
mod launch;
mod process;
mod registries;
mod stack;
mod test;
mod tidy;
mod tools;

use std::{path::Path, process::ExitCode};

use clap::{Parser, Subcommand};

/// The project's own chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Play the dev and prod pipelines end to end, through the real workflow files, without AWS or GitHub
    Demo(demo::DemoArgs),
    /// Check everything, one line per stage
    Test(test::TestArgs),
    /// A real Argo CD, Argo Rollouts and two Kubernetes API servers on loopback
    Stack(stack::StackArgs),
    /// Measure: bump-values against yq and kustomize, auto-merge and fast-forward against gh and git,
    /// argocd-sync against the argocd CLI, multiarch-push against crane, regctl, skopeo, buildah and oci-client
    Bench(bench::BenchArgs),
    /// Build the release tree, and with --tag the commit and tags of a release
    Dist(dist::DistArgs),
    /// Write the generated files: action.yml and README of each action, docs/errors.md
    Gen {
        /// Only say what would change, and fail if anything does
        #[arg(long)]
        check: bool,
    },
    /// Check the rules of docs/ARCHITECTURE.md: layers, file length, nothing left open
    Tidy,
}

fn main() -> ExitCode {
    let result = match Cli::parse().chore {
        Chore::Demo(args) => demo::run(root(), &args),
        Chore::Test(args) => passed(test::run(root(), &args, &mut |line| println!("{line}"))),
        Chore::Stack(args) => stack::run(root(), &args),
        Chore::Bench(args) => bench::run(root(), &args),
        Chore::Dist(args) => dist::run(root(), &args),
        Chore::Gen { check } => generated(check),
        Chore::Tidy => tidy::run(root()).and_then(|problems| {
            problems.iter().for_each(|problem| println!("{problem}"));
            if problems.is_empty() { Ok(()) } else { Err(format!("{} problems", problems.len())) }
        }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generated(check: bool) -> Result<(), String> {
    let mode = if check { generate::Mode::Check } else { generate::Mode::Write };
    let changed = generate::run(root(), mode)?;
    changed.iter().for_each(|path| println!("{path}"));
    if check && !changed.is_empty() {
        return Err("generated files are not up to date; run `cargo xtask gen`".to_owned());
    }
    Ok(())
}

fn passed(is_good: bool) -> Result<(), String> {
    if is_good { Ok(()) } else { Err("not everything passed".to_owned()) }
}

/// The checkout that this program was built from.
fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// A variable of the environment, if it is set and not empty.
fn env(name: &str) -> Option<String> {
    toolkit::Env::from_process().get(name).map(str::to_owned)
}
