//! A real Argo CD as the world of a stage: the stack that `DAY2_CLUSTER` names.
//!
//! Each stage has a project, an application and a namespace of its own, all of one name, and nothing of it is left
//! behind.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use stack::{Admin, Kube, State};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use super::{Live, LivePod, PATIENCE, Shape, names, settings};

/// How many stages play at once.
const AT_ONCE: u32 = 4;

static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE as usize)));
/// One sign-in for all stages: passwords are slow to check on purpose.
static SESSION: OnceCell<model::Secret> = OnceCell::const_new();

/// The part of a stack that belongs to one stage.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) state: State,
    /// Signed in as `admin`.
    pub(super) admin: Admin,
    /// The cluster that runs Argo CD.
    pub(super) argocd: Kube,
    /// The cluster of the workload.
    pub(super) workload: stack::state::Cluster,
    /// Of the project, the first application and its namespace.
    pub(super) name: String,
    /// How many applications there are.
    pub(super) count: usize,
    /// Whether `oidc.config` is set.
    pub(super) has_oidc: AtomicBool,
    place: Arc<OwnedSemaphorePermit>,
}

impl Cluster {
    /// Takes a place on the stack.
    pub(super) async fn enter(state: State, shape: &Shape) -> Self {
        let places = if shape.alone { AT_ONCE } else { 1 };
        let place = PLACES.clone().acquire_many_owned(places).await.unwrap();
        Self::at(Arc::new(place), state, shape).await
    }

    /// Shares the place of another one: a second wait for one could be for ever.
    pub(super) async fn beside(&self, shape: &Shape) -> Self {
        Self::at(self.place.clone(), self.state.clone(), shape).await
    }

    async fn at(place: Arc<OwnedSemaphorePermit>, state: State, shape: &Shape) -> Self {
        let session = SESSION.get_or_init(async || state.admin().await.unwrap().token().clone()).await;
        let admin = Admin::with_token(&state.argocd, session.clone()).unwrap();
        let argocd = state.clusters.dev.kube().unwrap();
        let clusters = &state.clusters;
        let workload = if shape.prod { clusters.prod.clone() } else { clusters.dev.clone() };
        let name = format!("s{}", &toolkit::nonce()[..8]);
        Self {
            state,
            admin,
            argocd,
            workload,
            name,
            count: shape.applications,
            has_oidc: AtomicBool::new(false),
            place,
        }
    }

    /// The application as it is.
    pub(super) async fn live(&self, name: &str) -> Live {
        let app = self.argocd.get(&application(name)).await.unwrap().unwrap();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let state = &app["status"]["operationState"];
        let history = app["status"]["history"].as_array().into_iter().flatten();
        Live {
            phase: text(&state["phase"]),
            synced_revision: text(&state["syncResult"]["revision"]),
            history: history.map(revisions).collect(),
            objects: self.objects(name).await,
            pods: self.pods(name).await,
        }
    }

    async fn objects(&self, name: &str) -> Vec<String> {
        let kube = self.workload.kube().unwrap();
        let mut found = Vec::new();
        for (path, kind) in [("/api/v1", "ConfigMap"), ("/apis/batch/v1", "Job")] {
            let path = format!("{path}/namespaces/{name}/{}s", kind.to_lowercase());
            let objects = kube.list(&path).await.unwrap();
            let names = objects.iter().filter_map(|object| object["metadata"]["name"].as_str());
            found.extend(names.map(|name| format!("{kind}/{name}")));
        }
        found
    }

    pub(super) async fn pods(&self, name: &str) -> Vec<LivePod> {
        let namespace = format!("/api/v1/namespaces/{name}");
        let kube = self.workload.kube().unwrap();
        let service = kube.get(&format!("{namespace}/services/product")).await.unwrap();
        let active = service.unwrap_or_default()["spec"]["selector"][HASH].clone();
        let pods = kube.list(&format!("{namespace}/pods")).await.unwrap();
        let pods = pods.iter().filter(|pod| pod["metadata"]["labels"][HASH].is_string());
        pods.map(|pod| LivePod {
            image: pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default().to_owned(),
            reason: reason(pod),
            active: pod["metadata"]["labels"][HASH] == active,
        })
        .collect()
    }

