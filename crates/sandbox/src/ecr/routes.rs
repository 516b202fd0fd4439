//! ECR over HTTP: JSON 1.1, the operation in `X-Amz-Target`, every call signed.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{
        HeaderMap, Method, StatusCode, Uri,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::repositories;
use crate::{
    World,
    oidc::uuid,
    registry::{ACCOUNT, REGION},
    sts::{
        Session,
        sigv4::{self, Unsigned},
    },
};

/// The prefix of operation names.
const SERVICE: &str = "AmazonEC2ContainerRegistry_V20150921.";
/// The same of the public gallery's interface, which is another service, in one region.
const PUBLIC_SERVICE: &str = "SpencerFrontendService.";
const PUBLIC_REGION: &str = "us-east-1";

pub(super) fn router(world: Arc<World>) -> Router {
    Router::new().route("/", post(call)).with_state(world)
}

async fn call(
    State(world): State<Arc<World>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let (region, service) = signed_for(&headers);
    let reply = sigv4::verify(&world.sts, &method, &uri, &headers, &body).map_err(refusal);
    let reply = reply.and_then(|session| {
        if let Some(operation) = target.strip_prefix(PUBLIC_SERVICE) {
            return public(&world, &session, operation, (&region, &service));
        }
        let operation = target.strip_prefix(SERVICE).unwrap_or_default();
        permitted(&world, session, "ecr", operation)
            .and_then(|session| answer(&world, &session, operation, &region, &body))
    });
    match reply {
        Ok(value) => json_reply(StatusCode::OK, &value),
        Err(value) => json_reply(StatusCode::BAD_REQUEST, &value),
    }
}

/// The region and the service that a request is signed for.
fn signed_for(headers: &HeaderMap) -> (String, String) {
    let text = headers.get(AUTHORIZATION).and_then(|text| text.to_str().ok()).unwrap_or_default();
    let mut scope = text.split_once("Credential=").map_or("", |(_, rest)| rest).split('/').skip(2);
    let mut next = || scope.next().unwrap_or_default().to_owned();
    (next(), next())
}

/// The public gallery's interface. It takes two permissions, the second one of another service.
fn public(
    world: &World,
    session: &Session,
    operation: &str,
    signed_for: (&str, &str),
) -> Result<Value, Value> {
    if signed_for != (PUBLIC_REGION, "ecr-public") {
        let message = format!("Credential should be scoped to a valid region, not '{}'.", signed_for.0);
        return Err(error("InvalidSignatureException", &message));
    }
    if operation != "GetAuthorizationToken" {
        return Err(error("UnknownOperationException", ""));
    }
    permitted(world, session.clone(), "ecr-public", operation)?;
    permitted(world, session.clone(), "sts", "GetServiceBearerToken")?;
    let (password, expires) = world.ecr.issue(session, None);
    Ok(json!({ "authorizationData": {
        "authorizationToken": STANDARD.encode(format!("AWS:{password}")),
        "expiresAt": precise(expires),
    } }))
}

fn answer(
    world: &World,
    session: &Session,
    operation: &str,
    region: &str,
    body: &[u8],
) -> Result<Value, Value> {
    let input: Value =
        serde_json::from_slice(body).map_err(|_| error("SerializationException", "The body is not JSON"))?;
    if let Some(repository) = input["repositoryName"].as_str()
        && !world.sts.allows_on(session, &format!("ecr:{operation}"), repository)
    {
        let resource = format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{repository}");
        return Err(denied(session, "ecr", operation, &resource));
    }
    let result = match operation {
        "GetAuthorizationToken" => authorization_token(world, session, region, &input),
        "BatchCheckLayerAvailability" => repositories::batch_check_layer_availability(world, &input),
        "DescribeRepositories" => repositories::describe_repositories(world, &input),
        "CreateRepository" => repositories::create_repository(world, &input),
        _ => Err(("UnknownOperationException", String::new())),
    };
    result.map_err(|(kind, message)| error(kind, &message))
}

fn permitted(world: &World, session: Session, service: &str, operation: &str) -> Result<Session, Value> {
    if world.sts.allows(&session, &format!("{service}:{operation}")) {
        return Ok(session);
    }
    Err(denied(&session, service, operation, "*"))
}

fn denied(session: &Session, service: &str, operation: &str, resource: &str) -> Value {
    let message = format!(
        "User: {} is not authorized to perform: {service}:{operation} on resource: {resource} because no \
         identity-based policy allows the {service}:{operation} action",
        session.arn
    );
    error("AccessDeniedException", &message)
}

/// One token opens every registry of the region that the caller may reach; `registryIds` only changes the endpoints
/// that are named. The sandbox's own registry is that of [`ACCOUNT`] in [`REGION`].
fn authorization_token(
    world: &World,
    session: &Session,
    region: &str,
    input: &Value,
) -> Result<Value, (&'static str, String)> {
    let own = session.arn.split(':').nth(4).unwrap_or_default();
    let asked: Vec<&str> =
        input["registryIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(id) = asked.iter().find(|id| id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()))
    {
        let message = format!(
            "Invalid parameter at 'registryIds' failed to satisfy constraint: 'Member must satisfy regular \
             expression pattern: [0-9]{{12}}' ({id})"
        );
        return Err(("InvalidParameterException", message));
    }
    let accounts = if asked.is_empty() { vec![own] } else { asked };
    let (password, expires) = world.ecr.issue(session, Some(region));
    let data = accounts.into_iter().map(|account| {
        let endpoint = if (account, region) == (ACCOUNT, REGION) {
            world.urls.registry.clone()
        } else {
            format!("https://{account}.dkr.ecr.{region}.amazonaws.com")
        };
        json!({
            "authorizationToken": STANDARD.encode(format!("AWS:{password}")),
            "expiresAt": precise(expires),
            "proxyEndpoint": endpoint,
        })
    });
    Ok(json!({ "authorizationData": data.collect::<Vec<_>>() }))
}

/// AWS gives times with milliseconds.
#[expect(clippy::cast_precision_loss, reason = "a time of this century has 31 bits")]
pub(super) fn precise(seconds: i64) -> f64 {
    seconds as f64 + 0.241
}

fn refusal(why: Unsigned) -> Value {
    match why {
        Unsigned::Missing => error("MissingAuthenticationTokenException", "Missing Authentication Token"),
        Unsigned::UnknownKey => {
            error("UnrecognizedClientException", "The security token included in the request is invalid.")
        }
        Unsigned::Expired => {
            error("ExpiredTokenException", "The security token included in the request is expired")
        }
        Unsigned::Mismatch => error(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        ),
    }
}

fn error(kind: &str, message: &str) -> Value {
    json!({ "__type": kind, "message": message })
}

fn json_reply(status: StatusCode, value: &Value) -> Response {
    let headers =
        [(CONTENT_TYPE.as_str(), "application/x-amz-json-1.1".to_owned()), ("x-amzn-requestid", uuid())];
    (status, headers, value.to_string()).into_response()
}
