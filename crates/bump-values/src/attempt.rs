//! The one loop of every way: read a snapshot, look whether our own commit is there, edit the fresh bytes, never put an
//! older value over a newer one, commit; and again from the start when the branch has moved or the reply was lost.

use std::time::Duration;

use github::{
    GitHub,
    codes::{GITHUB_UNAVAILABLE, RATE_LIMITED},
    snapshot::CommitNote,
};
use model::{
    CommitSha, Deadline, Failure,
    codes::{DEADLINE_PASSED, UNREACHABLE},
};
use toolkit::{Backoff, Host, Phases, nonce};

use crate::{
    ancestry::Ancestry,
    codes::SUPERSEDED,
    edit::{EditedFile, left},
    failures,
    links::{Finder, Found},
    message,
    plan::{Plan, Planner, edit},
    pull_request::{End as Proposing, Proposal, notes},
    report::{Outcome, Result as End},
    request::{OnProtected, OnStale, Remote, Request},
    stale::Newer,
    verified,
    way::{Committed, Hub, NewFile, Snapshot, Way, WriteError},
};

/// The delays between attempts, of every way.
pub(crate) fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(100), Duration::from_secs(2))
}

/// A bump on its way to a branch.
pub(crate) struct Bump<'a> {
    pub(crate) request: &'a Request,
    pub(crate) remote: &'a Remote,
    pub(crate) way: Way,
    /// Why it is that way: a phrase that follows its name.
    pub(crate) why: String,
    /// Who is asked which of two commits contains the other.
    pub(crate) judge: Option<GitHub>,
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
    /// Where the branch was at the first attempt.
    since: CommitSha,
    error: WriteError,
    files: Vec<EditedFile>,
}