    /// A token of account `ci` that ends after so many seconds. The server knows it when this returns, or did.
    pub(super) async fn token_for(&self, seconds: u64) -> String {
        let token = self.admin.account_token("ci", Some(seconds)).await.unwrap();
        let ci = Admin::with_token(&self.state.argocd, token.clone()).unwrap();
        let is_known = async || {
            let reply = ci.call(Method::GET, "session/userinfo", None).await;
            reply.is_ok_and(|user| user["loggedIn"] == json!(true))
        };
        let end = Instant::now() + Duration::from_secs(seconds);
        while !is_known().await && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        token.expose().to_owned()
    }

    /// Syncs a commit in the name of somebody else.
    pub(super) async fn press_sync(&self, revision: &str) {
        self.sync(&self.name, &json!({ "revision": revision })).await;
    }

    /// Has the application deleted and holds it.
    pub(super) async fn delete_application(&self) {
        let hold = json!({ "metadata": { "finalizers": ["day2.test/hold"] } });
        self.argocd.patch(&application(&self.name), hold).await.unwrap();
        self.argocd.delete(&application(&self.name)).await.unwrap();
    }

    /// Closes a window over every sync.
    pub(super) async fn close_window(&self, schedule: &str, duration: &str) {
        self.set_project(json!([{
            "kind": "deny", "schedule": schedule, "duration": duration, "applications": ["*"],
        }]))
        .await;
        let path = format!("applications/{}/syncwindows", self.name);
        let start = Instant::now();
        while self.admin.call(Method::GET, &path, None).await.unwrap()["canSync"] == json!(true) {
            assert!(start.elapsed() < PATIENCE, "the server has no window of {}", self.name);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The label by which Rollouts tells ReplicaSets apart.
const HASH: &str = "rollouts-pod-template-hash";

pub(super) fn application(name: &str) -> String {
    format!("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/{name}")
}

/// The revision of each source that was deployed.
fn revisions(deployed: &Value) -> Vec<String> {
    let several = deployed["revisions"].as_array().into_iter().flatten();
    let all = several.chain([&deployed["revision"]]).filter_map(Value::as_str);
    all.filter(|revision| !revision.is_empty()).map(str::to_owned).collect()
}

/// What `kubectl get pods` says of a pod.
fn reason(pod: &Value) -> String {
    if pod["metadata"]["deletionTimestamp"].is_string() {
        return "Terminating".to_owned();
    }
    let state = &pod["status"]["containerStatuses"][0]["state"];
    let said = [&state["waiting"]["reason"], &state["terminated"]["reason"], &pod["status"]["phase"]];
    said.iter().find_map(|value| value.as_str()).unwrap_or_default().to_owned()
}

impl Drop for Cluster {
    /// Takes everything away, also after a failed test.
    fn drop(&mut self) {
        let (argocd, workload) = (self.state.clusters.dev.clone(), self.workload.clone());
        let (project, names) = (self.name.clone(), names(&self.name, self.count));
        let state = self.has_oidc.load(Ordering::SeqCst).then(|| self.state.clone());
        let clean = async move {
            if let Some(state) = state {
                settings::set_oidc(&state, Value::Null).await?;
            }
            let (argocd, workload) = (argocd.kube()?, workload.kube()?);
            for name in names {
                argocd.delete(&application(&name)).await?;
                // One that is held goes once nothing holds it.
                let let_go = json!({ "metadata": { "finalizers": null } });
                let _ = argocd.patch(&application(&name), let_go.clone()).await;
                // So does a hook, which an operation holds that nobody ends any more.
                let jobs = format!("/apis/batch/v1/namespaces/{name}/jobs");
                for job in workload.list(&jobs).await? {
                    let job = job["metadata"]["name"].as_str().unwrap_or_default();
                    let _ = workload.patch(&format!("{jobs}/{job}"), let_go.clone()).await;
                }
                workload.delete(&format!("/api/v1/namespaces/{name}")).await?;
            }
            argocd
                .delete(&format!("/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/{project}"))
                .await
        };
        // The test's own runtime may be on its way out.
        let cleaner = thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(clean)
        });
        let cleaned = cleaner.join();
        if !thread::panicking() {
            cleaned.unwrap().unwrap();
        }
    }
}
