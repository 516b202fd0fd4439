//! Where workflows run: the sandbox with the product in it, and a runner.

use std::{collections::BTreeMap, path::Path, process::Command, sync::Arc};

use sandbox::{
    Config, Sandbox, World,
    github::{Run, RunSpec},
    seed::{self, Seeded},
};
use serde_json::Value;

use crate::{CalledJob, Event, Job, Record, Runner, Trigger, act};

/// The product's repository.
pub const REPOSITORY: &str = seed::REPOSITORY;

/// The default branch, whose workflow files run on `pull_request_target`.
pub const DEFAULT_BRANCH: &str = "dev";

/// A sandbox with the product, and a runner for its workflows. Dropping it stops the sandbox.
#[derive(Debug)]
pub struct Site {
    /// Tokens of people and of Argo CD.
    pub seeded: Seeded,
    /// Runs the workflows.
    pub runner: Runner,
    /// Secrets of the repository besides the tokens of Argo CD, by name.
    pub secrets: BTreeMap<String, String>,
    sandbox: Sandbox,
}

/// A workflow that is to be started.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Its file name, which is also the reusable workflow's.
    pub file: String,
    /// The job that it calls.
    pub job: CalledJob,
}

impl Site {
    /// Starts a sandbox with the product of the directory `product`. With an Argo CD that is not the sandbox's, its token
    /// is for the caller to put into `seeded`.
    pub async fn set_up(runner: Runner, product: &Path, config: Config) -> Result<Self, String> {
        let sandbox = Sandbox::start(config).await;
        let sandbox = sandbox.map_err(|error| format!("cannot start the sandbox: {error}"))?;
        let seeded = seed::product(sandbox.world(), Some(product)).await;
        let seeded = seeded.map_err(|error| format!("cannot set up the product: {error}"))?;
        act::create(&runner.directory)?;
        Ok(Self { seeded, runner, secrets: BTreeMap::new(), sandbox })
    }

    /// What exists.
    pub fn world(&self) -> &Arc<World> {
        self.sandbox.world()
    }

    /// The addresses of the sandbox's services, as environment.
    pub fn env(&self) -> BTreeMap<String, String> {
        self.sandbox.env()
    }

    /// Returns the product's workflows, as they are on the default branch, that listen to an event of a pull request.
    pub async fn callers(&self, action: &str, base: &str) -> Result<Vec<Caller>, String> {
        let mut callers = Vec::new();
        for file in ["dev.yml", "prod.yml"] {
            let path = format!(".github/workflows/{file}");
            let text = self.world().github.read_file(REPOSITORY, DEFAULT_BRANCH, &path).await;
            let text = text.ok_or_else(|| format!("{DEFAULT_BRANCH} has no {path}"))?;
            let trigger = Trigger::parse(&String::from_utf8_lossy(&text));
            if trigger.map_err(|error| format!("{file}: {error}"))?.fires(action, base) {
                let job = CalledJob::read(&self.runner.release.join(".github/workflows").join(file))?;
                callers.push(Caller { file: file.to_owned(), job });
            }
        }
        Ok(callers)
    }

    /// Starts a run of a workflow for the payload of an event. Its token can do what the called job's `permissions:`
    /// say, and no more.
    pub async fn start(&self, caller: &Caller, event: Value) -> Result<Run, String> {
        let github = &self.world().github;
        let sha = github.branch_sha(REPOSITORY, DEFAULT_BRANCH).await.ok_or("there is no default branch")?;
        let workflow =
            |repository: &str, at: &str| format!("{repository}/.github/workflows/{}@{at}", caller.file);
        Ok(github.start_run(RunSpec {
            repository: REPOSITORY.to_owned(),
            event_name: "pull_request_target".to_owned(),
            actor: event["sender"]["login"].as_str().unwrap_or_default().to_owned(),
            event,
            ref_: format!("refs/heads/{DEFAULT_BRANCH}"),
            sha,
            environment: caller.job.environment.clone(),
            workflow_ref: workflow(REPOSITORY, &format!("refs/heads/{DEFAULT_BRANCH}")),
            job_workflow_ref: workflow("org/day2-actions", "refs/tags/v1"),
            permissions: caller.job.permissions.clone(),
        }))
    }

    /// Makes one attempt of a run to its end, and tells `watch` what happens. Dropped before that, it is cancelled: act
    /// gets SIGINT, as when somebody cancels a run on its page.
    pub async fn attempt(
        &self,
        caller: &Caller,
        run: &Run,
        watch: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Record, String> {
        let checkout = self.runner.directory.join(format!("workflows-{}-{}", run.id, run.attempt));
        let git_dir = self.world().github.git_dir(REPOSITORY).ok_or("the repository is gone")?;
        let mut clone = Command::new("git");
        clone.args(["clone", "--quiet", "--depth=1", "--branch", DEFAULT_BRANCH]);
        let cloned = clone.arg(format!("file://{}", git_dir.display())).arg(&checkout).output();
        let cloned = cloned.map_err(|error| format!("cannot run git: {error}"))?;
        if !cloned.status.success() {
            return Err(format!("cannot clone: {}", String::from_utf8_lossy(&cloned.stderr)));
        }
        let mut secrets = self.secrets.clone();
        for name in ["ARGOCD_TOKEN_DEV", "ARGOCD_TOKEN_PROD"] {
            secrets.insert(name.to_owned(), self.seeded.argocd_token.clone());
        }
        let job = Job {
            run,
            checkout: &checkout,
            workflow: &caller.file,
            default_branch: DEFAULT_BRANCH,
            env: &self.env(),
            secrets: &secrets,
        };
        self.runner.run(&job, watch).await
    }
}
