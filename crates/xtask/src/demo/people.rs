//! What people do: push a branch, open a pull request, put a label on it. With tokens of their own, over HTTP
//! and Git as from a laptop.

use std::{path::Path, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Client, Method};
use sandbox::World;
use serde_json::{Value, json};

use super::place::REPOSITORY;
use crate::process;

/// A person at a laptop.
pub(super) struct Person {
    pub(super) login: &'static str,
    token: String,
    client: Client,
    github: String,
}

impl Person {
    /// A person with a token; what they may do is their role's matter.
    pub(super) fn new(world: &World, login: &'static str, token: String) -> Result<Self, String> {
        let client = toolkit::http::client(&toolkit::http::ClientOptions::default())
            .map_err(|error| error.to_string())?;
        Ok(Self { login, token, client, github: world.urls.github.clone() })
    }

    /// The person's token.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Makes a branch with one changed file and pushes it.
    pub(super) fn push(
        &self,
        directory: &Path,
        from: &str,
        branch: &str,
        change: &Change<'_>,
    ) -> Result<(), String> {
        let clone = directory.join(format!("{}-{}", self.login, branch.replace('/', "-")));
        let url = format!("{}/{}.git", self.github, REPOSITORY);
        process::quiet(self.git(directory).args(["clone", "--quiet", "--branch", from, &url]).arg(&clone))?;
        let file = clone.join(change.file);
        let text = std::fs::read_to_string(&file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        if !text.contains(change.from) {
            return Err(format!("{} does not have {:?}", change.file, change.from));
        }
        std::fs::write(&file, text.replace(change.from, change.to))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        for arguments in [
            &["switch", "--quiet", "--create", branch][..],
            &["commit", "--quiet", "--all", "--message", change.message],
            &["push", "--quiet", "origin", branch],
        ] {
            process::quiet(self.git(&clone).args(arguments))?;
        }
        Ok(())
    }

    /// Opens a pull request and returns its number.
    pub(super) async fn open(&self, head: &str, base: &str, title: &str) -> Result<u64, String> {
        let body = json!({ "title": title, "head": head, "base": base });
        let pull = self.call(Method::POST, "pulls", Some(body)).await?;
        pull["number"].as_u64().ok_or_else(|| format!("a pull request without a number: {pull}"))
    }

    /// Puts a label on a pull request.
    pub(super) async fn label(&self, number: u64, label: &str) -> Result<(), String> {
        let body = json!({ "labels": [label] });
        self.call(Method::POST, &format!("issues/{number}/labels"), Some(body)).await.map(drop)
    }

    /// Takes a label off a pull request.
    pub(super) async fn unlabel(&self, number: u64, label: &str) -> Result<(), String> {
        self.call(Method::DELETE, &format!("issues/{number}/labels/{label}"), None).await.map(drop)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let url = format!("{}/repos/{}/{path}", self.github, REPOSITORY);
        let mut request = self.client.request(method.clone(), &url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let failed = |error: reqwest::Error| format!("{method} {path} as {}: {error}", self.login);
        let reply = request.send().await.map_err(failed)?;
        let status = reply.status();
        let text = reply.text().await.map_err(failed)?;
        if !status.is_success() {
            return Err(format!("{method} {path} as {}: {status} {text}", self.login));
        }
        serde_json::from_str(&text).map_err(|error| format!("{method} {path} as {}: {error}", self.login))
    }

    /// Git with the token in the environment, and nothing of this machine's configuration.
    fn git(&self, directory: &Path) -> Command {
        let basic = STANDARD.encode(format!("x-access-token:{}", self.token));
        let email = format!("{}@users.noreply.github.com", self.login);
        let mut command = Command::new("git");
        command
            .current_dir(directory)
            .env("HOME", directory)
            .envs([
                ("LC_ALL", "C"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_TERMINAL_PROMPT", "0"),
                ("GIT_CONFIG_COUNT", "1"),
            ])
            .env("GIT_CONFIG_KEY_0", format!("http.{}/.extraheader", self.github))
            .env("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {basic}"))
            .envs([("GIT_AUTHOR_NAME", self.login), ("GIT_COMMITTER_NAME", self.login)])
            .envs([("GIT_AUTHOR_EMAIL", &email), ("GIT_COMMITTER_EMAIL", &email)]);
        command
    }
}

/// A change to one file.
pub(super) struct Change<'a> {
    pub(super) file: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) message: &'a str,
}
