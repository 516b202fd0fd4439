//! What must be true at the end, asked of Git, the registry and Argo CD and not of the pipelines themselves.

use std::{collections::BTreeMap, path::Path, process::Command};

use sandbox::World;
use serde_json::Value;
use yaml_serde::Value as Yaml;

use crate::process;

/// One claim, and whether it holds.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) text: String,
    pub(super) holds: Result<(), String>,
}

/// Collects claims.
#[derive(Debug, Default)]
pub(super) struct Claims(pub(super) Vec<Claim>);

impl Claims {
    /// Adds a claim.
    pub(super) fn add(&mut self, text: impl Into<String>, holds: Result<(), String>) {
        self.0.push(Claim { text: text.into(), holds });
    }

    /// Adds a claim that two values are the same.
    pub(super) fn same(&mut self, text: impl Into<String>, found: &str, expected: &str) {
        let holds = if found == expected { Ok(()) } else { Err(format!("{found:?} is not {expected:?}")) };
        self.add(text, holds);
    }
}

/// One environment after its pipeline.
pub(super) struct Deployed<'a> {
    /// `dev` or `prod`: branch, application, and part of the image's and the values file's name.
    pub(super) name: &'a str,
    /// The merge commit.
    pub(super) merge: &'a str,
    /// The commit that put the tag into the values file.
    pub(super) bump: &'a str,
}

/// Checks Git and the registry.
pub(super) fn of_artifacts(claims: &mut Claims, world: &World, git_dir: &Path, deployed: &Deployed<'_>) {
    let Deployed { name, merge, bump } = deployed;
    claims.add(format!("{name}: the merge is a commit with two parents"), two_parents(git_dir, merge));
    claims.add(
        format!("{name}: the bump changed one scalar of one file: image.tag of values/{name}.values.yaml"),
        one_scalar(git_dir, merge, bump, &format!("values/{name}.values.yaml")),
    );
    claims.add(
        format!("{name}: product/{name} has an index for linux/amd64 and linux/arm64 under the merge's id"),
        two_platforms(world, &format!("product/{name}"), merge),
    );
}

fn two_parents(git_dir: &Path, merge: &str) -> Result<(), String> {
    let line = git(git_dir, &["rev-list", "--parents", "-n", "1", merge])?;
    match line.split_whitespace().count() {
        3 => Ok(()),
        other => Err(format!("{merge} has {} parents", other.saturating_sub(1))),
    }
}

fn one_scalar(git_dir: &Path, merge: &str, bump: &str, file: &str) -> Result<(), String> {
    let parent = git(git_dir, &["rev-parse", &format!("{bump}^")])?;
    if parent != merge {
        return Err(format!("the parent of the bump is {parent}"));
    }
    let changed = git(git_dir, &["diff", "--numstat", merge, bump])?;
    if changed != format!("1\t1\t{file}") {
        return Err(format!("the bump changed {changed:?}"));
    }
    let scalars = |revision: &str| -> Result<BTreeMap<String, String>, String> {
        let text = git(git_dir, &["show", &format!("{revision}:{file}")])?;
        let document: Yaml = yaml_serde::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
        let mut scalars = BTreeMap::new();
        flatten("", &document, &mut scalars);
        Ok(scalars)
    };
    let (before, after) = (scalars(merge)?, scalars(bump)?);
    let paths: Vec<&String> =
        after.iter().filter(|(path, value)| before.get(*path) != Some(value)).map(|(path, _)| path).collect();
    if before.len() != after.len() || paths != ["image.tag"] {
        return Err(format!("the changed scalars are {paths:?}"));
    }
    let tag = after.get("image.tag").map_or("", |tag| tag.as_str());
    if tag == format!("{:?}", Yaml::from(merge)) { Ok(()) } else { Err(format!("image.tag is {tag}")) }
}

