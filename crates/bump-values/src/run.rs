//! Gathers, plans, writes, reports.

use std::path::Path;

use git::{GitError, Repo};
use model::{CommitSha, Deadline, Failure};
use toolkit::{Host, Phases};

use crate::{
    ancestry::Ancestry,
    attempt::Bump,
    connect::connect,
    diff::unified,
    message,
    method::Method,
    plan::{Plan, edit, plan},
    report::{Outcome, Result as End, report},
    request::{Remote, Request, Target},
    worktree,
};

/// Does what was asked and publishes what has become of it.
pub(crate) async fn run(request: &Request, host: &Host) -> Result<(), Failure> {
    let phases = Phases::new();
    let outcome = match &request.target {
        Target::Branch(remote) => on_branch(request, remote, host, &phases).await?,
        Target::Worktree => {
            host.info(&format!("Method: worktree, {}", request.why));
            in_worktree(request, host, &phases).await?
        }
    };
    if !matches!(outcome.result, End::Superseded(_) | End::Unchanged) {
        let diff: Vec<String> = unified(&outcome.files).lines().map(str::to_owned).collect();
        host.group("Diff", &diff);
    }
    host.publish(&report(request, &outcome))?;
    outcome.failure.map_or(Ok(()), Err)
}

async fn on_branch(
    request: &Request,
    remote: &Remote,
    host: &Host,
    phases: &Phases,
) -> Result<Outcome, Failure> {
    let deadline = Deadline::after(request.timeout);
    let (connection, minted) = connect(request, remote, deadline, host).await?;
    host.info(&format!("Method: {} to {remote}, {}", connection.way.method().name(), request.why));
    let request = &message::gather(request, connection.judge.as_ref(), host).await;
    let bump = Bump {
        request,
        remote,
        way: connection.way,
        why: request.why.to_owned(),
        judge: connection.judge,
        deadline,
        host,
        phases,
    };
    let outcome = bump.run().await;
    minted.revoke(host).await;
    outcome
}

async fn in_worktree(request: &Request, host: &Host, phases: &Phases) -> Result<Outcome, Failure> {
    let deadline = Deadline::after(request.timeout);
    let found = worktree::read(request.files.iter().map(|file| file.path.as_str()))?;
    // Nobody else writes to the directory, so that there is nothing to be older than.
    let (result, files) = match plan(request, edit(request, found)?, Vec::new(), &Ancestry::default())? {
        Plan::Nothing(files) => (End::Unchanged, files),
        Plan::Superseded(files, newer) => (End::Superseded(newer), files),
        Plan::Write(files) if request.dry_run => (End::Planned, files),
        Plan::Write(files) => {
            phases.time("write", async { worktree::write(&files) }).await?;
            (End::Written, files)
        }
    };
    let attempts = u32::from(result == End::Written);
    let commit = match head(&request.files[0].path, deadline).await {
        Ok(head) => head.to_string(),
        // The files are what was asked for: without a repository, or one that answers, only the output stays empty.
        Err(GitError::NotARepository { .. } | GitError::NoCommit { .. }) => String::new(),
        Err(error) => {
            host.info(&format!("Output `commit` stays empty: {error}"));
            String::new()
        }
    };
    Ok(Outcome {
        result,
        commit,
        files,
        attempts,
        method: Method::Worktree,
        way: "in the work tree, without a commit".to_owned(),
        why: request.why.to_owned(),
        timings: phases.rows(),
        failure: None,
    })
}

/// Returns the commit that is checked out where the file is.
async fn head(file: &str, deadline: Deadline) -> Result<CommitSha, GitError> {
    let directory = Path::new(file).parent().unwrap_or(Path::new(""));
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    Repo::open_until(directory, deadline).await?.head().await
}
