//! How a real Argo CD is brought to run the example product, and what it says where it does not.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    LivePod, PATIENCE, REFERRED, REPOSITORY, Shape,
    cluster::{Cluster, application},
    names,
};

/// How often a first sync that failed is asked for again.
const TRIES: usize = 3;
/// How long the controller has for a comparison that was asked for, before it is asked for another one.
const AGAIN: Duration = Duration::from_millis(500);

impl Cluster {
    /// Deploys the example product and waits until it runs.
    pub(super) async fn deploy(&self, github: &str, shape: &Shape) {
        self.set_project(json!([])).await;
        let names = names(&self.name, self.count);
        for name in &names {
            self.argocd.apply(&self.manifest(name, github, shape)).await.unwrap();
        }
        for name in &names {
            self.until_compared(name).await;
            if shape.auto_sync {
                let automated = json!({ "spec": { "syncPolicy": { "automated": {} } } });
                self.argocd.patch(&application(name), automated).await.unwrap();
            } else {
                self.sync(name, &json!({})).await;
            }
        }
        for name in &names {
            self.until_it_runs(name).await;
        }
    }

    /// The application, which nobody syncs yet.
    fn manifest(&self, name: &str, github: &str, shape: &Shape) -> Value {
        let url = |repository: &str| format!("{github}/{repository}.git");
        let chart = |repository: &str, branch: &str, values: &str| {
            json!({
                "repoURL": url(repository), "path": "charts/app", "targetRevision": branch,
                "helm": { "releaseName": "product", "valueFiles": [values] },
            })
        };
        let mut app = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": { "name": name, "namespace": "argocd", "labels": { "stage": self.name } },
            "spec": {
                "project": self.name,
                "destination": { "server": self.workload.argocd_server, "namespace": name },
                "syncPolicy": { "syncOptions": ["CreateNamespace=true"] },
            },
        });
        if let Some((repository, branch)) = shape.sources.chart() {
            let values = json!({ "repoURL": url(REPOSITORY), "targetRevision": "dev", "ref": "values" });
            app["spec"]["sources"] = json!([chart(repository, branch, REFERRED), values]);
        } else {
            app["spec"]["source"] = chart(REPOSITORY, "dev", "../../values/dev.values.yaml");
        }
        app
    }

    /// Waits until the controller has compared the application with Git. Projects and applications come to it by two
    /// watches: where the application is the first, its spec is taken for invalid, which no project that comes mends. Nothing
    /// but the next comparison does, minutes later; and a sync that begins before it ends with that error
    /// (appcontroller.go `refreshAppConditions`, sync.go `SyncAppState`).
    async fn until_compared(&self, name: &str) {
        let start = Instant::now();
        loop {
            let app = self.argocd.get(&application(name)).await.unwrap().unwrap_or_default();
            if app["status"]["sync"]["status"] == "OutOfSync" {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{name} was not compared: {}", cause(&app, &[]));
            if conditions(&app).is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            } else {
                let refresh = json!({ "argocd.argoproj.io/refresh": "normal" });
                let metadata = json!({ "metadata": { "annotations": refresh } });
                self.argocd.patch(&application(name), metadata).await.unwrap();
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// Waits until the application runs. A first sync that failed is asked for again: it is no part of any scenario.
    async fn until_it_runs(&self, name: &str) {
        let mut failures = Vec::new();
        let start = Instant::now();
        loop {
            let app = self.argocd.get(&application(name)).await.unwrap().unwrap_or_default();
            let pods = self.pods(name).await;
            if runs(&app, &pods) {
                return;
            }
            let causes = || [&failures[..], &[cause(&app, &pods)]].concat().join("\n");
            assert!(
                start.elapsed() < PATIENCE,
                "{name} does not run after {} s: {}",
                PATIENCE.as_secs(),
                causes()
            );
            if has_failed(&app) {
                assert!(failures.len() < TRIES, "the first sync of {name} fails: {}", causes());
                failures.push(cause(&app, &pods));
                self.sync(name, &json!({})).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks for a sync as `admin`; Argo CD's server may not know of the application or its project yet.
    pub(super) async fn sync(&self, name: &str, body: &Value) {
        let path = format!("applications/{name}/sync");
        let start = Instant::now();
        while let Err(error) = self.admin.call(Method::POST, &path, Some(body)).await {
            assert!(start.elapsed() < PATIENCE, "{error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn set_project(&self, windows: Value) {
        let everything = json!([{ "group": "*", "kind": "*" }]);
        let project = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
            "metadata": { "name": self.name, "namespace": "argocd" },
            "spec": {
                "sourceRepos": ["*"],
                "destinations": [{ "server": "*", "namespace": "*" }],
                "clusterResourceWhitelist": everything,
                "syncWindows": windows,
            },
        });
        self.argocd.apply(&project).await.unwrap();
    }
}

fn runs(app: &Value, pods: &[LivePod]) -> bool {
    app["status"]["health"]["status"] == "Healthy"
        && app["status"]["sync"]["status"] == "Synced"
        && !pods.is_empty()
        && pods.iter().all(|pod| pod.active && pod.reason == "Running")
}

/// Whether the last operation has ended badly, and nothing else was asked for.
fn has_failed(app: &Value) -> bool {
    let phase = &app["status"]["operationState"]["phase"];
    app["operation"].is_null() && (phase == "Failed" || phase == "Error")
}

/// What Argo CD complains about.
fn conditions(app: &Value) -> Vec<String> {
    let conditions = app["status"]["conditions"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    conditions.map(|one| format!("{}: {}", text(&one["type"]), text(&one["message"]))).collect()
}

/// Says in a few lines why an application does not run.
fn cause(app: &Value, pods: &[LivePod]) -> String {
    let status = &app["status"];
    let state = &status["operationState"];
    // Writing to a String cannot fail.
    let mut text = format!("operation {}: {}", state["phase"], state["message"]);
    let _ = write!(text, "; {} and {}", status["sync"]["status"], status["health"]["status"]);
    for line in conditions(app) {
        let _ = write!(text, "\n  {line}");
    }
    for resource in state["syncResult"]["resources"].as_array().into_iter().flatten() {
        let _ = write!(text, "\n  {} {}: {}", resource["kind"], resource["name"], resource["message"]);
    }
    for pod in pods {
        let _ = write!(text, "\n  {pod:?}");
    }
    text
}
