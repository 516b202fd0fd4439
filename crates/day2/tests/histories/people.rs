//! What people do.

use sandbox::faults::{Effect, Fault as Set};

use crate::{
    model::{Book, Put, Word},
    play::Play,
    steps::{Fault, Step, Verdict, Who},
    world::{FILES, SYNC, role},
};

impl Play<'_> {
    /// Does what a person does, as far as it is possible now.
    pub(crate) async fn happen(&mut self, step: Step) {
        let did = match step {
            Step::Push(choice) => self.push("alice", self.setup.head, choice).await,
            Step::Hotfix(choice) => self.push("bob", "prod", choice).await,
            Step::ForceBack(choice) => self.force_back(choice).await,
            Step::Label(who) => self.label(who),
            Step::Unlabel(who) => self.unlabel("approval", who),
            Step::Block => self.block(),
            Step::Unblock => self.unlabel("wip", Who::Bob),
            Step::Review(who, verdict) => self.review(who, verdict).await,
            Step::Dismiss(who) => self.dismiss(who),
            Step::Check(passes) => self.check(passes).await,
            Step::Demote => self.demote(),
            Step::NextPull => self.next_pull().await,
            Step::WorkOnSync => self.work_on_sync().await,
            Step::MergeSync => self.merge_sync().await,
            Step::Fault(fault) => self.fault(fault),
            other => self.change(other).await,
        };
        if did {
            self.say(|| format!("people: {step:?}"));
        }
    }

    fn last(&self) -> Option<&Book> {
        self.books.last()
    }

    async fn push(&mut self, author: &str, branch: &str, choice: u8) -> bool {
        let text = format!("{}\n", choice / 2 % 5);
        let files = [(FILES[usize::from(choice % 2)], text.as_bytes())];
        let made = self.home.github().commit_files(&self.slug, branch, author, "change", &files).await;
        if branch == self.setup.head {
            self.tips.extend(made.as_ref().ok().cloned());
        }
        made.is_ok()
    }

    async fn force_back(&mut self, choice: u8) -> bool {
        let github = self.home.github();
        let tip = github.branch_sha(&self.slug, self.setup.head).await;
        let others: Vec<&String> = self.tips.iter().rev().filter(|one| tip.as_ref() != Some(one)).collect();
        // Mostly to the last one or the one before.
        let place = usize::from(choice) % if choice < 200 { 2 } else { 16 };
        match others.get(place) {
            Some(to) => github.force_branch(&self.slug, self.setup.head, "alice", Some(to)).await.is_ok(),
            None => false,
        }
    }

    fn label(&mut self, who: Who) -> bool {
        let Some(book) = self.books.last_mut().filter(|book| book.label.is_none()) else { return false };
        self.home.github().add_label(&self.slug, book.number, "approval", who.login());
        book.label = Some(Put { by: who, head: book.head.clone(), base: book.base.clone() });
        true
    }

    fn unlabel(&mut self, label: &str, who: Who) -> bool {
        let Some(book) = self.last() else { return false };
        let is_there = if label == "wip" { book.blocked } else { book.label.is_some() };
        if is_there {
            self.home.github().remove_label(&self.slug, book.number, label, who.login());
        }
        is_there
    }

    fn block(&mut self) -> bool {
        let Some(book) = self.last() else { return false };
        self.home.github().add_label(&self.slug, book.number, "wip", Who::Mallory.login());
        true
    }

    async fn review(&mut self, who: Who, verdict: Verdict) -> bool {
        let Some(book) = self.books.last_mut().filter(|book| book.open) else { return false };
        let state = match verdict {
            Verdict::Approve => "APPROVED",
            Verdict::Object => "CHANGES_REQUESTED",
            Verdict::Comment => "COMMENTED",
        };
        // A comment takes no word back.
        if verdict != Verdict::Comment {
            let word = Word { verdict, head: book.head.clone(), base: book.base.clone() };
            book.words.insert(who.login(), (who, word));
        }
        self.home.github().add_review(&self.slug, book.number, who.login(), state).await.is_ok()
    }

    fn dismiss(&mut self, who: Who) -> bool {
        let Some(book) = self.books.last_mut() else { return false };
        book.words.remove(who.login());
        self.home.github().dismiss_reviews(&self.slug, book.number, who.login(), "bob")
    }

    async fn check(&mut self, passes: bool) -> bool {
        let Some(head) = self.last().map(|book| book.head.clone()) else { return false };
        let state = if passes { "success" } else { "failure" };
        self.home.github().set_status(&self.slug, &head, "ci", state).await.is_ok()
    }

    fn demote(&mut self) -> bool {
        if self.maria_writes {
            self.maria_wrote = self.tick;
        }
        self.maria_writes = !self.maria_writes;
        self.home.github().add_user("maria", &self.slug, role(Who::Maria, self.maria_writes));
        true
    }

    /// Opens the next pull request.
    pub(crate) async fn next_pull(&mut self) -> bool {
        if self.last().is_some_and(|book| book.open) {
            return false;
        }
        self.push("alice", self.setup.head, u8::try_from(self.tick % 10).unwrap_or_default()).await;
        let opened =
            self.home.github().open_pull(&self.slug, self.setup.head, "prod", "alice", "Promote").await;
        self.books.extend(opened.as_ref().ok().map(|&number| Book { number, ..Book::default() }));
        opened.is_ok()
    }

    /// A commit of a person's own, which makes the files what `dev` has.
    async fn work_on_sync(&mut self) -> bool {
        let github = self.home.github();
        if github.branch_sha(&self.slug, SYNC).await.is_none() {
            return false;
        }
        let mut files = Vec::new();
        for path in FILES {
            files.extend(github.read_file(&self.slug, "dev", path).await.map(|bytes| (path, bytes)));
        }
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (*path, bytes.as_slice())).collect();
        github.commit_files(&self.slug, SYNC, "bob", "solve", &files).await.is_ok()
    }

    async fn merge_sync(&mut self) -> bool {
        let github = self.home.github();
        let pulls = github.pulls(&self.slug);
        match pulls.iter().find(|pull| pull.open && pull.head_ref == SYNC) {
            Some(pull) => github.press_merge(&self.slug, pull.number, "bob").await.is_ok(),
            None => false,
        }
    }

    fn fault(&mut self, fault: Fault) -> bool {
        let merge = |effect: Effect| Set::once("github", "PUT", "/merge", effect);
        let faults = &self.home.sandbox.world().faults;
        match fault {
            Fault::Lost => faults.add(merge(Effect::ReplyAfter { status: 502 })),
            Fault::Moved => faults.add(merge(Effect::Reply {
                status: 405,
                body: r#"{"message":"Base branch was modified. Review and try the merge again."}"#.to_owned(),
                content_type: "application/json".to_owned(),
                headers: Vec::new(),
            })),
            Fault::Unknown => self.home.github().set_unknown_reads(&self.slug, 2),
        }
        true
    }

    async fn change(&mut self, step: Step) -> bool {
        let Some(book) = self.last() else { return false };
        let (github, slug, number) = (self.home.github(), self.slug.as_str(), book.number);
        match step {
            Step::MergeByHand if book.open => {
                let made = github.press_merge(slug, number, "bob").await;
                self.figures.merges_by_people += u64::from(made.is_ok());
                self.landed.extend(made.as_ref().ok().cloned());
                made.is_ok()
            }
            Step::Retarget => {
                let base = if book.base == "prod" { "stage" } else { "prod" };
                github.retarget(slug, number, "alice", base).await.unwrap_or_default()
            }
            Step::Close if book.open => {
                github.close_pull(slug, number, "alice");
                true
            }
            Step::Reopen => github.reopen_pull(slug, number, "alice"),
            Step::Draft | Step::Ready if book.open && book.draft != (step == Step::Draft) => {
                github.set_draft(slug, number, "alice", step == Step::Draft);
                true
            }
            _ => false,
        }
    }
}
