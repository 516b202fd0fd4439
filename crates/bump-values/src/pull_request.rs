//! The way by a pull request, for a branch that takes no direct commit: exactly one for each target, which all bumps of the
//! same files share.
//!
//! Its branch has one commit on top of the base's head, which speaks for all bumps that wait. It is built anew by each
//! bump: on the base's fresh bytes, with the values of the others carried over, and put there by a compare-and-swap. What
//! a person has committed there is never thrown away: then a bump is one more commit on top.

mod carry;
mod draft;
mod name;
pub(crate) mod notes;
mod publish;
mod view;
mod withdraw;
mod words;

use github::{GitHub, snapshot::CommitNote};
use model::{Branch, Deadline, Failure, RepoSlug, codes::DEADLINE_PASSED};
use toolkit::{Host, Phases, nonce};

use crate::{
    ancestry::Ancestry,
    attempt::backoff,
    edit::{EditedFile, left, without},
    failures::in_one_line,
    plan::{Plan, Planner, edit},
    request::{Remote, Request},
    verified,
};
use draft::Draft;
use publish::Step;
use view::{Reader, Side, View};
use withdraw::Withdrawn;

/// A bump on its way to a pull request.
pub(crate) struct Proposal<'a> {
    pub(crate) request: &'a Request,
    pub(crate) remote: &'a Remote,
    pub(crate) repository: &'a RepoSlug,
    pub(crate) github: &'a GitHub,
    /// Who is asked which of two commits contains the other.
    pub(crate) judge: Option<&'a GitHub>,
    pub(crate) deadline: Deadline,
    pub(crate) host: &'a Host,
    pub(crate) phases: &'a Phases,
    /// Why there is no direct commit, in GitHub's words; empty if none was tried.
    pub(crate) rules: String,
}

/// A pull request that has the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposed {
    /// Its number.
    pub(crate) number: u64,
    /// Its page.
    pub(crate) url: String,
    /// Its branch.
    pub(crate) branch: String,
    /// Our commit; none if the values were there already.
    pub(crate) own: Option<Own>,
    /// Why there is no direct commit.
    pub(crate) rules: String,
}

impl Proposed {
    /// Where our commit is: `remote` with the pull request's branch.
    pub(crate) fn place(&self, remote: &Remote) -> Remote {
        let branch = self.branch.parse().unwrap_or_else(|_| remote.branch.clone());
        Remote { branch, ..remote.clone() }
    }
}

/// Our commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Own {
    pub(crate) url: String,
    pub(crate) verified: Option<bool>,
}

/// What has become of it.
pub(crate) struct Ended {
    pub(crate) result: End,
    /// The commit that has the values.
    pub(crate) commit: String,
    /// The change, seen from the base.
    pub(crate) files: Vec<EditedFile>,
    /// How often it was tried to write.
    pub(crate) attempts: u32,
}

/// The kinds of ends.
pub(crate) enum End {
    /// The base has every value.
    Unchanged,
    /// A newer value is on the base or in the pull request.
    Superseded(crate::stale::Newer),
    /// A pull request has the values.
    Proposed(Proposed),
    /// It was merged before we had finished.
    Merged(Own),
}

/// What is known across attempts.
struct Run {
    nonce: String,
    branch: Branch,
    attempts: u32,
    /// Our commit once it is on the branch.
    own: Option<(String, Own)>,
    /// Whether a rule forbids to rebuild the branch.
    only_on_top: bool,
    /// Whether nothing is to be proposed, since the base had every value.
    only_withdraws: bool,
    ancestry: Ancestry,
}

impl Run {
    fn new(branch: Branch) -> Self {
        Self {
            nonce: nonce(),
            branch,
            attempts: 0,
            own: None,
            only_on_top: false,
            only_withdraws: false,
            ancestry: Ancestry::default(),
        }
    }
}