impl Bump<'_> {
    /// Brings the values to the branch.
    pub(crate) async fn run(mut self) -> Result<Outcome, Failure> {
        let mut doubt = None;
        let ended = self.attempt(&mut doubt).await;
        let ended = ended.map_err(|failure| if doubt.is_some() { doubtful(failure) } else { failure })?;
        let failure = match &ended.result {
            End::Committed { verified, .. } => {
                verified::missing(&self.way, self.remote, &ended.commit, *verified)
            }
            End::Proposed(proposed) => proposed.own.as_ref().and_then(|own| {
                verified::missing(&self.way, &proposed.place(self.remote), &ended.commit, own.verified)
            }),
            End::Superseded(newer) if self.request.on_stale == OnStale::Fail => {
                Some(superseded(newer, &ended.files))
            }
            _ => None,
        };
        Ok(Outcome {
            failure,
            result: ended.result,
            commit: ended.commit,
            files: ended.files,
            attempts: ended.attempts,
            method: self.way.method(),
            way: format!("{} to {}", self.way.words(), self.remote),
            why: self.why,
            timings: self.phases.rows(),
        })
    }

    /// Reads, plans and commits until that has an end. `doubt` is where the branch was when a write was sent of which
    /// nobody knows whether it has arrived, as long as it still may.
    async fn attempt(&mut self, doubt: &mut Option<CommitSha>) -> Result<Ended, Failure> {
        let Self { request, host, phases, deadline, .. } = *self;
        let mut finder = Finder::new(request.files.iter().map(|file| file.path.clone()));
        let nonce = nonce();
        let mut backoff = backoff();
        let mut last: Option<Last> = None;
        let mut attempts = 0;
        let mut ancestry = Ancestry::default();
        loop {
            let snapshot = match phases.time("read", self.way.read(finder.paths())).await {
                Ok(snapshot) => snapshot,
                // What the write ran into says more than that time is over.
                Err(failure) => {
                    if let Some(last) = last.take_if(|_| deadline.has_passed()) {
                        return Err(self.too_late(last.error, attempts));
                    }
                    let delay = backoff.next_delay();
                    if doubt.is_none() || !passes(&failure) || delay >= deadline.remaining() {
                        return Err(failure);
                    }
                    host.info(&format!("{}; reading the branch again", failure.cause));
                    tokio::time::sleep(delay).await;
                    continue;
                }
            };
            // Each write is for one head: where the branch has left that, it cannot arrive any more.
            doubt.take_if(|head| *head != snapshot.head);
            // What is late may arrive at any time, so that each snapshot is looked through.
            if let Some(last) = &last
                && let Some(commit) = self.own_commit(&snapshot, &last.since, &nonce).await
            {
                // A reply that was lost, or one that says "moved" because of our own commit, is settled here.
                host.info(&format!("Commit {commit} had arrived although its reply was lost"));
                let verified = self.way.is_verified(&commit).await;
                let result = End::Committed { url: self.remote.commit_url(&commit), verified };
                return Ok(Ended { result, commit, files: last.files.clone(), attempts });
            }
            let missing = |path: &str| failures::no_file(path, self.remote, snapshot.head.short());
            // A link was met: its target is to be read together with it.
            let Some(found) = finder.find(&snapshot.files, missing)? else { continue };
            let (places, bytes): (Vec<Place>, _) = found.into_iter().map(Place::of).unzip();
            let files = edit(request, bytes)?;
            let history = notes::each(&snapshot.history);
            let plan = self.planner().plan(files, &history, &mut ancestry).await?;
            let files = match plan {
                Plan::Nothing(files) => {
                    let ended = Ended::without(End::Unchanged, &snapshot, files, attempts);
                    return if snapshot.exists { self.without_older_ones(ended).await } else { Ok(ended) };
                }
                Plan::Superseded(files, newer) => {
                    return Ok(Ended::without(End::Superseded(newer), &snapshot, files, attempts));
                }
                Plan::Write(files) => files,
            };
            let wanted = changed(&files, &places);
            if let Some((way, why)) = self.way.instead(&snapshot, &wanted)? {
                self.why = format!("chosen because {why}");
                self.way = way;
                host.info(&format!("Method: {}, {}", self.way.method().name(), self.why));
            }
            if request.dry_run {
                drop(wanted);
                return Ok(Ended::without(End::Planned, &snapshot, files, attempts));
            }
            attempts += 1;
            let message = message::write(request, &files, &nonce);
            let error = match phases.time("commit", self.way.write(&snapshot, &message, &wanted)).await {
                Ok(Committed { oid, url, verified }) => {
                    let result = End::Committed { url, verified };
                    return Ok(Ended { result, commit: oid.to_string(), files, attempts });
                }
                Err(WriteError::Refused(failure)) => return Err(failure),
                Err(WriteError::Protected { rules }) => {
                    return self.on_protected(rules, attempts).await;
                }
                Err(error) => error,
            };
            let delay = backoff.next_delay() + asked_for(&error);
            host.info(&format!("Attempt {attempts}: {}; reading the branch again", words(&error)));
            if delay >= deadline.remaining() {
                return Err(self.too_late(error, attempts));
            }
            tokio::time::sleep(delay).await;
            if matches!(error, WriteError::InDoubt(_)) {
                *doubt = Some(snapshot.head.clone());
            }
            let since = last.map_or(snapshot.head, |last| last.since);
            last = Some(Last { since, error, files });
        }
    }

    /// Decides what to do with the edited files.
    fn planner(&self) -> Planner<'_> {
        Planner {
            request: self.request,
            judge: self.judge.as_ref(),
            repository: self.remote.slug(),
            host: self.host,
            phases: self.phases,
        }
    }

    /// Looks for our commit among all that have arrived since the branch was at `since`. More of them than a snapshot has
    /// are asked for, so that the answer is not a guess unless there is none: after a forced push `since` may be gone.
    async fn own_commit(&self, snapshot: &Snapshot, since: &CommitSha, nonce: &str) -> Option<String> {
        let own = |commits: &[CommitNote]| {
            let is_own = |text: &str| message::read(text).nonce.as_deref() == Some(nonce);
            commits.iter().find(|commit| is_own(&commit.message)).map(|commit| commit.oid.clone())
        };
        let is_covered = || snapshot.history.iter().any(|commit| commit.oid == since.as_str());
        match own(&snapshot.history) {
            None if !is_covered() => match self.way.commits_since(since, snapshot).await {
                Ok(commits) => own(&commits),
                Err(failure) => {
                    let (since, cause) = (since.short(), failure.cause);
                    self.host
                        .info(&format!("Not all commits since {since} could be looked through: {cause}"));
                    None
                }
            },
            found => found,
        }
    }

    /// Where a pull request is opened if the branch takes no direct commit; none if that is not wanted.
    fn proposing(&self) -> Option<&Hub> {
        self.way.hub().filter(|_| self.remote.on_protected == OnProtected::PullRequest)
    }

    fn proposal<'b>(&'b self, hub: &'b Hub, rules: String) -> Proposal<'b> {
        Proposal {
            request: self.request,
            remote: self.remote,
            repository: &hub.repository,
            github: &hub.github,
            judge: self.judge.as_ref(),
            deadline: self.deadline,
            host: self.host,
            phases: self.phases,
            rules,
        }
    }

    /// The branch has every value: an older one must not wait in a pull request to be merged over it.
    async fn without_older_ones(&self, ended: Ended) -> Result<Ended, Failure> {
        let Some(hub) = self.proposing().filter(|_| !self.request.dry_run) else { return Ok(ended) };
        match Box::pin(self.proposal(hub, String::new()).withdraw()).await? {
            Some(crate::pull_request::Ended { result: Proposing::Superseded(newer), files, .. }) => {
                Ok(Ended { result: End::Superseded(newer), files, ..ended })
            }
            _ => Ok(ended),
        }
    }

    /// The branch takes no direct commit.
    async fn on_protected(&mut self, rules: String, attempts: u32) -> Result<Ended, Failure> {
        let Some(hub) = self.proposing().cloned() else {
            return Err(failures::protected(&rules, self.remote));
        };
        // The future is large, and rarely needed.
        let ended = Box::pin(self.proposal(&hub, rules).open_or_update()).await?;
        self.why = format!("chosen because branch `{}` takes no direct commit", self.remote.branch);
        self.way = Way::GitData(hub);
        let result = match ended.result {
            Proposing::Unchanged => End::Unchanged,
            Proposing::Superseded(newer) => End::Superseded(newer),
            Proposing::Proposed(proposed) => End::Proposed(proposed),
            Proposing::Merged(own) => End::Committed { url: own.url, verified: own.verified },
        };
        Ok(Ended { result, commit: ended.commit, files: ended.files, attempts: attempts + ended.attempts })
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
                "could not {} within {} s and {attempts} attempts; the last one: {text}",
                self.remote.committing(),
                self.deadline.budget().as_secs()
            ),
        )
        .with_remedy(
            "Raise `timeout`, or run again: a commit that has arrived in the meantime is recognised.",
        )
    }
}

