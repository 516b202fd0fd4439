//! GitHub over real HTTP, and by the real `git`.

mod activity;
mod apps;
mod creating;
mod everything;
mod graphql;
mod heads_and_bases;
mod interfaces;
mod issues;
mod merging;
mod permissions;
mod pushing;
mod queue;
mod reading;
mod references;
mod rules;
mod runs;
mod swapping;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::{Role, State, TokenSpec};
use crate::{Config, Sandbox};

const SLUG: &str = "org/day2-product";
const WORKFLOW: &str = ".github/workflows/dev.yml";

/// All that a pipeline's token has.
const PIPELINE: &[(&str, &str)] = &[
    ("contents", "write"),
    ("pull-requests", "write"),
    ("deployments", "write"),
    ("statuses", "write"),
    ("checks", "write"),
];

/// A sandbox with the product's repository, people, and a pull request #1 from `feature/hello` into `dev`.
struct Fixture {
    sandbox: Sandbox,
    client: Client,
    token: String,
}

impl Fixture {
    async fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let github = &sandbox.world().github;
        let files: &[(&str, &[u8])] = &[
            ("app.py", b"print(1)\n"),
            ("values/dev.values.yaml", b"image:\n  tag: old\n"),
            (WORKFLOW, b"on: push\n"),
        ];
        github.create_repository(SLUG, files, &["main", "dev", "prod"]).await.unwrap();
        for (login, role) in [("alice", Role::Write), ("mallory", Role::Triage), ("maria", Role::Maintain)] {
            github.add_user(login, SLUG, role);
        }
        github
            .commit_files(SLUG, "feature/hello", "alice", "Say hello", &[("hello.py", b"hello\n")])
            .await
            .unwrap();
        github.open_pull(SLUG, "feature/hello", "dev", "alice", "Say hello").await.unwrap();
        let token = github.token(TokenSpec::new("github-actions[bot]", PIPELINE));
        let client = Client::builder().user_agent("tests").build().unwrap();
        Self { sandbox, client, token }
    }

    fn github(&self) -> &State {
        &self.sandbox.world().github
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Response {
        self.send_as(&self.token, method, path, body).await
    }

    /// `path` is below the repository unless it begins with a slash.
    async fn send_as(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Response {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/repos/{SLUG}/{path}") };
        let url = format!("{}{path}", self.sandbox.world().urls.github);
        let mut request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    /// Sends, and returns status and body.
    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = (!body.is_null()).then_some(body);
        unpack(self.send(method, path, body).await).await
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn graphql(&self, query: &str, variables: Value) -> Value {
        let (status, body) =
            self.call("POST", "/graphql", json!({ "query": query, "variables": variables })).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn sha(&self, branch: &str) -> String {
        self.github().branch_sha(SLUG, branch).await.unwrap()
    }

    async fn commit(&self, branch: &str, path: &str, text: &str) -> String {
        self.github().commit_files(SLUG, branch, "alice", "change", &[(path, text.as_bytes())]).await.unwrap()
    }

    /// Runs the real git in a directory.
    async fn git(&self, directory: &std::path::Path, arguments: &[&str]) -> (bool, String) {
        let output = tokio::process::Command::new("git")
            .args(["-c", "user.name=alice", "-c", "user.email=alice@localhost", "-c", "protocol.version=2"])
            .args(arguments)
            .current_dir(directory)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .output()
            .await
            .unwrap();
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    }

    /// The repository's address with a token in it.
    fn remote(&self, token: &str) -> String {
        let url = &self.sandbox.world().urls.github;
        format!("{}/{SLUG}.git", url.replacen("http://", &format!("http://x-access-token:{token}@"), 1))
    }
}

async fn unpack(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
