//! What KWOK makes of nodes, pods and ingresses: its stages, and the log lines of every container.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    Error,
    fate::{AFTER, DRAIN, Fate},
    keys,
};

/// What a container of a crashing pod has said, as `docker logs` of a container runtime keeps it (CRI format).
const LINES: &[&str] = &[
    "starting on port 8080",
    "reading the configuration",
    "connecting to the database",
    "fatal: the database refused the connection",
];

/// Writes KWOK's configuration.
pub(crate) fn configure(directory: &Path, path: &Path) -> Result<(), Error> {
    let log = directory.join("pod.log");
    let lines: String = LINES
        .iter()
        .enumerate()
        .map(|(second, line)| format!("2026-01-01T00:00:0{second}.000000000Z stdout F {line}\n"))
        .collect();
    keys::private(&log, &lines)?;
    let mut documents = stages();
    documents.push(json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "ClusterLogs", "metadata": { "name": "all" },
        "spec": { "logs": [{ "logsFile": log, "previousLogsFile": log, "follow": false }] },
    }));
    let text: Vec<String> = documents.iter().map(Value::to_string).collect();
    keys::private(path, &text.join("\n---\n"))
}

/// One step in a pod's life.
struct Step {
    name: &'static str,
    /// jq queries of the pod, all of which must be true.
    when: Vec<String>,
    /// How long after it came to be so, in milliseconds; an annotation may say otherwise.
    delay: u64,
    delay_from: Option<&'static str>,
    event: Option<(&'static str, &'static str, &'static str)>,
    status: String,
}

fn stages() -> Vec<Value> {
    let mut stages: Vec<Value> = steps().iter().map(Step::stage).collect();
    let drain = format!(".metadata.annotations[\"{DRAIN}\"]");
    for (name, drains, delay) in [("pod-deleted", false, 0), ("pod-drained", true, 4000)] {
        let mut delay = json!({ "durationMilliseconds": delay });
        delay["durationFrom"] = json!({ "expressionFrom": drain });
        stages.push(json!({
            "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": { "name": name },
            "spec": {
                "resourceRef": { "apiGroup": "v1", "kind": "Pod" },
                "selector": { "matchExpressions": [
                    { "key": ".metadata.deletionTimestamp", "operator": "Exists" },
                    { "key": Fate::Drains.query(), "operator": "In", "values": [drains.to_string()] },
                ] },
                "delay": delay,
                "next": { "finalizers": { "empty": true }, "delete": true },
            },
        }));
    }
    stages.push(ingress());
    stages
}

impl Step {
    fn stage(&self) -> Value {
        let mut expressions =
            vec![json!({ "key": ".metadata.deletionTimestamp", "operator": "DoesNotExist" })];
        expressions.extend(
            self.when.iter().map(|query| json!({ "key": query, "operator": "In", "values": ["true"] })),
        );
        let mut delay = json!({ "durationMilliseconds": self.delay });
        if let Some(annotation) = self.delay_from {
            delay["durationFrom"] =
                json!({ "expressionFrom": format!(".metadata.annotations[\"{annotation}\"]") });
        }
        let mut next = json!({ "statusTemplate": self.status });
        if let Some((kind, reason, message)) = self.event {
            next["event"] = json!({ "type": kind, "reason": reason, "message": message });
        }
        json!({
            "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": { "name": self.name },
            "spec": {
                "resourceRef": { "apiGroup": "v1", "kind": "Pod" },
                "selector": { "matchExpressions": expressions },
                "delay": delay,
                "next": next,
            },
        })
    }
}

fn steps() -> Vec<Step> {
    let is = |fate: Fate| fate.query();
    let is_either = |one: Fate, other: Fate| format!("({}) or ({})", one.query(), other.query());
    let is_not = |query: String| format!("({query}) | not");
    let new = || ".status.podIP == null".to_owned();
    let job = || "[.metadata.ownerReferences[]?.kind == \"Job\"] | any".to_owned();
    let runs =
        || "(.status.containerStatuses[0].state.running != null) and .status.phase == \"Running\"".to_owned();
    let is_ready = |ready: bool| format!(".status.containerStatuses[0].ready == {ready}");
    let waits = |reason: &str| format!(".status.containerStatuses[0].state.waiting.reason == \"{reason}\"");
    let dead = || {
        "(.status.containerStatuses[0].state.terminated != null) and .status.phase == \"Running\"".to_owned()
    };
    let crashes = || is_either(Fate::Crash, Fate::Recovers);
    let first = || ".status.containerStatuses[0].restartCount == 0".to_owned();
    let step = |name, when, delay, event, status| Step { name, when, delay, delay_from: None, event, status };
    let after = |step: Step| Step { delay_from: Some(AFTER), ..step };
    let odd = || format!("({}) or ({}) or ({})", is(Fate::Missing), crashes(), is(Fate::Slow));
    let started = Some(("Normal", "Started", "Started container"));
    let back_off = Some(("Warning", "BackOff", "Back-off restarting failed container"));
    let refused =
        Some(("Warning", "Failed", "Failed to pull image: rpc error: code = NotFound desc = not found"));
    let pull_back_off = Some(("Warning", "BackOff", "Back-off pulling image"));
    vec![
        step("pod-ready", vec![new(), is_not(odd())], 0, started, status("Running", true, RUNNING)),
        step(
            "pod-missing",
            vec![new(), is(Fate::Missing)],
            0,
            refused,
            status("Pending", false, ERR_IMAGE_PULL),
        ),
        step(
            "pod-missing-backs-off",
            vec![waits("ErrImagePull")],
            500,
            pull_back_off,
            status("Pending", false, IMAGE_PULL_BACK_OFF),
        ),
        step("pod-slow", vec![new(), is(Fate::Slow)], 0, started, status("Running", false, RUNNING)),
        after(step(
            "pod-slow-ready",
            vec![runs(), is_ready(false), is(Fate::Slow)],
            3000,
            None,
            status("Running", true, RUNNING),
        )),
        step("pod-crash-starts", vec![new(), crashes()], 0, started, status("Running", false, RUNNING)),
        step(
            "pod-crash-ends",
            vec![runs(), is_ready(false), crashes(), is_not(job())],
            300,
            None,
            status("Running", false, EXITED),
        ),
        step(
            "pod-crash-backs-off",
            vec![dead(), crashes()],
            200,
            back_off,
            status("Running", false, CRASHED),
        ),
        step(
            "pod-crash-again",
            vec![waits("CrashLoopBackOff"), is(Fate::Crash)],
            10_000,
            started,
            status("Running", false, RUNNING),
        ),
        after(step(
            "pod-recovers",
            vec![waits("CrashLoopBackOff"), is(Fate::Recovers)],
            4000,
            started,
            status("Running", true, RUNNING),
        )),
        step(
            "pod-completes",
            vec![runs(), is_ready(true), job()],
            500,
            None,
            status("Succeeded", false, COMPLETED),
        ),
        step(
            "pod-fails",
            vec![runs(), is_ready(false), is(Fate::Crash), job(), first()],
            300,
            None,
            status("Failed", false, EXITED),
        ),
    ]
}

const RUNNING: &str = "{ running: { startedAt: {{ $now | Quote }} } }";
const COMPLETED: &str = "{ terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }";
const EXITED: &str = "{ terminated: { exitCode: 1, reason: Error, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }";
const CRASHED: &str = "{ waiting: { reason: CrashLoopBackOff, message: \"back-off 10s restarting failed container={{ $container.name }} pod={{ $root.metadata.name }}\" } }";
const ERR_IMAGE_PULL: &str = "{ waiting: { reason: ErrImagePull, message: \"rpc error: code = NotFound desc = failed to pull and unpack image: {{ $container.image }}: not found\" } }";
const IMAGE_PULL_BACK_OFF: &str = "{ waiting: { reason: ImagePullBackOff, message: \"Back-off pulling image: {{ $container.image }}: not found\" } }";

/// The status of a pod whose containers are all in `state`. A container that backs off has been restarted once more.
fn status(phase: &str, is_ready: bool, state: &str) -> String {
    let ready = if is_ready { "True" } else { "False" };
    let reason = if is_ready { "" } else { "\n  reason: ContainersNotReady" };
    let restarts =
        "{{ with $root.status.containerStatuses }}{{ (index . $index).restartCount }}{{ else }}0{{ end }}";
    let (restarts, last) = if state == CRASHED {
        ("{{ add 1 (index $root.status.containerStatuses $index).restartCount }}", EXITED)
    } else {
        (restarts, "{}")
    };
    format!(
        r#"{{{{ $now := Now }}}}
{{{{ $root := . }}}}
conditions:
- type: Initialized
  status: "True"
  lastTransitionTime: {{{{ $now | Quote }}}}
- type: Ready
  status: "{ready}"{reason}
  lastTransitionTime: {{{{ $now | Quote }}}}
- type: ContainersReady
  status: "{ready}"{reason}
  lastTransitionTime: {{{{ $now | Quote }}}}
containerStatuses:
{{{{ range $index, $container := .spec.containers }}}}
- image: {{{{ $container.image | Quote }}}}
  imageID: ""
  name: {{{{ $container.name | Quote }}}}
  ready: {is_ready}
  started: {is_ready}
  restartCount: {restarts}
  state: {state}
  lastState: {last}
{{{{ end }}}}
initContainerStatuses:
{{{{ range .spec.initContainers }}}}
- image: {{{{ .image | Quote }}}}
  imageID: ""
  name: {{{{ .name | Quote }}}}
  ready: true
  restartCount: 0
  state: {COMPLETED}
{{{{ end }}}}
hostIP: {{{{ NodeIPWith .spec.nodeName | Quote }}}}
podIP: {{{{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}}}
phase: {phase}
startTime: {{{{ or .status.startTime $now | Quote }}}}
"#
    )
}

/// Argo CD holds an Ingress for Progressing until a load balancer has an address; here is no controller that gives one.
fn ingress() -> Value {
    json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": { "name": "ingress-address" },
        "spec": {
            "resourceRef": { "apiGroup": "networking.k8s.io/v1", "kind": "Ingress" },
            "selector": { "matchExpressions": [
                { "key": ".status.loadBalancer.ingress", "operator": "DoesNotExist" },
            ] },
            "next": { "statusTemplate": "loadBalancer: { ingress: [{ hostname: load-balancer.example.com }] }" },
        },
    })
}
