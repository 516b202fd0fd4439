//! The headers of every API reply, and `GET /rate_limit`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderName, HeaderValue, header};
use rand::Rng as _;
use serde_json::json;

use super::{Context, Reply, ok};
use crate::{
    World,
    github::{error::ApiError, permissions, smart_http},
};

const LIMIT: u64 = 5000;

/// Refuses what GitHub refuses before it looks at a call, and adds the headers of every reply.
pub(super) async fn apply(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    // Git's own requests get none of this, and its client sends none.
    if smart_http::service(request.uri().path()).is_some() {
        return next.run(request).await;
    }
    // Only callers with permissions are told which they need:
    // https://github.blog/changelog/2023-08-10-x-accepted-github-permissions-header-for-fine-grained-permission-actors
    let signed_in = request.headers().contains_key(header::AUTHORIZATION);
    let line = permissions::of(request.method(), request.uri().path()).filter(|_| signed_in);
    let version = request.headers().get("x-github-api-version").cloned();
    let mut response = match check(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let now = world.github.clock.seconds();
    let mut random = rand::thread_rng();
    let id = format!(
        "{:04X}:{:05X}:{:07X}:{:07X}:{:08X}",
        random.r#gen::<u16>(),
        random.gen_range(0..0x10_0000),
        random.gen_range(0..0x1000_0000),
        random.gen_range(0..0x1000_0000),
        now
    );
    let reset = (now / 3600 + 1) * 3600;
    let selected = version.unwrap_or_else(|| HeaderValue::from_static("2022-11-28"));
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-github-request-id", id),
        ("x-github-media-type", "github.v3; format=json".to_owned()),
        ("x-ratelimit-limit", LIMIT.to_string()),
        ("x-ratelimit-remaining", (LIMIT - 1).to_string()),
        ("x-ratelimit-used", "1".to_owned()),
        ("x-ratelimit-resource", "core".to_owned()),
        ("x-ratelimit-reset", reset.to_string()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers.insert("x-github-api-version-selected", selected);
    if let Some(line) = line {
        headers.insert("x-accepted-github-permissions", HeaderValue::from_static(line.accepted));
    }
    response
}

fn check(request: &Request) -> Result<(), ApiError> {
    if !request.headers().contains_key(header::USER_AGENT) {
        let text = "Request forbidden by administrative rules. Please make sure your request has a User-Agent \
                    header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). \
                    Check https://developer.github.com for other possible causes.";
        return Err(ApiError::new(403, text));
    }
    match request.headers().get("x-github-api-version").map(HeaderValue::as_bytes) {
        None | Some(b"2022-11-28") => Ok(()),
        Some(other) => {
            let other = String::from_utf8_lossy(other);
            Err(ApiError::new(400, format!("\"{other}\" is not a supported version of the GitHub API")))
        }
    }
}

pub(super) async fn rate_limit(context: Context) -> Reply {
    let reset = (context.github().clock.seconds() / 3600 + 1) * 3600;
    let resource = json!({ "limit": LIMIT, "used": 1, "remaining": LIMIT - 1, "reset": reset });
    ok(
        json!({ "resources": { "core": resource, "graphql": resource, "search": resource }, "rate": resource }),
    )
}
