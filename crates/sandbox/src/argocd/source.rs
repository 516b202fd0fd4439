//! Where manifests come from: one source, or several with a revision each.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One source of an application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Any URL whose path ends in `OWNER/NAME` or `OWNER/NAME.git`.
    pub repo_url: String,
    /// The directory of a chart or of plain manifests; empty for a source that only lends its files.
    pub path: String,
    /// Values files, relative to the chart's directory, or `$REFERENCE/…` for a file of another source.
    pub value_files: Vec<String>,
    /// Helm's release name.
    pub release_name: String,
    /// The branch, tag or commit.
    pub target_revision: String,
    /// The name by which other sources find its files.
    pub reference: String,
}

impl Source {
    /// Returns `OWNER/NAME` of the repository.
    pub(crate) fn slug(&self) -> Option<String> {
        let path = self.repo_url.trim_end_matches('/').trim_end_matches(".git");
        let (rest, name) = path.rsplit_once('/')?;
        let owner = rest.rsplit(['/', ':']).next()?;
        Some(format!("{owner}/{name}"))
    }

    /// The JSON of types.go: empty fields are left out.
    pub(super) fn json(&self) -> Value {
        let mut json = json!({ "repoURL": self.repo_url });
        for (name, value) in
            [("path", &self.path), ("targetRevision", &self.target_revision), ("ref", &self.reference)]
        {
            if !value.is_empty() {
                json[name] = json!(value);
            }
        }
        if !self.release_name.is_empty() {
            json["helm"]["releaseName"] = json!(self.release_name);
        }
        if !self.value_files.is_empty() {
            json["helm"]["valueFiles"] = json!(self.value_files);
        }
        json
    }
}

/// Sources and the revision of each, as operations, results, comparisons and the history have them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Origin {
    /// Written as lists, even of one.
    pub(super) is_multi: bool,
    pub(super) sources: Vec<Source>,
    /// One for each source, or none where what the sources track is meant.
    pub(super) revisions: Vec<String>,
}

impl Origin {
    /// The same sources at these revisions.
    pub(super) fn at(&self, revisions: Vec<String>) -> Self {
        Self { revisions, ..self.clone() }
    }

    /// The revision of the only source, or of the first.
    pub(super) fn revision(&self) -> String {
        self.revisions.first().cloned().unwrap_or_default()
    }

    /// Writes `source` or `sources`; types.go has a source that cannot be left out beside the sources.
    pub(super) fn put_sources(&self, json: &mut Value) {
        if self.is_multi {
            json["source"] = json!({ "repoURL": "" });
            json["sources"] = self.sources.iter().map(Source::json).collect();
        } else {
            json["source"] = self.sources.first().map_or_else(|| json!({ "repoURL": "" }), Source::json);
        }
    }

    /// Writes `revision` or `revisions`, if there are any.
    pub(super) fn put_revisions(&self, json: &mut Value) {
        if self.revisions.iter().all(String::is_empty) {
            return;
        }
        if self.is_multi {
            json["revisions"] = json!(self.revisions);
        } else {
            json["revision"] = json!(self.revision());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_of_all_kinds_of_urls() {
        for url in
            ["https://github.com/org/name.git", "git@github.com:org/name.git", "http://127.0.0.1:1/org/name"]
        {
            let source = Source { repo_url: url.into(), ..Source::default() };
            assert_eq!(source.slug().as_deref(), Some("org/name"), "{url}");
        }
    }

    #[test]
    fn several_sources_are_lists() {
        let source = Source { repo_url: "r".into(), reference: "values".into(), ..Source::default() };
        let one = Origin { is_multi: false, sources: vec![source], revisions: vec!["a".into()] };
        let written = |origin: &Origin| {
            let mut json = json!({});
            origin.put_sources(&mut json);
            origin.put_revisions(&mut json);
            json
        };
        let source = json!({ "repoURL": "r", "ref": "values" });
        assert_eq!(written(&one), json!({ "source": source, "revision": "a" }));
        let many = Origin { is_multi: true, ..one };
        assert_eq!(
            written(&many),
            json!({ "source": { "repoURL": "" }, "sources": [source], "revisions": ["a"] })
        );
    }
}
