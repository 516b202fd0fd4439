//! Where an application's manifests come from.

use serde::Deserialize;

use super::or_default;

/// One source.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Source {
    #[serde(rename = "repoURL")]
    pub(crate) repo_url: String,
    /// The directory in the repository.
    pub(crate) path: String,
    pub(crate) target_revision: String,
    /// The name of a chart in a Helm repository.
    pub(crate) chart: String,
    /// The name by which other sources refer to files of this one, as `$name/…`.
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    pub(crate) helm: Option<Helm>,
    pub(crate) kustomize: Option<serde_json::Value>,
}

/// How a chart is rendered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Helm {
    /// Relative to the source's path, from the repository's root (`/…`), of another source (`$name/…`), or URLs.
    #[serde(deserialize_with = "or_default")]
    pub(crate) value_files: Vec<String>,
}
