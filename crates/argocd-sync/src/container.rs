//! The containers of a live pod, as far as they say why it is not ready. Pure.

use serde::Deserialize;
use serde_json::Value;

use crate::api::Log;

/// What a pod says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// Why no node takes it: `Unschedulable: 0/3 nodes are available …`.
    pub(crate) unscheduled: Option<String>,
    /// Its containers that are not well, init containers first.
    pub(crate) unwell: Vec<Unwell>,
}

/// A container that is not well.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unwell {
    /// The name.
    pub(crate) name: String,
    /// How it is: `CrashLoopBackOff, back-off 10s …; 3 restarts; exit code 1 (Error) before`.
    pub(crate) text: String,
    /// The log that tells more, if it has written one.
    pub(crate) log: Option<Log>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pod {
    status: Option<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    conditions: Option<Vec<Condition>>,
    init_container_statuses: Option<Vec<Container>>,
    container_statuses: Option<Vec<Container>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: String,
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    name: String,
    ready: bool,
    restart_count: u64,
    state: State,
    last_state: State,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct State {
    waiting: Option<Waiting>,
    terminated: Option<Terminated>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Waiting {
    reason: String,
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Terminated {
    exit_code: i64,
    signal: Option<i64>,
    reason: String,
    message: String,
}

impl Account {
    /// Reads a live pod.
    pub(crate) fn of(pod: Value) -> Self {
        let status = serde_json::from_value::<Pod>(pod).unwrap_or_default().status.unwrap_or_default();
        let unscheduled = status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.kind == "PodScheduled" && condition.status == "False")
            .map(|condition| joined(&condition.reason, &condition.message));
        let containers =
            status.init_container_statuses.into_iter().chain(status.container_statuses).flatten();
        Self { unscheduled, unwell: containers.filter_map(Container::unwell).collect() }
    }
}

impl Container {
    /// Says how it is, if it is neither ready nor done nor just being started.
    fn unwell(self) -> Option<Unwell> {
        let (now, log) = match (&self.state.waiting, &self.state.terminated) {
            (Some(waiting), _) => {
                let has_run = self.last_state.terminated.is_some() || self.restart_count > 0;
                let is_beginning = matches!(waiting.reason.as_str(), "PodInitializing" | "ContainerCreating");
                if is_beginning && !has_run {
                    return None;
                }
                (joined(&waiting.reason, &waiting.message), has_run.then_some(Log::Previous))
            }
            (None, Some(ended)) if ended.exit_code == 0 && ended.signal.is_none_or(|signal| signal == 0) => {
                return None;
            }
            (None, Some(ended)) => (ended.describe(), Some(Log::Current)),
            (None, None) if self.ready => return None,
            (None, None) => ("runs, but is not ready".to_owned(), Some(Log::Current)),
        };
        let restarts = match self.restart_count {
            0 => String::new(),
            1 => "; 1 restart".to_owned(),
            restarts => format!("; {restarts} restarts"),
        };
        let before = self.last_state.terminated.map(|ended| format!("; before, {}", ended.describe()));
        Some(Unwell { name: self.name, text: format!("{now}{restarts}{}", before.unwrap_or_default()), log })
    }
}

impl Terminated {
    fn describe(&self) -> String {
        let how = match self.signal {
            Some(signal) if signal != 0 => format!("ended by signal {signal}"),
            _ => format!("exit code {}", self.exit_code),
        };
        let reason = if self.reason.is_empty() { String::new() } else { format!(" ({})", self.reason) };
        let message = self.message.trim();
        let message = if message.is_empty() { String::new() } else { format!(": {message}") };
        format!("{how}{reason}{message}")
    }
}

fn joined(reason: &str, message: &str) -> String {
    if message.is_empty() { reason.to_owned() } else { format!("{reason}, {message}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn containers_that_are_not_well_say_why() {
        let crashed = json!({"terminated": {"exitCode": 1, "reason": "Error"}});
        let pod = json!({"status": {
        "initContainerStatuses": [
            {"name": "fetch", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
            {"name": "migrate", "restartCount": 1, "lastState": crashed,
             "state": {"terminated": {"exitCode": 137, "signal": 9, "reason": "OOMKilled"}}},
        ],
        "containerStatuses": [
            {"name": "app", "restartCount": 3, "lastState": crashed,
             "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}},
            {"name": "proxy", "ready": true, "state": {"running": {}}},
            {"name": "slow", "ready": false, "state": {"running": {}}},
            {"name": "pull", "state": {"waiting": {"reason": "ImagePullBackOff"}}},
            {"name": "next", "state": {"waiting": {"reason": "ContainerCreating"}}},
        ]}});
        let told: Vec<String> = Account::of(pod)
            .unwell
            .into_iter()
            .map(|container| format!("{}: {} [{:?}]", container.name, container.text, container.log))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        migrate: ended by signal 9 (OOMKilled); 1 restart; before, exit code 1 (Error) [Some(Current)]
        app: CrashLoopBackOff, back-off 10s; 3 restarts; before, exit code 1 (Error) [Some(Previous)]
        slow: runs, but is not ready [Some(Current)]
        pull: ImagePullBackOff [None]
        ");
    }

    #[test]
    fn a_pod_without_a_node_says_why() {
        let pod = json!({"status": {"conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}]}});
        assert_eq!(Account::of(pod).unscheduled.as_deref(), Some("Unschedulable, 0/1 nodes are available"));
        assert_eq!(Account::of(json!({"status": null})), Account::default());
        assert_eq!(Account::of(json!(7)), Account::default());
    }
}
