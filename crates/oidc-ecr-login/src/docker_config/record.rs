//! What logins have written, kept beside the credentials: how to sign in to a registry again, and what a logout takes
//! out. It holds no secret.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use aws::RecipeEntry;
use model::Secret;
use serde::{Deserialize, Serialize};
use toolkit::Env;

use super::entries::{self, Config};

/// The file's name, beside `config.json`.
pub(super) const FILE: &str = aws::RECIPE_FILE;

/// The form of the file, as [`aws::Recipe`] has it.
const VERSION: u32 = 1;

/// The content of the file: [`aws::Recipe`], which later steps read, and what a logout needs besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The form of the file.
    pub(super) version: u32,
    /// What the environment said before, for a directory of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Before>,
    /// The hosts with a credential of ours.
    #[serde(default)]
    pub(super) registries: Vec<Entry>,
}

impl Default for Record {
    fn default() -> Self {
        Self { version: VERSION, before: None, registries: Vec::new() }
    }
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
    /// The host, and how to sign in again.
    #[serde(flatten)]
    pub(super) recipe: RecipeEntry,
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
        recipes: &[RecipeEntry],
        evicted: &BTreeMap<String, String>,
    ) {
        for (recipe, auth) in recipes.iter().filter_map(|recipe| {
            logins.iter().find(|(host, _)| *host == recipe.host).map(|(_, auth)| (recipe, auth))
        }) {
            let earlier = self.registries.iter().position(|entry| entry.recipe.host == recipe.host);
            let earlier = earlier.map(|place| self.registries.remove(place)).and_then(|entry| entry.helper);
            self.registries.push(Entry {
                job: job.to_owned(),
                fingerprint: entries::fingerprint(auth.expose()),
                helper: evicted.get(&recipe.host).cloned().or(earlier),
                recipe: recipe.clone(),
            });
        }
    }

    /// Takes out of `config` what `job` has put in, and out of the record what is not in the file any more. Returns the
    /// hosts.
    pub(super) fn take_out(&mut self, config: &mut Config, job: &str) -> Vec<String> {
        let mut hosts = Vec::new();
        self.registries.retain(|entry| {
            let host = &entry.recipe.host;
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
