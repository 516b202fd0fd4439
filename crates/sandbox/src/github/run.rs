//! Workflow runs: the runner's variables, the `GITHUB_TOKEN`, and what the OIDC issuer has to know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::State;
use super::token::{self, Access, Token, TokenSpec};
use crate::faults::lock;

/// What a run is started with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunSpec {
    /// `OWNER/NAME`.
    pub repository: String,
    /// `pull_request_target`, `push`, `workflow_dispatch` …
    pub event_name: String,
    /// The event's payload, what `GITHUB_EVENT_PATH` points to.
    pub event: serde_json::Value,
    /// The run's ref, such as `refs/heads/main`.
    #[serde(rename = "ref")]
    pub ref_: String,
    /// The run's commit.
    pub sha: String,
    /// The job's environment, if it has one.
    pub environment: Option<String>,
    /// Who caused it.
    pub actor: String,
    /// `OWNER/NAME/.github/workflows/FILE@REF`.
    pub workflow_ref: String,
    /// The same for the reusable workflow of the job; the workflow itself when empty.
    pub job_workflow_ref: String,
    /// `permissions:` of the job.
    pub permissions: BTreeMap<String, String>,
}

/// A run that was started.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// `GITHUB_RUN_ID`.
    pub id: u64,
    /// `GITHUB_RUN_NUMBER`: counts the runs of one repository.
    pub number: u64,
    /// `GITHUB_RUN_ATTEMPT`.
    pub attempt: u64,
    /// The `GITHUB_TOKEN` of the run.
    pub token: String,
    /// The bearer token for the OIDC token endpoint; `None` without `id-token: write`.
    pub oidc_request_token: Option<String>,
    /// What it was started with.
    pub spec: RunSpec,
    /// The repository's number.
    pub repository_id: u64,
    /// The owner's number.
    pub repository_owner_id: u64,
    /// `private` or `public`.
    pub repository_visibility: String,
    /// The actor's number.
    pub actor_id: u64,
    urls: BaseUrls,
}

#[derive(Debug, Clone, Serialize)]
struct BaseUrls {
    github: String,
    oidc: String,
}

