//! The real control plane in the sandbox's place: the product's applications in it, and what its Kubernetes API servers say
//! at the end.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use reqwest::Method;
use sandbox::{
    World,
    github::{Role, TokenSpec},
};
use serde_json::{Value, json};
use stack::{Admin, State, state};

use super::{
    end_state::{Claims, Deployed},
    place::REPOSITORY,
};
use crate::stack::running::Leashed;

/// The repository as the manifests of the product name it.
const DECLARED: &str = "https://github.com/org/day2-product.git";
/// The namespace of both applications.
const NAMESPACE: &str = "app";
/// How long the first sync may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A stack that goes with the demonstration.
pub(super) struct Cluster {
    pub(super) state: State,
    _leash: Leashed,
}

impl Cluster {
    /// Builds what is not built yet, and starts a stack.
    pub(super) fn start(root: &Path) -> Result<Self, String> {
        crate::stack::needs()?;
        crate::stack::build::build(root, &mut |line| println!("{line}"))?;
        println!("control plane: starting");
        let start = Instant::now();
        let leash = Leashed::start()?;
        let state = State::read(&leash.state).map_err(|error| error.to_string())?;
        println!("control plane: up after {:.1} s", start.elapsed().as_secs_f64());
        Ok(Self { state, _leash: leash })
    }

    /// Makes the applications that the product declares, and syncs each for the first time.
    pub(super) async fn install(&self, product: &Path, world: &World) -> Result<(), String> {
        let admin = self.state.admin().await.map_err(|error| error.to_string())?;
        let repository = format!("{}/{REPOSITORY}.git", world.urls.github);
        // As a platform team registers a private repository: a machine user that reads its contents.
        world.github.add_user("argo", REPOSITORY, Role::Read);
        let reader = world.github.token(TokenSpec::new("argo", &[("contents", "read")]).only(&[REPOSITORY]));
        let registered = json!({ "type": "git", "repo": repository, "username": "argo", "password": reader });
        admin
            .call(Method::POST, "repositories?upsert=true", Some(&registered))
            .await
            .map_err(|error| error.to_string())?;
        for name in ["dev", "prod"] {
            let path = product.join("argocd").join(format!("{name}.yaml"));
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            let application: Value = yaml_serde::from_str(&text.replace(DECLARED, &repository))
                .map_err(|error| format!("{}: {error}", path.display()))?;
            admin.create_application(&application).await.map_err(|error| error.to_string())?;
            let sync = format!("applications/{name}/sync");
            admin.call(Method::POST, &sync, Some(&json!({}))).await.map_err(|error| error.to_string())?;
        }
        for name in ["dev", "prod"] {
            is_running(&admin, name).await?;
        }
        Ok(())
    }

    /// What the cluster of an environment itself says.
    pub(super) async fn claims(&self, claims: &mut Claims, deployed: &Deployed<'_>) -> Result<(), String> {
        let name = deployed.name;
        let cluster = if name == "dev" { &self.state.clusters.dev } else { &self.state.clusters.prod };
        let (rollout, pods, service) = objects(cluster).await.map_err(|error| error.to_string())?;
        let status = &rollout["status"];
        let (stable, current) = (text(&status["stableRS"]), text(&status["currentPodHash"]));
        claims.same(format!("{name}: Argo Rollouts has cut over"), stable, current);
        let serves = text(&service["spec"]["selector"]["rollouts-pod-template-hash"]);
        claims.same(format!("{name}: the active service selects the new pods"), serves, stable);
        claims.add(
            format!("{name}: Kubernetes has as many pods as asked for, all new and ready"),
            only_new_and_ready(&pods, &rollout["spec"]["replicas"], deployed.merge),
        );
        Ok(())
    }

    /// What must be in no log.
    pub(super) fn secrets(&self) -> Vec<String> {
        let State { admin_password, accounts, clusters, .. } = &self.state;
        let secrets = [
            admin_password,
            &accounts.ci.password,
            &accounts.ci.token,
            &accounts.reader.password,
            &accounts.reader.token,
            &clusters.dev.token,
            &clusters.prod.token,
        ];
        secrets.map(|secret| secret.expose().to_owned()).to_vec()
    }
}

async fn objects(cluster: &state::Cluster) -> Result<(Value, Vec<Value>, Value), stack::Error> {
    let kube = cluster.kube()?;
    let rollout = format!("/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/rollouts/product");
    let core = format!("/api/v1/namespaces/{NAMESPACE}");
    Ok((
        kube.get(&rollout).await?.unwrap_or_default(),
        kube.list(&format!("{core}/pods")).await?,
        kube.get(&format!("{core}/services/product")).await?.unwrap_or_default(),
    ))
}

fn only_new_and_ready(pods: &[Value], replicas: &Value, tag: &str) -> Result<(), String> {
    if replicas.as_u64() != u64::try_from(pods.len()).ok() {
        return Err(format!("{} pods, and {replicas} are asked for", pods.len()));
    }
    for pod in pods {
        let name = text(&pod["metadata"]["name"]);
        let image = text(&pod["spec"]["containers"][0]["image"]);
        if !image.ends_with(tag) {
            return Err(format!("{name} runs {image}"));
        }
        if pod["status"]["containerStatuses"][0]["ready"] != true {
            return Err(format!("{name} is not ready"));
        }
        if !pod["metadata"]["deletionTimestamp"].is_null() {
            return Err(format!("{name} is being deleted"));
        }
    }
    Ok(())
}

/// Waits until an application's first operation has ended and it runs.
async fn is_running(admin: &Admin, name: &str) -> Result<(), String> {
    let start = Instant::now();
    loop {
        let application =
            admin.application(name).await.map_err(|error| error.to_string())?.unwrap_or_default();
        let status = &application["status"];
        let state = &status["operationState"];
        if matches!(text(&state["phase"]), "Failed" | "Error") {
            return Err(format!("the first sync of {name} failed: {}", state["message"]));
        }
        let (sync, health) = (text(&status["sync"]["status"]), text(&status["health"]["status"]));
        if (text(&state["phase"]), sync, health) == ("Succeeded", "Synced", "Healthy") {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("{name} is {sync} and {health} after {} s: {status}", PATIENCE.as_secs()));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_new_ready_and_as_many_as_asked_for() {
        let pod = |tag: &str, is_ready: bool| {
            json!({
                "metadata": { "name": tag },
                "spec": { "containers": [{ "image": format!("r/product/dev:{tag}") }] },
                "status": { "containerStatuses": [{ "ready": is_ready }] },
            })
        };
        let check = |pods: &[Value]| only_new_and_ready(pods, &json!(2), "new");
        assert_eq!(check(&[pod("new", true), pod("new", true)]), Ok(()));
        for (pods, why) in [
            (vec![pod("new", true)], "1 pods, and 2 are asked for"),
            (vec![pod("new", true), pod("old", true)], "old runs r/product/dev:old"),
            (vec![pod("new", true), pod("new", false)], "new is not ready"),
        ] {
            assert_eq!(check(&pods), Err(why.to_owned()));
        }
    }
}
