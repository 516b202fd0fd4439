//! `GET /token`: bearer tokens for the second way to sign in.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::auth::{self, Caller};
use crate::{World, oidc::random_hex};

/// Hands out a token for the repository of `scope=repository:NAME:ACTIONS`. A stranger gets one too; what it is
/// good for is decided when it is used.
pub(super) async fn issue(
    State(world): State<Arc<World>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let caller = match auth::basic(&world, &headers) {
        Ok(caller) => caller.unwrap_or(Caller::Anonymous),
        Err(refusal) => return refusal.into_response(),
    };
    let scope = query.get("scope").map(String::as_str).unwrap_or_default();
    let repository =
        scope.strip_prefix("repository:").and_then(|rest| rest.rsplit_once(':')).map(|(name, _)| name);
    let token = random_hex(64);
    world.registry.add_token(token.clone(), caller, repository.unwrap_or_default());
    Json(json!({ "token": token, "expires_in": 300 })).into_response()
}
