//! What the sources of an application make at their revisions: the repo server.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::{Value, json};

use super::{
    git,
    object::Object,
    product,
    source::{Origin, Source},
    template::{self, Context},
    values,
};
use crate::World;

/// What is the same for all sources of an application.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The namespace of the workload.
    pub(super) namespace: String,
    /// Whether a Rollout cuts over on its own, unless its template says otherwise.
    pub(super) auto_promotion: bool,
}

/// What one source makes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Made {
    pub(super) objects: Vec<Object>,
    /// `Helm`, `Directory`, or nothing for a source that only lends its files.
    pub(super) kind: &'static str,
}

/// Whether a revision is a commit id.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Resolves a revision; a full commit id is taken as it is.
pub(super) async fn resolve(world: &World, source: &Source, revision: &str) -> Result<String, String> {
    if is_commit(revision) {
        return Ok(revision.to_owned());
    }
    let directory = directory(world, source)?;
    git::resolve(&directory, if revision.is_empty() { "HEAD" } else { revision }).await
}

/// Renders one of the sources, all of which are at a commit; the error is the repo server's.
pub(super) async fn render(
    world: &World,
    origin: &Origin,
    index: usize,
    place: &Place,
) -> Result<Made, String> {
    let (Some(source), Some(commit)) = (origin.sources.get(index), origin.revisions.get(index)) else {
        return Ok(Made::default());
    };
    let directory = directory(world, source)?;
    git::resolve(&directory, commit).await.map_err(|_| {
        format!("failed to checkout revision {commit}: fatal: unable to read tree ({commit})")
    })?;
    if origin.is_multi && source.path.is_empty() {
        return Ok(Made::default());
    }
    git::tree(&directory, commit, &source.path).await?;
    let files = git::files(&directory, commit, &source.path).await?;
    let is_helm = files.contains_key("Chart.yaml") || !source.release_name.is_empty();
    let manifests = if is_helm {
        let helm = Helm { world, origin, source, files: &files, place };
        helm.template().await?
    } else {
        plain(&files)?
    };
    let objects = manifests.into_iter().filter_map(|manifest| Object::new(manifest, &place.namespace));
    Ok(Made { objects: objects.collect(), kind: if is_helm { "Helm" } else { "Directory" } })
}

fn directory(world: &World, source: &Source) -> Result<PathBuf, String> {
    let directory = source.slug().and_then(|slug| world.github.git_dir(&slug));
    directory.ok_or_else(|| format!("failed to list refs: repository not found: {}", source.repo_url))
}

/// The manifests of a directory, without those of the directories in it.
fn plain(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<Value>, String> {
    let mut manifests = Vec::new();
    for (path, bytes) in files.iter().filter(|(path, _)| template::is_yaml(path) && !path.contains('/')) {
        let documents = template::documents(&String::from_utf8_lossy(bytes));
        manifests
            .extend(documents.map_err(|error| format!("Failed to unmarshal \"{path}\": failed to unmarshal manifest: error converting YAML to JSON: yaml: {error}"))?);
    }
    Ok(manifests)
}

/// A run of `helm template`.
struct Helm<'a> {
    world: &'a World,
    origin: &'a Origin,
    source: &'a Source,
    files: &'a BTreeMap<String, Vec<u8>>,
    place: &'a Place,
}

impl Helm<'_> {
    async fn template(&self) -> Result<Vec<Value>, String> {
        if !self.files.contains_key("Chart.yaml") {
            return Err(self.failed("Error: Chart.yaml file is missing"));
        }
        let merged = self.values().await?;
        let (release, namespace) = (self.source.release_name.as_str(), self.place.namespace.as_str());
        let context = Context { values: &merged, release, namespace };
        let templates = template::read(self.files, context).map_err(|error| self.failed(&error))?;
        let mut manifests = templates.plain;
        let is_bare = !self.files.keys().any(|path| path.starts_with("templates/"));
        if is_bare || !templates.others.is_empty() {
            let chart = self.source.path.rsplit('/').next().unwrap_or_default();
            let made = product::objects(chart, context, &templates.others, self.place.auto_promotion);
            manifests.extend(made.map_err(|error| self.failed(&error))?);
        }
        Ok(manifests)
    }

    async fn values(&self) -> Result<Value, String> {
        let mut merged = match self.files.get("values.yaml") {
            Some(bytes) => parse("values.yaml", bytes).map_err(|error| self.failed(&error))?,
            None => json!({}),
        };
        for file in &self.source.value_files {
            let (source, commit, path) = self.find(file)?;
            let directory = directory(self.world, source)?;
            let bytes = git::show(&directory, commit, &path).await.map_err(|error| format!("Error: {error}"));
            let read = bytes.and_then(|bytes| parse(file, &bytes)).map_err(|error| self.failed(&error))?;
            values::merge(&mut merged, read);
        }
        Ok(merged)
    }

    /// Where a values file is: `$REFERENCE/…` is in the source of that name, at its revision.
    fn find(&self, file: &str) -> Result<(&Source, &str, String), String> {
        let all = self.origin.sources.iter().zip(&self.origin.revisions);
        if let Some((name, path)) = file.strip_prefix('$').and_then(|rest| rest.split_once('/')) {
            let found = all.clone().find(|(source, _)| source.reference == name);
            let (source, commit) = found.ok_or_else(|| {
                format!("error resolving helm value files: source referenced \"${name}\", but no source has a 'ref' field defined")
            })?;
            return Ok((source, commit, joined("", path)?));
        }
        let commit =
            all.clone().find(|(source, _)| *source == self.source).map(|(_, commit)| commit.as_str());
        Ok((self.source, commit.unwrap_or_default(), joined(&self.source.path, file)?))
    }

    /// How the repo server quotes Helm.
    fn failed(&self, error: &str) -> String {
        let values: String = self.source.value_files.iter().map(|file| format!(" --values {file}")).collect();
        format!(
            "failed to execute helm template command: failed to get command args to log: `helm template . \
             --name-template {} --namespace {}{values} <api versions removed> --include-crds` failed exit status 1: {error}",
            self.source.release_name, self.place.namespace
        )
    }
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
    fn only_full_ids_are_commits() {
        assert!(is_commit(&"a1".repeat(20)));
        assert!(!is_commit("dev") && !is_commit(&"g1".repeat(20)));
    }
}
