//! Argo CD over real HTTP.

mod access;
mod failing;
mod hooks;
mod operations;
mod pruning;
mod signing_in;
mod sources;
mod streaming;
mod syncing;

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{AppSpec, Snapshot, Timing};
use crate::{Config, Sandbox};

const SLUG: &str = "org/day2-product";
const TAGS: [&str; 2] = ["old", "new"];

/// A sandbox with the application `dev` running the image `product/dev:old`, and `:new` in the registry.
struct Fixture {
    sandbox: Sandbox,
    client: Client,
    token: String,
}

impl Fixture {
    async fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let world = sandbox.world();
        let values = values("old");
        let defaults = "replicaCount: 1\nimage:\n  repository: r\n  tag: latest\n";
        let files = [
            ("charts/app/Chart.yaml", b"apiVersion: v2\nname: app\nversion: 1.0.0\n".as_slice()),
            ("charts/app/values.yaml", defaults.as_bytes()),
            ("values/dev.values.yaml", values.as_bytes()),
        ];
        world.github.create_repository(SLUG, &files, &["main", "dev"]).await.unwrap();
        for tag in TAGS {
            world.registry.seed_base_image("product/dev", tag, &["linux/amd64"]).unwrap();
        }
        let spec = AppSpec::product("dev", "https://github.com/org/day2-product.git");
        world.argocd.add_running_application(world, spec).await.unwrap();
        world.argocd.set_timing(Timing {
            sync_ms: 60,
            wave_delay_ms: 40,
            job_ms: 60,
            pod_start_ms: 60,
            scale_down_delay_ms: 150,
            termination_ms: 60,
            progress_deadline_ms: 200,
            refresh_ms: 5,
            keepalive_ms: 15_000,
        });
        let token = world.argocd.add_pipeline_token("ci");
        Self { client: Client::new(), token, sandbox }
    }

    fn argocd(&self) -> &super::State {
        &self.sandbox.world().argocd
    }

    /// Commits new values to the branch `dev`; returns the commit.
    async fn commit(&self, values: &str) -> String {
        self.commit_files(&[("values/dev.values.yaml", values)]).await
    }

    /// Commits any files to the branch `dev`; returns the commit.
    async fn commit_files(&self, files: &[(&str, &str)]) -> String {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        self.sandbox.world().github.commit_files(SLUG, "dev", "alice", "files", &files).await.unwrap()
    }

    /// The application as the API has it.
    async fn app(&self) -> Value {
        self.get("/api/v1/applications/dev").await
    }

    /// Waits for the end of the operation and returns the application.
    async fn ended(&self) -> Value {
        self.until("over", |app| app.phase.as_deref().is_some_and(|phase| phase != "Running")).await;
        self.app().await
    }

    fn anonymous(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.sandbox.world().urls.argocd);
        self.client
            .request(Method::from_bytes(method.as_bytes()).unwrap(), url)
            .header("content-type", "application/json")
    }

    fn call(&self, method: &str, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> Value {
        let reply = self.call("GET", path).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{path}");
        reply.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        self.call("POST", path).body(body.to_string()).send().await.unwrap()
    }

    async fn sync(&self, body: &Value) -> Response {
        self.post("/api/v1/applications/dev/sync", body).await
    }

    fn snapshot(&self) -> Snapshot {
        self.argocd().application("dev").unwrap()
    }

    /// Waits until the application is as it should be.
    async fn until(&self, what: &str, holds: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let start = Instant::now();
        loop {
            let snapshot = self.snapshot();
            if holds(&snapshot) {
                return snapshot;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "not {what}: {snapshot:#?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn values(tag: &str) -> String {
    let repository = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev";
    format!(
        "image:\n  repository: {repository}\n  tag: {tag}\nreplicaCount: 2\ningress:\n  name: dev-ingress\n"
    )
}

/// Templates as those of the product: a Rollout, two services, an Ingress.
const PRODUCT: [(&str, &str); 3] = [
    ("charts/app/templates/ingress.yaml", "{{- if true }}\nkind: Ingress\n{{- end }}\n"),
    ("charts/app/templates/rollout.yaml", "{{- if true }}\nkind: Rollout\n{{- end }}\n"),
    ("charts/app/templates/services.yaml", "{{- if true }}\nkind: Service\n{{- end }}\n"),
];

/// Returns an object by kind and name.
fn of<'a>(list: &'a Value, kind: &str, name: &str) -> &'a Value {
    let found =
        list.as_array().and_then(|all| all.iter().find(|one| one["kind"] == kind && one["name"] == name));
    found.unwrap_or_else(|| panic!("no {kind} {name} in {list:#}"))
}

fn image(tag: &str) -> String {
    format!("123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev:{tag}")
}

/// Returns the status, the gRPC code and the message of a refusal.
async fn refusal(reply: Response) -> (u16, u64, String) {
    let status = reply.status().as_u16();
    let body: Value = reply.json().await.unwrap();
    assert_eq!(body["error"], body["message"]);
    (status, body["code"].as_u64().unwrap(), body["message"].as_str().unwrap().to_owned())
}
