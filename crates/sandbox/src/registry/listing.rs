//! `tags/list` and the referrers API.

use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{State as Registry, digest, refusal::Refusal, routes::Parameters};
use crate::faults::lock;

/// `GET /v2/NAME/tags/list?n=&last=`.
pub(super) fn tags(registry: &Registry, name: &str, query: &Parameters) -> Result<Response, Refusal> {
    let repositories = lock(&registry.repositories);
    let repository = repositories.get(name).ok_or_else(|| Refusal::repository_unknown(name))?;
    let last = query.get("last").map(String::as_str).unwrap_or_default();
    let size = query.get("n").and_then(|n| n.parse().ok()).unwrap_or(1000);
    let mut rest = repository.tags.keys().filter(|tag| tag.as_str() > last);
    let page: Vec<&String> = rest.by_ref().take(size).collect();
    let link = match (page.last(), rest.next()) {
        (Some(last), Some(_)) => Some(format!(r#"</v2/{name}/tags/list?n={size}&last={last}>; rel="next""#)),
        _ => None,
    };
    let mut response = Json(json!({ "name": name, "tags": page })).into_response();
    if let Some(link) = link.and_then(|link| link.parse().ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// `GET /v2/NAME/referrers/DIGEST?artifactType=`.
pub(super) fn referrers(
    registry: &Registry,
    name: &str,
    subject: &str,
    query: &Parameters,
) -> Result<Response, Refusal> {
    if !digest::is_valid(subject) {
        return Err(Refusal::not_a_digest(subject));
    }
    let repositories = lock(&registry.repositories);
    let repository = repositories.get(name).ok_or_else(|| Refusal::repository_unknown(name))?;
    let wanted = query.get("artifactType");
    let descriptors: Vec<Value> = repository
        .manifests
        .iter()
        .filter(|(_, manifest)| manifest.references.subject.as_deref() == Some(subject))
        .filter(|(_, manifest)| wanted.is_none() || manifest.references.artifact_type.as_ref() == wanted)
        .map(|(digest, manifest)| {
            let mut descriptor = json!({
                "mediaType": manifest.media_type,
                "digest": digest,
                "size": manifest.bytes.len(),
            });
            if let Some(kind) = &manifest.references.artifact_type {
                descriptor["artifactType"] = json!(kind);
            }
            if let Some(annotations) = &manifest.references.annotations {
                descriptor["annotations"] = annotations.clone();
            }
            descriptor
        })
        .collect();
    let index = "application/vnd.oci.image.index.v1+json";
    let body = json!({ "schemaVersion": 2, "mediaType": index, "manifests": descriptors });
    let mut response = ([(header::CONTENT_TYPE, index)], body.to_string()).into_response();
    if wanted.is_some() {
        let name = header::HeaderName::from_static("oci-filters-applied");
        response.headers_mut().insert(name, header::HeaderValue::from_static("artifactType"));
    }
    Ok(response)
}