/// Writes every scalar of a document under its path; the type is in the text, so that `1` and `"1"` differ.
fn flatten(path: &str, value: &Yaml, into: &mut BTreeMap<String, String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(mapping) = value.as_mapping() {
        for (key, value) in mapping {
            flatten(&below(key.as_str().unwrap_or("?")), value, into);
        }
    } else if let Some(sequence) = value.as_sequence() {
        for (index, value) in sequence.iter().enumerate() {
            flatten(&below(&index.to_string()), value, into);
        }
    } else {
        into.insert(path.to_owned(), format!("{value:?}"));
    }
}

fn two_platforms(world: &World, repository: &str, tag: &str) -> Result<(), String> {
    let (_, _, bytes) =
        world.registry.manifest(repository, tag).ok_or_else(|| format!("{repository} has no tag {tag}"))?;
    let index: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let mut platforms = Vec::new();
    for child in index["manifests"].as_array().into_iter().flatten() {
        let platform = &child["platform"];
        platforms.push(format!("{}/{}", text(&platform["os"]), text(&platform["architecture"])));
        if !world.registry.has(repository, &text(&child["digest"])) {
            return Err(format!("{} is not there", child["digest"]));
        }
    }
    platforms.sort();
    if platforms == ["linux/amd64", "linux/arm64"] {
        Ok(())
    } else {
        Err(format!("the platforms are {platforms:?}"))
    }
}

/// Checks what Argo CD says of an application, given its `GET application` and `GET resource-tree`.
pub(super) fn of_application(
    claims: &mut Claims,
    git_dir: &Path,
    deployed: &Deployed<'_>,
    application: &Value,
    tree: &Value,
) {
    let Deployed { name, merge, bump } = deployed;
    let status = &application["status"];
    let revision = status["sync"]["revision"].as_str().unwrap_or_default();
    let is_after = git(git_dir, &["merge-base", "--is-ancestor", bump, revision]).map(drop);
    claims.add(format!("{name}: the application is at the bump's commit or after it"), is_after);
    let verdict = format!("{} {}", status["sync"]["status"], status["health"]["status"]);
    claims.same(format!("{name}: it is Synced and Healthy"), &verdict, "\"Synced\" \"Healthy\"");
    claims.add(format!("{name}: all its pods are new"), only_new_pods(tree, merge));
}

fn only_new_pods(tree: &Value, tag: &str) -> Result<(), String> {
    let nodes = tree["nodes"].as_array().ok_or("the tree has no nodes")?;
    let pods: Vec<&Value> = nodes.iter().filter(|node| node["kind"] == "Pod").collect();
    if pods.is_empty() {
        return Err("there are no pods".to_owned());
    }
    let is_new = |pod: &&&Value| {
        let images = pod["images"].as_array();
        images.is_some_and(|images| {
            images.iter().any(|image| image.as_str().is_some_and(|image| image.ends_with(tag)))
        })
    };
    match pods.iter().find(|pod| !is_new(pod)) {
        None => Ok(()),
        Some(old) => Err(format!("{} runs {}", old["name"], old["images"])),
    }
}

/// Runs git on a bare repository.
pub(super) fn git(git_dir: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(git_dir).args(arguments);
    process::output(command.envs([("LC_ALL", "C"), ("GIT_CONFIG_NOSYSTEM", "1")]).env("HOME", git_dir))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_have_paths_and_types() {
        let mut scalars = BTreeMap::new();
        flatten("", &yaml_serde::from_str("a:\n  b: '1'\n  c: [2, x]\n").unwrap(), &mut scalars);
        assert_eq!(scalars.keys().collect::<Vec<_>>(), ["a.b", "a.c.0", "a.c.1"]);
        assert_ne!(scalars["a.b"], format!("{:?}", Yaml::from(1)));
    }

    #[test]
    fn one_old_pod_is_one_too_many() {
        let pod =
            |tag: &str| json!({ "kind": "Pod", "name": tag, "images": [format!("r/product/dev:{tag}")] });
        assert!(only_new_pods(&json!({ "nodes": [pod("new"), { "kind": "Rollout" }] }), "new").is_ok());
        assert!(
            only_new_pods(&json!({ "nodes": [pod("new"), pod("old")] }), "new").unwrap_err().contains("old")
        );
        assert!(only_new_pods(&json!({ "nodes": [] }), "new").is_err());
    }
}
