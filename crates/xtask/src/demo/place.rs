//! Where the demonstration takes place: the sandbox with the product in it, a runner, and two people.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use sandbox::{
    Config, Sandbox, World,
    github::{RunSpec, WebhookEvent},
    seed,
};
use tempfile::TempDir;

use super::{
    log::{Event, Record},
    people::Person,
    release,
    runner::{self, Job, Runner},
    workflow::{CalledJob, Trigger},
};
use crate::{dist::build::Profile, process};

/// The product's repository.
pub(super) use seed::REPOSITORY;

/// The default branch, whose workflow files run on `pull_request_target`.
const DEFAULT_BRANCH: &str = "dev";

/// Everything that is set up, and goes when this goes.
pub(super) struct Place {
    /// Writes code, opens pull requests.
    pub(super) alice: Person,
    /// Maintains the repository.
    pub(super) maria: Person,
    /// Runs workflows.
    pub(super) runner: Runner,
    /// For files that people and runners make.
    pub(super) directory: PathBuf,
    /// A token that may get and sync the applications.
    pub(super) argocd_token: String,
    sandbox: Sandbox,
    /// How many webhook events were looked at.
    seen: Cell<usize>,
    /// What all runs said.
    transcripts: RefCell<String>,
    _directory: TempDir,
}

/// A workflow that is to be started.
pub(super) struct Caller {
    /// Its file name, which is also the reusable workflow's.
    pub(super) file: String,
    /// The job that it calls.
    pub(super) job: CalledJob,
}

impl Place {
    /// Builds and starts everything.
    pub(super) async fn set_up(root: &Path, act: PathBuf, profile: Profile) -> Result<Self, String> {
        let temporary = tempfile::Builder::new().prefix("day2-demo-").tempdir();
        let temporary = temporary.map_err(|error| format!("cannot make a temporary directory: {error}"))?;
        let directory = temporary.path().to_owned();
        let release = directory.join("release");
        let refs = release::build(root, &release, profile)?;
        let sandbox = Sandbox::start(Config { directory: Some(directory.join("sandbox")) }).await;
        let sandbox = sandbox.map_err(|error| format!("cannot start the sandbox: {error}"))?;
        let seeded = seed::product(sandbox.world(), Some(&root.join("examples/product"))).await;
        let seeded = seeded.map_err(|error| format!("cannot set up the product: {error}"))?;
        let person = |login| {
            let token = seeded.people.iter().find(|(person, _)| *person == login);
            let (login, token) = token.cloned().ok_or_else(|| format!("there is no {login}"))?;
            Person::new(sandbox.world(), login, token)
        };
        let (alice, maria) = (person("alice")?, person("maria")?);
        let runner = Runner { act, release, refs, directory: directory.join("runner") };
        runner::create(&runner.directory)?;
        let seen = Cell::new(sandbox.world().github.events(REPOSITORY).len());
        let argocd_token = seeded.argocd_token;
        let transcripts = RefCell::default();
        Ok(Self {
            alice,
            maria,
            runner,
            directory,
            argocd_token,
            sandbox,
            seen,
            transcripts,
            _directory: temporary,
        })
    }

    /// What exists.
    pub(super) fn world(&self) -> &World {
        self.sandbox.world()
    }

    /// Returns the workflow that GitHub would start for what happened to a pull request since the last call. What a
    /// run's own token did starts none, and there must be exactly one.
    pub(super) fn pending(&self, number: u64) -> Result<(Caller, WebhookEvent), String> {
        let events = self.world().github.events(REPOSITORY);
        let new = events.iter().skip(self.seen.replace(events.len()));
        let mut pending = Vec::new();
        for event in new.filter(|event| event.starts_workflows && event.name == "pull_request") {
            let base = event.payload["pull_request"]["base"]["ref"].as_str().unwrap_or_default();
            if event.payload["number"] == number {
                let callers = self.callers(&event.action, base)?;
                pending.extend(callers.into_iter().map(|caller| (caller, event.clone())));
            }
        }
        let count = pending.len();
        match pending.pop() {
            Some(one) if count == 1 => Ok(one),
            _ => Err(format!("GitHub would start {count} workflows for what happened to #{number}")),
        }
    }

