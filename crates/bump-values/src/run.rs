//! Gathers, plans, writes, reports.

use std::path::Path;

use git::Repo;
use model::Failure;
use toolkit::{Host, Phases};

use crate::{
    ancestry::Ancestry,
    codes::SUPERSEDED,
    diff::unified,
    plan::{Plan, edit, plan},
    remote,
    report::{Outcome, Result as End, report},
    request::{OnStale, Request, Target},
    worktree,
};

/// Does what was asked and publishes what has become of it.
pub(crate) async fn run(request: &Request, host: &Host) -> Result<(), Failure> {
    let phases = Phases::new();
    let outcome = match &request.target {
        Target::Branch(remote) => {
            host.mask(&remote.token);
            let where_to = format!("branch {} of {}", remote.branch, remote.repository);
            host.info(&format!("Method: graphql to {where_to}, {}", request.why));
            remote::bump(request, remote, host, &phases).await?
        }
        Target::Worktree => {
            host.info(&format!("Method: worktree, {}", request.why));
            in_worktree(request, &phases).await?
        }
    };
    if !matches!(outcome.result, End::Superseded(_) | End::Unchanged) {
        let diff: Vec<String> = unified(&outcome.files).lines().map(str::to_owned).collect();
        host.group("Diff", &diff);
    }
    host.publish(&report(request, &outcome))?;
    match &outcome.result {
        End::Superseded(newer) if request.on_stale == OnStale::Fail => {
            Err(Failure::new(&SUPERSEDED, newer.to_string()))
        }
        _ => Ok(()),
    }
}

async fn in_worktree(request: &Request, phases: &Phases) -> Result<Outcome, Failure> {
    let found = worktree::read(request.files.iter().map(|file| file.path.as_str()))?;
    // Nobody else writes to the directory, so that there is nothing to be older than.
    let (result, files) = match plan(request, edit(request, found)?, Vec::new(), &Ancestry::default()) {
        Plan::Nothing(files) => (End::Unchanged, files),
        Plan::Superseded(files, newer) => (End::Superseded(newer), files),
        Plan::Write(files) if request.dry_run => (End::Planned, files),
        Plan::Write(files) => {
            phases.time("write", async { worktree::write(&files) }).await?;
            (End::Written, files)
        }
    };
    let attempts = u32::from(result == End::Written);
    // A directory that is no repository is none of our business: only the output stays empty.
    let directory = Path::new(&request.files[0].path).parent().unwrap_or(Path::new(""));
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let commit = match Repo::open(directory).await {
        Ok(repo) => repo.head().await.map(|head| head.to_string()).unwrap_or_default(),
        Err(_) => String::new(),
    };
    let way = "in the work tree, without a commit".to_owned();
    Ok(Outcome { result, commit, files, attempts, way, timings: phases.rows() })
}
