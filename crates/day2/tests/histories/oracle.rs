//! What must never happen, judged after each call of a run and at its end.

use sandbox::turnstile::Held;

use crate::{
    play::Play,
    runs::{Ended, Job},
    world::SYNC,
};

/// The methods whose commit names the run that made it.
const MARKED: [&str; 2] = ["merge", "squash"];

impl Play<'_> {
    /// Lets a call go on, and judges what it did.
    pub(crate) async fn release(&mut self, held: &Held) -> Result<(), String> {
        self.figures.calls += 1;
        let Some(place) = self.run_of(held) else { return Err(format!("a call of nobody's: {held:?}")) };
        if held.method == "GET" {
            self.turnstile.release(held.id).await;
            if held.path.contains("/collaborators/") {
                self.runs[place].last_access = self.tick;
            }
            self.runs[place].last_read = self.tick;
            self.say(|| format!("run {place} reads {}", held.path));
            return Ok(());
        }
        let branches = self.branches().await;
        let open: Vec<usize> = (0..self.books.len()).filter(|&place| self.books[place].open).collect();
        let syncs = self.open_syncs();
        self.turnstile.release(held.id).await;
        self.say(|| format!("run {place} calls {} {}", held.method, held.path));
        let merged = open.into_iter().find(|&book| self.is_merged(book));
        // Only a fast-forward moves `prod` by a call that is not about a pull request.
        let is_move = held.path.contains("/git/refs/heads/prod")
            || self.setup.method == "fast-forward" && held.path.contains("/graphql");
        if is_move && matches!(self.runs[place].job, Job::Merge(_)) {
            // A fast-forward brings the commit that it names, wherever the pull request's head is by now.
            let tip = self.home.github().branch_sha(&self.slug, "prod").await;
            let before = branches.iter().find(|(branch, _)| *branch == "prod");
            if let Some(tip) = tip.filter(|tip| before.is_some_and(|(_, old)| old.as_ref() != Some(tip))) {
                let Job::Merge(number) = self.runs[place].job else { return Ok(()) };
                let own = self.books.iter().position(|book| book.number == number);
                self.judge_merge(place, own.ok_or("a run of no pull request")?, &tip).await?;
            }
        } else if let Some(book) = merged {
            let head = self.books[book].head.clone();
            self.judge_merge(place, book, &head).await?;
        }
        self.judge_moves(&branches, syncs > 0).await?;
        if self.open_syncs() > 1 {
            return Err(format!("there are {} pull requests from `{SYNC}`", self.open_syncs()));
        }
        Ok(())
    }

    async fn branches(&self) -> Vec<(&'static str, Option<String>)> {
        let mut found = Vec::new();
        for branch in ["dev", "prod", "stage", "feature/a", SYNC] {
            found.push((branch, self.home.github().branch_sha(&self.slug, branch).await));
        }
        found
    }

    fn open_syncs(&self) -> usize {
        let pulls = self.home.github().pulls(&self.slug);
        pulls.iter().filter(|pull| pull.open && pull.head_ref == SYNC).count()
    }

    fn is_merged(&self, book: usize) -> bool {
        self.home.github().pull(&self.slug, self.books[book].number).is_some_and(|pull| pull.merged)
    }

    /// A pull request was merged by a call of a run. The book still says how things were before it.
    async fn judge_merge(&mut self, place: usize, book: usize, head: &str) -> Result<(), String> {
        self.figures.merges_by_us += 1;
        let (run, book) = (&mut self.runs[place], &self.books[book]);
        run.has_merged = true;
        let first = run.last_read;
        if !matches!(run.job, Job::Merge(number) if number == book.number) {
            return Err(format!("run {place} merged #{}, which is not its own", book.number));
        }
        // What somebody may do is read before the pull request is looked at once more.
        let was_permitted = self.maria_writes || self.maria_wrote > run.last_access;
        let is_approved = book.was_approved(head, first, self.tick)
            || was_permitted && book.was_approved_once(head, first, self.tick);
        if !is_approved {
            return Err(format!(
                "run {place} merged {} of #{} into `{}`, which nobody who may had approved since its last read \
                 (at {first}): {book:?}",
                &head[..7],
                book.number,
                book.base
            ));
        }
        self.figures.in_the_window += u64::from(!book.is_approved(head));
        self.landed.extend(self.home.github().branch_sha(&self.slug, &book.base).await);
        Ok(())
    }

    /// Branches only ever get more commits by us. The branch for conflicts is ours alone without a pull request.
    async fn judge_moves(
        &self,
        before: &[(&'static str, Option<String>)],
        is_sync_open: bool,
    ) -> Result<(), String> {
        let github = self.home.github();
        for ((branch, old), (_, new)) in before.iter().zip(self.branches().await) {
            let Some(old) = old.as_ref().filter(|old| new.as_ref() != Some(old)) else { continue };
            let is_forward = match &new {
                Some(new) => github.contains(&self.slug, new, old).await,
                None => false,
            };
            if !is_forward && (*branch != SYNC || is_sync_open) {
                return Err(format!("`{branch}` went from {old} to {new:?}"));
            }
        }
        Ok(())
    }

    /// Judges what a run says at its end.
    pub(crate) async fn judge_report(&self, place: usize, ended: &Ended) -> Result<(), String> {
        let github = self.home.github();
        let has = async |branch: &str, sha: &str| match github.branch_sha(&self.slug, branch).await {
            Some(tip) => sha.len() == 40 && github.contains(&self.slug, &tip, sha).await,
            None => false,
        };
        let run = &self.runs[place];
        let number = match &run.job {
            Job::Merge(number) => *number,
            Job::Forward(to) => {
                let result = ended.output("result");
                let done = ["up-to-date", "fast-forwarded", "back-merged"].contains(&result);
                // A person may have forced `dev` back since, if it is the head.
                let may_move = self.setup.head == "dev";
                return if done && !may_move && !has("dev", to).await {
                    Err(format!("run {place} says {result}, and `dev` lacks {to}"))
                } else {
                    Ok(())
                };
            }
        };
        let pull = github.pull(&self.slug, number).ok_or("the pull request is gone")?;
        if ended.output("merged") != "true" {
            return Ok(());
        }
        let keeps_head = matches!(self.setup.method, "merge" | "fast-forward");
        // A fast-forward merges its commit, and the pull request too unless somebody has pushed to it since. Its base
        // may have been changed since as well.
        let (is_merged, base) = match self.setup.method {
            "fast-forward" => (true, "prod"),
            _ => (pull.merged, pull.base_ref.as_str()),
        };
        let is_true = is_merged
            && has(base, ended.output("sha")).await
            && (!keeps_head || has(base, ended.output("head-sha")).await);
        if !is_true {
            return Err(format!(
                "run {place} says that it merged #{number}, which is not so: {:?}",
                ended.outputs
            ));
        }
        let marked = MARKED.contains(&self.setup.method);
        let other = self.runs.iter().enumerate().find(|(other, run)| {
            *other != place && run.has_merged && matches!(run.job, Job::Merge(merged) if merged == number)
        });
        match other {
            Some((other, _)) if marked => {
                Err(format!("run {place} says that it merged #{number}, which run {other} did"))
            }
            _ => Ok(()),
        }
    }

    /// At the end of all: who merged says so, unless it was cancelled or its answer was lost.
    pub(crate) fn judge_reports(&self) -> Result<(), String> {
        for (place, run) in self.runs.iter().enumerate().filter(|(_, run)| run.has_merged) {
            let Some(ended) = &run.ended else { continue };
            // The base was changed in the moment of the merge, which went somewhere else.
            let is_astray = ended.output("reason") == "merged-elsewhere";
            let is_in_doubt = ended.log.contains("502") || is_astray;
            if ended.output("merged") != "true" && !is_in_doubt {
                return Err(format!("run {place} merged, and says {:?}: {}", ended.outputs, ended.log));
            }
        }
        Ok(())
    }
}
