//! Bearer tokens (<https://distribution.github.io/distribution/spec/auth/token/>).

use model::{Deadline, Failure, Secret, codes::UNEXPECTED_REPLY};
use reqwest::{Client, header::AUTHORIZATION};
use serde::Deserialize;
use toolkit::http;
use url::Url;

use super::{access, keychain::Credential, refusal::Refusal, retry::Trouble, retry::retry_after};
use crate::codes;

#[derive(Deserialize)]
struct Issued {
    #[serde(alias = "access_token")]
    token: String,
}

/// Asks for a token with `scopes`; without a credential it is one for anybody.
pub(super) async fn fetch(
    client: &Client,
    deadline: Deadline,
    registry: &Url,
    realm: &str,
    service: Option<&str>,
    scopes: &[String],
    credential: Option<&Credential>,
) -> Result<Secret, Trouble> {
    let failure = |text: String| Failure::new(&UNEXPECTED_REPLY, text);
    let mut url: Url =
        realm.parse().map_err(|_| failure(format!("{registry} names no token server: `{realm}`")))?;
    // The password goes there, so a registry must not point at a neighbour or to plain HTTP.
    if !access::may_follow(registry, &url) {
        return Err(
            failure(format!("{registry} names a token server that is not to be trusted: {url}")).into()
        );
    }
    url.query_pairs_mut()
        .extend_pairs(service.map(|service| ("service", service)))
        .extend_pairs(scopes.iter().map(|scope| ("scope", scope)));
    let host = url.host_str().unwrap_or_default().to_owned();
    let mut request = client.get(url);
    if let Some(credential) = credential {
        request = request.header(AUTHORIZATION, access::basic(credential).expose());
    }
    let reply = http::send(client, request, deadline).await?;
    let (status, after) = (reply.status(), retry_after(&reply));
    let body = reply.bytes().await.map_err(|error| {
        Trouble::broken(failure(format!("the reply of {host} broke off: {}", error.without_url())))
    })?;
    if !status.is_success() {
        let refusal = Refusal::new(status, &body);
        let name = format!("{host}/token").parse().map_err(|_| failure(format!("{host} refused a token")))?;
        let mut failure = refusal.into_failure("a token", &name);
        if status.as_u16() == 403 {
            failure.code = &codes::REGISTRY_UNAUTHORIZED;
        }
        return Err(Trouble::of_status(status, after, failure));
    }
    let issued: Issued =
        serde_json::from_slice(&body).map_err(|_| failure(format!("{host} answered without a token")))?;
    Ok(Secret::new(format!("Bearer {}", issued.token)))
}
