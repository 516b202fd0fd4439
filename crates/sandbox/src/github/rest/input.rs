//! JSON bodies, and GitHub's words for bad ones.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::github::error::ApiError;

/// An object; an empty body counts as an empty one.
pub(crate) struct Input(Map<String, Value>);

impl Input {
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A string that may be absent.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(wrong(name, other, "string")),
        }
    }

    /// A string that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<String, ApiError> {
        let missing = || ApiError::invalid_request(&format!("\"{name}\" wasn't supplied."));
        self.text(name)?.ok_or_else(missing)
    }

    /// A boolean that may be absent.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(wrong(name, other, "boolean")),
        }
    }

    /// A list of strings that may be absent.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let list = value.as_array().ok_or_else(|| wrong(name, value, "array"))?;
        let text = |one: &Value| one.as_str().map(str::to_owned).ok_or_else(|| wrong(name, one, "string"));
        list.iter().map(text).collect::<Result<_, _>>().map(Some)
    }
}

fn wrong(name: &str, value: &Value, kind: &str) -> ApiError {
    let article = if kind == "array" { "an" } else { "a" };
    ApiError::invalid_request(&format!("For 'properties/{name}', {value} is not {article} {kind}."))
}

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let problem = || ApiError::new(400, "Problems parsing JSON");
        let bytes = Bytes::from_request(request, state).await.map_err(|_| problem())?;
        if bytes.is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(ApiError::new(400, "Body should be a JSON object")),
            Err(_) => Err(problem()),
        }
    }
}
