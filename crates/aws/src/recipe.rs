//! How to sign in again: what a login leaves for later steps beside its credential. It holds no secret.

use std::{fs, io, path::Path};

use model::{Failure, codes as general};
use serde::{Deserialize, Serialize};
use toolkit::Env;

use crate::{Identity, PUBLIC_GALLERY, Region, RegistryHost, ambient};

/// The name of the file, in the directory of the Docker configuration.
pub const RECIPE_FILE: &str = "day2-login.json";

/// The form of the file that this version writes and reads.
const VERSION: u32 = 1;

/// How to get a credential for each registry that a login signed in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    version: u32,
    registries: Vec<Login>,
}

/// What a job has signed in to. One directory may have the logins of several jobs: another one's say nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Login {
    /// By [`job`].
    #[serde(default)]
    job: String,
    #[serde(flatten)]
    entry: RecipeEntry,
}

/// Names the job, so that it neither uses nor takes out what another one with the same user's directory has written: a
/// run may have several jobs on one machine, by several runners. Empty outside of a runner.
pub fn job(env: &Env) -> String {
    ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "RUNNER_NAME"]
        .into_iter()
        .filter_map(|name| env.get(name))
        .collect::<Vec<_>>()
        .join("/")
}

/// How to get a credential for one registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipeEntry {
    /// The host as image names have it, with its port.
    pub host: String,
    /// The region that is asked for the token.
    pub region: Region,
    /// As whom.
    pub identity: Identity,
}

impl Recipe {
    /// Reads the recipe in a directory of a Docker configuration; none if there is no such file.
    pub fn read(directory: &Path) -> Result<Option<Self>, Failure> {
        let path = directory.join(RECIPE_FILE);
        let refused = |why: String| {
            Failure::new(&general::FILE_ACCESS, format!("cannot read {}: {why}", path.display()))
                .with_remedy("Sign in again: `oidc-ecr-login` writes the file.")
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(error.to_string())),
        };
        let recipe: Self = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        if recipe.version == VERSION {
            return Ok(Some(recipe));
        }
        Err(refused(format!(
            "it has the form {} of another version; this one knows {VERSION}",
            recipe.version
        )))
    }

    /// Returns how `job` signs in to `host`.
    pub fn entry(&self, host: &str, job: &str) -> Option<&RecipeEntry> {
        let mut own = self.registries.iter().filter(|login| login.job == job).map(|login| &login.entry);
        own.find(|entry| entry.host.eq_ignore_ascii_case(host))
    }
}

impl RecipeEntry {
    /// Makes an entry of what AWS's own environment holds (keys, a web identity, a container's agent), for steps
    /// that no login of ours came before. None if there is nothing, more than one, or no region.
    pub fn of_environment(env: &Env, host: &str) -> Option<Self> {
        let name = host.split(':').next().unwrap_or(host);
        let region = match RegistryHost::parse(name) {
            Some(host) => host.region().clone(),
            None => env.get("AWS_REGION").or(env.get("AWS_DEFAULT_REGION"))?.parse().ok()?,
        };
        Some(Self { host: host.to_owned(), region, identity: ambient::identity(env)? })
    }

    /// Whether it is for Amazon's public gallery.
    pub fn is_public(&self) -> bool {
        self.host == PUBLIC_GALLERY
    }
}