impl Proposal<'_> {
    /// Opens the pull request, or brings the one that is there up to date.
    pub(crate) async fn open_or_update(&self) -> Result<Ended, Failure> {
        let branch = self.branch()?;
        let rules = in_one_line(&self.rules);
        self.host.info(&format!("Branch `{}` takes no direct commit: {rules}", self.remote.branch));
        self.host.info(&format!("Method: a pull request from branch `{branch}`, by GitHub's Git database"));
        self.until_done(Run::new(branch)).await
    }

    /// The branch of the pull request.
    fn branch(&self) -> Result<Branch, Failure> {
        name::of(&self.remote.branch, self.request.files.iter().map(|file| file.path.as_str()))
    }

    /// Attempts until one has an end.
    async fn until_done(&self, mut run: Run) -> Result<Ended, Failure> {
        let mut backoff = backoff();
        loop {
            let why = match self.attempt(&mut run).await? {
                Step::Done(ended) => return Ok(*ended),
                Step::Again { why, wait } => {
                    let delay = backoff.next_delay() + wait;
                    if delay < self.deadline.remaining() {
                        self.host.info(&format!("{why}; reading the branches again"));
                        tokio::time::sleep(delay).await;
                        continue;
                    }
                    why
                }
            };
            return Err(self.too_late(&run, &why));
        }
    }

    async fn attempt(&self, run: &mut Run) -> Result<Step, Failure> {
        let reader = Reader {
            github: self.github,
            repository: self.repository,
            remote: self.remote,
            request: self.request,
        };
        let base = self.phases.time("read", reader.base()).await?;
        if let Some(commit) = notes::with_nonce(&base.history, &run.nonce) {
            self.recognise(run, &commit.oid).await;
            return Ok(self.merged(run, &base, commit.oid.clone()));
        }
        let mut files = match self.planned(edit(self.request, base.bytes())?, &base.history, run).await? {
            Plan::Nothing(files) => return self.on_base(run, &reader, files, &base).await,
            Plan::Superseded(files, newer) => return Ok(superseded(files, newer, &base, run)),
            // Whoever has taken the value from the base since then has the last word.
            Plan::Write(files) if run.only_withdraws => return Ok(unchanged(files, &base, run)),
            Plan::Write(files) => files,
        };
        let side = self.phases.time("read", reader.side(&run.branch, &base)).await?;
        let draft = match &side {
            Some(side) if !side.is_settled => {
                match notes::with_nonce(&side.commits, &run.nonce) {
                    Some(commit) => self.recognise(run, &commit.oid).await,
                    // Another bump has taken all of our places over, and our commit is on no branch.
                    None => run.own = None,
                }
                // What is newer on the base stays as it is there.
                let permit = self.request.permit;
                let theirs = without(edit(self.request, side.view.bytes())?, &left(&files), permit)?;
                match self.planned(theirs, &side.view.history, run).await? {
                    Plan::Superseded(theirs, newer) => {
                        return Ok(superseded(marked(files, theirs), newer, &side.view, run));
                    }
                    Plan::Nothing(theirs) | Plan::Write(theirs) => {
                        files = without(files, &left(&theirs), permit)?;
                        self.joined(run, &reader, (&base, &files), side, theirs).await?
                    }
                }
            }
            other => Draft::alone(self, run, &base, other.as_ref(), &files),
        };
        self.publish(run, &base, side.as_ref(), draft, files).await
    }

    /// Joins the bumps that wait already.
    async fn joined(
        &self,
        run: &Run,
        reader: &Reader<'_>,
        (base, own): (&View, &[EditedFile]),
        side: &Side,
        theirs: Vec<EditedFile>,
    ) -> Result<Draft, Failure> {
        let has_all = !theirs.iter().any(EditedFile::changed);
        if has_all && (!side.is_behind || side.by_hand) {
            return Ok(Draft::keep(side, &theirs));
        }
        if !side.by_hand && !run.only_on_top {
            let common = if side.is_behind {
                self.phases.time("read", reader.at(&side.merge_base, &side.view.found)).await?
            } else {
                side.view.found.iter().enumerate().map(|(at, _)| Some(base.text(at).to_owned())).collect()
            };
            match Draft::rebuilt(self, run, (base, own), side, &common) {
                Ok(draft) => return Ok(draft),
                Err(why) => self
                    .host
                    .info(&format!("`{}` is not rebuilt on `{}`: {why}", run.branch, self.remote.branch)),
            }
        }
        Ok(if has_all { Draft::keep(side, &theirs) } else { Draft::on_top(self, run, side, &theirs) })
    }

    /// Decides what to do with the edited files of a branch.
    async fn planned(
        &self,
        files: Vec<EditedFile>,
        history: &[CommitNote],
        run: &mut Run,
    ) -> Result<Plan, Failure> {
        let planner = Planner {
            request: self.request,
            judge: self.judge,
            repository: Some(self.repository),
            host: self.host,
            phases: self.phases,
        };
        planner.plan(files, history, &mut run.ancestry).await
    }

    /// The base has every value: older ones that wait are not to be merged over them.
    async fn on_base(
        &self,
        run: &mut Run,
        reader: &Reader<'_>,
        files: Vec<EditedFile>,
        base: &View,
    ) -> Result<Step, Failure> {
        if let Some((commit, own)) = run.own.take() {
            let result = End::Merged(own);
            return Ok(Step::Done(Box::new(Ended { result, commit, files, attempts: run.attempts })));
        }
        match self.withdraw_from_side(run, reader, base).await? {
            Withdrawn::Again(step) => Ok(step),
            Withdrawn::Superseded(theirs, newer) => Ok(superseded(marked(files, theirs), newer, base, run)),
            Withdrawn::Done => Ok(unchanged(files, base, run)),
        }
    }

    /// Our commit is on the base: the pull request was merged before we had finished.
    fn merged(&self, run: &mut Run, base: &View, commit: String) -> Step {
        let own = run.own.take().map(|(_, own)| own);
        let own = own.unwrap_or_else(|| Own { url: self.remote.commit_url(&commit), verified: None });
        let files = edit(self.request, base.bytes()).unwrap_or_default();
        Step::Done(Box::new(Ended { result: End::Merged(own), commit, files, attempts: run.attempts }))
    }

    /// A reply that was lost is settled by what the branch has.
    async fn recognise(&self, run: &mut Run, commit: &str) {
        match &run.own {
            Some((known, _)) if known == commit => return,
            Some((known, _)) => self.host.info(&format!("Commit {commit} has taken the place of {known}")),
            None => self.host.info(&format!("Commit {commit} had arrived although its reply was lost")),
        }
        let verified = verified::asked(self.github, self.repository, commit).await;
        run.own = Some((commit.to_owned(), Own { url: self.remote.commit_url(commit), verified }));
    }

    fn too_late(&self, run: &Run, why: &str) -> Failure {
        Failure::new(
            &DEADLINE_PASSED,
            format!(
                "could not open or update a pull request from `{}` into `{}` of {} within {} s and {} attempts; the last \
                 one: {why}",
                run.branch,
                self.remote.branch,
                self.repository,
                self.deadline.budget().as_secs(),
                run.attempts
            ),
        )
        .with_remedy("Raise `timeout`, or run again: what has arrived in the meantime is recognised.")
    }
}

/// The change to the base, with what is left because of the newer values on the pull request's branch.
fn marked(files: Vec<EditedFile>, theirs: Vec<EditedFile>) -> Vec<EditedFile> {
    files.into_iter().zip(theirs).map(|(file, theirs)| EditedFile { left: theirs.left, ..file }).collect()
}

fn superseded(files: Vec<EditedFile>, newer: crate::stale::Newer, view: &View, run: &Run) -> Step {
    let result = End::Superseded(newer);
    Step::Done(Box::new(Ended { result, commit: view.head.to_string(), files, attempts: run.attempts }))
}

fn unchanged(files: Vec<EditedFile>, base: &View, run: &Run) -> Step {
    let (result, commit) = (End::Unchanged, base.head.to_string());
    Step::Done(Box::new(Ended { result, commit, files, attempts: run.attempts }))
}
