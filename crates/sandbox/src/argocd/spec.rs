//! What an application is made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    render::Place,
    source::{Origin, Source},
};

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
    /// Several sources in the place of the one that the fields above describe.
    pub sources: Vec<Source>,
    /// The cluster, by the name under which it is registered or by the URL of its API server.
    pub destination: String,
    /// The namespace of the workload.
    pub destination_namespace: String,
    /// Whether Argo CD syncs on its own.
    pub automated: bool,
    /// Whether it also removes what Git no longer has.
    pub auto_prune: bool,
    /// Whether it also syncs when something has changed in the cluster.
    pub self_heal: bool,
    /// `syncPolicy.syncOptions`.
    pub sync_options: Vec<String>,
    /// Whether the Rollout cuts over on its own as soon as the new pods are ready; a template that says
    /// `autoPromotionEnabled: false` forbids it too.
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
            sources: Vec::new(),
            destination: "in-cluster".into(),
            destination_namespace: "app".into(),
            automated: false,
            auto_prune: false,
            self_heal: false,
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

    /// Returns `OWNER/NAME` of the repository of the only source, or of the first.
    pub(crate) fn slug(&self) -> Option<String> {
        self.origin().sources.first()?.slug()
    }

    /// What RBAC calls the application: `PROJECT/NAME`, and with its namespace when that is not Argo CD's own.
    pub(super) fn rbac_name(&self) -> String {
        if self.namespace == "argocd" {
            return format!("{}/{}", self.project, self.name);
        }
        format!("{}/{}/{}", self.project, self.namespace, self.name)
    }

    /// The sources without revisions.
    pub(super) fn origin(&self) -> Origin {
        let is_multi = !self.sources.is_empty();
        let one = || Source {
            repo_url: self.repo_url.clone(),
            path: self.path.clone(),
            value_files: self.value_files.clone(),
            release_name: self.release_name.clone(),
            target_revision: self.target_revision.clone(),
            reference: String::new(),
        };
        let sources = if is_multi { self.sources.clone() } else { vec![one()] };
        Origin { is_multi, sources, revisions: Vec::new() }
    }

    /// What is the same for all sources.
    pub(super) fn place(&self) -> Place {
        Place { namespace: self.destination_namespace.clone(), auto_promotion: self.auto_promotion }
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
            for (name, is_on) in [("prune", self.auto_prune), ("selfHeal", self.self_heal)] {
                if is_on {
                    policy["automated"][name] = json!(true);
                }
            }
        }
        let origin = self.origin();
        let mut json = json!({
            "destination": self.destination(),
            "project": self.project,
            "syncPolicy": policy,
        });
        if origin.is_multi {
            json["sources"] = origin.sources.iter().map(Source::json).collect();
        } else {
            origin.put_sources(&mut json);
        }
        json
    }
}
