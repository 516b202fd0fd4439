//! What logins have written, kept beside the credentials: how to sign in to a registry again, and what a logout takes
//! out. It holds no secret.

use std::{
    collections::BTreeMap,
    mem,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use aws::RecipeEntry;
use model::Secret;
use serde::{Deserialize, Serialize};

use super::entries::{self, Config};

/// The file's name, beside `config.json`.
pub(super) const FILE: &str = aws::RECIPE_FILE;

/// The form of the file, as [`aws::Recipe`] has it.
const VERSION: u32 = 1;

/// How long a token of ECR lasts, in seconds: a job that has not signed out by then needs its credential no more
/// (API reference of `GetAuthorizationToken`).
const LIFETIME: u64 = 12 * 60 * 60;

/// The content of the file: [`aws::Recipe`], which later steps read, and what a logout needs besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The form of the file.
    pub(super) version: u32,
    /// What the environment said before, for a directory of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Before>,
    /// The credentials of ours, one for each file, host and job. Those of one file and host share what is in the file:
    /// the fingerprint of the last login, and the helper that the first one has displaced.
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
    /// The name of the file beside this one that has it.
    pub(super) file: String,
    /// The job that wrote it; empty outside of a runner.
    pub(super) job: String,
    /// When it was written, in seconds since 1970.
    pub(super) written: u64,
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

    /// Notes credentials that are about to be written to `file`. A helper that an earlier login has displaced is still
    /// the one to put back.
    pub(super) fn note(
        &mut self,
        file: &str,
        job: &str,
        logins: &[(String, Secret)],
        recipes: &[RecipeEntry],
        evicted: &BTreeMap<String, String>,
    ) {
        let now = now();
        for (recipe, auth) in recipes.iter().filter_map(|recipe| {
            logins.iter().find(|(host, _)| *host == recipe.host).map(|(_, auth)| (recipe, auth))
        }) {
            let is_same = |entry: &Entry| entry.is_of(file, &recipe.host);
            let mut earlier = self.registries.iter().filter(|entry| is_same(entry));
            let helper =
                evicted.get(&recipe.host).cloned().or(earlier.find_map(|entry| entry.helper.clone()));
            let fingerprint = entries::fingerprint(auth.expose());
            self.registries.retain(|entry| !is_same(entry) || (entry.job != job && entry.is_live(now)));
            for entry in self.registries.iter_mut().filter(|entry| is_same(entry)) {
                entry.fingerprint.clone_from(&fingerprint);
                entry.helper.clone_from(&helper);
            }
            self.registries.push(Entry {
                file: file.to_owned(),
                job: job.to_owned(),
                written: now,
                fingerprint,
                helper,
                recipe: recipe.clone(),
            });
        }
    }

    /// Takes `job` off the record of `file`, and out of `config` each credential that no other job is using any more.
    pub(super) fn take_out(&mut self, file: &str, config: &mut Config, job: &str) -> TakenOut {
        let now = now();
        let mut taken = TakenOut::default();
        let is_own = |entry: &Entry| entry.file == file && entry.job == job;
        let (own, mut left): (Vec<Entry>, Vec<Entry>) =
            mem::take(&mut self.registries).into_iter().partition(is_own);
        for Entry { recipe: RecipeEntry { host, .. }, fingerprint, helper, .. } in own {
            if left.iter().any(|other| other.is_of(file, &host) && other.is_live(now)) {
                taken.kept.push(host);
                continue;
            }
            left.retain(|other| !other.is_of(file, &host));
            if entries::take_out(config, &host, &fingerprint, helper.as_deref()) {
                taken.hosts.push(host);
            }
        }
        self.registries = left;
        taken
    }
}

impl Entry {
    fn is_of(&self, file: &str, host: &str) -> bool {
        self.file == file && self.recipe.host == host
    }

    /// Whether the job may still need it.
    fn is_live(&self, now: u64) -> bool {
        now < self.written.saturating_add(LIFETIME)
    }
}

/// What a logout did with the hosts of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TakenOut {
    /// Their credential is gone.
    pub(super) hosts: Vec<String>,
    /// Their credential stays for other jobs.
    pub(super) kept: Vec<String>,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
