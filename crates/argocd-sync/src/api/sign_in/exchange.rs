//! A token of Dex for one of another issuer (RFC 8693; dexidp/dex server/grants/tokenexchange.go).

use model::Secret;
use serde::Deserialize;

use super::super::{
    ApiError, error,
    transport::{Head, Transport},
};

/// The client that Argo CD declares to its Dex for programs; it has no secret (util/dex/config.go).
const CLIENT: &str = "argo-cd-cli";

/// Dex's refusal, an error of OAuth 2 (RFC 6749 §5.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    /// `access_denied`, `invalid_request`, `unsupported_grant_type`, …
    pub(super) error: String,
    /// More of it, often nothing: Dex tells the reason to its log alone.
    #[serde(rename = "error_description")]
    pub(super) description: String,
}

/// The refusal that stands for Dex's status 500, which Argo CD replaces by a redirection (util/dex/dex.go).
pub(super) const SERVER_ERROR: &str = "server_error";

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

/// Exchanges a token. It changes nothing in Dex, so that it may be repeated.
pub(super) async fn exchange(
    transport: &Transport,
    connector: &str,
    subject: &Secret,
) -> Result<Result<Secret, Refusal>, ApiError> {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("connector_id", connector),
        // `federated:id` brings the claim that Argo CD takes as the subject of its policy.
        ("scope", "openid email profile federated:id"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("subject_token", subject.expose()),
        // As an access token it would be taken to a user info endpoint, which GitHub has not (dexidp/dex#4032).
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
    ];
    let request = transport.form(&["api", "dex", "token"], &form).basic_auth(CLIENT, Some(""));
    let (head, body) = transport.reply(request).await?;
    read(head, &body)
}

/// Reads the reply. An error in reading it is not kept, since it could quote the token.
fn read(head: Head, body: &str) -> Result<Result<Secret, Refusal>, ApiError> {
    if head.status == 200
        && let Ok(granted) = serde_json::from_str::<Granted>(body)
    {
        return Ok(Ok(Secret::new(granted.access_token)));
    }
    if head.status == 303 {
        return Ok(Err(Refusal { error: SERVER_ERROR.to_owned(), ..Refusal::default() }));
    }
    match serde_json::from_str::<Refusal>(body) {
        Ok(refusal) if (400..500).contains(&head.status) && !refusal.error.is_empty() => Ok(Err(refusal)),
        _ if head.status == 200 => Err(ApiError::Malformed("no `access_token` from Dex".to_owned())),
        _ => Err(error::read(head, body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Result<Result<Secret, Refusal>, ApiError> {
        read(Head { status, location: None, is_html: false }, body)
    }

    #[test]
    fn replies_are_told_apart() {
        assert_eq!(reply(200, r#"{"access_token":"a.b.c"}"#).unwrap().unwrap().expose(), "a.b.c");
        assert_eq!(reply(401, r#"{"error":"access_denied"}"#).unwrap().unwrap_err().error, "access_denied");
        let body = r#"{"error":"invalid_request","error_description":"Requested connector does not exist."}"#;
        assert_eq!(reply(400, body).unwrap().unwrap_err().description, "Requested connector does not exist.");
        assert_eq!(reply(303, "").unwrap().unwrap_err().error, SERVER_ERROR);
        assert!(matches!(reply(502, ""), Err(ApiError::Gateway { status: 502 })));
        let error = reply(200, r#"{"id_token":"s3cret"}"#).unwrap_err().to_string();
        assert!(error.contains("access_token") && !error.contains("s3cret"), "{error}");
    }
}
