//! The payload of the event that started the workflow.

use model::{Failure, codes};

use crate::Env;

/// Reads the JSON file that `GITHUB_EVENT_PATH` names; none outside a workflow.
pub fn load(env: &Env) -> Result<Option<serde_json::Value>, Failure> {
    let Some(path) = env.get("GITHUB_EVENT_PATH") else { return Ok(None) };
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::new(&codes::FILE_ACCESS, format!("cannot read the event payload `{path}`: {error}"))
    })?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Failure::new(&codes::FILE_ACCESS, format!("the event payload `{path}` is not JSON: {error}"))
    })
}
