//! Where one way of one scenario plays: a repository, an application and a namespace of its own, all of one name.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use reqwest::Method;
use sandbox::{
    Sandbox,
    github::{Run, RunSpec},
};
use serde_json::{Value, json};
use stack::{Admin, Kube, State};

use super::watch::{HASH, tag_of};

/// The tag that runs at first.
pub(super) const OLD: &str = "0000000000000000000000000000000000000000";
/// Its image, without the tag.
pub(super) const IMAGE: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev";
const VALUES: &str = "values/dev.values.yaml";
/// How long anything may take that is no part of what is measured.
const PATIENCE: Duration = Duration::from_secs(90);

/// GitHub and the control plane, which all places share.
pub(super) struct World {
    pub(super) sandbox: Sandbox,
    pub(super) state: State,
    pub(super) admin: Admin,
    /// The cluster that runs Argo CD and the applications.
    pub(super) kube: Kube,
    /// The checkout.
    pub(super) root: std::path::PathBuf,
}

/// What is not as in the example.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Argo CD syncs on its own.
    pub(super) auto_sync: bool,
    /// How many seconds the old pods outlive the cutover.
    pub(super) keeps_old: u32,
    /// After how many seconds without progress the Rollout is Degraded.
    pub(super) deadline: u32,
    /// Somebody has set the image's tag in the application itself.
    pub(super) pinned: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self { auto_sync: false, keeps_old: 1, deadline: 120, pinned: false }
    }
}

/// A pod at one moment.
#[derive(Debug)]
pub(super) struct Pod {
    pub(super) tag: String,
    pub(super) is_ready: bool,
    /// The active service selects it.
    pub(super) is_active: bool,
}

/// The example product, deployed.
pub(super) struct Place<'a> {
    pub(super) world: &'a World,
    pub(super) name: String,
    /// The workflow's run, whose variables and token the action gets.
    pub(super) run: Run,
    slug: String,
}

