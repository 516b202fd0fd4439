//! Errors as grpc-gateway v1 writes them: `{"error","code","message"}` with a gRPC code and its HTTP status.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// The gRPC codes that Argo CD uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Unknown = 2,
    InvalidArgument = 3,
    NotFound = 5,
    PermissionDenied = 7,
    FailedPrecondition = 9,
    Unauthenticated = 16,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// `common.PermissionDeniedAPIError`: says neither what is missing nor whether the application exists.
    pub(super) fn denied() -> Self {
        Self::new(Code::PermissionDenied, "permission denied")
    }

    pub(super) fn no_application(name: &str) -> Self {
        Self::new(Code::NotFound, format!(r#"applications.argoproj.io "{name}" not found"#))
    }

    /// grpc-gateway's HTTPStatusFromCode.
    pub(super) fn status(&self) -> StatusCode {
        match self.code {
            Code::InvalidArgument | Code::FailedPrecondition => StatusCode::BAD_REQUEST,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::PermissionDenied => StatusCode::FORBIDDEN,
            Code::Unauthenticated => StatusCode::UNAUTHORIZED,
            Code::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The last chunk of a stream that ends in this refusal.
    pub(super) fn chunk(&self) -> Value {
        let status = self.status();
        json!({ "error": {
            "grpc_code": self.code as u8,
            "http_code": status.as_u16(),
            "message": self.message,
            "http_status": status.canonical_reason(),
        } })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.message, "code": self.code as u8, "message": self.message });
        (self.status(), Json(body)).into_response()
    }
}
