//! The sandbox's own controls over HTTP, for a sandbox in another process: what people do by hand, runs, faults,
//! and what happened so far. Bodies and replies are JSON; `repository` may be left out everywhere.

use std::{collections::BTreeMap, io, sync::Arc};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    World,
    faults::{Call, Fault},
    github::{BranchRules, Role, RunSpec, TokenSpec, WebhookEvent},
    seed::REPOSITORY,
};

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/faults", post(add_fault))
        .route("/faults", delete(clear_faults))
        .route("/calls", get(calls))
        .route("/runs", post(start_run))
        .route("/tokens", post(issue_token))
        .route("/users", post(add_user))
        .route("/branches", post(create_branch))
        .route("/commits", post(commit))
        .route("/pulls", post(open_pull))
        .route("/labels", post(label))
        .route("/reviews", post(review))
        .route("/statuses", post(set_status))
        .route("/rules", post(add_rules).delete(clear_rules))
        .route("/events", get(events))
        .route("/state", get(state))
        .layer(DefaultBodyLimit::disable())
        .with_state(world)
}

/// What could not be done, with status 422.
struct Refused(String);

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "message": self.0 }))).into_response()
    }
}

type Shared = State<Arc<World>>;
type Answer<T> = Result<Json<T>, Refused>;

fn repository() -> String {
    REPOSITORY.to_owned()
}

async fn add_fault(State(world): Shared, Json(fault): Json<Fault>) -> StatusCode {
    world.faults.add(fault);
    StatusCode::CREATED
}

async fn clear_faults(State(world): Shared) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

async fn calls(State(world): Shared) -> Json<Vec<Call>> {
    Json(world.faults.calls())
}

/// A run: a whole [`RunSpec`], or a pull request and what happened to it, from which the rest follows.
#[derive(Deserialize)]
struct NewRun {
    #[serde(flatten)]
    spec: RunSpec,
    pull: Option<u64>,
    #[serde(default)]
    action: String,
    label: Option<String>,
}

async fn start_run(State(world): Shared, Json(new): Json<NewRun>) -> Answer<Value> {
    let mut spec = new.spec;
    if spec.repository.is_empty() {
        spec.repository = repository();
    }
    let slug = spec.repository.clone();
    if let Some(number) = new.pull {
        let action = if new.action.is_empty() { "opened" } else { &new.action };
        let missing = || Refused(format!("{slug} has no pull request #{number}"));
        if spec.actor.is_empty() {
            spec.actor = world.github.pull(&slug, number).ok_or_else(missing)?.author;
        }
        let event = world.github.event_payload(&slug, number, action, &spec.actor, new.label.as_deref());
        spec.event = event.ok_or_else(missing)?;
    }
    complete(&world, &mut spec).await;
    let run = world.github.start_run(spec);
    let mut env = run.env();
    env.insert("GITHUB_TOKEN".to_owned(), run.token.clone());
    Ok(Json(json!({ "id": run.id, "token": run.token, "env": env, "event": run.spec.event })))
}

/// Fills in what a `pull_request_target` run of the repository would have.
async fn complete(world: &World, spec: &mut RunSpec) {
    let or = |text: &mut String, default: &str| {
        if text.is_empty() {
            default.clone_into(text);
        }
    };
    or(&mut spec.event_name, "pull_request_target");
    let default = world.github.default_branch(&spec.repository).unwrap_or_default();
    or(&mut spec.ref_, &format!("refs/heads/{default}"));
    let branch = spec.ref_.strip_prefix("refs/heads/").unwrap_or(&default).to_owned();
    or(&mut spec.sha, &world.github.branch_sha(&spec.repository, &branch).await.unwrap_or_default());
    let file = spec.environment.clone().unwrap_or_else(|| "dev".to_owned());
    let workflow = format!("{}/.github/workflows/{file}.yml@{}", spec.repository, spec.ref_);
    or(&mut spec.workflow_ref, &workflow);
    if spec.permissions.is_empty() {
        let all = ["contents", "pull-requests", "id-token"].map(|name| (name.to_owned(), "write".to_owned()));
        spec.permissions = BTreeMap::from(all);
    }
}

#[derive(Deserialize)]
struct NewToken {
    login: String,
    permissions: BTreeMap<String, String>,
    #[serde(default)]
    repositories: Vec<String>,
}

async fn issue_token(State(world): Shared, Json(new): Json<NewToken>) -> Json<Value> {
    let NewToken { login, permissions, repositories } = new;
    Json(json!({ "token": world.github.token(TokenSpec { login, permissions, repositories }) }))
}

#[derive(Deserialize)]
struct NewUser {
    #[serde(default = "repository")]
    repository: String,
    login: String,
    role: Role,
}

async fn add_user(State(world): Shared, Json(new): Json<NewUser>) -> StatusCode {
    world.github.add_user(&new.login, &new.repository, new.role);
    StatusCode::CREATED
}

#[derive(Deserialize)]
struct NewBranch {
    #[serde(default = "repository")]
    repository: String,
    branch: String,
    at: String,
}

async fn create_branch(State(world): Shared, Json(new): Json<NewBranch>) -> Answer<Value> {
    let sha = world.github.create_branch(&new.repository, &new.branch, &new.at).await?;
    Ok(Json(json!({ "sha": sha })))
}

#[derive(Deserialize)]
struct NewCommit {
    #[serde(default = "repository")]
    repository: String,
    branch: String,
    author: String,
    #[serde(default)]
    message: String,
    files: BTreeMap<String, String>,
    /// Wait until the branch is next updated over the API, and arrive right before that.
    #[serde(default)]
    before_next_update: bool,
}

