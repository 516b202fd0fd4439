//! Credential helpers: programs that Docker asks for a password
//! (<https://github.com/docker/docker-credential-helpers>).

use std::{process::Stdio, time::Duration};

use model::Secret;
use serde::Deserialize;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use super::keychain::Credential;

/// A helper that talks to a cloud has to be given some time, and one that waits for a person has not.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    user: String,
    #[serde(rename = "Secret")]
    password: String,
}

/// Asks `docker-credential-<helper> get`. Whatever goes wrong counts as no credential, as it does for Docker: the
/// registry's own refusal then says what is missing.
pub(super) async fn credential(helper: &str, registry: &str) -> Option<Credential> {
    let answer = timeout(PATIENCE, ask(helper, registry)).await.ok().flatten();
    if answer.is_none() {
        tracing::debug!("docker-credential-{helper} has no credential for {registry}");
    }
    let Answer { user, password } = answer?;
    // `<token>` marks an identity token, which is exchanged by OAuth and is no password.
    (user != "<token>").then(|| Credential { user, password: Secret::new(password) })
}

async fn ask(helper: &str, registry: &str) -> Option<Answer> {
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    stdin.write_all(registry.as_bytes()).await.ok()?;
    drop(stdin);
    let output = child.wait_with_output().await.ok()?;
    output.status.success().then(|| serde_json::from_slice(&output.stdout).ok()).flatten()
}
