//! The ground of one attack: the product in a sandbox of its own, runs of its workflows, and what must be true afterwards.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use runner::{
    Caller, REPOSITORY, Record, Runner, Site,
    variables::{ACT, PAYLOADS, REFS, RELEASE},
};
use sandbox::{
    Config, World,
    argocd::Timing,
    github::{Role, Run},
    seed::FIRST_TAG,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::payload::Examples;

/// A product that is attacked. alice writes code, maria and bob maintain, mallory triages, eve is a stranger.
pub(crate) struct Ground {
    site: Site,
    examples: Examples,
    /// The branch `prod` before anything happened.
    before: String,
    _directory: TempDir,
}

/// One event that has happened, and the workflow that GitHub starts for it.
pub(crate) struct Happened {
    caller: Caller,
    payload: Value,
}

impl Ground {
    /// Sets everything up; none where there is no release tree, since only `cargo xtask test` makes one.
    pub(crate) async fn new() -> Option<Self> {
        let Some(release) = variable(RELEASE) else {
            println!("skipped: {RELEASE} does not name a release tree; `cargo xtask test` sets it");
            return None;
        };
        let directory = tempfile::tempdir().expect("a directory");
        let refs = variable(REFS).expect("the refs that mean the release tree");
        let runner = Runner {
            act: PathBuf::from(variable(ACT).expect("the path of act")),
            release: PathBuf::from(release),
            refs: refs.split(',').map(str::to_owned).collect(),
            directory: directory.path().join("runner"),
        };
        let product = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/product");
        let site = Site::set_up(runner, &product, Config::default()).await.expect("the product");
        let timing = Timing {
            sync_ms: 50,
            pod_start_ms: 80,
            scale_down_delay_ms: 120,
            termination_ms: 50,
            ..Timing::default()
        };
        site.world().argocd.set_timing(timing);
        let github = &site.world().github;
        github.add_user("bob", REPOSITORY, Role::Maintain);
        // What GitHub does not know yet makes the gate look again, which would hide that it has to at the end.
        github.set_unknown_reads(REPOSITORY, 0);
        let examples = Examples::read(Path::new(&variable(PAYLOADS).expect("the examples")));
        let before = site.world().github.branch_sha(REPOSITORY, "prod").await.expect("prod");
        Some(Self { site, examples, before, _directory: directory })
    }

    /// Hands the dev pipeline an App that may do everything that a pipeline can ask for.
    pub(crate) async fn with_app(mut self) -> Self {
        let github = &self.world().github;
        let app = github.create_app("release").expect("an App");
        let permissions = ["contents", "pull-requests", "workflows", "checks", "statuses"];
        github.install_app(app.id, "org", &[REPOSITORY], &permissions.map(|scope| (scope, "write")));
        let path = ".github/workflows/dev.yml";
        let caller = github.read_file(REPOSITORY, "dev", path).await.expect("the pipeline");
        let caller = String::from_utf8(caller).expect("text");
        let secrets = "    secrets:\n";
        assert!(caller.contains(secrets), "{caller}");
        let more =
            "      app-id: ${{ secrets.APP_ID }}\n      app-private-key: ${{ secrets.APP_PRIVATE_KEY }}\n";
        let caller = caller.replace(secrets, &format!("{secrets}{more}"));
        self.push("dev", "maria", path, &caller).await;
        self.site.secrets.insert("APP_ID".to_owned(), app.id.to_string());
        self.site.secrets.insert("APP_PRIVATE_KEY".to_owned(), app.pem);
        self
    }

    pub(crate) fn world(&self) -> &Arc<World> {
        self.site.world()
    }

    /// A push to a branch.
    pub(crate) async fn push(&self, branch: &str, login: &str, path: &str, text: &str) -> String {
        let files = [(path, text.as_bytes())];
        let pushed = self.world().github.commit_files(REPOSITORY, branch, login, "Change it", &files).await;
        pushed.expect("a commit")
    }

    pub(crate) async fn open(&self, head: &str, base: &str, login: &str) -> u64 {
        let opened = self.world().github.open_pull(REPOSITORY, head, base, login, "A change").await;
        opened.expect("a pull request")
    }

    /// A commit of alice's on `dev` and her pull request into `prod`. GitHub's times are in seconds: what comes next has
    /// a later one.
    pub(crate) async fn promotion(&self) -> u64 {
        self.push("dev", "alice", "app.py", "print(\"new\")\n").await;
        let number = self.open("dev", "prod", "alice").await;
        self.world().github.pass_seconds(2);
        number
    }

    pub(crate) fn label(&self, number: u64, label: &str, login: &str) {
        self.world().github.add_label(REPOSITORY, number, label, login);
    }

    pub(crate) fn unlabel(&self, number: u64, label: &str, login: &str) {
        self.world().github.remove_label(REPOSITORY, number, label, login);
    }

    pub(crate) async fn tip(&self, branch: &str) -> String {
        self.world().github.branch_sha(REPOSITORY, branch).await.expect("the branch")
    }

    /// What happened last to a pull request, in GitHub's own words. Exactly one workflow must listen to it.
    pub(crate) async fn happened(&self, number: u64) -> Happened {
        let events = self.world().github.events(REPOSITORY);
        let is_it = |event: &&sandbox::github::WebhookEvent| {
            event.name == "pull_request" && event.payload["number"] == number
        };
        let event = events.iter().rfind(is_it).expect("an event");
        let base = event.payload["pull_request"]["base"]["ref"].as_str().expect("a base");
        let mut callers = self.site.callers(&event.action, base).await.expect("the workflows");
        assert_eq!(callers.len(), 1, "workflows that listen to `{}` of #{number} into {base}", event.action);
        let payload = self.examples.adapted(&event.payload, &self.world().urls.github);
        Happened { caller: callers.remove(0), payload }
    }

    /// Starts the run of an event.
    pub(crate) async fn start(&self, happened: &Happened) -> Run {
        self.site.start(&happened.caller, happened.payload.clone()).await.expect("a run")
    }

    /// Makes one attempt of a run. Dropped half way, it is cancelled.
    pub(crate) async fn attempt(&self, happened: &Happened, run: &Run) -> Ended {
        let record = self.site.attempt(&happened.caller, run, &mut |_| {}).await.expect("act");
        let number = happened.payload["number"].as_u64().expect("a number");
        let comments = self.world().github.pull(REPOSITORY, number).expect("the pull request").comments;
        Ended(record, comments)
    }

    /// The run of what happened last to a pull request, to its end.
    pub(crate) async fn run(&self, number: u64) -> Ended {
        let happened = self.happened(number).await;
        let run = self.start(&happened).await;
        self.attempt(&happened, &run).await
    }

    /// `prod` is where it was, nothing was pushed for it, and nothing deployed.
    pub(crate) async fn prod_is_untouched(&self) {
        assert_eq!(self.tip("prod").await, self.before, "prod has moved");
        let tags: Vec<String> = self.world().registry.tags("product/prod").into_keys().collect();
        assert_eq!(tags, [FIRST_TAG], "an image was pushed");
        let argocd = self.world().argocd.application("prod").expect("the application");
        assert_eq!((argocd.history.len(), argocd.phase), (1, None), "something was synced");
    }

    /// The pull request was merged once, and exactly that is what runs: one merge commit with the head, one commit with
    /// its tag, one image, one sync; `dev` is at what was deployed. Returns the merge.
    pub(crate) async fn prod_was_shipped_once(&self, number: u64) -> String {
        let github = &self.world().github;
        let pull = github.pull(REPOSITORY, number).expect("the pull request");
        let merge = pull.merge_commit_sha.filter(|_| pull.merged).expect("a merge");
        let tip = self.tip("prod").await;
        assert_eq!(
            github.parents(REPOSITORY, &tip).await,
            Some(vec![merge.clone()]),
            "one bump on the merge"
        );
        let parents = github.parents(REPOSITORY, &merge).await;
        assert_eq!(parents, Some(vec![self.before.clone(), pull.head_sha]), "one merge of the head");
        let mut tags = self.world().registry.tags("product/prod");
        tags.remove(FIRST_TAG);
        assert_eq!(tags.into_keys().collect::<Vec<_>>(), std::slice::from_ref(&merge), "one image");
        let argocd = self.world().argocd.application("prod").expect("the application");
        assert_eq!((argocd.history.len(), argocd.revision.as_str()), (2, tip.as_str()), "one sync");
        assert!(argocd.images.iter().all(|image| image.ends_with(&merge)), "{:?}", argocd.images);
        assert_eq!(self.tip("dev").await, tip, "dev is not at what went to prod");
        merge
    }
}

/// A run that has ended, and the comments on its pull request then.
pub(crate) struct Ended(pub(crate) Record, Vec<String>);

impl Ended {
    pub(crate) fn output(&self, step: &str, name: &str) -> &str {
        self.0.output(step, name)
    }

    /// Every step succeeded or had nothing to do.
    #[track_caller]
    pub(crate) fn went_well(self) -> Self {
        assert!(self.0.succeeded, "{}", self.told());
        self
    }

    /// The gate refused for this reason (among others), said so, and no step ran after it. What only waits is green.
    #[track_caller]
    pub(crate) fn was_refused(self, reason: &str, text: &str) -> Self {
        let is_waiting = self.output("merge", "decision") == "wait";
        assert_eq!(self.0.succeeded, is_waiting, "it is red if and only if it was refused: {}", self.told());
        let mut reasons = self.output("merge", "reason").split(',');
        assert!(reasons.any(|one| one == reason), "{reason} is no reason: {}", self.told());
        assert_eq!((self.output("merge", "merged"), self.output("merge", "sha")), ("false", ""));
        let ran: Vec<_> = self.0.steps.iter().filter(|step| step.result != "skipped").collect();
        assert_eq!(ran.len(), 1, "{ran:?}");
        // Of a step that ends at once, act may lose the last lines; the comment says the same, where there is one.
        let mut said = self.0.lines.iter().chain(&self.1);
        assert!(
            self.1.is_empty() || said.any(|one| one.contains(text)),
            "{text:?} is not in: {}\n{:?}",
            self.told(),
            self.1
        );
        self
    }

    /// Another run has merged: this one is done, and deployed nothing.
    #[track_caller]
    pub(crate) fn left_it_to_another_run(self) {
        assert!(self.0.succeeded, "{}", self.told());
        assert_eq!(self.output("merge", "result"), "merged-by-another-run", "{}", self.told());
        assert!(self.0.steps.iter().skip(1).all(|step| step.result == "skipped"), "{:?}", self.0.steps);
    }

    fn told(&self) -> String {
        let lines = &self.0.lines;
        lines[lines.len().saturating_sub(60)..].join("\n")
    }
}

#[expect(clippy::disallowed_methods, reason = "how the caller of a test says where things are")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