impl<'a> Place<'a> {
    /// Makes everything and waits until the old image runs.
    pub(super) async fn new(world: &'a World, name: &str, shape: Shape) -> Result<Place<'a>, String> {
        let slug = format!("org/{name}");
        let github = &world.sandbox.world().github;
        let product = world.root.join("examples/product");
        github.create_repository_from_dir(&slug, &product, &["main", "dev"]).await.map_err(text)?;
        // Argo CD has no credentials for it.
        github.set_public(&slug, true);
        let permissions = BTreeMap::from([("contents".to_owned(), "read".to_owned())]);
        let spec = RunSpec { repository: slug.clone(), permissions, ..RunSpec::default() };
        let place = Self { world, name: name.to_owned(), run: github.start_run(spec), slug };
        let values = place.values().await?;
        let kept = values.split_once("rollout:").map_or(values.as_str(), |(kept, _)| kept);
        let (keeps, deadline) = (shape.keeps_old, shape.deadline);
        let values = format!(
            "{kept}rollout:\n  scaleDownDelaySeconds: {keeps}\n  progressDeadlineSeconds: {deadline}\n"
        );
        place.commit("dev", VALUES, &values).await?;
        world.kube.apply(&place.application(shape)).await.map_err(text)?;
        if !shape.auto_sync {
            place.press_sync(&json!({})).await?;
        }
        place.quiet(OLD).await?;
        Ok(place)
    }

    fn application(&self, shape: Shape) -> Value {
        let mut helm = json!({ "releaseName": "product", "valueFiles": [Path::new("../..").join(VALUES)] });
        if shape.pinned {
            helm["parameters"] = json!([{ "name": "image.tag", "value": OLD, "forceString": true }]);
        }
        let mut policy = json!({ "syncOptions": ["CreateNamespace=true"] });
        if shape.auto_sync {
            policy["automated"] = json!({});
        }
        let repository = format!("{}/{}.git", self.world.sandbox.world().urls.github, self.slug);
        let server = &self.world.state.clusters.dev.argocd_server;
        json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": { "name": self.name, "namespace": "argocd" },
            "spec": {
                "project": "default",
                "source": {
                    "repoURL": repository, "path": "charts/app", "targetRevision": "dev", "helm": helm,
                },
                "destination": { "server": server, "namespace": self.name },
                "syncPolicy": policy,
            },
        })
    }

    /// Takes the application and its namespace away.
    pub(super) async fn leave(self) -> Result<(), String> {
        self.world.kube.delete(&self.path()).await.map_err(text)?;
        self.world.kube.delete(&format!("/api/v1/namespaces/{}", self.name)).await.map_err(text)
    }

    fn path(&self) -> String {
        format!("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/{}", self.name)
    }

    /// The application as the Kubernetes API has it.
    pub(super) async fn app(&self) -> Result<Value, String> {
        Ok(self.world.kube.get(&self.path()).await.map_err(text)?.unwrap_or_default())
    }

    /// Its pods, without those of hooks.
    pub(super) async fn pods(&self) -> Result<Vec<Pod>, String> {
        let namespace = format!("/api/v1/namespaces/{}", self.name);
        let service = self.world.kube.get(&format!("{namespace}/services/product")).await.map_err(text)?;
        let active = service.unwrap_or_default()["spec"]["selector"][HASH].clone();
        let pods = self.world.kube.list(&format!("{namespace}/pods")).await.map_err(text)?;
        let pods = pods.iter().filter(|pod| pod["metadata"]["labels"][HASH].is_string());
        Ok(pods
            .map(|pod| Pod {
                tag: tag_of(pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default()),
                is_ready: pod["status"]["conditions"].as_array().is_some_and(|conditions| {
                    conditions.iter().any(|it| it["type"] == "Ready" && it["status"] == "True")
                }),
                is_active: pod["metadata"]["labels"][HASH] == active,
            })
            .collect())
    }

    /// Waits until only pods of `tag` are there, and Argo CD has nothing more to do.
    pub(super) async fn quiet(&self, tag: &str) -> Result<(), String> {
        self.until(|app| app["status"]["health"]["status"] == "Healthy" && app["operation"].is_null())
            .await?;
        let start = Instant::now();
        loop {
            let pods = self.pods().await?;
            let is_it = |pod: &Pod| pod.tag == tag && pod.is_ready && pod.is_active;
            if !pods.is_empty() && pods.iter().all(is_it) {
                return Ok(());
            }
            patient(start, || format!("{}: still {pods:?}", self.name)).await?;
        }
    }

    /// Waits until the application is as wanted.
    pub(super) async fn until(&self, wanted: impl Fn(&Value) -> bool) -> Result<Value, String> {
        let start = Instant::now();
        loop {
            let app = self.app().await?;
            if wanted(&app) {
                return Ok(app);
            }
            patient(start, || format!("{}: still {}", self.name, app["status"])).await?;
        }
    }

    /// Commits a file and returns the commit.
    async fn commit(&self, branch: &str, path: &str, content: &str) -> Result<String, String> {
        let github = &self.world.sandbox.world().github;
        let files = [(path, content.as_bytes())];
        github.commit_files(&self.slug, branch, "alice", "Change", &files).await.map_err(text)
    }

    /// Commits a tag to the values of dev and returns the commit.
    pub(super) async fn bump(&self, tag: &str) -> Result<String, String> {
        let values = self.values().await?;
        let line = |line: &str| match line.split_once("tag:") {
            Some((indent, _)) => format!("{indent}tag: \"{tag}\"\n"),
            None => format!("{line}\n"),
        };
        let values: String = values.lines().map(line).collect();
        self.commit("dev", VALUES, &values).await
    }

    /// Commits a hook that takes so long to dev, or to a branch of somebody else that begins there.
    pub(super) async fn hook(&self, branch: &str, time: Duration) -> Result<String, String> {
        if branch != "dev" {
            let github = &self.world.sandbox.world().github;
            github.create_branch(&self.slug, branch, "dev").await.map_err(text)?;
        }
        let hook = stack::fate::slow_hook(time);
        self.commit(branch, "charts/app/templates/hook.yaml", &hook).await
    }

    async fn values(&self) -> Result<String, String> {
        let github = &self.world.sandbox.world().github;
        let bytes = github.read_file(&self.slug, "dev", VALUES).await.ok_or("the values are gone")?;
        String::from_utf8(bytes).map_err(|error| error.to_string())
    }

    /// A person presses Sync; Argo CD may not know of the application yet, or be busy still.
    pub(super) async fn press_sync(&self, body: &Value) -> Result<(), String> {
        let path = format!("applications/{}/sync", self.name);
        let start = Instant::now();
        while let Err(error) = self.world.admin.call(Method::POST, &path, Some(body)).await {
            patient(start, || error.to_string()).await?;
        }
        Ok(())
    }

    /// A person ends the running operation.
    pub(super) async fn terminate(&self) -> Result<(), String> {
        let path = format!("applications/{}/operation", self.name);
        // Without a body there is no content type, and Argo CD wants one.
        self.world.admin.call(Method::DELETE, &path, Some(&json!({}))).await.map(drop).map_err(text)
    }
}

async fn patient(start: Instant, what: impl FnOnce() -> String) -> Result<(), String> {
    if start.elapsed() > PATIENCE {
        return Err(what());
    }
    tokio::time::sleep(Duration::from_millis(30)).await;
    Ok(())
}

/// An error as text.
pub(super) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
