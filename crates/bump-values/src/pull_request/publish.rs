//! Writing: the commit, the branch, the pull request. Whatever is unclear afterwards is settled by reading again.

use std::time::Duration;

use github::{
    ApiError,
    git_data::{self, NewCommit, NewFile},
    pulls::{self, CreateError, NewPullRequest, PullRequest},
    refs::{self, RefError},
};
use model::{CommitSha, Failure};

use super::{
    End, Ended, Own, Proposal, Proposed, Run,
    draft::{Commit, Draft},
    view::{Side, View},
    words,
};
use crate::{
    codes::PULL_REQUEST_NOT_ALLOWED,
    edit::EditedFile,
    failures::{self, in_one_line},
};

/// What comes after an attempt.
pub(super) enum Step {
    /// Nothing.
    Done(Box<Ended>),
    /// Another one, after `wait` at least.
    Again { why: String, wait: Duration },
}

impl Step {
    pub(super) fn again(why: impl Into<String>) -> Self {
        Self::Again { why: why.into(), wait: Duration::ZERO }
    }
}

/// A commit that is on the branch, or the reason for another attempt.
type Moved = Result<CommitSha, Step>;

impl Proposal<'_> {
    /// Brings the draft to the branch, and the branch to a pull request.
    pub(super) async fn publish(
        &self,
        run: &mut Run,
        base: &View,
        side: Option<&Side>,
        draft: Draft,
        files: Vec<EditedFile>,
    ) -> Result<Step, Failure> {
        let head = match (&draft.commit, side) {
            (Some(commit), _) => {
                run.attempts += 1;
                match self.phases.time("commit", self.push(run, base, commit)).await? {
                    Ok(head) => head,
                    Err(again) => return Ok(again),
                }
            }
            (None, Some(side)) => side.view.head.clone(),
            (None, None) => base.head.clone(),
        };
        let open = side.and_then(|side| side.open.as_ref());
        let pull = match self.phases.time("pull request", self.propose(run, open, &draft)).await? {
            Ok(pull) => pull,
            Err(again) => return Ok(again),
        };
        // Who comes later describes what there is then; who is overtaken here may have described something older.
        let doing = format!("read branch `{}` of {}", run.branch, self.repository);
        let tip = refs::get(self.github, self.repository, &run.branch).await;
        if tip.map_err(|error| error.into_failure(&doing))?.as_ref() != Some(&head) {
            return Ok(Step::again(format!("branch `{}` has moved on", run.branch)));
        }
        let own = run.own.take();
        let commit = own.as_ref().map_or_else(|| head.to_string(), |(commit, _)| commit.clone());
        let result = End::Proposed(Proposed {
            number: pull.number,
            url: pull.html_url,
            branch: run.branch.to_string(),
            own: own.map(|(_, own)| own),
            rules: in_one_line(&self.rules),
        });
        Ok(Step::Done(Box::new(Ended { result, commit, files, attempts: run.attempts })))
    }

    /// Makes the commit and moves the branch to it, if that is where it was read.
    async fn push(&self, run: &mut Run, base: &View, commit: &Commit) -> Result<Moved, Failure> {
        let repository = self.repository;
        let files: Vec<NewFile<'_>> = commit
            .files
            .iter()
            .map(|(path, mode, text)| NewFile { path, mode: *mode, bytes: text.as_bytes() })
            .collect();
        let new = NewCommit {
            repository,
            parent: &commit.parent,
            tree: &commit.tree,
            message: &commit.message.text(),
            files: &files,
        };
        let made = match git_data::create(self.github, &new).await {
            Ok(made) => made,
            Err(error) => return self.refused(error, "contents").map(Err),
        };
        let moved = match &commit.from {
            None => refs::create(self.github, repository, &run.branch, &made.oid).await,
            Some((from, force)) => {
                let id = &base.repository_id;
                refs::move_from(self.github, id, &run.branch, from, &made.oid, *force).await
            }
        };
        match moved {
            Ok(()) => {
                let own = Own { url: made.url, verified: made.verified };
                run.own = Some((made.oid.to_string(), own));
                Ok(Ok(made.oid))
            }
            Err(RefError::NotFastForward(said) | RefError::Exists(said) | RefError::Missing(said)) => {
                Ok(Err(Step::again(format!("branch `{}` has moved: {}", run.branch, said.text()))))
            }
            Err(RefError::RuleViolated(said)) => {
                let is_forced = commit.from.as_ref().is_some_and(|(_, force)| *force);
                if is_forced && !run.only_on_top {
                    run.only_on_top = true;
                    let why = format!("a rule keeps branch `{}` from being rebuilt", run.branch);
                    return Ok(Err(Step::again(format!("{why}: {}", in_one_line(&said.text())))));
                }
                let remote = crate::request::Remote { branch: run.branch.clone(), ..self.remote.clone() };
                Err(failures::protected(&said.text(), &remote))
            }
            Err(RefError::Api(error)) => self.refused(error, "contents").map(Err),
        }
    }

    /// Opens the pull request, or brings the words of the one that is open up to date.
    async fn propose(
        &self,
        run: &Run,
        open: Option<&PullRequest>,
        draft: &Draft,
    ) -> Result<Result<PullRequest, Step>, Failure> {
        let (repository, into) = (self.repository, &self.remote.branch);
        let rules = match open {
            // No direct commit was tried, but by who opened it.
            Some(open) if self.rules.is_empty() => words::rule_in(&open.body),
            _ => in_one_line(&self.rules),
        };
        let names = (into, &run.branch);
        let (title, body) = words::describe(&draft.headline, &draft.entries, names, &rules, draft.by_hand);
        if let Some(open) = open {
            if open.title == title && open.body == body {
                return Ok(Ok(open.clone()));
            }
            let number = open.number;
            return match pulls::update(self.github, repository, number, Some(&title), Some(&body)).await {
                Ok(pull) if pull.state == "open" => Ok(Ok(pull)),
                Ok(_) => Ok(Err(Step::again(format!("pull request {number} was closed meanwhile")))),
                Err(error) => self.refused(error, "pull-requests").map(Err),
            };
        }
        let new = NewPullRequest { head: &run.branch, base: into, title: &title, body: &body };
        match pulls::create(self.github, repository, &new).await {
            Ok(pull) => Ok(Ok(pull)),
            Err(CreateError::Exists) => Ok(Err(Step::again("somebody else has opened the pull request"))),
            Err(CreateError::NothingToMerge) => Ok(Err(Step::again(format!("`{into}` has everything")))),
            Err(CreateError::NotAllowedForActions) => Err(self.not_allowed(run)),
            Err(CreateError::Api(error)) => self.refused(error, "pull-requests").map(Err),
        }
    }

    /// What a refusal means for the next step; `scope` is the permission that is needed.
    pub(super) fn refused(&self, error: ApiError, scope: &str) -> Result<Step, Failure> {
        let wait = match &error {
            ApiError::Unreachable { .. } => Some(Duration::ZERO),
            error if error.is_in_doubt() => Some(Duration::ZERO),
            error => error.rejection().filter(|said| said.rate_limited).and_then(|said| said.retry_after),
        };
        if let Some(wait) = wait.filter(|wait| *wait < self.deadline.remaining()) {
            return Ok(Step::Again { why: error.to_string(), wait });
        }
        let doing = format!(
            "propose the values to branch `{}` of {}, which takes no direct commit ({})",
            self.remote.branch,
            self.repository,
            in_one_line(&self.rules)
        );
        let failure = error.into_failure(&doing);
        if *failure.code != github::codes::PERMISSION_DENIED {
            return Err(failure);
        }
        Err(failure
            .with_remedy(format!(
                "Give the job (or the GitHub App) `{scope}: write` as below; `GITHUB_TOKEN` reaches only its own repository."
            ))
            .with_note("permissions:\n  contents: write\n  pull-requests: write"))
    }

    fn not_allowed(&self, run: &Run) -> Failure {
        Failure::new(
            &PULL_REQUEST_NOT_ALLOWED,
            format!(
                "cannot open a pull request from `{}` into `{}` of {}: GitHub Actions is not permitted to create or approve \
                 pull requests there",
                run.branch, self.remote.branch, self.repository
            ),
        )
        .with_note(format!("Branch `{}` has the commit already; a run that may open it finds it there.", run.branch))
    }
}
