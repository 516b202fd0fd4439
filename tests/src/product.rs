//! The example's product in a sandbox of its own, and the environment of each action's step in it.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use sandbox::{
    Config, Sandbox, World,
    argocd::Timing,
    github::RunSpec,
    seed::{self, Seeded},
};
use serde_json::Value;
use tempfile::TempDir;

/// The product's repository.
pub const REPOSITORY: &str = seed::REPOSITORY;

/// A fresh sandbox with the product, and a directory for files of the tests.
#[derive(Debug)]
pub struct Product {
    sandbox: Sandbox,
    seeded: Seeded,
    files: TempDir,
}

/// Environment variables by name.
pub type Variables = BTreeMap<String, String>;

impl Product {
    /// Starts the sandbox with quick pods.
    ///
    /// # Panics
    /// If it cannot be set up, here and below.
    pub async fn start() -> Self {
        let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
        let timing = Timing {
            sync_ms: 50,
            pod_start_ms: 80,
            scale_down_delay_ms: 120,
            termination_ms: 50,
            ..Timing::default()
        };
        sandbox.world().argocd.set_timing(timing);
        let seeded = seed::product(sandbox.world(), None).await.expect("the product");
        Self { sandbox, seeded, files: tempfile::tempdir().expect("a directory") }
    }

    /// Returns the world, to set up and to assert.
    pub fn world(&self) -> &Arc<World> {
        self.sandbox.world()
    }

    /// Returns the token for Argo CD.
    pub fn argocd_token(&self) -> &str {
        &self.seeded.argocd_token
    }

    /// Returns a branch's commit.
    pub async fn tip(&self, branch: &str) -> String {
        self.world().github.branch_sha(REPOSITORY, branch).await.expect("the branch")
    }

    /// Opens a pull request of a new commit from `branch` to `dev` and returns its number.
    pub async fn feature(&self, branch: &str) -> u64 {
        let github = &self.world().github;
        github.create_branch(REPOSITORY, branch, "dev").await.expect("a branch");
        let files: &[(&str, &[u8])] = &[("app.py", b"print(\"new\")\n")];
        github.commit_files(REPOSITORY, branch, "alice", "Say something new", files).await.expect("a commit");
        github.open_pull(REPOSITORY, branch, "dev", "alice", "Something new").await.expect("a pull request")
    }

    /// Starts a run and returns its environment: the runner's variables, the endpoints of AWS, and the input `token`.
    pub fn run(
        &self,
        event_name: &str,
        event: &Value,
        environment: &str,
        permissions: &[(&str, &str)],
    ) -> Variables {
        let spec = RunSpec {
            repository: REPOSITORY.to_owned(),
            event_name: event_name.to_owned(),
            ref_: "refs/heads/dev".to_owned(),
            environment: Some(environment.to_owned()),
            actor: "alice".to_owned(),
            workflow_ref: format!("{REPOSITORY}/.github/workflows/{environment}.yml@refs/heads/dev"),
            permissions: permissions
                .iter()
                .map(|(name, access)| ((*name).into(), (*access).into()))
                .collect(),
            event: event.clone(),
            ..RunSpec::default()
        };
        let run = self.world().github.start_run(spec);
        let mut env = self.sandbox.env();
        env.extend(run.env());
        let path = self.file(&format!("event-{}.json", run.id), event.to_string().as_bytes());
        env.insert("GITHUB_EVENT_PATH".into(), path.to_string_lossy().into_owned());
        env.insert("INPUT_TOKEN".into(), run.token.clone());
        env
    }

    /// Writes a file for a test and returns its path.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.files.path().join(name);
        path.parent().map_or(Ok(()), std::fs::create_dir_all).expect("a directory");
        std::fs::write(&path, bytes).expect("a file");
        path
    }
}
