//! What logins have written, kept beside the credentials: how to sign in to a registry again, and what a logout takes
//! out. It holds no secret.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use model::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toolkit::Env;

use super::entries::{self, Config};

/// The file's name, beside `config.json`.
pub(super) const FILE: &str = "day2-login.json";

/// The content of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// What the environment said before, for a directory of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Before>,
    /// The hosts with a credential of ours.
    #[serde(default)]
    pub(super) registries: BTreeMap<String, Entry>,
}

/// What a directory of our own has displaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    /// `DOCKER_CONFIG`.
    pub(super) docker_config: Option<PathBuf>,
    /// `REGISTRY_AUTH_FILE`.
    pub(super) registry_auth_file: Option<PathBuf>,
    /// The fingerprint of what was taken over.
    pub(super) taken_over: String,
    /// Links into the user's directory.
    #[serde(default)]
    pub(super) links: Vec<String>,
}

/// One credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The job that wrote it; empty outside of a runner.
    pub(super) job: String,
    /// Tells it from one that somebody else has written over it.
    pub(super) fingerprint: String,
    /// The helper that it has displaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) helper: Option<String>,
    /// How to sign in again.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) recipe: Value,
}

impl Record {
    /// Reads the file in `directory`. One that cannot be read counts as none: it is of a later version, or of nobody.
    pub(super) fn read(directory: &Path) -> Self {
        let bytes = std::fs::read(directory.join(FILE)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Notes credentials that are about to be written. A helper that an earlier login has displaced is still the one to
    /// put back.
    pub(super) fn note(
        &mut self,
        job: &str,
        logins: &[(String, Secret)],
        recipe: &Value,
        evicted: &BTreeMap<String, String>,
    ) {
        for (host, auth) in logins {
            let earlier = self.registries.remove(host).and_then(|entry| entry.helper);
            let entry = Entry {
                job: job.to_owned(),
                fingerprint: entries::fingerprint(auth.expose()),
                helper: evicted.get(host).cloned().or(earlier),
                recipe: recipe.clone(),
            };
            self.registries.insert(host.clone(), entry);
        }
    }

    /// Takes out of `config` what `job` has put in, and out of the record what is not in the file any more. Returns the
    /// hosts.
    pub(super) fn take_out(&mut self, config: &mut Config, job: &str) -> Vec<String> {
        let mut hosts = Vec::new();
        self.registries.retain(|host, entry| {
            if entry.job != job {
                return true;
            }
            if entries::take_out(config, host, &entry.fingerprint, entry.helper.as_deref()) {
                hosts.push(host.clone());
            }
            false
        });
        hosts
    }
}

/// Names the job, so that it takes out nothing of another one with the same user's file: a run may have several jobs on
/// one machine, by several runners.
pub(super) fn job(env: &Env) -> String {
    ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "RUNNER_NAME"]
        .into_iter()
        .filter_map(|name| env.get(name))
        .collect::<Vec<_>>()
        .join("/")
}
