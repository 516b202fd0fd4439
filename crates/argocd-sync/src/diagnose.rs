//! Why the new pods do not get ready: reasons, events and the last lines of their logs.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::future::join_all;
use model::{Failure, codes as general};

use crate::{
    api::{ApiError, ArgoCd, Log, RefusalKind},
    codes,
    container::{Account, Unwell},
    pods::{Pod, Pods},
    wire::{Event, ResourceStatus},
};

/// Pods of one workload fail for the same reason, mostly: one of each, and no more than this.
const MOST_PODS: usize = 3;
const MOST_EVENTS: usize = 5;
const MOST_LINES: usize = 50;
/// How long the questions may take, also when the deadline has passed: a failure without its reason costs people more.
const TIME: Duration = Duration::from_secs(3);

/// Whether pods may say more about a failure.
fn is_about_pods(failure: &Failure) -> bool {
    [&codes::DEGRADED, &codes::SYNC_FAILED, &codes::IMAGE_NOT_LIVE, &general::DEADLINE_PASSED]
        .contains(&failure.code)
}

/// Returns what the failing pods say about a failure. What cannot be read is left out: the failure stands anyway.
pub(crate) async fn pods(argocd: &ArgoCd, failure: &Failure) -> Vec<String> {
    if !is_about_pods(failure) {
        return Vec::new();
    }
    argocd.linger(TIME);
    tokio::time::timeout(TIME, ask(argocd)).await.unwrap_or_default()
}

async fn ask(argocd: &ArgoCd) -> Vec<String> {
    let Ok(tree) = argocd.tree().await else { return Vec::new() };
    let pods = Pods::of(&tree);
    let told = join_all(worst(&pods).into_iter().map(|pod| tell(argocd, pod))).await;
    let mut notes: Vec<String> = Vec::new();
    for note in told.into_iter().flatten() {
        // What is missing is the same for all pods.
        if !(note.starts_with("p, ") && notes.contains(&note)) {
            notes.push(note);
        }
    }
    notes
}

/// One pod of each workload: one in error, else one that is not ready.
fn worst(pods: &Pods) -> Vec<&Pod> {
    let mut by_workload: BTreeMap<&str, &Pod> = BTreeMap::new();
    for pod in pods.in_error().chain(pods.waiting()) {
        let workload = if pod.workload.is_empty() { &pod.name } else { &pod.workload };
        by_workload.entry(workload).or_insert(pod);
    }
    let mut worst: Vec<&Pod> = by_workload.into_values().collect();
    worst.sort_by_key(|pod| !pod.is_in_error);
    worst.truncate(MOST_PODS);
    worst
}

/// Asks everything about one pod.
async fn tell(argocd: &ArgoCd, pod: &Pod) -> Vec<String> {
    let object = ResourceStatus {
        version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        ..ResourceStatus::default()
    };
    let (events, live) = tokio::join!(argocd.events(pod), argocd.live(&object));
    let account = live.map_or_else(|_| unread(pod), Account::of);
    let mut notes = vec![format!("pod {}", pod.describe())];
    notes.extend(account.unscheduled.map(|reason| format!("  not scheduled: {reason}")));
    notes.extend(warnings(events.unwrap_or_default()));
    for container in account.unwell {
        let lines = logs(argocd, pod, &container).await;
        notes.extend(container_notes(&container, &lines));
    }
    notes
}

/// What is asked about a pod that cannot be read by itself: its only container.
fn unread(pod: &Pod) -> Account {
    let log = if pod.reason.contains("CrashLoop") { Log::Previous } else { Log::Current };
    let unwell = vec![Unwell { name: String::new(), text: String::new(), log: Some(log) }];
    Account { unwell, ..Account::default() }
}

/// The last lines of a container, or why there are none.
async fn logs(argocd: &ArgoCd, pod: &Pod, container: &Unwell) -> Vec<String> {
    let Some(log) = container.log else { return Vec::new() };
    let mut lines = argocd.logs(pod, &container.name, log).await;
    if log == Log::Previous && !lines.as_ref().is_ok_and(|lines| !lines.is_empty()) {
        // The runtime has dropped it.
        let current = argocd.logs(pod, &container.name, Log::Current).await;
        if current.is_ok() {
            lines = current;
        }
    }
    match lines {
        Ok(lines) => {
            let last = &lines[lines.len().saturating_sub(MOST_LINES)..];
            last.iter().map(|line| format!("    log {line}")).collect()
        }
        Err(error) => without_logs(argocd, error).await,
    }
}

/// A missing permission is worth a note, whatever else is wrong with a log is not.
async fn without_logs(argocd: &ArgoCd, error: ApiError) -> Vec<String> {
    if error.refusal_kind() != Some(RefusalKind::Forbidden) {
        return Vec::new();
    }
    let reason = argocd.explain(error, "read logs of").await;
    let mut notes = vec![format!("    its log cannot be shown: {}", reason.cause)];
    notes.extend(reason.notes);
    notes
}

/// The warnings among a pod's events, the last ones, each once.
fn warnings(events: Vec<Event>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let texts: Vec<String> = events
        .into_iter()
        .filter(|event| event.kind != "Normal")
        .map(|event| format!("  event {}: {}", event.reason, event.message))
        .filter(|text| seen.insert(text.clone()))
        .collect();
    texts[texts.len().saturating_sub(MOST_EVENTS)..].to_vec()
}

fn container_notes(container: &Unwell, lines: &[String]) -> Vec<String> {
    let head =
        (!container.name.is_empty()).then(|| format!("  container {}: {}", container.name, container.text));
    head.into_iter().chain(lines.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, workload: &str, is_in_error: bool) -> Pod {
        Pod { name: name.into(), workload: workload.into(), is_in_error, ..Pod::default() }
    }

    #[test]
    fn one_pod_of_each_workload_speaks_and_errors_first() {
        let newest = vec![
            pod("a-1", "Deployment x/a", false),
            pod("b-1", "Rollout x/b", false),
            pod("b-2", "Rollout x/b", true),
            pod("b-3", "Rollout x/b", true),
            pod("alone", "", false),
        ];
        let pods = Pods { newest, ..Pods::default() };
        let names: Vec<&str> = worst(&pods).iter().map(|pod| pod.name.as_str()).collect();
        assert_eq!(names, ["b-2", "a-1", "alone"]);
    }

    #[test]
    fn warnings_are_told_once_and_the_last_ones() {
        let event = |kind: &str, reason: &str| Event {
            kind: kind.into(),
            reason: reason.into(),
            message: "x".into(),
        };
        let mut events =
            vec![event("Normal", "Pulling"), event("Warning", "Failed"), event("Warning", "Failed")];
        events.extend((0..5).map(|number| event("Warning", &number.to_string())));
        assert_eq!(
            warnings(events),
            ["  event 0: x", "  event 1: x", "  event 2: x", "  event 3: x", "  event 4: x"]
        );
    }

    #[test]
    fn a_container_says_how_it_is() {
        let container =
            Unwell { name: "app".into(), text: "CrashLoopBackOff".into(), log: Some(Log::Previous) };
        let notes = container_notes(&container, &["    log KeyError: 'PORT'".to_owned()]);
        assert_eq!(notes, ["  container app: CrashLoopBackOff", "    log KeyError: 'PORT'"]);
    }
}