async fn commit(State(world): Shared, Json(new): Json<NewCommit>) -> Answer<Value> {
    let files: Vec<(&str, &[u8])> =
        new.files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    let message = if new.message.is_empty() { "Change" } else { &new.message };
    let (slug, branch, author) = (&new.repository, &new.branch, &new.author);
    if new.before_next_update {
        world.github.commit_before_next_update(slug, branch, author, message, &files);
        return Ok(Json(json!({})));
    }
    let sha = world.github.commit_files(slug, branch, author, message, &files).await?;
    Ok(Json(json!({ "sha": sha })))
}

#[derive(Deserialize)]
struct NewPull {
    #[serde(default = "repository")]
    repository: String,
    head: String,
    base: String,
    author: String,
    title: String,
}

async fn open_pull(State(world): Shared, Json(new): Json<NewPull>) -> Answer<Value> {
    let number =
        world.github.open_pull(&new.repository, &new.head, &new.base, &new.author, &new.title).await?;
    Ok(Json(json!(world.github.pull(&new.repository, number))))
}

#[derive(Deserialize)]
struct Labeling {
    #[serde(default = "repository")]
    repository: String,
    pull: u64,
    label: String,
    actor: String,
    #[serde(default)]
    remove: bool,
}

async fn label(State(world): Shared, Json(new): Json<Labeling>) -> Json<Value> {
    let Labeling { repository, pull, label, actor, remove } = new;
    if remove {
        world.github.remove_label(&repository, pull, &label, &actor);
    } else {
        world.github.add_label(&repository, pull, &label, &actor);
    }
    Json(json!(world.github.pull(&repository, pull)))
}

#[derive(Deserialize)]
struct NewReview {
    #[serde(default = "repository")]
    repository: String,
    pull: u64,
    author: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`.
    state: String,
}

async fn review(State(world): Shared, Json(new): Json<NewReview>) -> Answer<Value> {
    world.github.add_review(&new.repository, new.pull, &new.author, &new.state).await?;
    Ok(Json(json!(world.github.pull(&new.repository, new.pull))))
}

#[derive(Deserialize)]
struct NewStatus {
    #[serde(default = "repository")]
    repository: String,
    sha: String,
    context: String,
    state: String,
}

async fn set_status(State(world): Shared, Json(new): Json<NewStatus>) -> Answer<Value> {
    world.github.set_status(&new.repository, &new.sha, &new.context, &new.state).await?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default = "repository")]
    repository: String,
}

async fn add_rules(
    State(world): Shared,
    Query(asked): Query<Asked>,
    Json(rules): Json<BranchRules>,
) -> StatusCode {
    world.github.add_rules(&asked.repository, rules);
    StatusCode::CREATED
}

async fn clear_rules(State(world): Shared, Query(asked): Query<Asked>) -> StatusCode {
    world.github.clear_rules(&asked.repository);
    StatusCode::NO_CONTENT
}

async fn events(State(world): Shared, Query(asked): Query<Asked>) -> Json<Vec<WebhookEvent>> {
    Json(world.github.events(&asked.repository))
}

/// The short of everything: branches and pull requests, image tags, applications.
async fn state(State(world): Shared) -> Json<Value> {
    let mut repositories = serde_json::Map::new();
    for slug in world.github.repository_slugs() {
        let shown = json!({
            "branches": world.github.branches(&slug).await,
            "pulls": world.github.pulls(&slug),
            "deployments": world.github.deployments(&slug),
        });
        repositories.insert(slug, shown);
    }
    let tags: BTreeMap<String, Value> = world
        .registry
        .repositories()
        .into_iter()
        .map(|name| {
            let tags = json!(world.registry.tags(&name));
            (name, tags)
        })
        .collect();
    Json(json!({
        "repositories": repositories,
        "images": tags,
        "applications": world.argocd.applications(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Sandbox, seed};

    #[tokio::test]
    async fn the_controls_do_what_people_do() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let world = sandbox.world();
        seed::product(world, None).await.unwrap();
        let client = reqwest::Client::new();
        let post = |path: &str, body: Value| {
            let request = client.post(format!("{}{path}", world.urls.control)).json(&body);
            async move {
                let reply = request.send().await.unwrap();
                (reply.status().as_u16(), reply.json::<Value>().await.unwrap_or_default())
            }
        };
        let commit = json!({ "branch": "feature/x", "author": "alice", "files": { "x.py": "x" } });
        let (_, made) = post("/commits", commit).await;
        assert!(made["sha"].is_string(), "{made}");
        let pull = json!({ "head": "feature/x", "base": "dev", "author": "alice", "title": "X" });
        assert_eq!(post("/pulls", pull.clone()).await.1["number"], 1);
        let (status, refused) = post("/pulls", pull).await;
        assert_eq!((status, refused["message"].is_string()), (422, true));
        let label = json!({ "pull": 1, "label": "approval", "actor": "maria" });
        assert_eq!(post("/labels", label).await.1["labels"], json!(["approval"]));
        let run = json!({ "pull": 1, "action": "labeled", "label": "approval", "environment": "prod" });
        let (_, run) = post("/runs", run).await;
        assert_eq!(run["event"]["label"]["name"], "approval");
        assert_eq!(run["env"]["GITHUB_REF"], "refs/heads/dev");
        assert_eq!(world.github.runs()[0].spec.environment.as_deref(), Some("prod"));
        let state = client.get(format!("{}/state", world.urls.control)).send().await.unwrap();
        let state: Value = state.json().await.unwrap();
        let shown = &state["repositories"][REPOSITORY];
        assert_eq!(shown["branches"]["feature/x"], made["sha"]);
        assert_eq!(shown["pulls"][0]["labels"], json!(["approval"]));
    }
}
