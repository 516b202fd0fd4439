//! The way over GitHub: read a snapshot, plan, commit; and again from fresh bytes when the branch has moved.

use std::time::Duration;

use github::{
    Endpoints, GitHub,
    commit_on_branch::{self, CommitError, Committed, NewCommit},
    snapshot::{self, FileAt, MODE_FILE, Snapshot},
};
use model::{CommitSha, Deadline, Failure, RepoSlug, codes::DEADLINE_PASSED};
use toolkit::{Backoff, Host, Phases, nonce};

use crate::{
    ancestry::Ancestry,
    codes::FILE_MODE,
    edit::EditedFile,
    failures,
    message::{self, Message},
    plan::{Plan, edit, plan},
    report::{Outcome, Result as End},
    request::{FileEdits, OnStale, Remote, Request},
    stale::rivals,
};

/// How many commits are searched for newer runs and for our own commit: one page of GitHub's.
const HISTORY: u32 = 100;
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(2);

/// Brings the values to the branch.
pub(crate) async fn bump(
    request: &Request,
    remote: &Remote,
    host: &Host,
    phases: &Phases,
) -> Result<Outcome, Failure> {
    let ended = attempt(request, remote, host, phases).await?;
    Ok(Outcome {
        result: ended.result,
        commit: ended.commit,
        files: ended.files,
        attempts: ended.attempts,
        way: format!("by GraphQL to branch {} of {}", remote.branch, remote.repository),
        timings: phases.rows(),
    })
}

/// What [`Outcome`] has, without the words.
struct Ended {
    result: End,
    commit: String,
    files: Vec<EditedFile>,
    attempts: u32,
}

/// Reads, plans and commits until that has an end.
async fn attempt(request: &Request, remote: &Remote, host: &Host, phases: &Phases) -> Result<Ended, Failure> {
    let deadline = Deadline::after(request.timeout);
    let endpoints = Endpoints { api: remote.api_url.clone(), graphql: remote.graphql_url.clone() };
    let github = GitHub::new(endpoints, &remote.token, deadline)?;
    let paths: Vec<String> = request.files.iter().map(|file| file.path.clone()).collect();
    let nonce = nonce();
    let mut backoff = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
    let mut last: Option<Last> = None;
    let mut attempts = 0;
    let mut ancestry = Ancestry::default();
    loop {
        let read = snapshot::read(&github, &remote.repository, &remote.branch, &paths, HISTORY);
        let snapshot = match phases.time("read", read).await {
            Ok(snapshot) => snapshot,
            Err(error) => {
                // What the write ran into says more than that time is over.
                let late = last.filter(|_| deadline.has_passed());
                return Err(late.map_or_else(
                    || failures::of_snapshot(error, remote),
                    |last| last.into_failure(remote, deadline, attempts),
                ));
            }
        };
        if let Some(last) = last.take()
            && let Some(commit) = own_commit(&snapshot, &nonce)
        {
            // A reply that was lost, or one that says "moved" because of our own commit, is settled here.
            host.info(&format!("Commit {commit} had arrived although its reply was lost"));
            let url = format!("{}/{}/commit/{commit}", remote.server_url, remote.repository);
            return Ok(Ended {
                result: End::Committed { url, verified: None },
                commit,
                files: last.files,
                attempts,
            });
        }
        let head = snapshot.head.clone();
        let files = edit(request, bytes(snapshot.files, request, remote, head.short())?)?;
        let rivals = rivals(&files, &snapshot.history, &request.origin);
        if request.on_stale != OnStale::Overwrite {
            let learn = ancestry.learn(&github, sources(request, remote), &rivals, host);
            phases.time("compare", learn).await;
        }
        let (result, files) = match plan(request, files, rivals, &ancestry) {
            Plan::Nothing(files) => (Some(End::Unchanged), files),
            Plan::Superseded(files, newer) => (Some(End::Superseded(newer)), files),
            Plan::Write(files) => (request.dry_run.then_some(End::Planned), files),
        };
        if let Some(result) = result {
            return Ok(Ended { result, commit: head.to_string(), files, attempts });
        }
        let message = message::write(request, &files, &nonce);
        attempts += 1;
        let error = match phases.time("commit", commit(&github, remote, &head, &message, &files)).await {
            Ok(Committed { oid, url, verified }) => {
                let result = End::Committed { url, verified };
                return Ok(Ended { result, commit: oid.to_string(), files, attempts });
            }
            Err(error) => error,
        };
        let Some(asked) = waiting(&error) else { return Err(failures::of_commit(error, remote)) };
        let delay = asked + backoff.next_delay();
        host.info(&format!("Attempt {attempts}: {error}; reading the branch again"));
        let tried = Last { error, files };
        if delay >= deadline.remaining() {
            return Err(tried.into_failure(remote, deadline, attempts));
        }
        tokio::time::sleep(delay).await;
        last = Some(tried);
    }
}

