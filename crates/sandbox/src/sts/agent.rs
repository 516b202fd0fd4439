//! The agent of EKS Pod Identity: keys of the role that a pod's token stands for.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::time::iso;
use crate::World;

pub(super) async fn credentials(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let session = world.sts.pod(token).and_then(|role| world.sts.start_session(&role, "eks-pod"));
    match session {
        Some(session) => Json(json!({
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "Token": session.session_token,
            "AccountId": session.arn.split(':').nth(4),
            "Expiration": iso(session.expires),
        }))
        .into_response(),
        None => (
            StatusCode::FORBIDDEN,
            "AccessDeniedException: Unauthorized Exception! EKS does not have permissions to \
                                          assume the associated role.",
        )
            .into_response(),
    }
}
