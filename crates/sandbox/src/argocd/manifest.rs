//! Applications as files declare them: `kind: Application` of `argoproj.io/v1alpha1`.
//!
//! Fields of `source` that this Argo CD would have to render with are refused when it cannot, so that a file never
//! means something else here than on a cluster.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::AppSpec;

#[derive(Deserialize)]
struct Manifest {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    project: String,
    source: Source,
    destination: Destination,
    #[serde(default)]
    sync_policy: SyncPolicy,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Source {
    #[serde(rename = "repoURL")]
    repo_url: String,
    path: String,
    #[serde(default)]
    target_revision: Option<String>,
    #[serde(default)]
    helm: Helm,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Helm {
    release_name: Option<String>,
    value_files: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Destination {
    server: Option<String>,
    name: Option<String>,
    #[serde(default)]
    namespace: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SyncPolicy {
    automated: Option<Value>,
    sync_options: Vec<String>,
}

impl AppSpec {
    /// Reads the applications of a file; documents of other kinds, such as an `AppProject`, are passed over.
    pub fn from_manifests(text: &str) -> Result<Vec<Self>, String> {
        let mut specs = Vec::new();
        for document in yaml_serde::Deserializer::from_str(text) {
            let document = Value::deserialize(document).map_err(|error| error.to_string())?;
            if document["kind"] == "Application" {
                let manifest = serde_json::from_value(document).map_err(|error| error.to_string())?;
                specs.push(Self::from_manifest(manifest)?);
            }
        }
        Ok(specs)
    }

    fn from_manifest(manifest: Manifest) -> Result<Self, String> {
        let Manifest { metadata, spec: Spec { project, source, destination, sync_policy } } = manifest;
        let cluster = match (destination.server, destination.name) {
            (Some(server), None) => server,
            (None, Some(name)) => name,
            // ValidateDestination of argo-cd's util/argo/argo.go.
            (Some(_), Some(_)) => {
                return Err("application destination can't have both name and server defined".to_owned());
            }
            (None, None) => return Err("application destination server and name are missing".to_owned()),
        };
        let automated = sync_policy.automated.is_some_and(|policy| policy["enabled"] != Value::Bool(false));
        Ok(Self {
            namespace: metadata.namespace.unwrap_or_else(|| "argocd".to_owned()),
            project,
            labels: metadata.labels,
            repo_url: source.repo_url,
            path: source.path,
            value_files: source.helm.value_files,
            release_name: source.helm.release_name.unwrap_or_else(|| metadata.name.clone()),
            target_revision: source.target_revision.unwrap_or_else(|| "HEAD".to_owned()),
            destination: cluster,
            destination_namespace: destination.namespace,
            automated,
            sync_options: sync_policy.sync_options,
            name: metadata.name,
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const APP: &str = "kind: Application\nmetadata: { name: dev }\nspec:\n  project: p\n  source: { repoURL: u, path: c }\n  \
                       destination: { server: 'https://s', namespace: n }\n";

    #[test]
    fn what_is_left_out_is_as_argo_cd_has_it() {
        let specs = AppSpec::from_manifests(&format!(
            "kind: AppProject\n---\n{APP}  syncPolicy: {{ automated: {{}} }}\n"
        ));
        let [spec] = <[AppSpec; 1]>::try_from(specs.unwrap()).unwrap();
        assert_eq!((spec.release_name.as_str(), spec.target_revision.as_str()), ("dev", "HEAD"));
        assert!(spec.automated && spec.value_files.is_empty() && spec.sync_options.is_empty());
        assert_eq!(spec.destination(), json!({ "server": "https://s", "namespace": "n" }));
    }

    #[test]
    fn what_cannot_be_rendered_is_refused() {
        let text = APP.replace("path: c", "path: c, helm: { parameters: [] }");
        assert!(AppSpec::from_manifests(&text).unwrap_err().contains("unknown field `parameters`"));
        let text = APP.replace("server: 'https://s', ", "");
        let error = AppSpec::from_manifests(&text).unwrap_err();
        assert_eq!(error, "application destination server and name are missing");
    }
}