impl Run {
    /// Returns the runner's variables, without `GITHUB_TOKEN`: a workflow passes that one on by itself.
    pub fn env(&self) -> BTreeMap<String, String> {
        let spec = &self.spec;
        let owner = spec.repository.split('/').next().unwrap_or_default();
        let short_ref = |text: &str| {
            let short = text.strip_prefix("refs/heads/").or_else(|| text.strip_prefix("refs/tags/"));
            short
                .or_else(|| text.strip_prefix("refs/pull/").map(|_| &text["refs/pull/".len()..]))
                .unwrap_or(text)
                .to_owned()
        };
        let pull =
            |side: &str| spec.event["pull_request"][side]["ref"].as_str().unwrap_or_default().to_owned();
        let ref_type = if spec.ref_.starts_with("refs/tags/") { "tag" } else { "branch" };
        let mut env: BTreeMap<&str, String> = BTreeMap::from([
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_ACTOR", spec.actor.clone()),
            ("GITHUB_ACTOR_ID", self.actor_id.to_string()),
            ("GITHUB_TRIGGERING_ACTOR", spec.actor.clone()),
            ("GITHUB_API_URL", self.urls.github.clone()),
            ("GITHUB_SERVER_URL", self.urls.github.clone()),
            ("GITHUB_GRAPHQL_URL", format!("{}/graphql", self.urls.github)),
            ("GITHUB_EVENT_NAME", spec.event_name.clone()),
            ("GITHUB_REF", spec.ref_.clone()),
            ("GITHUB_REF_NAME", short_ref(&spec.ref_)),
            ("GITHUB_REF_TYPE", ref_type.to_owned()),
            ("GITHUB_HEAD_REF", pull("head")),
            ("GITHUB_BASE_REF", pull("base")),
            ("GITHUB_REPOSITORY", spec.repository.clone()),
            ("GITHUB_REPOSITORY_ID", self.repository_id.to_string()),
            ("GITHUB_REPOSITORY_OWNER", owner.to_owned()),
            ("GITHUB_REPOSITORY_OWNER_ID", self.repository_owner_id.to_string()),
            ("GITHUB_RUN_ID", self.id.to_string()),
            ("GITHUB_RUN_NUMBER", self.number.to_string()),
            ("GITHUB_RUN_ATTEMPT", self.attempt.to_string()),
            ("GITHUB_SHA", spec.sha.clone()),
            ("GITHUB_WORKFLOW", self.workflow()),
            ("GITHUB_WORKFLOW_REF", spec.workflow_ref.clone()),
            ("GITHUB_WORKFLOW_SHA", spec.sha.clone()),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", if cfg!(target_arch = "aarch64") { "ARM64" } else { "X64" }.to_owned()),
        ]);
        if let Some(token) = &self.oidc_request_token {
            let url = format!("{}/token?api-version=2.0", self.urls.oidc);
            env.insert("ACTIONS_ID_TOKEN_REQUEST_URL", url);
            env.insert("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token.clone());
        }
        env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Returns the workflow's file name without its ending, which stands in for its `name:`.
    pub fn workflow(&self) -> String {
        let path = self.spec.workflow_ref.split('@').next().unwrap_or_default();
        let file = path.rsplit('/').next().unwrap_or_default();
        file.trim_end_matches(".yaml").trim_end_matches(".yml").to_owned()
    }
}

impl State {
    /// Starts a run: it gets a number, a `GITHUB_TOKEN` with the permissions of its job, and a bearer token for
    /// the OIDC issuer if it has `id-token: write`.
    pub fn start_run(&self, spec: RunSpec) -> Run {
        let (token, oidc_request_token) = self.admit(&spec);
        let owner = spec.repository.split('/').next().unwrap_or_default();
        let (repository_owner_id, actor_id) = (self.user(owner).id, self.user(&spec.actor).id);
        let repository = self.repository(&spec.repository);
        let visibility = repository.as_ref().map_or("private", |one| lock(&one.data).visibility());
        let mut runs = lock(&self.runs);
        let is_first = |run: &&Run| run.attempt == 1 && run.spec.repository == spec.repository;
        let number = runs.iter().filter(is_first).count() as u64 + 1;
        let run = Run {
            id: self.next_id() + 10_000_000_000,
            number,
            attempt: 1,
            token,
            oidc_request_token,
            repository_id: repository.as_ref().map_or(0, |one| one.id),
            repository_owner_id,
            repository_visibility: visibility.to_owned(),
            actor_id,
            urls: BaseUrls { github: self.urls.github.clone(), oidc: self.urls.oidc.clone() },
            spec,
        };
        runs.push(run.clone());
        run
    }

    /// Starts one more attempt of a run, as *Re-run jobs* does: its number and its event are the same, its token is new.
    pub fn rerun(&self, id: u64) -> Option<Run> {
        let last = lock(&self.runs).iter().rfind(|run| run.id == id).cloned()?;
        let (token, oidc_request_token) = self.admit(&last.spec);
        let run = Run { attempt: last.attempt + 1, token, oidc_request_token, ..last };
        lock(&self.runs).push(run.clone());
        Some(run)
    }

    /// Makes the `GITHUB_TOKEN` of an attempt, and the bearer token for the OIDC token endpoint if it may have one.
    fn admit(&self, spec: &RunSpec) -> (String, Option<String>) {
        let may_ask_oidc =
            spec.permissions.get("id-token").is_some_and(|text| Access::parse(text) == Some(Access::Write));
        let token_text = token::text("ghs");
        let token_spec = TokenSpec {
            login: "github-actions[bot]".to_owned(),
            permissions: spec.permissions.clone(),
            repositories: vec![spec.repository.clone()],
        };
        lock(&self.tokens).insert(token_text.clone(), Token::new(&token_spec, true));
        (token_text, may_ask_oidc.then(|| token::text("ghrun")))
    }

    /// Returns the run whose runner was given this bearer token for the OIDC token endpoint.
    pub fn run_by_oidc_token(&self, token: &str) -> Option<Run> {
        lock(&self.runs).iter().find(|run| run.oidc_request_token.as_deref() == Some(token)).cloned()
    }

    /// Ends a run: its token and its right to ask for OIDC tokens are gone.
    pub fn finish_run(&self, id: u64) {
        for run in lock(&self.runs).iter_mut().filter(|run| run.id == id) {
            self.revoke(&run.token);
            run.oidc_request_token = None;
        }
    }

    /// Returns every run so far.
    pub fn runs(&self) -> Vec<Run> {
        lock(&self.runs).clone()
    }
}
