//! `cargo xtask stack`: the real control plane of `crates/stack`, built, started and ended.

pub(crate) mod build;
pub(crate) mod running;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use stack::{Programs, State, supervisor};
use toolkit::Env;

/// What to do with a stack.
#[derive(Debug, clap::Args)]
pub(crate) struct StackArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Build every program from its pinned Go module, into the directory of tools
    Build,
    /// Start a stack, wait until it serves, and leave it running
    Up(File),
    /// End a stack; nothing of it is left
    Down(File),
    /// Stop a part and start it again: argocd-server, dev/kwok, prod/kube-apiserver and so on
    Restart {
        /// The part
        part: String,
        #[command(flatten)]
        file: File,
    },
    /// Be the stack
    #[command(hide = true)]
    Supervise {
        /// The state file; in the stack's own directory if not given
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,
        /// End when standard input ends
        #[arg(long)]
        leash: bool,
    },
}

#[derive(Debug, clap::Args)]
struct File {
    /// The state file: addresses and tokens of the stack, for its owner only
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

impl File {
    /// The file, or the user's one: several stacks need a file each.
    fn path(&self) -> PathBuf {
        let default = || {
            let directory = crate::env("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
            let user = crate::env("USER").map(|user| format!("-{user}")).unwrap_or_default();
            directory.join(format!("day2-stack{user}.json"))
        };
        let path = self.state.clone().unwrap_or_else(default);
        std::path::absolute(&path).unwrap_or(path)
    }
}

/// Does it.
pub(crate) fn run(root: &Path, args: &StackArgs) -> Result<(), String> {
    match &args.what {
        What::Build => {
            let built = build::build(root, &mut |line| println!("{line}"))?;
            println!("{}", built.display());
            Ok(())
        }
        What::Up(file) => up(root, &file.path()),
        What::Down(file) => on(&file.path(), async |state| state.down().await),
        What::Restart { part, file } => on(&file.path(), async |state| state.restart(part).await),
        What::Supervise { state, leash } => supervise(root, state.clone(), *leash),
    }
}

/// Says in one line what this machine lacks, and how to get it.
pub(crate) fn needs() -> Result<(), String> {
    build::has_go()?;
    stack::programs::from_debian(&Env::from_process()).map(drop).map_err(|error| error.to_string())
}

fn up(root: &Path, path: &Path) -> Result<(), String> {
    if State::read(path).is_ok_and(|state| state.directory.exists()) {
        return Err(format!(
            "a stack runs already: {}; end it with `cargo xtask stack down`, or name another file with --state",
            path.display()
        ));
    }
    needs()?;
    build::build(root, &mut |line| println!("{line}"))?;
    let start = std::time::Instant::now();
    running::detached(path)?;
    let state = State::read(path).map_err(|error| error.to_string())?;
    println!("up after {:.1} s", start.elapsed().as_secs_f64());
    println!("  Argo CD  {}  (admin; its password is in the state file)", state.argocd);
    println!("  dev      KUBECONFIG={}", state.clusters.dev.kubeconfig.display());
    println!("  prod     KUBECONFIG={}", state.clusters.prod.kubeconfig.display());
    println!("  logs     {}/logs", state.directory.display());
    println!("  tests    DAY2_CLUSTER={} cargo test -p argocd-sync --test scenarios", path.display());
    Ok(())
}

/// Asks a running stack for something.
fn on(path: &Path, ask: impl AsyncFnOnce(&State) -> Result<(), stack::Error>) -> Result<(), String> {
    let state = State::read(path).map_err(|error| error.to_string())?;
    runtime()?.block_on(ask(&state)).map_err(|error| error.to_string())
}

/// Runs the stack in this process; its one line on standard output says `ready` and where the state file is, or why not.
fn supervise(root: &Path, state: Option<PathBuf>, leash: bool) -> Result<(), String> {
    let found = build::directory(root)
        .and_then(|built| Programs::find(&built, &Env::from_process()).map_err(|error| error.to_string()));
    let programs = found.inspect_err(|error| println!("{error}"))?;
    let plan = supervisor::Plan { programs, state, leash };
    let said = |result: Result<&Path, &stack::Error>| match result {
        Ok(state) => println!("{}{}", running::READY, state.display()),
        Err(error) => println!("{error}"),
    };
    runtime()?.block_on(supervisor::run(plan, said)).map_err(|error| error.to_string())
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("cannot start: {error}"))
}
