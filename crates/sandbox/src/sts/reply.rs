//! Replies of the AWS query protocol: XML, errors included.

use axum::{
    body::Body,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use crate::oidc::uuid;

/// The namespace of every reply.
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// An error that STS answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsError {
    /// The HTTP status.
    pub status: u16,
    /// The error code, such as `AccessDenied`.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
}

impl StsError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// A parameter that does not meet its constraint.
    pub(crate) fn validation(value: Option<&str>, name: &str, constraint: &str) -> Self {
        let value = value.map_or("null".to_owned(), |value| format!("'{value}'"));
        let message = format!(
            "1 validation error detected: Value {value} at '{name}' failed to satisfy constraint: Member {constraint}"
        );
        Self::new(400, "ValidationError", message)
    }

    /// Returns the XML document, which a fault can answer with as well.
    pub fn body(&self) -> String {
        let kind = if self.status < 500 { "Sender" } else { "Receiver" };
        format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\">\n  <Error>\n    <Type>{kind}</Type>\n    <Code>{}</Code>\n    \
             <Message>{}</Message>\n  </Error>\n  <RequestId>{}</RequestId>\n</ErrorResponse>\n",
            escape(self.code),
            escape(&self.message),
            uuid()
        )
    }
}

impl IntoResponse for StsError {
    fn into_response(self) -> Response {
        xml(StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST), self.body())
    }
}

/// Wraps the result of `action` into its reply document.
pub(crate) fn result(action: &str, result: &str) -> Response {
    let body = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\">\n  <{action}Result>{result}</{action}Result>\n  \
         <ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata>\n</{action}Response>\n",
        uuid()
    );
    xml(StatusCode::OK, body)
}

/// Returns `<name>text</name>`, escaped.
pub(crate) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

fn xml(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "text/xml")], Body::from(body)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
