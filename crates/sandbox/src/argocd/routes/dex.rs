//! Dex, which Argo CD puts below `/api/dex`.

use std::sync::Arc;

use axum::{
    Form, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::World;

/// `POST /api/dex/token`.
pub(super) async fn token(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    match world.argocd.accounts.sso().exchange(&headers, &form, &world.urls.argocd) {
        Ok(granted) => {
            world.argocd.accounts.remember(granted["access_token"].as_str().unwrap_or_default());
            ([("cache-control", "no-store")], Json(granted)).into_response()
        }
        Err((status, error, description)) => {
            let mut body = json!({ "error": error });
            if !description.is_empty() {
                body["error_description"] = json!(description);
            }
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Json(body)).into_response()
        }
    }
}

/// `GET /api/dex/.well-known/openid-configuration`.
pub(super) async fn discovery(State(world): State<Arc<World>>) -> Json<Value> {
    let issuer = format!("{}/api/dex", world.urls.argocd);
    Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{}/.well-known/jwks", world.oidc.issuer()),
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}
