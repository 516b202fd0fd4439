//! Bearer tokens (<https://distribution.github.io/distribution/spec/auth/token/>).

use model::{Deadline, Failure, Secret, codes::UNEXPECTED_REPLY};
use reqwest::{Client, header::AUTHORIZATION};
use serde::Deserialize;
use toolkit::http;
use url::Url;

use super::{access, keychain::Credential, refusal::Refusal, retry::Trouble};
use crate::codes;

/// A token has one of two names, or both, as Docker Hub sends it.
#[derive(Deserialize)]
struct Issued {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
}

fn issued(body: &[u8]) -> Option<String> {
    let Issued { token, access_token } = serde_json::from_slice(body).ok()?;
    token.or(access_token).filter(|token| !token.is_empty())
}

/// Adds what the registry itself asks for, unless we ask for more of the same: `public.ecr.aws` wants `aws`.
pub(super) fn with_challenged(scopes: &[String], challenged: Option<&str>) -> Vec<String> {
    let resource = |scope: &str| scope.rsplit_once(':').map_or(scope, |(resource, _)| resource).to_owned();
    let is_new = |challenged: &&str| !scopes.iter().any(|own| resource(own) == resource(challenged));
    challenged.filter(is_new).map(str::to_owned).into_iter().chain(scopes.iter().cloned()).collect()
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
    let (status, after) = (reply.status(), toolkit::retry_after(reply.headers()));
    let body = reply.bytes().await.map_err(|error| {
        Trouble::broken(failure(format!("the reply of {host} broke off: {}", error.without_url())))
    })?;
    if !status.is_success() {
        let refusal = Refusal::new(status, access::without_secrets(&body, None, credential).as_bytes());
        let name = format!("{host}/token").parse().map_err(|_| failure(format!("{host} refused a token")))?;
        let mut failure = refusal.into_failure("a token", &name);
        if status.as_u16() == 403 {
            failure.code = &codes::REGISTRY_UNAUTHORIZED;
        }
        return Err(Trouble::of_refusal(status, after, failure));
    }
    let token = issued(&body).ok_or_else(|| failure(format!("{host} answered without a token")))?;
    Ok(Secret::new(format!("Bearer {token}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_are_known() {
        for (body, expected) in [
            (r#"{"token":"a"}"#, Some("a")),
            (r#"{"access_token":"b"}"#, Some("b")),
            (r#"{"token":"a","access_token":"b","expires_in":300}"#, Some("a")),
            (r#"{"token":""}"#, None),
            ("[]", None),
        ] {
            assert_eq!(issued(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_challenge_adds_what_is_not_asked_for_already() {
        let own = ["repository:a/b:pull,push".to_owned()];
        assert_eq!(with_challenged(&own, Some("repository:a/b:pull")), own);
        assert_eq!(with_challenged(&own, Some("aws")), ["aws", own[0].as_str()]);
        assert_eq!(with_challenged(&own, None), own);
    }
}