impl Ended {
    /// An end without a commit of ours.
    fn without(result: End, snapshot: &Snapshot, files: Vec<EditedFile>, attempts: u32) -> Self {
        Self { result, commit: snapshot.head.to_string(), files, attempts }
    }
}

/// Whether the same read may well succeed a moment later.
fn passes(failure: &Failure) -> bool {
    [GITHUB_UNAVAILABLE, RATE_LIMITED, UNREACHABLE].contains(failure.code)
}

/// A write was sent whose reply was lost, and nothing that was read since has settled it.
fn doubtful(mut failure: Failure) -> Failure {
    failure
        .cause
        .push_str("; a commit may be on the branch all the same, since the reply to making it was lost");
    failure
}

/// Newer values are there, and that is to be a failure.
fn superseded(first: &Newer, files: &[EditedFile]) -> Failure {
    let others = left(files).into_iter().filter(|newer| newer != first);
    let failure = Failure::new(&SUPERSEDED, first.to_string());
    others.fold(failure, |failure, newer| failure.with_note(newer.to_string()))
}

/// Where a file really is, and its mode.
struct Place {
    path: String,
    mode: u32,
}

impl Place {
    fn of(found: Found) -> (Self, Vec<u8>) {
        (Self { path: found.path, mode: found.mode }, found.bytes)
    }
}

/// What is to be written of the edited files, with the modes that they had.
fn changed<'a>(files: &'a [EditedFile], places: &'a [Place]) -> Vec<NewFile<'a>> {
    let changed = files.iter().zip(places).filter(|(file, _)| file.changed());
    changed
        .map(|(file, place)| NewFile { path: &place.path, mode: place.mode, bytes: file.after.as_bytes() })
        .collect()
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
