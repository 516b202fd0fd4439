//! ECR over HTTP: JSON 1.1, the operation in `X-Amz-Target`, every call signed.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE},
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
    let operation = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok()?.strip_prefix(SERVICE))
        .unwrap_or_default();
    let reply = sigv4::verify(&world.sts, &method, &uri, &headers, &body)
        .map_err(refusal)
        .and_then(|session| permitted(&world, session, operation))
        .and_then(|session| answer(&world, &session, operation, &body));
    match reply {
        Ok(value) => json_reply(StatusCode::OK, &value),
        Err(value) => json_reply(StatusCode::BAD_REQUEST, &value),
    }
}

fn answer(world: &World, session: &Session, operation: &str, body: &[u8]) -> Result<Value, Value> {
    let input: Value =
        serde_json::from_slice(body).map_err(|_| error("SerializationException", "The body is not JSON"))?;
    if let Some(repository) = input["repositoryName"].as_str()
        && !world.sts.allows_on(session, &format!("ecr:{operation}"), repository)
    {
        let resource = format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{repository}");
        return Err(denied(session, operation, &resource));
    }
    let result = match operation {
        "GetAuthorizationToken" => Ok(authorization_token(world, session)),
        "BatchCheckLayerAvailability" => repositories::batch_check_layer_availability(world, &input),
        "DescribeRepositories" => repositories::describe_repositories(world, &input),
        "CreateRepository" => repositories::create_repository(world, &input),
        _ => Err(("UnknownOperationException", String::new())),
    };
    result.map_err(|(kind, message)| error(kind, &message))
}

fn permitted(world: &World, session: Session, operation: &str) -> Result<Session, Value> {
    if world.sts.allows(&session, &format!("ecr:{operation}")) {
        return Ok(session);
    }
    Err(denied(&session, operation, "*"))
}

fn denied(session: &Session, operation: &str, resource: &str) -> Value {
    let message = format!(
        "User: {} is not authorized to perform: ecr:{operation} on resource: {resource} because no \
         identity-based policy allows the ecr:{operation} action",
        session.arn
    );
    error("AccessDeniedException", &message)
}

fn authorization_token(world: &World, session: &Session) -> Value {
    let (password, expires) = world.ecr.issue(session);
    json!({ "authorizationData": [{
        "authorizationToken": STANDARD.encode(format!("AWS:{password}")),
        "expiresAt": expires,
        "proxyEndpoint": world.urls.registry,
    }] })
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
