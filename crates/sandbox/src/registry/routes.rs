//! Which handler answers which call.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::{Query, Request, State},
    http::{HeaderName, HeaderValue, Method},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{auth, listing, pull, push, refusal::Refusal, route::Route, token};
use crate::World;

/// The query of a call.
pub(super) type Parameters = BTreeMap<String, String>;

pub(super) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/token", get(token::issue))
        .route("/storage/{digest}", get(pull::storage))
        .fallback(dispatch)
        .with_state(world)
}

async fn dispatch(
    State(world): State<Arc<World>>,
    Query(query): Query<Parameters>,
    request: Request,
) -> Response {
    let mut response = answer(&world, &query, request).await.unwrap_or_else(IntoResponse::into_response);
    response.headers_mut().insert(
        HeaderName::from_static("docker-distribution-api-version"),
        HeaderValue::from_static("registry/2.0"),
    );
    response
}

async fn answer(world: &World, query: &Parameters, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let route = Route::parse(path).ok_or_else(Refusal::not_a_route)?;
    let caller = auth::authorize(world, &parts.method, &route, &parts.headers)?;
    let registry = &world.registry;
    match (&parts.method, route) {
        (&Method::GET | &Method::HEAD, Route::Ping) => Ok(().into_response()),
        (&Method::POST, Route::Uploads(name)) => push::open(world, &caller, name, query),
        (&Method::PATCH, Route::Upload(name, id)) => push::patch(world, name, id, &parts.headers, body).await,
        (&Method::PUT, Route::Upload(name, id)) => push::complete(world, name, id, query, body).await,
        (&Method::GET, Route::Upload(name, id)) => push::status(world, name, id).await,
        (&Method::HEAD, Route::Blob(name, digest)) => pull::head_blob(registry, name, digest).await,
        (&Method::GET, Route::Blob(name, digest)) => pull::blob(world, name, digest).await,
        (&Method::GET | &Method::HEAD, Route::Manifest(name, reference)) => {
            pull::manifest(registry, name, reference)
        }
        (&Method::PUT, Route::Manifest(name, reference)) => {
            push::manifest(registry, name, reference, &parts.headers, body).await
        }
        (&Method::GET, Route::Tags(name)) => listing::tags(registry, name, query),
        (&Method::GET, Route::Referrers(name, digest)) => listing::referrers(registry, name, digest, query),
        _ => Err(Refusal::not_a_route()),
    }
}
