use serde_json::json;

use super::*;

fn pods(nodes: &serde_json::Value) -> Pods {
    Pods::of(&serde_json::from_value(json!({ "nodes": nodes })).unwrap())
}

fn replica_set(uid: &str, owner: &str, revision: &str, created: &str) -> serde_json::Value {
    json!({"kind": "ReplicaSet", "name": uid, "uid": uid, "parentRefs": [{"uid": owner}],
           "info": [{"name": "Revision", "value": revision}], "createdAt": created})
}

fn pod(name: &str, parent: &str, health: &str, reason: &str) -> serde_json::Value {
    json!({"kind": "Pod", "name": name, "uid": name, "parentRefs": [{"uid": parent}],
           "info": [{"name": "Status Reason", "value": reason}], "health": {"status": health}})
}

fn names(pods: &[Pod]) -> Vec<&str> {
    pods.iter().map(|pod| pod.name.as_str()).collect()
}

#[test]
fn generations_are_told_apart_by_revision() {
    // Rev:10 is newer than Rev:9 although a roll-back made its ReplicaSet earlier.
    let pods = pods(&json!([
        replica_set("a", "web", "Rev:9", "2026-01-02T00:00:00Z"),
        replica_set("b", "web", "Rev:10", "2026-01-01T00:00:00Z"),
        replica_set("c", "worker", "Rev:1", "2026-01-01T00:00:00Z"),
        pod("a1", "a", "Healthy", "Terminating"),
        pod("b1", "b", "Healthy", "Running"),
        pod("c1", "c", "Healthy", "Running"),
        pod("s1", "stateful", "Healthy", "Running"),
    ]));
    assert_eq!(names(&pods.newest), ["b1", "c1", "s1"]);
    assert_eq!(names(&pods.old), ["a1"]);
}

#[test]
fn without_revisions_age_decides() {
    let pods = pods(&json!([
        replica_set("a", "web", "", "2026-01-02T00:00:00Z"),
        replica_set("b", "web", "", "2026-01-01T00:00:00Z"),
        pod("a1", "a", "Healthy", "Running"),
        pod("b1", "b", "Healthy", "Running"),
    ]));
    assert_eq!((names(&pods.newest), names(&pods.old)), (vec!["a1"], vec!["b1"]));
}

#[test]
fn errors_of_the_newest_count() {
    let pods = pods(&json!([
        replica_set("a", "web", "Rev:1", ""),
        replica_set("b", "web", "Rev:2", ""),
        pod("a1", "a", "Degraded", "CrashLoopBackOff"),
        pod("b1", "b", "Degraded", "ImagePullBackOff"),
        pod("b2", "b", "Progressing", "ErrImagePull"),
        pod("b3", "b", "Progressing", "ContainerCreating"),
    ]));
    let described: Vec<String> = pods.in_error().map(Pod::describe).collect();
    assert_eq!(described, ["b1: ImagePullBackOff", "b2: ErrImagePull"]);
}

#[test]
fn new_pods_are_ready_when_all_of_them_are() {
    let expected = ["a.b/app:new".parse().unwrap()];
    let tree = |image: &str, health: &str| {
        let mut new = pod("b1", "b", health, "");
        new["images"] = json!([image]);
        pods(&json!([replica_set("b", "web", "Rev:2", ""), new, pod("b2", "b", "Healthy", "")]))
    };
    assert_eq!(tree("a.b/app:new", "Healthy").are_ready(&expected), Some(true));
    assert_eq!(tree("a.b/app:new", "Progressing").are_ready(&expected), Some(false));
    // These are from before.
    assert_eq!(tree("a.b/app:old", "Healthy").are_ready(&expected), None);
    assert_eq!(tree("a.b/app:new", "Healthy").are_ready(&[]), None);
}

/// A pod whose owner has this kind and health, and an owner of its own.
fn owned(owner: &serde_json::Value, reason: &str) -> Pods {
    let mut pod = pod("p", "o", "Degraded", reason);
    pod["images"] = json!(["a.b/app:old"]);
    let above = json!({"kind": "CronJob", "name": "nightly", "uid": "cron"});
    pods(&json!([owner, above, pod]))
}

#[test]
fn an_error_counts_only_if_its_owner_does_not_get_over_it() {
    let owner = |kind: &str, health: &str| json!({"kind": kind, "name": "o", "uid": "o", "health": {"status": health}});
    for (kind, health, reason, is_in_error) in [
        ("ReplicaSet", "Progressing", "CrashLoopBackOff", true),
        ("ReplicaSet", "Progressing", "Init:CrashLoopBackOff", true),
        ("ReplicaSet", "Progressing", "Init:ErrImagePull", true),
        ("ReplicaSet", "Progressing", "InvalidImageName", true),
        // It was evicted, and another one took its place.
        ("ReplicaSet", "Healthy", "Evicted", false),
        ("ReplicaSet", "Progressing", "Terminating", false),
        ("StatefulSet", "Progressing", "Error", true),
        ("DaemonSet", "Progressing", "CreateContainerConfigError", true),
        // A Job tries again.
        ("Job", "Progressing", "Error", false),
        ("Job", "Progressing", "ImagePullBackOff", true),
    ] {
        let pods = owned(&owner(kind, health), reason);
        assert_eq!(pods.in_error().count() == 1, is_in_error, "{kind} {health} {reason}");
    }
}

#[test]
fn scheduled_jobs_say_nothing_of_what_serves() {
    let job =
        json!({"kind": "Job", "name": "o", "uid": "o", "parentRefs": [{"uid": "cron", "kind": "CronJob"}]});
    let pods = owned(&job, "ImagePullBackOff");
    assert_eq!((pods.newest.len(), pods.old.len(), names(&pods.aside)), (0, 0, vec!["p"]));
    assert!(pods.explain("a.b/app:old") && !pods.explain("a.b/app:older"));
}

#[test]
fn generations_of_stateful_and_daemon_sets_are_their_controller_revisions() {
    let revision = |name: &str, owner: &str, revision: &str| {
        json!({"kind": "ControllerRevision", "name": name, "uid": name, "parentRefs": [{"uid": owner}],
               "info": [{"name": "Revision", "value": revision}]})
    };
    let labelled = |name: &str, owner: &str, hash: &str| {
        let mut pod = pod(name, owner, "Healthy", "Running");
        pod["networkingInfo"] = json!({"labels": {"controller-revision-hash": hash}});
        pod
    };
    let pods = pods(&json!([
        {"kind": "StatefulSet", "name": "db", "namespace": "app", "uid": "db"},
        {"kind": "DaemonSet", "name": "agent", "namespace": "app", "uid": "agent"},
        revision("db-5d9", "db", "Rev:1"),
        revision("db-7f4", "db", "Rev:2"),
        revision("agent-1a2", "agent", "Rev:7"),
        revision("agent-3c4", "agent", "Rev:8"),
        labelled("db-0", "db", "db-5d9"),
        labelled("db-1", "db", "db-7f4"),
        labelled("agent-x", "agent", "1a2"),
        labelled("agent-y", "agent", "3c4"),
        pod("agent-z", "agent", "Healthy", "Running"),
    ]));
    assert_eq!(names(&pods.newest), ["db-1", "agent-y", "agent-z"]);
    assert_eq!(names(&pods.old), ["db-0", "agent-x"]);
    assert_eq!(pods.old[0].workload, "StatefulSet app/db");
}

#[test]
fn no_nodes_are_no_pods() {
    assert_eq!(pods(&json!(null)), Pods::default());
}
