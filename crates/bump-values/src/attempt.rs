//! The one loop of every way: read a snapshot, look whether our own commit is there, edit the fresh bytes, never put an
//! older value over a newer one, commit; and again from the start when the branch has moved or the reply was lost.

use std::time::Duration;

use github::{GitHub, snapshot::FileAt};
use model::{Deadline, Failure, RepoSlug, codes::DEADLINE_PASSED};
use toolkit::{Backoff, Host, Phases, nonce};

use crate::{
    ancestry::Ancestry,
    edit::EditedFile,
    failures,
    message::{self, Message},
    plan::{Plan, edit, plan},
    report::{Outcome, Result as End},
    request::{OnStale, Remote, Request},
    stale::rivals,
    way::{Committed, NewFile, Snapshot, Way, WriteError},
};

const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(2);

/// A bump on its way to a branch.
pub(crate) struct Bump<'a> {
    pub(crate) request: &'a Request,
    pub(crate) remote: &'a Remote,
    pub(crate) way: &'a Way,
    /// Who is asked which of two commits contains the other.
    pub(crate) judge: &'a GitHub,
    pub(crate) deadline: Deadline,
    pub(crate) host: &'a Host,
    pub(crate) phases: &'a Phases,
}

/// What [`Outcome`] has, without the words.
struct Ended {
    result: End,
    commit: String,
    files: Vec<EditedFile>,
    attempts: u32,
}

/// An attempt that did not end well, but need not be the last.
struct Last {
    error: WriteError,
    files: Vec<EditedFile>,
}

