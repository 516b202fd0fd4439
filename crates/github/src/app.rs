//! Signing in as a GitHub App: a JWT by the App's private key, exchanged for a token of one installation, for one
//! repository and the permissions that are needed
//! (<https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app>).

mod failures;
mod jwt;
mod session;

use http::Method;
use model::{Deadline, Failure, RepoSlug, Secret};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{ApiError, Endpoints, GitHub, de, path};
use failures::Refused;
pub use session::{Session, sign_in};

/// A token of an installation. GitHub lets it expire after an hour.
#[derive(Debug, Clone)]
pub struct InstallationToken {
    /// The token.
    pub token: Secret,
    /// The App's name in its address, such as `deploy`; empty if GitHub did not say.
    pub app_slug: String,
    /// When it expires, as GitHub writes it: `2026-01-31T10:05:00Z`.
    pub expires_at: String,
}

/// <https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app>
#[derive(Deserialize)]
struct Installation {
    id: u64,
    #[serde(default, deserialize_with = "de::or_default")]
    app_slug: String,
    #[serde(default, deserialize_with = "de::or_default")]
    suspended_at: String,
    #[serde(default)]
    permissions: Value,
}

/// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>
#[derive(Deserialize)]
struct Minted {
    token: String,
    #[serde(default)]
    expires_at: String,
}

/// Mints a token for `repository` alone, with `permissions` alone, such as `("contents", "write")`.
///
/// `app_id` is the App's number or its client id (`Iv23…`); `key` is its private key as GitHub hands it out, a PEM
/// file. A key whose line breaks were pasted as `\n` is read as well.
pub async fn installation_token(
    endpoints: &Endpoints,
    app_id: &str,
    key: &Secret,
    repository: &RepoSlug,
    permissions: &[(&str, &str)],
    deadline: Deadline,
) -> Result<InstallationToken, Failure> {
    let refused = Refused { app_id: app_id.trim(), repository, permissions };
    let key = jwt::read_key(key)?;
    let jwt = jwt::sign(app_id, &key)?;
    let github = GitHub::new(endpoints.clone(), &jwt, deadline)?;
    let found = github.read(&path::repo(repository, "/installation")).await;
    let installation: Installation = match found.and_then(crate::Reply::decode) {
        Ok(installation) => installation,
        Err(error) => return Err(refused.lookup(error)),
    };
    if !installation.suspended_at.is_empty() {
        return Err(refused.suspended());
    }
    // GitHub's names have underscores where workflows write hyphens.
    let wanted: serde_json::Map<String, Value> =
        permissions.iter().map(|(name, access)| (name.replace('-', "_"), json!(access))).collect();
    let body = json!({ "repositories": [repository.name()], "permissions": wanted });
    let route = format!("/app/installations/{}/access_tokens", installation.id);
    // A reply that is lost leaves a token that nobody has, and that expires: it can be asked for again.
    let minted = github.send_harmless(Method::POST, &route, &body).await;
    let minted: Minted = match minted.and_then(crate::Reply::decode) {
        Ok(minted) => minted,
        Err(error) => return Err(refused.mint(error, &installation.permissions)),
    };
    Ok(InstallationToken {
        token: Secret::new(minted.token),
        app_slug: installation.app_slug,
        expires_at: minted.expires_at,
    })
}

/// Makes the token that `github` uses worthless, before it expires by itself
/// (<https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token>).
pub async fn revoke(github: &GitHub) -> Result<(), ApiError> {
    github.send(Method::DELETE, "/installation/token", None).await.map(drop)
}
