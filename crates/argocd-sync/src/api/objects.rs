//! The calls about single live objects of an application.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ApiError, ArgoCd, refusal};
use crate::{
    pods::Pod,
    wire::{Event, EventList, LogLine, Manifest, ResourceStatus},
};

/// How many lines of a log are asked for.
const LINES: &str = "50";

/// Which log of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Log {
    /// The one that it writes.
    Current,
    /// That of the container that crashed before it.
    Previous,
}

impl ArgoCd {
    /// Reads the events of a pod.
    pub(crate) async fn events(&self, pod: &Pod) -> Result<Vec<Event>, ApiError> {
        let query = [
            ("resourceUID", pod.uid.as_str()),
            ("resourceNamespace", &pod.namespace),
            ("resourceName", &pod.name),
        ];
        let list: EventList = self.json(self.get(&["events"], &query)).await?;
        Ok(list.items)
    }

    /// Reads the last lines that a pod's container wrote; an empty name is that of the only one.
    pub(crate) async fn logs(&self, pod: &Pod, container: &str, log: Log) -> Result<Vec<String>, ApiError> {
        let query = [
            ("namespace", pod.namespace.as_str()),
            ("podName", &pod.name),
            ("container", container),
            ("tailLines", LINES),
            ("follow", "false"),
            ("previous", if log == Log::Previous { "true" } else { "" }),
        ];
        let text = self.session.text(self.get(&["logs"], &query)).await?;
        // One `{"result":{"content":…}}` per line; the last one has no content. An error in between comes with HTTP 200.
        let mut lines = Vec::new();
        for line in text.lines() {
            let Ok(mut line) = serde_json::from_str::<Value>(line) else { continue };
            if let Some(error) = line.get_mut("error") {
                return Err(refusal(error.take()));
            }
            let content = line.get_mut("result").map(Value::take);
            let content = content.and_then(|line| serde_json::from_value::<LogLine>(line).ok());
            lines.extend(content.map(|line| line.content).filter(|line| !line.is_empty()));
        }
        Ok(lines)
    }

    /// Reads a live object of the application.
    pub(crate) async fn live(&self, object: &ResourceStatus) -> Result<Value, ApiError> {
        let query = [
            ("namespace", object.namespace.as_str()),
            ("resourceName", &object.name),
            ("group", &object.group),
            ("version", &object.version),
            ("kind", &object.kind),
        ];
        let manifest: Manifest = self.json(self.get(&["resource"], &query)).await?;
        super::transport::parse(&manifest.manifest)
    }

    /// Runs an action of Argo CD on an object of the application, such as `promote-full` on a Rollout.
    pub(crate) async fn act(&self, object: &ResourceStatus, action: &str) -> Result<(), ApiError> {
        // Argo CD's document has no null; an empty text is one that is not given.
        let body = json!({
            "name": self.application.name,
            "appNamespace": self.application.namespace.as_deref().unwrap_or_default(),
            "project": self.application.project.as_deref().unwrap_or_default(),
            "namespace": object.namespace,
            "resourceName": object.name,
            "group": object.group,
            "version": object.version,
            "kind": object.kind,
            "action": action,
        });
        let path = self.app_path(&["resource", "actions", "v2"]);
        self.session.text(self.request(&Method::POST, &path, &[]).json(&body)).await.map(drop)
    }
}