/// An attempt that did not end well.
struct Last {
    error: CommitError,
    files: Vec<EditedFile>,
}

impl Last {
    fn into_failure(self, remote: &Remote, deadline: Deadline, attempts: u32) -> Failure {
        match self.error {
            // There is a better name for these than "too late".
            CommitError::Refused(_) => failures::of_commit(self.error, remote),
            error => Failure::new(
                &DEADLINE_PASSED,
                format!(
                    "could not commit to branch `{}` of {} within {} s and {attempts} attempts; the last one: {error}",
                    remote.branch,
                    remote.repository,
                    deadline.budget().as_secs()
                ),
            )
            .with_remedy("Raise `timeout`, or run again: a commit that has arrived in the meantime is recognised."),
        }
    }
}

/// How long to wait at least before another attempt; nothing if there is no point in one.
fn waiting(error: &CommitError) -> Option<Duration> {
    match error {
        CommitError::HeadMoved(_) | CommitError::InDoubt(_) => Some(Duration::ZERO),
        CommitError::Refused(github::GraphqlError::Api(error)) => match error {
            github::ApiError::Unreachable { .. } => Some(Duration::ZERO),
            error => error.rejection().filter(|rejection| rejection.rate_limited)?.retry_after,
        },
        CommitError::Forbidden(_) | CommitError::Refused(github::GraphqlError::Rejected(_)) => None,
    }
}

/// Looks for our commit among the branch's latest.
fn own_commit(snapshot: &Snapshot, nonce: &str) -> Option<String> {
    let own = |text: &str| message::read(text).nonce.as_deref() == Some(nonce);
    snapshot.history.iter().find(|commit| own(&commit.message)).map(|commit| commit.oid.clone())
}

/// The repository that the values' commits are of: the run's, which need not be the one that is written to.
fn sources<'a>(request: &'a Request, remote: &'a Remote) -> &'a RepoSlug {
    request.origin.repository.as_ref().unwrap_or(&remote.repository)
}

fn bytes(
    files: Vec<Option<FileAt>>,
    request: &Request,
    remote: &Remote,
    head: &str,
) -> Result<Vec<Vec<u8>>, Failure> {
    let bytes = |(found, file): (Option<FileAt>, &FileEdits)| {
        let found = found.ok_or_else(|| failures::no_file(&file.path, remote, head))?;
        if found.mode != MODE_FILE {
            let cause = format!("`{}` has mode {:06o}, not 100644", file.path, found.mode);
            return Err(Failure::new(&FILE_MODE, cause).at(&file.path, None));
        }
        Ok(found.bytes)
    };
    files.into_iter().zip(&request.files).map(bytes).collect()
}

async fn commit(
    github: &GitHub,
    remote: &Remote,
    head: &CommitSha,
    message: &Message,
    files: &[EditedFile],
) -> Result<Committed, CommitError> {
    let changed = files.iter().filter(|file| file.changed());
    let additions: Vec<(String, Vec<u8>)> =
        changed.map(|file| (file.path.clone(), file.after.clone().into_bytes())).collect();
    let commit = NewCommit {
        repository: &remote.repository,
        branch: &remote.branch,
        expected_head: head,
        headline: &message.headline,
        body: &message.body,
        additions: &additions,
    };
    commit_on_branch::create(github, &commit).await
}
