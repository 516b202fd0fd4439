//! Why the new pods do not get ready: reasons, events and the last lines of their logs.

use std::collections::BTreeSet;

use model::Failure;

use crate::{
    api::ArgoCd,
    pods::{Pod, Pods},
};

/// Pods of one ReplicaSet fail for the same reason, mostly.
const MOST_PODS: usize = 2;
const MOST_EVENTS: usize = 5;
const MOST_LINES: usize = 50;

/// Adds what the failing pods say to a failure. What cannot be read is left out: the failure stands anyway.
pub(crate) async fn pods(argocd: &ArgoCd, mut failure: Failure) -> Failure {
    let Ok(tree) = argocd.tree().await else { return failure };
    let pods = Pods::of(&tree);
    for pod in pods.in_error().take(MOST_PODS) {
        let has_crashed = pod.reason.contains("CrashLoop");
        let (events, logs) = tokio::join!(argocd.events(pod), argocd.logs(pod, has_crashed));
        let events: BTreeSet<String> = events
            .unwrap_or_default()
            .into_iter()
            .filter(|event| event.kind != "Normal")
            .map(|event| format!("{}: {}", event.reason, event.message))
            .collect();
        failure.notes.extend(notes(pod, &events, &logs.unwrap_or_default()));
    }
    failure
}

/// The lines about one pod.
fn notes(pod: &Pod, events: &BTreeSet<String>, logs: &[String]) -> Vec<String> {
    let mut notes = vec![format!("pod {}", pod.describe())];
    notes.extend(events.iter().take(MOST_EVENTS).map(|event| format!("  event {event}")));
    let last = &logs[logs.len().saturating_sub(MOST_LINES)..];
    notes.extend(last.iter().map(|line| format!("  log {line}")));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_says_why() {
        let pod = Pod {
            name: "product-7d9-x".into(),
            reason: "CrashLoopBackOff".into(),
            message: "back-off 10s restarting failed container".into(),
            ..Pod::default()
        };
        let events = ["BackOff: Back-off restarting failed container".to_owned()].into();
        let logs = ["Traceback (most recent call last):".to_owned(), "KeyError: 'PORT'".to_owned()];
        insta::assert_snapshot!(notes(&pod, &events, &logs).join("\n"), @r"
        pod product-7d9-x: CrashLoopBackOff, back-off 10s restarting failed container
          event BackOff: Back-off restarting failed container
          log Traceback (most recent call last):
          log KeyError: 'PORT'
        ");
    }
}
