//! The issuer over HTTP.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Keys, Subject, job};
use crate::World;

pub(super) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/.well-known/jwks", get(jwks))
        .route("/token", get(token).post(token))
        .with_state(world)
}

async fn discovery(State(world): State<Arc<World>>) -> Json<Value> {
    let issuer = world.oidc.issuer();
    let claims = Subject::default().claims(issuer, "", false, 0, 0);
    let mut supported: Vec<String> =
        claims.as_object().map(|claims| claims.keys().cloned().collect()).unwrap_or_default();
    supported.push("environment".to_owned());
    Json(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks"),
        "subject_types_supported": ["public", "pairwise"],
        "response_types_supported": ["id_token"],
        "claims_supported": supported,
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid"],
    }))
}

async fn jwks() -> Response {
    match Keys::get() {
        Some(keys) => Json(keys.jwks()).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Deserialize)]
struct Wanted {
    audience: Option<String>,
}

/// What `ACTIONS_ID_TOKEN_REQUEST_URL` leads to. The runner gives a job the URL with a query already, so that the
/// client appends `&audience=…`.
async fn token(
    State(world): State<Arc<World>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let Some(subject) = bearer(&headers).and_then(|token| job::subject(&world, token)) else {
        let text = "{\"message\":\"The request token is not one of a running job.\"}";
        return (StatusCode::UNAUTHORIZED, [("content-type", "application/json")], text).into_response();
    };
    let owner = subject.repository.split('/').next().unwrap_or_default();
    let audience = wanted
        .audience
        .filter(|audience| !audience.is_empty())
        .unwrap_or_else(|| format!("https://github.com/{owner}"));
    match world.oidc.issue(&subject, &audience) {
        Some(token) => Json(json!({ "count": token.len(), "value": token })).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
