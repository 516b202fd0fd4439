//! Replies that say no, in GitHub's words.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::git::GitError;

/// A refusal.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{status}: {message}")]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// `message` of the body.
    pub message: String,
    /// `errors` of the body, if it has some.
    pub errors: Option<Box<Value>>,
    /// `documentation_url` of the body.
    pub documentation_url: String,
}

impl ApiError {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            errors: None,
            documentation_url: "https://docs.github.com/rest".to_owned(),
        }
    }

    /// Names the page of the call: `pulls/pulls#merge-a-pull-request`.
    #[must_use]
    pub(crate) fn documented(mut self, page: &str) -> Self {
        self.documentation_url = format!("https://docs.github.com/rest/{page}");
        self
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    pub(crate) fn bad_credentials() -> Self {
        Self::new(401, "Bad credentials")
    }

    /// 422 about one resource.
    pub(crate) fn validation(resource: &str, field: &str, code: &str, message: Option<&str>) -> Self {
        let mut error = json!({ "resource": resource, "code": code });
        if !field.is_empty() {
            error["field"] = Value::String(field.to_owned());
        }
        if let Some(message) = message {
            error["message"] = Value::String(message.to_owned());
        }
        Self { errors: Some(Box::new(json!([error]))), ..Self::new(422, "Validation Failed") }
    }

    /// 422 about the shape of the body.
    pub(crate) fn invalid_request(detail: &str) -> Self {
        Self::new(422, format!("Invalid request.\n\n{detail}"))
    }
}

impl From<GitError> for ApiError {
    fn from(error: GitError) -> Self {
        tracing::error!(%error, "git failed");
        Self::new(500, error.to_string())
    }
}

impl From<ApiError> for std::io::Error {
    fn from(error: ApiError) -> Self {
        Self::other(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = json!({ "message": self.message });
        if let Some(errors) = self.errors {
            body["errors"] = *errors;
        }
        body["documentation_url"] = Value::String(self.documentation_url);
        body["status"] = Value::String(self.status.to_string());
        (status, Json(body)).into_response()
    }
}
