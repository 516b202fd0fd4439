//! Where an image comes from, as an in-toto statement with SLSA's predicate
//! (<https://slsa.dev/spec/v1.0/provenance>, <https://actions.github.io/buildtypes/workflow/v1>).
//!
//! It is not signed: it says what is known, to people and to tools that look things up. Nothing of it is secret, and
//! nothing differs between two tries of the same attempt.

use std::collections::BTreeMap;

use model::{Digest, ImageName};
use serde_json::{Value, json};
use toolkit::Env;

use crate::{artifact::Artifact, image::oci::Manifest, request::Origin};

/// What the statement is about.
pub(super) const PREDICATE: &str = "https://slsa.dev/provenance/v1";

/// What a run says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunFacts {
    /// `https://github.com`.
    server: String,
    /// `org/repository`.
    repository: String,
    run_id: String,
    attempt: String,
    /// Further variables that are set, by their names.
    more: BTreeMap<&'static str, String>,
}

/// What the statement repeats of the environment, besides the run itself.
const MORE: [&str; 6] = [
    "GITHUB_REF",
    "GITHUB_WORKFLOW_REF",
    "GITHUB_EVENT_NAME",
    "GITHUB_REPOSITORY_ID",
    "GITHUB_REPOSITORY_OWNER_ID",
    "RUNNER_ENVIRONMENT",
];

impl RunFacts {
    /// Reads them; none outside of a workflow's run.
    pub(crate) fn from_env(env: &Env) -> Option<Self> {
        let text = |name: &str| env.get(name).map(str::to_owned);
        Some(Self {
            server: text("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".to_owned()),
            repository: text("GITHUB_REPOSITORY")?,
            run_id: text("GITHUB_RUN_ID")?,
            attempt: text("GITHUB_RUN_ATTEMPT").unwrap_or_else(|| "1".to_owned()),
            more: MORE.into_iter().filter_map(|name| Some((name, text(name)?))).collect(),
        })
    }

    fn more(&self, name: &str) -> &str {
        self.more.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Returns the workflow's file, `.github/workflows/release.yml`.
    fn workflow(&self) -> &str {
        let reference = self.more("GITHUB_WORKFLOW_REF");
        let path = reference.strip_prefix(&format!("{}/", self.repository)).unwrap_or(reference);
        path.split('@').next().unwrap_or(path)
    }
}

/// Writes the statement.
pub(super) fn statement(
    artifact: &Artifact,
    facts: &RunFacts,
    commit: &Origin,
    names: &[ImageName],
) -> Value {
    let page = format!("{}/{}", facts.server, facts.repository);
    let subject: Vec<Value> = names
        .iter()
        .map(|name| json!({ "name": name.to_string(), "digest": { "sha256": artifact.index.digest.hex() } }))
        .collect();
    let mut dependencies = Vec::new();
    if let Some(revision) = &commit.revision {
        dependencies.push(json!({
            "uri": format!("git+{page}@{}", facts.more("GITHUB_REF")),
            "digest": { "gitCommit": revision.to_string() },
        }));
    }
    dependencies.extend(bases(artifact).into_iter().map(
        |(name, digest)| json!({ "uri": format!("oci://{name}"), "digest": { "sha256": digest.hex() } }),
    ));
    let hosting = match facts.more("RUNNER_ENVIRONMENT") {
        "github-hosted" => "github-hosted",
        _ => "self-hosted",
    };
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": "https://actions.github.io/buildtypes/workflow/v1",
                "externalParameters": {
                    "workflow": {
                        "ref": facts.more("GITHUB_REF"),
                        "repository": page,
                        "path": facts.workflow(),
                    },
                },
                "internalParameters": {
                    "github": {
                        "event_name": facts.more("GITHUB_EVENT_NAME"),
                        "repository_id": facts.more("GITHUB_REPOSITORY_ID"),
                        "repository_owner_id": facts.more("GITHUB_REPOSITORY_OWNER_ID"),
                        "runner_environment": hosting,
                    },
                },
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": { "id": format!("https://github.com/actions/runner/{hosting}") },
                "metadata": {
                    "invocationId": format!("{page}/actions/runs/{}/attempts/{}", facts.run_id, facts.attempt),
                },
            },
        },
    })
}

/// Returns the base images that the manifests name, each once.
fn bases(artifact: &Artifact) -> BTreeMap<String, Digest> {
    let base = |bytes: &[u8]| {
        let annotations = serde_json::from_slice::<Manifest>(bytes).ok()?.annotations;
        let get = |name: &str| annotations.get(&format!("org.opencontainers.image.base.{name}"));
        let digest: Digest = get("digest")?.parse().ok()?;
        Some((format!("{}@{digest}", get("name")?), digest))
    };
    artifact.children.iter().filter_map(|child| base(&child.manifest.bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        artifact::{Child, document},
        image::oci,
    };

    #[test]
    fn a_run_is_stated() {
        let sha = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";
        let env = Env::from_pairs([
            ("GITHUB_REPOSITORY", "org/product"),
            ("GITHUB_RUN_ID", "42"),
            ("GITHUB_RUN_ATTEMPT", "2"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_WORKFLOW_REF", "org/product/.github/workflows/release.yml@refs/heads/main"),
            ("GITHUB_EVENT_NAME", "push"),
            ("RUNNER_ENVIRONMENT", "self-hosted"),
            ("GITHUB_TOKEN", "ghs_secret"),
        ]);
        let facts = RunFacts::from_env(&env).unwrap();
        let commit = Origin { revision: Some(sha.parse().unwrap()), ..Origin::default() };
        let base = Digest::from_sha256([2; 32]);
        let manifest = json!({
            "schemaVersion": 2,
            "config": { "mediaType": oci::CONFIG, "digest": base.as_str(), "size": 1 },
            "layers": [],
            "annotations": {
                "org.opencontainers.image.base.name": "a.example/python:3",
                "org.opencontainers.image.base.digest": base.as_str(),
            },
        });
        let child = Child {
            manifest: document(manifest.to_string().into_bytes(), oci::MANIFEST),
            platform: None,
            blobs: Vec::new(),
        };
        let artifact = Artifact {
            index: document(b"{}".to_vec(), oci::INDEX),
            children: vec![child.clone(), child],
            referrers: Vec::new(),
        };
        let statement = statement(&artifact, &facts, &commit, &["a.example/product".parse().unwrap()]);
        let text = serde_json::to_string_pretty(&statement).unwrap();
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(statement["subject"][0]["digest"]["sha256"], artifact.index.digest.hex());
        let predicate = &statement["predicate"];
        let definition = &predicate["buildDefinition"];
        let workflow = &definition["externalParameters"]["workflow"];
        assert_eq!(workflow["path"], ".github/workflows/release.yml");
        assert_eq!(workflow["repository"], "https://github.com/org/product");
        let dependencies = definition["resolvedDependencies"].as_array().unwrap();
        assert_eq!(dependencies.len(), 2);
        assert_eq!(dependencies[0]["digest"]["gitCommit"], sha);
        assert_eq!(dependencies[1]["digest"]["sha256"], base.hex());
        let run = &predicate["runDetails"];
        assert_eq!(run["builder"]["id"], "https://github.com/actions/runner/self-hosted");
        assert_eq!(
            run["metadata"]["invocationId"],
            "https://github.com/org/product/actions/runs/42/attempts/2"
        );
        assert!(RunFacts::from_env(&Env::default()).is_none());
    }
}
