//! Operations: what was asked for, and how it goes.

use serde_json::{Map, Value, json};

use crate::sts::time::iso;

/// `operation` of an Application.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Operation {
    pub(super) revision: String,
    pub(super) prune: bool,
    pub(super) dry_run: bool,
    pub(super) strategy: Value,
    pub(super) resources: Vec<Value>,
    pub(super) sync_options: Vec<Value>,
    pub(super) source: Value,
    pub(super) username: String,
    pub(super) automated: bool,
    pub(super) info: Vec<Value>,
    pub(super) retry: Value,
    /// How much longer than others it takes, for operations of somebody else that are in the way.
    pub(super) hold_ms: u64,
}

/// `status.operationState`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OperationState {
    pub(super) operation: Operation,
    pub(super) phase: &'static str,
    pub(super) message: String,
    pub(super) result: Option<SyncResult>,
    pub(super) started: i64,
    pub(super) finished: Option<i64>,
    pub(super) retries: u64,
}

/// `status.operationState.syncResult`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct SyncResult {
    pub(super) revision: String,
    pub(super) source: Value,
    pub(super) resources: Vec<Value>,
}

impl Operation {
    /// The JSON of types.go: empty fields are left out.
    pub(super) fn json(&self) -> Value {
        let mut sync = Map::new();
        let mut put = |name: &str, value: Value| {
            let is_empty = match &value {
                Value::Null | Value::Bool(false) => true,
                Value::String(text) => text.is_empty(),
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            if !is_empty {
                sync.insert(name.to_owned(), value);
            }
        };
        put("revision", json!(self.revision));
        put("prune", json!(self.prune));
        put("dryRun", json!(self.dry_run));
        put("syncStrategy", self.strategy.clone());
        put("resources", json!(self.resources));
        put("source", self.source.clone());
        put("syncOptions", json!(self.sync_options));
        let mut initiator = Map::new();
        if !self.username.is_empty() {
            initiator.insert("username".into(), json!(self.username));
        }
        if self.automated {
            initiator.insert("automated".into(), json!(true));
        }
        let mut operation = json!({ "sync": sync, "initiatedBy": initiator });
        if !self.info.is_empty() {
            operation["info"] = json!(self.info);
        }
        operation["retry"] = if self.retry.is_null() { json!({}) } else { self.retry.clone() };
        operation
    }

    /// Takes the body of a sync request.
    pub(super) fn from_request(body: &Value, username: &str) -> Self {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        Self {
            revision: body["revision"].as_str().unwrap_or_default().to_owned(),
            prune: body["prune"].as_bool().unwrap_or_default(),
            dry_run: body["dryRun"].as_bool().unwrap_or_default(),
            strategy: body["strategy"].clone(),
            resources: list(&body["resources"]),
            sync_options: list(&body["syncOptions"]["items"]),
            source: Value::Null,
            username: username.to_owned(),
            automated: false,
            info: list(&body["infos"]),
            retry: body["retryStrategy"].clone(),
            hold_ms: 0,
        }
    }

    /// Whether a resource is part of the operation; all are unless some are named.
    pub(super) fn includes(&self, group: &str, kind: &str, name: &str) -> bool {
        let is = |resource: &Value, field: &str, wanted: &str| {
            let value = resource[field].as_str().unwrap_or_default();
            value == wanted || value == "*"
        };
        self.resources.is_empty()
            || self.resources.iter().any(|resource| {
                is(resource, "group", group) && is(resource, "kind", kind) && is(resource, "name", name)
            })
    }

    pub(super) fn retry_limit(&self) -> u64 {
        // Written as a number by our clients; grpc-gateway also takes the text that protobuf makes of an int64.
        let limit = &self.retry["limit"];
        limit.as_u64().or_else(|| limit.as_str()?.parse().ok()).unwrap_or_default()
    }
}

impl OperationState {
    pub(super) fn json(&self) -> Value {
        let mut state = json!({ "operation": self.operation.json(), "phase": self.phase });
        if !self.message.is_empty() {
            state["message"] = json!(self.message);
        }
        if let Some(result) = &self.result {
            let mut json = json!({ "revision": result.revision, "source": result.source });
            if !result.resources.is_empty() {
                json["resources"] = json!(result.resources);
            }
            state["syncResult"] = json;
        }
        state["startedAt"] = json!(iso(self.started));
        if let Some(finished) = self.finished {
            state["finishedAt"] = json!(iso(finished));
        }
        if self.retries > 0 {
            state["retryCount"] = json!(self.retries);
        }
        state
    }
}
