//! Uploading blobs and putting manifests.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    State as Registry,
    auth::{self, Caller},
    digest, manifest as document,
    refusal::Refusal,
    repository::Manifest,
    routes::Parameters,
};
use crate::{World, faults::lock};

/// The most that a manifest may have: 4 MiB.
const LARGEST_MANIFEST: usize = 4 * 1024 * 1024;

const CONTENT_DIGEST: &str = "docker-content-digest";

/// `POST …/blobs/uploads/`: a mount if that can be, a new upload otherwise.
pub(super) fn open(
    world: &World,
    caller: &Caller,
    name: &str,
    query: &Parameters,
) -> Result<Response, Refusal> {
    let registry = &world.registry;
    registry.ensure_repository(name)?;
    if let (Some(digest), Some(from)) = (query.get("mount"), query.get("from"))
        && auth::may_mount_from(world, caller, from)
        && registry.mount(name, digest, from)
    {
        let place = location(world, &format!("/v2/{name}/blobs/{digest}"));
        let headers = [(header::LOCATION.as_str(), place.as_str()), (CONTENT_DIGEST, digest)];
        return Ok((StatusCode::CREATED, headers).into_response());
    }
    let id = registry.open_upload(name);
    let place = location(world, &format!("/v2/{name}/blobs/uploads/{id}"));
    let headers = [
        (header::LOCATION.as_str(), place.as_str()),
        ("docker-upload-uuid", id.as_str()),
        ("range", "0-0"),
        (header::CONTENT_LENGTH.as_str(), "0"),
    ];
    Ok((StatusCode::ACCEPTED, headers).into_response())
}

/// `PATCH`: one part. ECR answers 201 where the specification says 202.
pub(super) async fn patch(
    world: &World,
    name: &str,
    id: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let upload = world.registry.upload(name, id)?;
    let mut upload = upload.lock().await;
    let start = headers
        .get(header::CONTENT_RANGE)
        .and_then(|range| range.to_str().ok()?.split('-').next()?.parse().ok());
    upload.append(body, start, |bytes| world.registry.count(name, bytes)).await?;
    let place = location(world, &format!("/v2/{name}/blobs/uploads/{id}"));
    let range = upload.range();
    let headers = [
        (header::LOCATION.as_str(), place.as_str()),
        ("docker-upload-uuid", id),
        ("range", range.as_str()),
        (header::CONTENT_LENGTH.as_str(), "0"),
    ];
    Ok((StatusCode::CREATED, headers).into_response())
}

/// `GET` of an upload: how far it is, as far as `Range` can be trusted.
pub(super) async fn status(world: &World, name: &str, id: &str) -> Result<Response, Refusal> {
    let upload = world.registry.upload(name, id)?;
    let range = upload.lock().await.range();
    let place = location(world, &format!("/v2/{name}/blobs/uploads/{id}"));
    let headers =
        [(header::LOCATION.as_str(), place.as_str()), ("range", range.as_str()), ("docker-upload-uuid", id)];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// `PUT ?digest=`: the last part, or the only one.
pub(super) async fn complete(
    world: &World,
    name: &str,
    id: &str,
    query: &Parameters,
    body: Body,
) -> Result<Response, Refusal> {
    let registry = &world.registry;
    let upload = registry.upload(name, id)?;
    let mut upload = upload.lock().await;
    let wanted = query.get("digest").map(String::as_str).unwrap_or_default();
    if !digest::is_valid(wanted) {
        return Err(Refusal::not_a_digest(wanted));
    }
    upload.append(body, None, |bytes| registry.count(name, bytes)).await?;
    let found = upload.digest();
    if found != wanted {
        registry.close_upload(id);
        return Err(Refusal::digest_invalid(wanted, &found));
    }
    upload.persist(registry.store.blob(wanted)).await.map_err(|error| Refusal::disk(&error))?;
    registry.close_upload(id);
    if let Some(repository) = lock(&registry.repositories).get_mut(name) {
        repository.blobs.insert(found);
    }
    let place = location(world, &format!("/v2/{name}/blobs/{wanted}"));
    let headers = [
        (header::LOCATION.as_str(), place.as_str()),
        (CONTENT_DIGEST, wanted),
        (header::CONTENT_LENGTH.as_str(), "0"),
    ];
    Ok((StatusCode::CREATED, headers).into_response())
}

/// `PUT` of a manifest or an index. ECR answers without `Location` (swift-container-plugin#27).
pub(super) async fn manifest(
    registry: &Registry,
    name: &str,
    reference: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let media_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bytes =
        to_bytes(body, LARGEST_MANIFEST).await.map_err(|e| Refusal::manifest_invalid(&e.to_string()))?;
    registry.ensure_repository(name)?;
    let references =
        document::parse(media_type, &bytes).map_err(|cause| Refusal::manifest_invalid(&cause))?;
    if references.is_artifact && registry.settings().refuse_artifacts {
        return Err(Refusal::manifest_shape());
    }
    let found = digest::of(&bytes);
    let subject = references.subject.clone();
    let manifest = Manifest { media_type: media_type.to_owned(), bytes: bytes.to_vec(), references };
    registry.put_manifest(name, reference, &found, manifest)?;
    let mut reply = vec![(CONTENT_DIGEST, found)];
    reply.extend(subject.map(|subject| ("oci-subject", subject)));
    let headers: HeaderMap = reply
        .into_iter()
        .filter_map(|(name, value)| Some((header::HeaderName::from_static(name), value.parse().ok()?)))
        .collect();
    Ok((StatusCode::CREATED, headers).into_response())
}

fn location(world: &World, path: &str) -> String {
    if world.registry.settings().relative_locations {
        return path.to_owned();
    }
    format!("{}{path}", world.urls.registry)
}
