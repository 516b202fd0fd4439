//! What a chart makes at a revision.
//!
//! Values are really read and merged. Templates are not run: the objects are those of `examples/product`, a
//! Rollout with an active and a preview Service, and an Ingress. A change of a template still counts as a
//! change, by the id of the chart's tree.

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{AppSpec, git, values};
use crate::World;

/// The manifests of an application at a revision, as far as they matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) image: String,
    pub(super) replicas: usize,
    pub(super) ingress: Option<String>,
    pub(super) scale_down_delay_seconds: i64,
    /// Stands for all manifests: the same when nothing would change.
    pub(super) inputs: String,
    /// Stands for the pod template: the hash in the names of ReplicaSets.
    pub(super) pod_hash: String,
}

/// Resolves a revision as the API server and the repo server do; a full commit id is taken as it is.
pub(super) async fn resolve(world: &World, spec: &AppSpec, revision: &str) -> Result<String, String> {
    let is_sha = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_sha {
        return Ok(revision.to_owned());
    }
    let directory = directory(world, spec)?;
    git::resolve(&directory, if revision.is_empty() { "HEAD" } else { revision })
        .await
        .map_err(|error| format!("error resolving repo revision: rpc error: code = Unknown desc = {error}"))
}

/// Renders an application at a commit; the error is the repo server's.
pub(super) async fn render(world: &World, spec: &AppSpec, commit: &str) -> Result<Rendered, String> {
    let directory = directory(world, spec)?;
    git::resolve(&directory, commit).await.map_err(|_| {
        format!("failed to checkout revision {commit}: fatal: unable to read tree ({commit})")
    })?;
    let tree = git::tree(&directory, commit, &spec.path).await?;
    git::show(&directory, commit, &format!("{}/Chart.yaml", spec.path))
        .await
        .map_err(|_| "Error: Chart.yaml file is missing".to_owned())
        .map_err(|error| helm(spec, &error))?;
    let merged = merged_values(spec, &directory, commit).await?;
    rendered(spec, &merged, &tree).map_err(|error| helm(spec, &error))
}

fn directory(world: &World, spec: &AppSpec) -> Result<std::path::PathBuf, String> {
    let directory = spec.slug().and_then(|slug| world.github.git_dir(&slug));
    directory.ok_or_else(|| format!("failed to list refs: repository not found: {}", spec.repo_url))
}

async fn merged_values(spec: &AppSpec, directory: &Path, commit: &str) -> Result<Value, String> {
    let mut merged = match git::show(directory, commit, &format!("{}/values.yaml", spec.path)).await {
        Ok(bytes) => parse("values.yaml", &bytes).map_err(|error| helm(spec, &error))?,
        Err(_) => json!({}),
    };
    for file in &spec.value_files {
        let path = joined(&spec.path, file)?;
        let bytes = git::show(directory, commit, &path).await.map_err(|error| format!("Error: {error}"));
        let values = bytes.and_then(|bytes| parse(file, &bytes)).map_err(|error| helm(spec, &error))?;
        values::merge(&mut merged, values);
    }
    Ok(merged)
}

fn parse(name: &str, bytes: &[u8]) -> Result<Value, String> {
    let failed = |error: &dyn std::fmt::Display| {
        format!("Error: failed to parse {name}: error converting YAML to JSON: yaml: {error}")
    };
    match yaml_serde::from_slice::<Value>(bytes) {
        Ok(Value::Null) => Ok(json!({})),
        Ok(value) if value.is_object() => Ok(value),
        Ok(_) => Err(failed(&"cannot unmarshal into Go value of type map[string]interface {}")),
        Err(error) => Err(failed(&error)),
    }
}

fn rendered(spec: &AppSpec, merged: &Value, tree: &str) -> Result<Rendered, String> {
    let image = &merged["image"];
    let repository = values::print(&image["repository"]);
    if repository.is_empty() {
        let chart = spec.path.rsplit('/').next().unwrap_or_default();
        return Err(format!(
            "Error: execution error at ({chart}/templates/rollout.yaml): image.repository is required"
        ));
    }
    let (tag, digest) = (values::print(&image["tag"]), values::print(&image["digest"]));
    let mut reference = repository;
    if !tag.is_empty() {
        reference = format!("{reference}:{tag}");
    }
    if !digest.is_empty() {
        reference = format!("{reference}@{digest}");
    }
    let mut of_pods = merged.clone();
    for name in ["replicaCount", "ingress", "rollout", "service"] {
        if let Some(values) = of_pods.as_object_mut() {
            values.remove(name);
        }
    }
    let ingress = &merged["ingress"];
    let is_on = ingress["enabled"] != json!(false) && ingress["name"].is_string();
    Ok(Rendered {
        image: reference,
        replicas: merged["replicaCount"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(1),
        ingress: is_on.then(|| values::print(&ingress["name"])),
        scale_down_delay_seconds: merged["rollout"]["scaleDownDelaySeconds"].as_i64().unwrap_or(30),
        inputs: short_hash(&format!("{tree}{merged}")),
        pod_hash: short_hash(&of_pods.to_string()),
    })
}

/// Ten hexadecimal digits, the length of a pod-template hash.
fn short_hash(text: &str) -> String {
    Sha256::digest(text).iter().take(5).fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"))
}

/// How the repo server quotes Helm.
fn helm(spec: &AppSpec, error: &str) -> String {
    let values: String = spec.value_files.iter().map(|file| format!(" --values {file}")).collect();
    format!(
        "failed to execute helm template command: failed to get command args to log: `helm template . \
         --name-template {} --namespace {}{values} <api versions removed> --include-crds` failed exit status 1: {error}",
        spec.release_name, spec.destination_namespace
    )
}

/// Joins a values file to the chart's directory, `..` resolved; outside of the repository there is nothing
/// (argo-cd's util/io/path/resolved.go).
fn joined(directory: &str, file: &str) -> Result<String, String> {
    let start = if file.starts_with('/') { "" } else { directory };
    let mut parts: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/') {
        match part {
            ".." if parts.pop().is_none() => {
                return Err(format!(
                    "error resolving helm value files: error resolving value file path: value file '{file}' \
                     resolved to outside repository root"
                ));
            }
            // Taken off by the guard above.
            "" | "." | ".." => {}
            other => parts.push(other),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_files_are_relative_to_the_chart() {
        let joined = |file| joined("charts/app", file);
        assert_eq!(joined("../../values/dev.yaml").unwrap(), "values/dev.yaml");
        assert_eq!(joined("./a.yaml").unwrap(), "charts/app/a.yaml");
        assert_eq!(joined("/values/a.yaml").unwrap(), "values/a.yaml");
        assert!(joined("../../../values/dev.yaml").unwrap_err().contains("outside repository root"));
    }

    #[test]
    fn the_pod_template_does_not_depend_on_replicas() {
        let spec = AppSpec::default();
        let with = |replicas: u64, tag: &str| {
            let values = json!({ "image": { "repository": "r", "tag": tag }, "replicaCount": replicas });
            rendered(&spec, &values, "tree").unwrap()
        };
        assert_eq!(with(1, "a").pod_hash, with(2, "a").pod_hash);
        assert_ne!(with(1, "a").inputs, with(2, "a").inputs);
        assert_ne!(with(1, "a").pod_hash, with(1, "b").pod_hash);
        assert_eq!(with(2, "a").image, "r:a");
    }
}
