//! Takes values out of the pull request again: the base has newer ones already, which a merge would put the older ones over.

use github::refs::{self, RefError};
use model::Failure;

use super::{
    Proposal, Run,
    draft::Draft,
    notes,
    publish::Step,
    view::{Reader, Side, View},
};
use crate::{
    edit::EditedFile, failures, message::place, plan::Plan, plan::edit, request::Remote, stale::Newer,
};

/// What has become of the values that wait.
pub(super) enum Withdrawn {
    /// None is in the way.
    Done,
    /// What waits is newer than the run that wants the base's value: it stays.
    Superseded(Vec<EditedFile>, Newer),
    /// The branch has moved meanwhile.
    Again(Step),
}

impl Proposal<'_> {
    /// The base has every value: withdraws the older ones that wait in a pull request. None if there is no such branch.
    pub(crate) async fn withdraw(&self) -> Result<Option<super::Ended>, Failure> {
        let branch = self.branch()?;
        let tip = self.phases.time("read", refs::get(self.github, self.repository, &branch)).await;
        let doing = format!("read branch `{branch}` of {}", self.repository);
        if tip.map_err(|error| error.into_failure(&doing))?.is_none() {
            return Ok(None);
        }
        let run = Run { only_withdraws: true, ..Run::new(branch) };
        self.until_done(run).await.map(Some)
    }

    /// The same with what was read.
    pub(super) async fn withdraw_from_side(
        &self,
        run: &mut Run,
        reader: &Reader<'_>,
        base: &View,
    ) -> Result<Withdrawn, Failure> {
        let side = self.phases.time("read", reader.side(&run.branch, base)).await?;
        let Some(side) = side.filter(|side| !side.is_settled) else { return Ok(Withdrawn::Done) };
        let standing = notes::standing(&side.commits);
        let theirs = edit(self.request, side.view.bytes())?;
        let waits = |place: &String| standing.iter().any(|bump| bump.places.contains(place));
        if !changed(&theirs).iter().any(waits) {
            return Ok(Withdrawn::Done);
        }
        // What was on the base before has no say: only what waits.
        let history: Vec<_> = side.commits.iter().rev().cloned().collect();
        let theirs = match self.planned(theirs, &notes::each(&history), run).await? {
            Plan::Superseded(theirs, newer) => return Ok(Withdrawn::Superseded(theirs, newer)),
            Plan::Nothing(_) => return Ok(Withdrawn::Done),
            Plan::Write(theirs) => theirs,
        };
        let places: Vec<String> = changed(&theirs).into_iter().filter(waits).collect();
        if places.is_empty() {
            return Ok(Withdrawn::Done);
        }
        let list = places.join(", ");
        self.host.info(&format!(
            "`{}` has the wanted value already; the older one that waits on `{}` is withdrawn: {list}",
            self.remote.branch, run.branch
        ));
        let mut others = standing.clone();
        notes::without(&mut others, &places);
        let draft = if side.by_hand || run.only_on_top {
            Draft::on_top(self, run, &side, &theirs)
        } else if others.is_empty() {
            return self.delete(run, base, &side).await;
        } else {
            let common = self.phases.time("read", reader.at(&side.merge_base, &side.view.found)).await?;
            match Draft::without(self, base, &side, &common, (&standing, others, &places)) {
                Ok(draft) => draft,
                Err(why) => {
                    self.host.info(&format!("`{}` is not rebuilt: {why}", run.branch));
                    Draft::on_top(self, run, &side, &theirs)
                }
            }
        };
        match self.publish(run, base, Some(&side), draft, Vec::new()).await? {
            Step::Done(_) => Ok(Withdrawn::Done),
            again @ Step::Again { .. } => Ok(Withdrawn::Again(again)),
        }
    }

    /// Nothing else waits: deletes the branch as it was read, by which GitHub closes the pull request too. Whoever joins
    /// at the same moment finds no branch, and makes a new one.
    async fn delete(&self, run: &mut Run, base: &View, side: &Side) -> Result<Withdrawn, Failure> {
        let (id, head) = (&base.repository_id, &side.view.head);
        run.attempts += 1;
        match refs::delete_from(self.github, id, &run.branch, head).await {
            Ok(()) => {
                self.host.info(&format!("Nothing else waits, so that `{}` is deleted", run.branch));
                Ok(Withdrawn::Done)
            }
            Err(RefError::NotFastForward(said) | RefError::Exists(said) | RefError::Missing(said)) => {
                let why = format!("branch `{}` has moved: {}", run.branch, said.text());
                Ok(Withdrawn::Again(Step::again(why)))
            }
            Err(RefError::RuleViolated(_)) if !run.only_on_top => {
                run.only_on_top = true;
                let why = format!("a rule keeps branch `{}` from being deleted", run.branch);
                Ok(Withdrawn::Again(Step::again(why)))
            }
            Err(RefError::RuleViolated(said)) => {
                let remote = Remote { branch: run.branch.clone(), ..self.remote.clone() };
                Err(failures::protected(&said.text(), &remote))
            }
            Err(RefError::Api(error)) => self.refused(error, "contents").map(Withdrawn::Again),
        }
    }
}

/// The places that change.
fn changed(files: &[EditedFile]) -> Vec<String> {
    let changes = files.iter().flat_map(|file| file.changes.iter().map(move |change| (file, change)));
    let changes = changes.filter(|(_, change)| change.changed);
    changes.map(|(file, change)| place(&file.path, &change.path)).collect()
}
