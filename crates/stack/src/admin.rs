//! A client of Argo CD's REST API for setting things up and for asserting. It has nothing in common with the client
//! that the actions ship.

use model::Secret;
use reqwest::Method;
use serde_json::{Value, json};

use crate::Error;

/// Signed in as somebody.
#[derive(Debug, Clone)]
pub struct Admin {
    client: reqwest::Client,
    url: String,
    token: Secret,
}

impl Admin {
    /// Signs in with a password.
    pub async fn sign_in(url: &str, user: &str, password: &Secret) -> Result<Self, Error> {
        let mut admin = Self::with_token(url, Secret::new(""))?;
        let body = json!({ "username": user, "password": password.expose() });
        let session = admin.call(Method::POST, "session", Some(&body)).await?;
        let token = session["token"].as_str().ok_or_else(|| Error::new("Argo CD's session has no token"))?;
        admin.token = Secret::new(token);
        Ok(admin)
    }

    /// Uses a token that is there.
    pub fn with_token(url: &str, token: Secret) -> Result<Self, Error> {
        toolkit::http::install_tls_provider();
        let client =
            reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(60)).build();
        let client =
            client.map_err(|error| Error::new(format!("cannot set up a client of Argo CD: {error}")))?;
        Ok(Self { client, url: url.to_owned(), token })
    }

    /// The token in use.
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// Makes an API token of an account. Without `expires_in` (seconds) it does not end.
    pub async fn account_token(&self, account: &str, expires_in: Option<u64>) -> Result<Secret, Error> {
        let body = json!({ "name": account, "expiresIn": expires_in.unwrap_or(0) });
        let reply = self.call(Method::POST, &format!("account/{account}/token"), Some(&body)).await?;
        let token = reply["token"].as_str().ok_or_else(|| Error::new("Argo CD's answer has no token"))?;
        Ok(Secret::new(token))
    }

    /// Sets an account's password; `own` is the password of whoever is signed in.
    pub async fn set_password(&self, account: &str, password: &Secret, own: &Secret) -> Result<(), Error> {
        let body = json!({
            "name": account, "newPassword": password.expose(), "currentPassword": own.expose(),
        });
        self.call(Method::PUT, "account/password", Some(&body)).await.map(drop)
    }

    /// An application, or `None` where there is none.
    pub async fn application(&self, name: &str) -> Result<Option<Value>, Error> {
        // Argo CD answers 403 for one that does not exist unless its namespace is given; a list tells them apart.
        let list = self.call(Method::GET, &format!("applications?name={name}"), None).await?;
        Ok(list["items"].as_array().and_then(|items| items.first()).cloned())
    }

    /// Makes an application, or changes it.
    pub async fn create_application(&self, application: &Value) -> Result<Value, Error> {
        self.call(Method::POST, "applications?upsert=true", Some(application)).await
    }

    /// Lays a merge patch over an application.
    pub async fn patch_application(&self, name: &str, patch: &Value) -> Result<Value, Error> {
        let body = json!({ "name": name, "patch": patch.to_string(), "patchType": "merge" });
        self.call(Method::PATCH, &format!("applications/{name}"), Some(&body)).await
    }

    /// Deletes an application; with `cascade`, what it has deployed as well.
    pub async fn delete_application(&self, name: &str, cascade: bool) -> Result<(), Error> {
        self.call(Method::DELETE, &format!("applications/{name}?cascade={cascade}"), None).await.map(drop)
    }

    /// Calls `/api/v1/<path>`.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        let failed = |error: reqwest::Error| Error::new(format!("Argo CD, {path}: {}", error.without_url()));
        let mut request = self.client.request(method.clone(), format!("{}/api/v1/{path}", self.url));
        if !self.token.is_empty() {
            request = request.bearer_auth(self.token.expose());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await.map_err(failed)?;
        let status = reply.status();
        let text = reply.text().await.map_err(failed)?;
        if !status.is_success() {
            return Err(Error::new(format!("Argo CD, {method} {path}: {status}: {}", text.trim())));
        }
        serde_json::from_str(&text).map_err(|error| Error::new(format!("Argo CD, {method} {path}: {error}")))
    }
}
