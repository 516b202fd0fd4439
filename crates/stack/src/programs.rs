//! Where the programs of a stack are: those that are built from pinned Go modules, and those of Debian.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use toolkit::Env;

use crate::Error;

/// One program that is built from a Go module, in a directory of `stack/` with its `go.mod` and `go.sum`.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// The directory in `stack/`.
    pub directory: &'static str,
    /// The package that is built.
    pub package: &'static str,
    /// The program's file name.
    pub name: &'static str,
}

/// Everything that is built. Argo CD is one program whose role is chosen by `ARGOCD_BINARY_NAME`.
pub const TOOLS: &[Tool] = &[
    tool("helm", "helm.sh/helm/v3/cmd/helm", "helm"),
    tool("kwok", "sigs.k8s.io/kwok/cmd/kwok", "kwok"),
    tool("kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", "kube-apiserver"),
    tool("kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager", "kube-controller-manager"),
    tool("kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler", "kube-scheduler"),
    tool("kubernetes", "k8s.io/kubernetes/cmd/kubectl", "kubectl"),
    tool("argo-cd", "github.com/argoproj/argo-cd/v3/cmd", "argocd"),
    tool("argo-rollouts", "github.com/argoproj/argo-rollouts/cmd/rollouts-controller", "rollouts-controller"),
];

/// A module whose manifests a cluster needs: directory of `stack/`, module, files or folders in it.
pub const MANIFESTS: &[(&str, &str, &[&str])] = &[
    ("argo-cd", "github.com/argoproj/argo-cd/v3", &["manifests/crds", "manifests/base/config"]),
    ("argo-rollouts", "github.com/argoproj/argo-rollouts", &["manifests/crds"]),
];

/// Programs of Debian packages: name, package.
const DEBIAN: &[(&str, &str)] = &[
    ("etcd", "etcd-server"),
    ("redis-server", "redis-server"),
    ("setpriv", "util-linux"),
    ("setsid", "util-linux"),
];

const fn tool(directory: &'static str, package: &'static str, name: &'static str) -> Tool {
    Tool { directory, package, name }
}

/// Paths of the programs that tests run themselves, and of those that a stack starts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Programs {
    /// What `cargo xtask stack build` made: `bin` with [`TOOLS`], `share` with the manifests.
    pub built: PathBuf,
    /// `argocd`: the CLI.
    pub argocd: PathBuf,
    /// `helm`.
    pub helm: PathBuf,
    /// `kubectl`.
    pub kubectl: PathBuf,
    /// etcd of Debian.
    pub etcd: PathBuf,
    /// Redis of Debian.
    pub redis: PathBuf,
}

impl Programs {
    /// Finds everything; `built` is where `cargo xtask stack build` has put its results.
    pub fn find(built: &Path, env: &Env) -> Result<Self, Error> {
        let debian = from_debian(env)?;
        let bin = built.join("bin");
        if let Some(tool) = TOOLS.iter().find(|tool| !bin.join(tool.name).is_file()) {
            return Err(Error::new(format!(
                "{} is not built; run `cargo xtask stack build`",
                bin.join(tool.name).display()
            )));
        }
        let [etcd, redis, ..] = debian.as_slice() else { return Err(Error::new("etcd is not found")) };
        Ok(Self {
            built: built.to_owned(),
            argocd: bin.join("argocd"),
            helm: bin.join("helm"),
            kubectl: bin.join("kubectl"),
            etcd: etcd.clone(),
            redis: redis.clone(),
        })
    }

    /// A program that was built.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        self.built.join("bin").join(name)
    }

    /// The documents of the YAML files below `share/<path>`, in the order of their names.
    pub(crate) fn manifests(&self, path: &str) -> Result<Vec<serde_json::Value>, Error> {
        let directory = self.built.join("share").join(path);
        let what = format!("cannot read {}", directory.display());
        let mut files: Vec<PathBuf> = fs::read_dir(&directory)
            .map_err(Error::of(&what))?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
            .filter(|path| !path.ends_with("kustomization.yaml"))
            .collect();
        files.sort();
        let mut documents = Vec::new();
        for file in files {
            let text =
                fs::read_to_string(&file).map_err(Error::of(format!("cannot read {}", file.display())))?;
            documents.extend(
                documents_of(&text).map_err(|error| Error::new(format!("{}: {error}", file.display())))?,
            );
        }
        Ok(documents)
    }
}

/// Says in one line which Debian packages are missing, if any is; else returns the programs in the order of `DEBIAN`.
pub fn from_debian(env: &Env) -> Result<Vec<PathBuf>, Error> {
    let path = env.get("PATH").unwrap_or_default();
    // Debian keeps servers in sbin, which is not on everybody's PATH.
    let directories: Vec<PathBuf> =
        std::env::split_paths(path).chain(["/usr/bin", "/usr/sbin"].map(PathBuf::from)).collect();
    let find =
        |name: &str| directories.iter().map(|directory| directory.join(name)).find(|path| path.is_file());
    let missing: Vec<&(&str, &str)> = DEBIAN.iter().filter(|(name, _)| find(name).is_none()).collect();
    if missing.is_empty() {
        return Ok(DEBIAN.iter().filter_map(|(name, _)| find(name)).collect());
    }
    let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
    let packages: std::collections::BTreeSet<&str> = missing.iter().map(|(_, package)| *package).collect();
    let packages: Vec<&str> = packages.into_iter().collect();
    Err(Error::new(format!(
        "{} not found on PATH: install the Debian packages {}",
        names.join(", "),
        packages.join(" ")
    )))
}

/// The documents of a YAML text; empty ones are left out.
pub(crate) fn documents_of(text: &str) -> Result<Vec<serde_json::Value>, yaml_serde::Error> {
    let mut documents = Vec::new();
    for document in yaml_serde::Deserializer::from_str(text) {
        let value = serde_json::Value::deserialize(document)?;
        if !value.is_null() {
            documents.push(value);
        }
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_one_line_with_packages() {
        let empty = tempfile::tempdir().unwrap();
        let env = Env::from_pairs([("PATH", empty.path().to_str().unwrap())]);
        match from_debian(&env) {
            Ok(found) => assert_eq!(found.len(), DEBIAN.len()),
            Err(error) => assert!(error.to_string().contains("install the Debian packages"), "{error}"),
        }
        let error = Programs::find(empty.path(), &env).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
    }

    #[test]
    fn documents_are_told_apart() {
        let documents = documents_of("a: 1\n---\n# nothing\n---\nb: 2\n").unwrap();
        assert_eq!(documents, [serde_json::json!({ "a": 1 }), serde_json::json!({ "b": 2 })]);
    }
}
