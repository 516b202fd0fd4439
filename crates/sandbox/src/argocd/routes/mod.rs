//! The API server's HTTP surface.

mod access;
mod actions;
mod applications;
mod dex;
mod events;
mod fields;
mod logs;
mod parameters;
mod projects;
mod resources;
mod revisions;
mod selector;
mod session;
mod stream;
mod sync;

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};

use crate::{World, argocd::record};
use parameters::Parameters;

/// Serves the API at the root, and once more under `/argocd` for clients that are told of a root path.
pub(crate) fn router(world: Arc<World>) -> Router {
    let api = Router::new()
        .route("/api/version", get(session::version))
        .route("/api/v1/session", post(session::create).delete(session::delete))
        .route("/api/v1/session/userinfo", get(session::user_info))
        .route("/api/v1/settings", get(session::settings))
        .route("/api/v1/account/can-i/{resource}/{action}/{*object}", get(session::can_i))
        .route("/api/v1/applications", get(applications::list))
        .route("/api/v1/applications/{name}", get(applications::get))
        .route("/api/v1/applications/{name}/sync", post(sync::sync))
        .route("/api/v1/applications/{name}/rollback", post(sync::rollback))
        .route("/api/v1/applications/{name}/operation", delete(sync::terminate))
        .route("/api/v1/applications/{name}/resource-tree", get(resources::tree))
        .route("/api/v1/applications/{name}/managed-resources", get(resources::managed))
        .route("/api/v1/applications/{name}/resource", get(resources::one))
        .route("/api/v1/applications/{name}/resource/actions/v2", post(actions::run))
        .route("/api/v1/applications/{name}/manifests", get(resources::manifests))
        .route("/api/v1/applications/{name}/revisions/{revision}/metadata", get(resources::metadata))
        .route("/api/v1/applications/{name}/syncwindows", get(resources::windows))
        .route("/api/v1/applications/{name}/events", get(events::list))
        .route("/api/v1/applications/{name}/logs", get(logs::of_application))
        .route("/api/v1/applications/{name}/pods/{pod}/logs", get(logs::of_pod))
        .route("/api/v1/projects/{name}", get(projects::get))
        .route("/api/v1/stream/applications", get(stream::applications))
        .route("/api/v1/stream/applications/{name}/resource-tree", get(stream::tree))
        .fallback(unknown)
        .layer(middleware::from_fn(content_type));
    let api = record::layer(api)
        // A proxy of its own, which takes forms.
        .route("/api/dex/token", post(dex::token))
        .route("/api/dex/.well-known/openid-configuration", get(dex::discovery))
        .with_state(world);
    Router::new().nest("/argocd", api.clone()).merge(api)
}

/// The answer for a path that grpc-gateway does not know.
async fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "Not Found\n").into_response()
}

/// `enforceContentTypes` of server.go: everything but a GET says `application/json` and nothing after it, a
/// DELETE too.
async fn content_type(request: Request, next: Next) -> Response {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if request.method() != Method::GET
        && !value.is_some_and(|value| value.eq_ignore_ascii_case("application/json"))
    {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Invalid content type\n").into_response();
    }
    next.run(request).await
}
