//! The agent beside a container that gives it keys: EKS Pod Identity, ECS
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>).

use std::fs;

use model::{Deadline, Failure, Secret, codes as general};
use reqwest::Url;
use serde::Deserialize;
use toolkit::{
    Env,
    http::{self, ClientOptions},
    retry_after,
};

use crate::{Aws, CallError, Keys, Kind, Region, codes, diagnose::About, retry::Stop};

/// What errors call the agent.
pub(crate) const SERVICE: &str = "the container's agent";
/// Where ECS's agent is, for `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`.
const ECS: &str = "http://169.254.170.2";
/// Hosts that plain HTTP may be spoken to beside loopback: the agents of ECS and of EKS Pod Identity.
const AGENTS: &[&str] = &["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

/// What the agent answers; on a refusal `code` and `message`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    token: Option<String>,
    #[serde(alias = "code")]
    code: Option<String>,
    #[serde(alias = "message")]
    message: Option<String>,
}

/// Asks the agent for keys.
pub(crate) async fn keys(aws: &Aws, region: &Region) -> Result<Keys, Failure> {
    let env = aws.host.env();
    let url = url(env)?;
    // No proxy can reach the agent, and none may see its token.
    let client = http::client(&ClientOptions { use_proxies: false, ..ClientOptions::default() })?;
    let call = async |_| {
        let mut request = client.get(url.clone());
        // Read each time: the cluster renews the file.
        if let Some(token) = token(env).map_err(|failure| Stop::Failure(Box::new(failure)))? {
            aws.host.mask(&token);
            request = request.header("authorization", token.expose());
        }
        ask(&client, request, aws.deadline).await.map_err(Stop::Call)
    };
    let about = About { region: region.to_string(), ..About::default() };
    aws.until_done("container credentials", call, &about).await
}

async fn ask(
    client: &reqwest::Client,
    request: reqwest::RequestBuilder,
    deadline: Deadline,
) -> Result<Keys, CallError> {
    let error = |kind| CallError { service: SERVICE, operation: "", kind };
    let reply = http::send(client, request, deadline).await.map_err(|send| error(Kind::from(&send)))?;
    let retry_after = retry_after(reply.headers()).map(crate::error::seconds);
    let status = reply.status().as_u16();
    let body = tokio::time::timeout(deadline.remaining(), reply.bytes()).await;
    let Ok(Ok(body)) = body else { return Err(error(Kind::Unreachable("half a reply".to_owned()))) };
    let reply: Option<Reply> = serde_json::from_slice(&body).ok();
    match reply {
        Some(Reply { access_key_id: Some(id), secret_access_key: Some(secret), token, .. })
            if status == 200 =>
        {
            Ok(Keys {
                access_key_id: id,
                secret_access_key: Secret::new(secret),
                session_token: token.map(Secret::new),
            })
        }
        reply => {
            let (code, message) = match reply {
                Some(reply) => (reply.code.unwrap_or_default(), reply.message.unwrap_or_default()),
                // The agent of EKS answers with plain text; a page of something else is cut.
                None => (String::new(), String::from_utf8_lossy(&body).trim().chars().take(300).collect()),
            };
            Err(error(Kind::Reply { status, code, message, request_id: String::new(), retry_after }))
        }
    }
}

/// Returns where the agent is; a host that a token must not be sent to in the clear is refused.
fn url(env: &Env) -> Result<Url, Failure> {
    let (variable, text) = match (
        env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ) {
        (Some(path), _) => ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", format!("{ECS}{path}")),
        (None, Some(full)) => ("AWS_CONTAINER_CREDENTIALS_FULL_URI", full.to_owned()),
        (None, None) => {
            return Err(Failure::new(
                &codes::NO_CREDENTIALS,
                "there is no agent beside this container (`AWS_CONTAINER_CREDENTIALS_FULL_URI` is not set)",
            )
            .with_remedy(
                "Associate the runner's service account with a role (EKS Pod Identity), and start the pod anew.",
            ));
        }
    };
    let refused = |why: String| Failure::new(&general::INVALID_INPUT, format!("`{variable}` {why}"));
    let url: Url = text.parse().map_err(|_| refused("is no URL".to_owned()))?;
    let host = url.host_str().unwrap_or_default();
    let is_loopback = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback || AGENTS.contains(&host) => Ok(url),
        _ => Err(refused(format!(
            "names the host `{host}`, which is neither loopback nor one of AWS's agents ({}) nor https",
            AGENTS.join(", ")
        ))),
    }
}

/// Returns what the agent wants to see: the file's text wins, as in AWS's tools.
fn token(env: &Env) -> Result<Option<Secret>, Failure> {
    let text = match env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(path) => fs::read_to_string(path).map_err(|error| {
            Failure::new(
                &general::FILE_ACCESS,
                format!("cannot read `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` ({path}): {error}"),
            )
        })?,
        None => match env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            Some(text) => text.to_owned(),
            None => return Ok(None),
        },
    };
    let text = text.trim();
    if text.contains(['\r', '\n']) {
        return Err(Failure::new(
            &general::INVALID_INPUT,
            "the container's authorization token has more than one line",
        ));
    }
    Ok(Some(Secret::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_agents_are_spoken_to_in_the_clear() {
        for (text, is_good) in [
            ("http://169.254.170.23/v1/credentials", true),
            ("http://[fd00:ec2::23]/v1/credentials", true),
            ("http://127.0.0.1:9/x", true),
            ("http://[::1]/x", true),
            ("http://localhost:80/x", true),
            ("https://agent.example/x", true),
            ("http://169.254.169.254/latest", false),
            ("http://agent.example/x", false),
            ("http://127.0.0.1.evil.example/x", false),
            ("ftp://127.0.0.1/x", false),
            ("nonsense", false),
        ] {
            let env = Env::from_pairs([("AWS_CONTAINER_CREDENTIALS_FULL_URI", text)]);
            assert_eq!(url(&env).is_ok(), is_good, "{text}");
        }
        let env = Env::from_pairs([("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/7")]);
        assert_eq!(url(&env).unwrap().as_str(), "http://169.254.170.2/v2/credentials/7");
        assert_eq!(url(&Env::default()).unwrap_err().code.id, "aws-no-credentials");
    }

    #[test]
    fn the_token_cannot_add_headers() {
        let env = Env::from_pairs([("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nx: b")]);
        assert!(token(&env).is_err());
        let env = Env::from_pairs([("AWS_CONTAINER_AUTHORIZATION_TOKEN", " t0k\n")]);
        assert_eq!(token(&env).unwrap().unwrap().expose(), "t0k");
    }
}
