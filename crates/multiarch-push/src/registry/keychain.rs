//! Credentials from Docker's configuration file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use model::{Failure, Secret, codes::FILE_ACCESS};
use serde::Deserialize;
use toolkit::Env;

use super::helper;

/// A user and a password.
#[derive(Debug, Clone)]
pub(crate) struct Credential {
    /// The user, `AWS` for ECR.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: Secret,
}

/// What `config.json` says (<https://docs.docker.com/reference/cli/docker/login/#credential-stores>).
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Keychain {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
struct Entry {
    #[serde(default)]
    auth: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("***")
    }
}

impl Keychain {
    /// Returns where the configuration is: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
    pub(crate) fn path(env: &Env) -> Option<PathBuf> {
        let directory = match env.get("DOCKER_CONFIG") {
            Some(directory) => PathBuf::from(directory),
            None => Path::new(env.get("HOME")?).join(".docker"),
        };
        Some(directory.join("config.json"))
    }

    /// Reads the configuration; a file that is not there holds nothing.
    pub(crate) fn load(env: &Env) -> Result<Self, Failure> {
        let Some(path) = Self::path(env) else { return Ok(Self::default()) };
        let failure = |error: String| {
            Failure::new(
                &FILE_ACCESS,
                format!("cannot read Docker's configuration {}: {error}", path.display()),
            )
        };
        match std::fs::read(&path) {
            // The parser's message has a position and a type, and none of the file's values.
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failure(error.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(failure(error.to_string())),
        }
    }

    /// Returns the credential for a registry, by its host and port: one that stands in the file, else what the
    /// configured helper program has.
    pub(crate) async fn credential(&self, registry: &str) -> Option<Credential> {
        let names = names_of(registry);
        let is_ours = |key: &String| names.contains(&host_of(key));
        let entry =
            self.auths.iter().filter(|(key, _)| is_ours(key)).find_map(|(_, entry)| entry.credential());
        if entry.is_some() {
            return entry;
        }
        self.helped(registry).await
    }

    /// Returns what the helper program has that is configured for a registry.
    pub(super) async fn helped(&self, registry: &str) -> Option<Credential> {
        let names = names_of(registry);
        let is_ours = |key: &String| names.contains(&host_of(key));
        let helper = self.helpers.iter().find(|(key, _)| is_ours(key)).map(|(_, helper)| helper);
        match helper.or(self.store.as_ref()) {
            Some(helper) => helper::credential(helper, names[0]).await,
            None => None,
        }
    }
}

impl Entry {
    fn credential(&self) -> Option<Credential> {
        if let Some(auth) = self.auth.as_ref().filter(|auth| !auth.is_empty()) {
            let decoded = String::from_utf8(STANDARD.decode(auth).ok()?).ok()?;
            let (user, password) = decoded.split_once(':')?;
            return Some(Credential { user: user.to_owned(), password: Secret::new(password) });
        }
        let (user, password) = (self.username.clone()?, self.password.clone()?);
        Some(Credential { user, password: Secret::new(password) })
    }
}

/// Docker Hub is known under several names; the first is the one that helpers are asked for.
fn names_of(registry: &str) -> Vec<&str> {
    match registry {
        "docker.io" => {
            vec!["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"]
        }
        other => vec![other],
    }
}

/// Returns the host of a key, which may be a URL.
fn host_of(key: &str) -> &str {
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Keychain, Failure> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("config.json"), text).unwrap();
        Keychain::load(&Env::from_pairs([("DOCKER_CONFIG", directory.path().to_str().unwrap())]))
    }

    #[tokio::test]
    async fn finds_a_registry_however_it_is_written() {
        let keychain = load(&format!(
            r#"{{"auths":{{"https://a.example/v2/":{{"auth":"{}"}},"127.0.0.1:5000":{{"username":"u","password":"p"}},
                "https://index.docker.io/v1/":{{"auth":"{}"}},"empty.example":{{}}}},"other":1}}"#,
            STANDARD.encode("AWS:pass:word"),
            STANDARD.encode("hub:x"),
        ))
        .unwrap();
        for (registry, expected) in [
            ("a.example", Some(("AWS", "pass:word"))),
            ("127.0.0.1:5000", Some(("u", "p"))),
            ("docker.io", Some(("hub", "x"))),
            ("empty.example", None),
            ("b.example", None),
        ] {
            let credential = keychain.credential(registry).await;
            let found = credential.as_ref().map(|found| (found.user.as_str(), found.password.expose()));
            assert_eq!(found, expected, "{registry}");
        }
        assert!(!format!("{keychain:?}").contains("pass"), "a secret in Debug");
    }

    #[test]
    fn no_file_is_no_credential_and_a_broken_one_an_error() {
        assert!(Keychain::load(&Env::from_pairs([("DOCKER_CONFIG", "/nonexistent")])).is_ok());
        assert!(Keychain::load(&Env::default()).is_ok());
        assert!(load("{").unwrap_err().cause.contains("config.json"));
    }
}
