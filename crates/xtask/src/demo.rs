//! `cargo xtask demo`: both pipelines end to end, through the real workflow files, against the sandbox.

mod cluster;
mod end_state;
mod people;
mod place;
pub(crate) mod release;
mod story;
mod timeline;

use std::{cell::RefCell, path::Path, time::Instant};

use tokio::signal::unix::{SignalKind, signal};

use self::cluster::Cluster;
use crate::dist::build::Profile;

/// How the demonstration is run.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Leave the world running afterwards, and say how to poke at it by hand
    #[arg(long)]
    keep: bool,
    /// Build the binary without optimisation: sooner on the stage, slower on it
    #[arg(long)]
    fast: bool,
    /// Take a real Argo CD with Argo Rollouts and two Kubernetes API servers in the place of the sandbox's
    #[arg(long)]
    cluster: bool,
}

/// Runs it. Whatever it starts or writes is gone afterwards, also after an interrupt.
pub(crate) fn run(root: &Path, args: &DemoArgs) -> Result<(), String> {
    // Before signals are listened to: an interrupt then ends this process, and with it the stack.
    let cluster = if args.cluster { Some(Cluster::start(root)?) } else { None };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(async {
        let signals = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
        let (mut interrupt, mut terminate) =
            (signals(SignalKind::interrupt())?, signals(SignalKind::terminate())?);
        // How it went, once it is over; with --keep that is before the end.
        let verdict = RefCell::new(Err("stopped half way; nothing is left behind".to_owned()));
        tokio::select! {
            () = perform(root, args, cluster, &verdict) => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        verdict.into_inner()
    })
}

async fn perform(
    root: &Path,
    args: &DemoArgs,
    cluster: Option<Cluster>,
    verdict: &RefCell<Result<(), String>>,
) {
    match set_up(root, args, cluster).await {
        Err(error) => *verdict.borrow_mut() = Err(error),
        Ok(place) => {
            let played = story::play(&place).await;
            if let Ok(tables) = &played {
                tables.iter().for_each(|table| println!("{table}"));
            }
            *verdict.borrow_mut() = played.map(drop);
            if args.keep {
                keep(&place, verdict).await;
            }
        }
    }
}

async fn set_up(root: &Path, args: &DemoArgs, cluster: Option<Cluster>) -> Result<place::Place, String> {
    let start = Instant::now();
    println!("act: installing it into a private directory, if it is not there yet");
    let act = crate::tools::act()?;
    let profile = if args.fast { Profile::Dev } else { Profile::Release };
    println!("release tree: building ({})", profile.name());
    let place = place::Place::set_up(root, act, profile, cluster).await?;
    println!("ready after {:.1} s\n", start.elapsed().as_secs_f64());
    Ok(place)
}

/// Waits for ever.
async fn keep(place: &place::Place, verdict: &RefCell<Result<(), String>>) {
    if let Err(error) = &*verdict.borrow() {
        println!("error: {error}\n");
    }
    match place.invite() {
        Ok(()) => std::future::pending().await,
        Err(error) => *verdict.borrow_mut() = Err(error),
    }
}
