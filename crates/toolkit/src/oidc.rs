//! The OIDC token of a workflow's job
//! (<https://docs.github.com/en/actions/reference/security/oidc>).

use std::time::Duration;

use model::{Code, Deadline, Exit, Failure, Secret, codes};
use reqwest::Client;
use serde::Deserialize;

use crate::{Backoff, Env, http};

/// The job has no right to an OIDC token.
pub const OIDC_UNAVAILABLE: Code = Code {
    id: "oidc-unavailable",
    exit: Exit::Input,
    meaning: "The job cannot get an OIDC token: the runner did not set `ACTIONS_ID_TOKEN_REQUEST_URL`.",
    remedy: "Give the job `permissions: id-token: write`; a run for a pull request from a fork never gets it.",
};
/// GitHub's token service did not give a token.
pub const OIDC_FAILED: Code = Code {
    id: "oidc-failed",
    exit: Exit::Remote,
    meaning: "GitHub's token service did not give an OIDC token.",
    remedy: "Run the job again; if it persists, see GitHub's status page.",
};

/// Asks the runner's token service for a token for `audience`. Reads are harmless, so 5xx, 429 and broken
/// connections are tried again inside the deadline.
pub async fn fetch(
    env: &Env,
    client: &Client,
    audience: &str,
    deadline: Deadline,
) -> Result<Secret, Failure> {
    let (Some(url), Some(bearer)) =
        (env.get("ACTIONS_ID_TOKEN_REQUEST_URL"), env.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
    else {
        return Err(Failure::new(
            &OIDC_UNAVAILABLE,
            "this job has no permission to ask for an OIDC token (`ACTIONS_ID_TOKEN_REQUEST_URL` is not set)",
        )
        .with_note("permissions:\n  id-token: write"));
    };
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    loop {
        let request = client.get(url).query(&[("audience", audience)]).bearer_auth(bearer);
        let failure = match http::send(client, request, deadline).await {
            Ok(reply) if reply.status().is_success() => {
                // The head came in time; a body that does not is bounded by the same deadline.
                match tokio::time::timeout_at(deadline.instant().into(), read(reply)).await {
                    Ok(Some(token)) => return Ok(token),
                    Ok(None) => Failure::new(&OIDC_FAILED, "the OIDC token service sent no `value`"),
                    Err(_) => {
                        Failure::new(&codes::DEADLINE_PASSED, "the OIDC token service sent half a reply")
                    }
                }
            }
            Ok(reply) => {
                let status = reply.status();
                let failure = Failure::new(&OIDC_FAILED, format!("the OIDC token service answered {status}"));
                if !status.is_server_error() && status.as_u16() != 429 {
                    return Err(failure);
                }
                failure
            }
            Err(error) => error.into(),
        };
        let delay = backoff.next_delay();
        if delay >= deadline.remaining() {
            return Err(failure);
        }
        tokio::time::sleep(delay).await;
    }
}

/// Reads the token. serde's error could quote the body, which is the secret, so it is not kept.
async fn read(reply: reqwest::Response) -> Option<Secret> {
    #[derive(Deserialize)]
    struct Token {
        value: String,
    }
    reply.json::<Token>().await.ok().map(|token| Secret::new(token.value))
}

/// Returns a token's claims without checking its signature, for an explanation. None if it is no JWT.
pub fn claims(token: &Secret) -> Option<serde_json::Value> {
    let payload = token.expose().split('.').nth(1)?;
    serde_json::from_slice(&base64_url(payload)?).ok()
}

/// Decodes base64url without padding (RFC 4648 §5); a dependency for these lines would be dearer.
fn base64_url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for character in text.trim_end_matches('=').bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read() {
        // {"sub":"repo:o/r:ref:refs/heads/dev?~"}
        let token = Secret::new("e30.eyJzdWIiOiJyZXBvOm8vcjpyZWY6cmVmcy9oZWFkcy9kZXY_fiJ9.sig");
        assert_eq!(claims(&token).unwrap()["sub"], "repo:o/r:ref:refs/heads/dev?~");
        assert!(claims(&Secret::new("not a token")).is_none());
    }

    #[tokio::test]
    async fn a_missing_permission_is_named() {
        let client = http::client(&http::ClientOptions::default()).unwrap();
        let deadline = Deadline::after(Duration::from_secs(1));
        let failure = fetch(&Env::default(), &client, "sts.amazonaws.com", deadline).await.unwrap_err();
        assert_eq!(failure.code.id, "oidc-unavailable");
        assert!(failure.remedy.contains("id-token: write"));
    }
}