    /// Returns the product's workflows, as they are on the default branch, that listen to an event.
    fn callers(&self, action: &str, base: &str) -> Result<Vec<Caller>, String> {
        let git_dir = self.world().github.git_dir(REPOSITORY).ok_or("the repository is gone")?;
        let mut callers = Vec::new();
        for file in ["dev.yml", "prod.yml"] {
            let object = format!("{DEFAULT_BRANCH}:.github/workflows/{file}");
            let text = super::end_state::git(&git_dir, &["show", &object])?;
            if Trigger::parse(&text).map_err(|error| format!("{file}: {error}"))?.fires(action, base) {
                let job = CalledJob::read(&self.runner.release.join(".github/workflows").join(file))?;
                callers.push(Caller { file: file.to_owned(), job });
            }
        }
        Ok(callers)
    }

    /// Runs a workflow for an event. Its token can do what the called job's `permissions:` say, and no more.
    pub(super) async fn run(
        &self,
        caller: &Caller,
        event: WebhookEvent,
        watch: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Record, String> {
        let sha = self
            .world()
            .github
            .branch_sha(REPOSITORY, DEFAULT_BRANCH)
            .await
            .ok_or("there is no default branch")?;
        let workflow =
            |repository: &str, at: &str| format!("{repository}/.github/workflows/{}@{at}", caller.file);
        let run = self.world().github.start_run(RunSpec {
            repository: REPOSITORY.to_owned(),
            event_name: "pull_request_target".to_owned(),
            actor: event.payload["sender"]["login"].as_str().unwrap_or_default().to_owned(),
            event: event.payload,
            ref_: format!("refs/heads/{DEFAULT_BRANCH}"),
            sha,
            environment: caller.job.environment.clone(),
            workflow_ref: workflow(REPOSITORY, &format!("refs/heads/{DEFAULT_BRANCH}")),
            job_workflow_ref: workflow("org/day2-actions", "refs/tags/v1"),
            permissions: caller.job.permissions.clone(),
        });
        let checkout = self.runner.directory.join(format!("workflows-{}", run.id));
        let git_dir = self.world().github.git_dir(REPOSITORY).ok_or("the repository is gone")?;
        let mut clone = Command::new("git");
        clone.args(["clone", "--quiet", "--depth=1", "--branch", DEFAULT_BRANCH]);
        process::quiet(clone.arg(format!("file://{}", git_dir.display())).arg(&checkout))?;
        let secrets = ["ARGOCD_TOKEN_DEV", "ARGOCD_TOKEN_PROD"]
            .map(|name| (name.to_owned(), self.argocd_token.clone()));
        let job = Job {
            run: &run,
            checkout: &checkout,
            workflow: &caller.file,
            default_branch: DEFAULT_BRANCH,
            env: &self.sandbox.env(),
            secrets: &BTreeMap::from(secrets),
        };
        let record = self.runner.run(&job, watch).await?;
        self.transcripts.borrow_mut().push_str(&record.transcript);
        Ok(record)
    }

    /// Says whether no run has said a secret.
    pub(super) fn searched(&self, secrets: &[String]) -> Result<(), String> {
        let transcripts = self.transcripts.borrow();
        let found = secrets.iter().find(|secret| transcripts.contains(secret.as_str()));
        found.map_or(Ok(()), |secret| Err(format!("one that begins with {secret:.4}")))
    }

    /// Says how to poke at what was left running.
    pub(super) fn invite(&self) -> Result<(), String> {
        let urls = &self.world().urls;
        let mut env = self.sandbox.env();
        env.insert("GITHUB_REPOSITORY".to_owned(), REPOSITORY.to_owned());
        env.insert("GITHUB_TOKEN".to_owned(), self.maria.token().to_owned());
        env.insert("ARGOCD_AUTH_TOKEN".to_owned(), self.argocd_token.clone());
        let text: String = env.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
        let path = runner::private_file(&self.directory.join("env"), &text)?;
        let (env, release) = (path.display(), self.runner.release.display());
        println!(
            "The world goes on until you press Ctrl-C. In another terminal:\n\n  \
             . {env}    # addresses, and tokens of maria and of Argo CD\n  \
             git clone \"http://maria:$GITHUB_TOKEN@{github}/{REPOSITORY}.git\"\n  \
             curl -H \"Authorization: Bearer $GITHUB_TOKEN\" \"{0}/repos/{REPOSITORY}/pulls?state=all\"\n  \
             curl -H \"Authorization: Bearer $ARGOCD_AUTH_TOKEN\" {1}/api/v1/applications/prod\n  \
             {release}/dist/run argocd-sync --server={1} --application=prod --wait-for=old-pods-gone \\\n    \
             --revision=\"$(git -C day2-product rev-parse origin/prod)\"\n  \
             curl {2}/calls    # every call that was made so far\n",
            urls.github,
            urls.argocd,
            urls.control,
            github = sandbox::world::registry_host(&urls.github),
        );
        Ok(())
    }
}
