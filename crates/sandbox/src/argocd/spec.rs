//! What an application is made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An application to add.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct AppSpec {
    /// The application's name.
    pub name: String,
    /// The namespace of the Application resource itself.
    pub namespace: String,
    /// The Argo CD project.
    pub project: String,
    /// Labels, for selectors.
    pub labels: BTreeMap<String, String>,
    /// Where the chart is: any URL whose path ends in `OWNER/NAME` or `OWNER/NAME.git`.
    pub repo_url: String,
    /// The chart's directory.
    pub path: String,
    /// Values files, relative to the chart's directory.
    pub value_files: Vec<String>,
    /// Helm's release name; the Rollout and the services are named after it.
    pub release_name: String,
    /// The branch, tag or commit that the application tracks.
    pub target_revision: String,
    /// The cluster, by the name under which it is registered or by the URL of its API server.
    pub destination: String,
    /// The namespace of the workload.
    pub destination_namespace: String,
    /// Whether Argo CD syncs on its own.
    pub automated: bool,
    /// `syncPolicy.syncOptions`.
    pub sync_options: Vec<String>,
    /// Whether the Rollout cuts over on its own as soon as the new pods are ready.
    pub auto_promotion: bool,
}

impl Default for AppSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            namespace: "argocd".into(),
            project: "default".into(),
            labels: BTreeMap::new(),
            repo_url: String::new(),
            path: "charts/app".into(),
            value_files: Vec::new(),
            release_name: "product".into(),
            target_revision: "HEAD".into(),
            destination: "in-cluster".into(),
            destination_namespace: "app".into(),
            automated: false,
            sync_options: vec!["CreateNamespace=true".into()],
            auto_promotion: true,
        }
    }
}

impl AppSpec {
    /// The application of one environment of a repository that is laid out as `examples/product`: tracks the
    /// branch of the same name with `values/NAME.values.yaml`.
    pub fn product(name: &str, repo_url: &str) -> Self {
        Self {
            name: name.to_owned(),
            repo_url: repo_url.to_owned(),
            value_files: vec![format!("../../values/{name}.values.yaml")],
            target_revision: name.to_owned(),
            ..Self::default()
        }
    }

    /// Returns `OWNER/NAME` of the repository.
    pub(crate) fn slug(&self) -> Option<String> {
        let path = self.repo_url.trim_end_matches('/').trim_end_matches(".git");
        let (rest, name) = path.rsplit_once('/')?;
        let owner = rest.rsplit(['/', ':']).next()?;
        Some(format!("{owner}/{name}"))
    }

    /// What RBAC calls the application: `PROJECT/NAME`, and with its namespace when that is not Argo CD's own.
    pub(super) fn rbac_name(&self) -> String {
        if self.namespace == "argocd" {
            return format!("{}/{}", self.project, self.name);
        }
        format!("{}/{}/{}", self.project, self.namespace, self.name)
    }

    /// `spec.source`.
    pub(super) fn source(&self) -> Value {
        json!({
            "repoURL": self.repo_url,
            "path": self.path,
            "targetRevision": self.target_revision,
            "helm": { "releaseName": self.release_name, "valueFiles": self.value_files },
        })
    }

    /// `spec.destination`.
    pub(super) fn destination(&self) -> Value {
        let kind = if self.destination.contains("://") { "server" } else { "name" };
        json!({ kind: self.destination, "namespace": self.destination_namespace })
    }

    /// `spec`.
    pub(super) fn json(&self) -> Value {
        let mut policy = json!({ "syncOptions": self.sync_options });
        if self.automated {
            policy["automated"] = json!({});
        }
        json!({
            "source": self.source(),
            "destination": self.destination(),
            "project": self.project,
            "syncPolicy": policy,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::AppSpec;

    #[test]
    fn slugs_of_all_kinds_of_urls() {
        for url in
            ["https://github.com/org/name.git", "git@github.com:org/name.git", "http://127.0.0.1:1/org/name"]
        {
            assert_eq!(AppSpec::product("dev", url).slug().as_deref(), Some("org/name"), "{url}");
        }
    }
}