impl Bump<'_> {
    /// Brings the values to the branch.
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        let ended = self.attempt().await?;
        Ok(Outcome {
            result: ended.result,
            commit: ended.commit,
            files: ended.files,
            attempts: ended.attempts,
            way: self.way.phrase(),
            timings: self.phases.rows(),
        })
    }

    /// Reads, plans and commits until that has an end.
    async fn attempt(&self) -> Result<Ended, Failure> {
        let Self { request, host, phases, deadline, .. } = self;
        let paths: Vec<String> = request.files.iter().map(|file| file.path.clone()).collect();
        let nonce = nonce();
        let mut backoff = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        let mut last: Option<Last> = None;
        let mut attempts = 0;
        let mut ancestry = Ancestry::default();
        loop {
            let mut snapshot = match phases.time("read", self.way.read(&paths)).await {
                Ok(snapshot) => snapshot,
                // What the write ran into says more than that time is over.
                Err(failure) => {
                    let late = last.filter(|_| deadline.has_passed());
                    return Err(late.map_or(failure, |last| self.too_late(last.error, attempts)));
                }
            };
            if let Some(last) = last.take()
                && let Some(commit) = own_commit(&snapshot, &nonce)
            {
                // A reply that was lost, or one that says "moved" because of our own commit, is settled here.
                host.info(&format!("Commit {commit} had arrived although its reply was lost"));
                let url = format!("{}/{}/commit/{commit}", self.remote.server_url, self.remote.repository);
                let result = End::Committed { url, verified: None };
                return Ok(Ended { result, commit, files: last.files, attempts });
            }
            let found = self.found(&mut snapshot)?;
            let modes: Vec<u32> = found.iter().map(|file| file.mode).collect();
            let files = edit(request, found.into_iter().map(|file| file.bytes).collect())?;
            let (result, files) = match self.planned(files, &snapshot, &mut ancestry).await {
                Plan::Nothing(files) => (Some(End::Unchanged), files),
                Plan::Superseded(files, newer) => (Some(End::Superseded(newer)), files),
                Plan::Write(files) => (request.dry_run.then_some(End::Planned), files),
            };
            if let Some(result) = result {
                return Ok(Ended { result, commit: snapshot.head.to_string(), files, attempts });
            }
            attempts += 1;
            let message = message::write(request, &files, &nonce);
            let wanted = changed(&files, &modes);
            let write = self.way.write(&snapshot, &message, &wanted);
            let error = match phases.time("commit", write).await {
                Ok(Committed { oid, url, verified }) => {
                    let result = End::Committed { url, verified };
                    return Ok(Ended { result, commit: oid.to_string(), files, attempts });
                }
                Err(WriteError::Refused(failure)) => return Err(failure),
                Err(WriteError::Protected { rules }) => {
                    return self.on_protected(&rules, &snapshot, &message, files, attempts);
                }
                Err(error) => error,
            };
            let delay = backoff.next_delay() + asked_for(&error);
            host.info(&format!("Attempt {attempts}: {}; reading the branch again", words(&error)));
            if delay >= deadline.remaining() {
                return Err(self.too_late(error, attempts));
            }
            tokio::time::sleep(delay).await;
            last = Some(Last { error, files });
        }
    }

    /// The files of the request, all of which have to be there.
    fn found(&self, snapshot: &mut Snapshot) -> Result<Vec<FileAt>, Failure> {
        let files = std::mem::take(&mut snapshot.files).into_iter().zip(&self.request.files);
        let there = |(found, file): (Option<FileAt>, &crate::request::FileEdits)| {
            found.ok_or_else(|| failures::no_file(&file.path, self.remote, snapshot.head.short()))
        };
        files.map(there).collect()
    }

    /// Decides what to do with the edited files.
    async fn planned(&self, files: Vec<EditedFile>, snapshot: &Snapshot, ancestry: &mut Ancestry) -> Plan {
        let rivals = rivals(&files, &snapshot.history, &self.request.origin);
        if self.request.on_stale != OnStale::Overwrite {
            let learn = ancestry.learn(self.judge, self.sources(), &rivals, self.host);
            self.phases.time("compare", learn).await;
        }
        plan(self.request, files, rivals, ancestry)
    }

    /// The repository that the values' commits are of: the run's, which need not be the one that is written to.
    fn sources(&self) -> &RepoSlug {
        self.request.origin.repository.as_ref().unwrap_or(&self.remote.repository)
    }

    /// The branch takes no direct commit.
    fn on_protected(
        &self,
        rules: &str,
        _snapshot: &Snapshot,
        _message: &Message,
        _files: Vec<EditedFile>,
        _attempts: u32,
    ) -> Result<Ended, Failure> {
        Err(failures::protected(rules, self.remote))
    }

    /// The time does not suffice for another attempt.
    fn too_late(&self, error: WriteError, attempts: u32) -> Failure {
        let text = match error {
            // There is a better name for these than "too late".
            WriteError::Busy { failure, .. } | WriteError::Refused(failure) => return failure,
            error => words(&error),
        };
        Failure::new(
            &DEADLINE_PASSED,
            format!(
                "could not commit to branch `{}` of {} within {} s and {attempts} attempts; the last one: {text}",
                self.remote.branch,
                self.remote.repository,
                self.deadline.budget().as_secs()
            ),
        )
        .with_remedy("Raise `timeout`, or run again: a commit that has arrived in the meantime is recognised.")
    }
}

/// What is to be written of the edited files, with the modes that they had.
fn changed<'a>(files: &'a [EditedFile], modes: &[u32]) -> Vec<NewFile<'a>> {
    let changed = files.iter().zip(modes).filter(|(file, _)| file.changed());
    changed.map(|(file, &mode)| NewFile { path: &file.path, mode, bytes: file.after.as_bytes() }).collect()
}

/// How long the server asks to wait.
fn asked_for(error: &WriteError) -> Duration {
    match error {
        WriteError::Busy { retry_after, .. } => *retry_after,
        _ => Duration::ZERO,
    }
}

fn words(error: &WriteError) -> String {
    match error {
        WriteError::Moved(text) => format!("the branch has moved: {text}"),
        WriteError::Protected { rules } => format!("a rule of the branch forbids it: {rules}"),
        WriteError::InDoubt(text) => text.clone(),
        WriteError::Busy { failure, .. } | WriteError::Refused(failure) => failure.cause.clone(),
    }
}

/// Looks for our commit among the branch's latest.
fn own_commit(snapshot: &Snapshot, nonce: &str) -> Option<String> {
    let own = |text: &str| message::read(text).nonce.as_deref() == Some(nonce);
    snapshot.history.iter().find(|commit| own(&commit.message)).map(|commit| commit.oid.clone())
}
