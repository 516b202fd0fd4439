//! `cargo xtask bench sync`: argocd-sync next to the argocd CLI, on a real Argo CD with Argo Rollouts.

mod place;
mod played;
mod rounds;
mod scenes;
mod watch;
mod ways;

use std::{fmt::Write as _, fs, path::Path, process::Command};

use sandbox::{Config, Sandbox};
use stack::State;

use self::{
    place::{World, text},
    ways::Programs,
};
use super::release;
use crate::{
    process,
    stack::{build, running::Leashed},
};

/// Measures, and writes docs/sync-comparison.md.
pub(super) fn run(root: &Path, day2: Option<&Path>) -> Result<(), String> {
    stack::programs::from_debian(&toolkit::Env::from_process()).map_err(text)?;
    let which = match day2 {
        Some(_) => " (the build that `--day2` named)",
        None => "",
    };
    let day2 = release(root, day2)?;
    build::build(root, &mut |line| eprintln!("{line}"))?;
    let stack = Leashed::start()?;
    let state = State::read(&stack.state).map_err(text)?;
    let programs = Programs { argocd: state.programs.argocd.clone(), day2 };
    let versions = versions(root, &programs, which)?;
    // GitHub and the lines must not wait for each other or for a child.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(text)?;
    let (tables, (scenes, counted)) = runtime.block_on(async {
        let world = world(root, state).await?;
        let tables = rounds::measure(&world, &programs).await?;
        Ok::<_, String>((tables, played::all(&world, &programs).await?))
    })?;
    let template = root.join("tests/comparison/sync.md");
    let template =
        fs::read_to_string(&template).map_err(|error| format!("{}: {error}", template.display()))?;
    let page = template
        .replace("ROUNDS", &rounds::ROUNDS.to_string())
        .replace("TIMEOUT", &ways::TIMEOUT.as_secs().to_string())
        .replace("COSTS\n", &tables.costs)
        .replace("DELAYS\n", &tables.delays)
        .replace("SCENES\n", &scenes)
        .replace("COUNTED\n", &counted)
        .replace("VERSIONS\n", &versions);
    let path = root.join("docs/sync-comparison.md");
    fs::write(&path, page).map_err(|error| format!("{}: {error}", path.display()))
}

async fn world(root: &Path, state: State) -> Result<World, String> {
    let sandbox = Sandbox::start(Config::default()).await.map_err(text)?;
    let admin = state.admin().await.map_err(text)?;
    let kube = state.clusters.dev.kube().map_err(text)?;
    Ok(World { sandbox, state, admin, kube, root: root.to_owned() })
}

/// What a reader must know to compare: of each program the module in `stack/` that it is built from.
const MODULES: &[(&str, &str, &str)] = &[
    ("Argo CD and its CLI", "argo-cd", "github.com/argoproj/argo-cd/v3"),
    ("Argo Rollouts", "argo-rollouts", "github.com/argoproj/argo-rollouts"),
    ("Kubernetes", "kubernetes", "k8s.io/kubernetes"),
    ("KWOK", "kwok", "sigs.k8s.io/kwok"),
];

/// The programs and the machine, with the load that was there before.
fn versions(root: &Path, programs: &Programs, which: &str) -> Result<String, String> {
    let mut versions = process::output(Command::new(&programs.day2).arg("--version"))? + which;
    for (title, directory, module) in MODULES {
        let path = root.join("stack").join(directory).join("go.mod");
        let pins = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let version = pins.lines().find_map(|line| {
            let (_, rest) = line.split_once(module)?;
            rest.strip_prefix(' ')?.split_whitespace().next()
        });
        let version = version.ok_or_else(|| format!("{}: no version of {module}", path.display()))?;
        // Writing to a String cannot fail.
        let _ = write!(versions, ", {title} {version}");
    }
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_err(text)?;
    Ok(format!(
        "{versions}; {cores} processors ({}), load {load} at the beginning.\n",
        std::env::consts::ARCH
    ))
}
