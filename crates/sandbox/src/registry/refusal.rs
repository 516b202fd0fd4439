//! Replies of refusal, with ECR's texts where they are known.
//!
//! `{"errors":[{"code","message"}]}` of the OCI distribution specification. Sources of the texts:
//! `NAME_UNKNOWN` aws-actions/amazon-ecr-login#202, `TAG_INVALID` moby/buildkit#3776, layers
//! oras-project/oras-py#54, images docker-manifest-create-action#63, layer parts kaniko#607 and dotnet#424.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::settings::ACCOUNT;

/// A refusal: a JSON error, or plain text where ECR answers so.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A JSON error of the distribution specification.
    Error(StatusCode, &'static str, String),
    /// Plain text.
    Plain(StatusCode, &'static str),
    /// No or unknown credentials; the value of `WWW-Authenticate`.
    Unauthorized(String),
}

impl Refusal {
    pub(super) fn repository_unknown(name: &str) -> Self {
        let text =
            format!("The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'");
        Self::Error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", text)
    }

    pub(super) fn manifest_unknown() -> Self {
        Self::Error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "Requested image not found".into())
    }

    pub(super) fn blob_unknown() -> Self {
        Self::Error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry".into())
    }

    pub(super) fn tag_immutable(repository: &str, tag: &str) -> Self {
        let text = format!(
            "The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten \
             because the repository is immutable."
        );
        Self::Error(StatusCode::BAD_REQUEST, "TAG_INVALID", text)
    }

    pub(super) fn layers_missing(repository: &str, digests: &[String]) -> Self {
        let text = Self::missing("Layers", repository, digests);
        Self::Error(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", text)
    }

    pub(super) fn images_missing(repository: &str, digests: &[String]) -> Self {
        let text = Self::missing("Images", repository, digests);
        Self::Error(StatusCode::NOT_FOUND, "MANIFEST_BLOB_UNKNOWN", text)
    }

    fn missing(what: &str, repository: &str, digests: &[String]) -> String {
        format!(
            "{what} with digests '[{}]' required for pushing image into repository with name '{repository}' \
             in the registry with id '{ACCOUNT}' do not exist",
            digests.join(", ")
        )
    }

    pub(super) fn digest_invalid(expected: &str, found: &str) -> Self {
        let text =
            format!("provided digest did not match uploaded content: expected {expected}, got {found}");
        Self::Error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", text)
    }

    pub(super) fn not_a_digest(text: &str) -> Self {
        Self::Error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", format!("invalid digest '{text}'"))
    }

    pub(super) fn upload_unknown(id: &str) -> Self {
        let text = format!("The upload with id '{id}' could not be found");
        Self::Error(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", text)
    }

    pub(super) fn upload_out_of_order(found: u64, expected: u64) -> Self {
        let text = format!("First byte of the layer part is {found} instead of {expected}");
        Self::Error(StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID", text)
    }

    pub(super) fn part_too_small() -> Self {
        let text = "All layer parts except the last part should be at least 5MB";
        Self::Error(StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID", text.into())
    }

    pub(super) fn upload_broken(cause: &str) -> Self {
        Self::Error(StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID", format!("upload ended early: {cause}"))
    }

    pub(super) fn manifest_invalid(cause: &str) -> Self {
        Self::Error(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", format!("Invalid image manifest: {cause}"))
    }

    pub(super) fn manifest_shape() -> Self {
        let text = "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'";
        Self::Error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", text.into())
    }

    pub(super) fn not_a_route() -> Self {
        Self::Error(StatusCode::NOT_FOUND, "UNSUPPORTED", "The operation is unsupported.".into())
    }

    pub(super) fn expired() -> Self {
        let text = "denied: Your authorization token has expired. Reauthenticate and try again.\n";
        Self::Plain(StatusCode::FORBIDDEN, text)
    }

    pub(super) fn not_permitted(arn: &str, action: &str, repository: &str, region: &str) -> Self {
        let text = format!(
            "User: {arn} is not authorized to perform: {action} on resource: \
             arn:aws:ecr:{region}:{ACCOUNT}:repository/{repository} because no identity-based policy allows the \
             {action} action"
        );
        Self::Error(StatusCode::FORBIDDEN, "DENIED", text)
    }

    pub(super) fn disk(error: &std::io::Error) -> Self {
        Self::Error(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", format!("the sandbox's disk: {error}"))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Error(status, code, message) => {
                (status, Json(json!({ "errors": [{ "code": code, "message": message }] }))).into_response()
            }
            Self::Plain(status, text) => (status, text).into_response(),
            Self::Unauthorized(challenge) => {
                (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], "Not Authorized\n")
                    .into_response()
            }
        }
    }
}
