//! Operations: what was asked for, and how it goes.

use serde_json::{Map, Value, json};

use super::{
    object::Key,
    phase::{Phase, SyncPhase},
    source::{Origin, Source},
};
use crate::sts::time::iso;

/// `operation` of an Application.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Operation {
    /// The sources and, where the request names them or the API server has resolved them, their revisions.
    pub(super) origin: Origin,
    pub(super) prune: bool,
    pub(super) dry_run: bool,
    pub(super) strategy: Value,
    pub(super) resources: Vec<Value>,
    pub(super) sync_options: Vec<Value>,
    pub(super) username: String,
    pub(super) automated: bool,
    pub(super) info: Vec<Value>,
    pub(super) retry: Value,
    /// How often Argo CD has tried to heal without a new revision.
    pub(super) heals: u64,
    /// How much longer than others it takes, for operations of somebody else that are in the way.
    pub(super) hold_ms: u64,
}

/// `status.operationState`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OperationState {
    pub(super) operation: Operation,
    pub(super) phase: Phase,
    pub(super) message: String,
    pub(super) result: Option<SyncResult>,
    pub(super) started: i64,
    pub(super) finished: Option<i64>,
    pub(super) retries: u64,
}

/// `status.operationState.syncResult`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct SyncResult {
    pub(super) origin: Origin,
    pub(super) resources: Vec<TaskResult>,
}

/// What a sync did with one object in one phase.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TaskResult {
    pub(super) key: Key,
    pub(super) version: String,
    pub(super) images: Vec<String>,
    pub(super) sync_phase: SyncPhase,
    pub(super) is_hook: bool,
    /// `Synced`, `SyncFailed`, `Pruned`, `PruneSkipped`; nothing for hooks that have begun.
    pub(super) status: &'static str,
    pub(super) hook_phase: Option<Phase>,
    pub(super) message: String,
}

impl Operation {
    /// The JSON of types.go: empty fields are left out.
    pub(super) fn json(&self) -> Value {
        let mut sync = json!({});
        let mut put = |name: &str, value: Value| {
            let is_empty = match &value {
                Value::Null | Value::Bool(false) => true,
                Value::Array(items) => items.is_empty(),
                Value::Number(number) => number.as_u64() == Some(0),
                _ => false,
            };
            if !is_empty {
                sync[name] = value;
            }
        };
        put("prune", json!(self.prune));
        put("dryRun", json!(self.dry_run));
        put("syncStrategy", self.strategy.clone());
        put("resources", json!(self.resources));
        put("syncOptions", json!(self.sync_options));
        put("autoHealAttemptsCount", json!(self.heals));
        // A pointer, which is left out beside several sources.
        if self.origin.is_multi {
            put("sources", self.origin.sources.iter().map(Source::json).collect());
        } else if let Some(source) = self.origin.sources.first() {
            put("source", source.json());
        }
        self.origin.put_revisions(&mut sync);
        let mut operation = json!({ "sync": sync, "initiatedBy": initiator(&self.username, self.automated) });
        if !self.info.is_empty() {
            operation["info"] = json!(self.info);
        }
        operation["retry"] = if self.retry.is_null() { json!({}) } else { self.retry.clone() };
        operation
    }

    /// Takes the body of a sync request, without sources and revisions.
    pub(super) fn from_request(body: &Value, username: &str) -> Self {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        Self {
            prune: body["prune"].as_bool().unwrap_or_default(),
            dry_run: body["dryRun"].as_bool().unwrap_or_default(),
            strategy: body["strategy"].clone(),
            resources: list(&body["resources"]),
            sync_options: list(&body["syncOptions"]["items"]),
            username: username.to_owned(),
            info: list(&body["infos"]),
            retry: body["retryStrategy"].clone(),
            ..Self::default()
        }
    }

    /// Whether an object is part of the operation; all are unless some are named. A name is a name, never a pattern
    /// (`HasIdentity` of types.go).
    pub(super) fn includes(&self, key: &Key) -> bool {
        let text = |resource: &Value, field: &str| resource[field].as_str().unwrap_or_default().to_owned();
        self.resources.is_empty()
            || self.resources.iter().any(|resource| {
                let namespace = text(resource, "namespace");
                (text(resource, "group"), text(resource, "kind"), text(resource, "name"))
                    == (key.group.clone(), key.kind.clone(), key.name.clone())
                    && (namespace.is_empty() || namespace == key.namespace)
            })
    }

    /// Whether hooks are passed over: by strategy, or in a sync of some objects only.
    pub(super) fn skips_hooks(&self) -> bool {
        !self.strategy["apply"].is_null() || !self.resources.is_empty()
    }

    pub(super) fn has_option(&self, option: &str) -> bool {
        self.sync_options.iter().any(|one| one == option)
    }

    pub(super) fn retry_limit(&self) -> u64 {
        // Written as a number by our clients; grpc-gateway also takes the text that protobuf makes of an int64.
        let limit = &self.retry["limit"];
        limit.as_u64().or_else(|| limit.as_str()?.parse().ok()).unwrap_or_default()
    }
}

/// `initiatedBy`.
pub(super) fn initiator(username: &str, is_automated: bool) -> Value {
    let mut initiator = Map::new();
    if !username.is_empty() {
        initiator.insert("username".into(), json!(username));
    }
    if is_automated {
        initiator.insert("automated".into(), json!(true));
    }
    Value::Object(initiator)
}

impl OperationState {
    pub(super) fn json(&self) -> Value {
        let mut state = json!({ "operation": self.operation.json(), "phase": self.phase.name() });
        if !self.message.is_empty() {
            state["message"] = json!(self.message);
        }
        if let Some(result) = &self.result {
            // The one place where an empty revision is written.
            let mut json = json!({ "revision": "" });
            result.origin.put_sources(&mut json);
            result.origin.put_revisions(&mut json);
            if !result.resources.is_empty() {
                json["resources"] = result.resources.iter().map(TaskResult::json).collect();
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

impl TaskResult {
    fn json(&self) -> Value {
        let Key { group, kind, namespace, name } = &self.key;
        let mut json = json!({
            "group": group,
            "version": self.version,
            "kind": kind,
            "namespace": namespace,
            "name": name,
            "syncPhase": self.sync_phase.name(),
        });
        if self.is_hook {
            json["hookType"] = json!(self.sync_phase.name());
        }
        if let Some(phase) = self.hook_phase {
            json["hookPhase"] = json!(phase.name());
        }
        for (name, text) in [("status", self.status), ("message", self.message.as_str())] {
            if !text.is_empty() {
                json[name] = json!(text);
            }
        }
        if !self.images.is_empty() {
            json["images"] = json!(self.images);
        }
        json
    }
}
