//! Reading blobs and manifests.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{State as Registry, digest, refusal::Refusal, store};
use crate::{World, faults::lock};

const CONTENT_DIGEST: &str = "docker-content-digest";

pub(super) fn manifest(registry: &Registry, name: &str, reference: &str) -> Result<Response, Refusal> {
    let repositories = lock(&registry.repositories);
    let repository = repositories.get(name).ok_or_else(|| Refusal::repository_unknown(name))?;
    let (digest, manifest) = repository.resolve(reference).ok_or_else(Refusal::manifest_unknown)?;
    let headers = [(CONTENT_DIGEST, digest), (header::CONTENT_TYPE.as_str(), &manifest.media_type)];
    // The length of the body is also the answer to HEAD: the server leaves the body out and keeps the headers.
    Ok((headers, manifest.bytes.clone()).into_response())
}

pub(super) async fn head_blob(registry: &Registry, name: &str, digest: &str) -> Result<Response, Refusal> {
    registry.check_blob(name, digest)?;
    let size = tokio::fs::metadata(registry.store.blob(digest)).await.map_err(|e| Refusal::disk(&e))?.len();
    let length = size.to_string();
    let headers = [
        (header::CONTENT_LENGTH.as_str(), length.as_str()),
        (CONTENT_DIGEST, digest),
        (header::CONTENT_TYPE.as_str(), "application/octet-stream"),
    ];
    Ok((headers, Body::empty()).into_response())
}

pub(super) async fn blob(world: &World, name: &str, digest: &str) -> Result<Response, Refusal> {
    world.registry.check_blob(name, digest)?;
    if world.registry.settings().redirect_blobs {
        // The same server under a host name of its own, as ECR sends its clients to S3.
        let base = world.urls.registry.replace("127.0.0.1", "localhost");
        let location = format!("{base}/storage/{digest}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0");
        return Ok((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response());
    }
    stream(&world.registry, digest).await
}

/// The storage behind redirects. S3 refuses a request that is signed and also carries `Authorization`.
pub(super) async fn storage(
    State(world): State<Arc<World>>,
    Path(digest): Path<String>,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        let text = "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed; only the \
                    X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header \
                    should be specified</Message></Error>";
        return (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/xml")], text).into_response();
    }
    if !digest::is_valid(&digest) {
        return Refusal::blob_unknown().into_response();
    }
    stream(&world.registry, &digest).await.unwrap_or_else(IntoResponse::into_response)
}

async fn stream(registry: &Registry, digest: &str) -> Result<Response, Refusal> {
    let disk = |error: std::io::Error| Refusal::disk(&error);
    let file = tokio::fs::File::open(registry.store.blob(digest)).await.map_err(disk)?;
    let length = file.metadata().await.map_err(disk)?.len().to_string();
    let headers = [
        (header::CONTENT_LENGTH.as_str(), length.as_str()),
        (CONTENT_DIGEST, digest),
        (header::CONTENT_TYPE.as_str(), "application/octet-stream"),
    ];
    Ok((headers, Body::from_stream(store::chunks(file))).into_response())
}
