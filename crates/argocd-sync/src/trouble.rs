//! What looks bad, which may pass, and whether it may come of the operation. Pure.

use std::collections::BTreeSet;

use crate::{
    assess::Progress,
    baseline,
    health::described,
    paused,
    pods::{Pod, Pods},
    wire::{Application, ResourceStatus},
};

/// What looks bad: errors of the newest pods, long before their workload is Degraded, and Degraded resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What may come of the operation.
    pub(crate) new: Vec<String>,
    /// What was so before, and was not changed: it says nothing against what was deployed.
    pub(crate) old: Vec<String>,
    /// The workloads and other resources of `new`, as `Rollout app/product`.
    pub(crate) failing: BTreeSet<String>,
    /// Whether everything else is well, so that nothing but `old` is left.
    pub(crate) is_rest_well: bool,
}

/// Finds it.
pub(crate) fn trouble(app: &Application, progress: &Progress) -> Trouble {
    let mut trouble = Trouble::default();
    let mut with_old = BTreeSet::new();
    for pod in progress.pods.iter().flat_map(Pods::in_error) {
        if is_older(pod, progress) {
            trouble.old.push(format!("{} (since before this sync)", pod.describe()));
            with_old.insert(workload(pod));
        } else {
            trouble.new.push(pod.describe());
            trouble.failing.insert(workload(pod));
        }
    }
    with_old.retain(|workload| !trouble.failing.contains(workload));
    let mut resources = Vec::new();
    // A resource whose health does not count does not make the application Degraded.
    let is_degraded = app.status.health.status == "Degraded";
    for resource in baseline::degraded(app).filter(|_| is_degraded) {
        let title = resource.title();
        let text = format!("{title} is {}", described(&resource.health.clone().unwrap_or_default()));
        if with_old.contains(&title) || is_as_before(resource, progress) {
            trouble.old.push(format!("{text}, as before this sync"));
            with_old.insert(title);
        } else if trouble.failing.insert(title) {
            resources.push(text);
        }
    }
    // Pods say why their workload is Degraded.
    if trouble.new.is_empty() {
        trouble.new = resources;
    }
    if is_degraded && trouble == Trouble::default() {
        trouble.new.push(match app.status.health.message.as_str() {
            "" => "the application is Degraded".to_owned(),
            message => format!("the application is Degraded: {message}"),
        });
    }
    trouble.is_rest_well = trouble.new.is_empty() && is_rest_well(app, progress, &with_old);
    trouble
}

/// Whether a pod is from before the operation, which then did not make it.
fn is_older(pod: &Pod, progress: &Progress) -> bool {
    let started = progress.ended.as_ref().and_then(|state| state.started_at.as_deref());
    // Both times have whole seconds.
    started.is_some_and(|started| !pod.created.is_empty() && pod.created.as_str() < started)
}

/// What a pod stands for in the application.
fn workload(pod: &Pod) -> String {
    if pod.workload.is_empty() { format!("Pod {}/{}", pod.namespace, pod.name) } else { pod.workload.clone() }
}

/// Whether a resource has been Degraded since before, and is not known to have been changed.
fn is_as_before(resource: &ResourceStatus, progress: &Progress) -> bool {
    progress.baseline.has_degraded(resource) && !paused::was_configured(resource, progress.ended.as_deref())
}

/// Whether everything but these resources is as it should be, as far as it says so.
fn is_rest_well(app: &Application, progress: &Progress, but: &BTreeSet<String>) -> bool {
    let is_paused =
        |resource: &ResourceStatus| paused::paused(app).any(|paused| paused.title() == resource.title());
    let are_resources_well = app
        .status
        .resources
        .iter()
        .filter(|resource| !resource.hook && !but.contains(&resource.title()))
        .all(|resource| match resource.health_status() {
            "" | "Healthy" => true,
            "Suspended" => !is_paused(resource),
            _ => false,
        });
    are_resources_well && progress.pods.iter().flat_map(Pods::waiting).all(|pod| is_older(pod, progress))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{baseline::Baseline, fixtures::with};

    fn resource(kind: &str, status: &str, message: &str) -> Value {
        json!({"kind": kind, "namespace": "app", "name": "product", "health": {"status": status, "message": message}})
    }

    fn app(status: &str, resources: &[Value]) -> Application {
        with(&[("/status/health/status", json!(status)), ("/status/resources", json!(resources))])
    }

    fn pod(workload: &str, created: &str) -> Pod {
        Pod {
            name: "pod".into(),
            created: created.into(),
            reason: "Error".into(),
            is_in_error: true,
            workload: workload.into(),
            ..Pod::default()
        }
    }

    const BEFORE: &str = "2026-01-01T00:00:00Z";
    const SINCE: &str = "2026-01-01T00:00:01Z";

    /// An operation that began at SINCE and did this to the Deployment.
    fn progress(before: &Application, done: &str, pods: Vec<Pod>) -> Progress {
        let ended = json!({"startedAt": SINCE, "syncResult": {"resources": [
            {"kind": "Deployment", "namespace": "app", "name": "product", "status": "Synced", "message": done}]}});
        Progress {
            baseline: Baseline::before(before),
            pods: Some(Pods { newest: pods, ..Pods::default() }),
            ended: serde_json::from_value(ended).unwrap(),
            ..Progress::default()
        }
    }

    #[test]
    fn what_is_degraded_is_named_and_told_from_what_was_before() {
        let rollout = resource("Rollout", "Degraded", "ProgressDeadlineExceeded");
        let job = resource("CronJob", "Degraded", "");
        let before = app("Degraded", std::slice::from_ref(&job));
        let now = app("Degraded", &[rollout, job, resource("Service", "Healthy", "")]);
        let trouble = |app: &Application, progress: &Progress| {
            let trouble = trouble(app, progress);
            (trouble.new.join("; "), trouble.old.join("; "))
        };
        let known = Progress { baseline: Baseline::before(&before), ..Progress::default() };
        assert_eq!(
            trouble(&now, &known),
            (
                "Rollout app/product is Degraded (ProgressDeadlineExceeded)".into(),
                "CronJob app/product is Degraded, as before this sync".into()
            )
        );
        let unknown = Progress::default();
        assert_eq!(trouble(&before, &unknown), ("CronJob app/product is Degraded".into(), String::new()));
        assert_eq!(trouble(&app("Progressing", &[]), &unknown), Default::default());
        assert_eq!(trouble(&app("Degraded", &[]), &unknown).0, "the application is Degraded");
    }

    #[test]
    fn what_was_degraded_before_counts_once_it_is_changed_or_has_recovered() {
        let degraded = resource("Deployment", "Degraded", "");
        let before = app("Degraded", std::slice::from_ref(&degraded));
        for (done, recovered, is_old) in [
            ("deployment.apps/product unchanged", false, true),
            // With server-side apply nobody tells.
            ("deployment.apps/product serverside-applied", false, true),
            ("deployment.apps/product configured", false, false),
            ("deployment.apps/product unchanged", true, false),
        ] {
            let mut progress = progress(&before, done, Vec::new());
            if recovered {
                progress
                    .baseline
                    .forget_recovered(&app("Progressing", &[resource("Deployment", "Progressing", "")]));
            }
            let trouble = trouble(&before, &progress);
            assert_eq!((trouble.old.len(), trouble.new.len()), (is_old.into(), (!is_old).into()), "{done}");
            assert_eq!(trouble.failing.contains("Deployment app/product"), !is_old);
        }
    }

    #[test]
    fn pods_from_before_the_operation_are_not_of_it() {
        let pods = vec![pod("Deployment app/worker", BEFORE), pod("Rollout app/product", SINCE)];
        let trouble = trouble(&with(&[]), &progress(&with(&[]), "", pods));
        assert_eq!(trouble.old, ["pod: Error (since before this sync)"]);
        assert_eq!(trouble.new, ["pod: Error"]);
        assert_eq!(trouble.failing.into_iter().collect::<Vec<_>>(), ["Rollout app/product"]);
    }

    #[test]
    fn a_workload_that_its_old_pods_degrade_is_as_before() {
        // Its progress deadline passed only now.
        let now = app("Degraded", &[resource("Deployment", "Degraded", "")]);
        let crashing = vec![pod("Deployment app/product", BEFORE)];
        let trouble = |pods| trouble(&now, &progress(&with(&[]), "deployment.apps/product unchanged", pods));
        assert!(trouble(crashing).new.is_empty());
        assert!(!trouble(Vec::new()).new.is_empty());
    }

    #[test]
    fn the_rest_is_well_when_nothing_else_is_on_its_way() {
        let old = resource("CronJob", "Degraded", "");
        let before = app("Degraded", std::slice::from_ref(&old));
        let rest = |rollout: &str, pods: Vec<Pod>| {
            let now = app("Degraded", &[old.clone(), resource("Rollout", rollout, "")]);
            trouble(&now, &progress(&before, "", pods)).is_rest_well
        };
        let starting = Pod { is_in_error: false, ..pod("Rollout app/product", SINCE) };
        assert!(rest("Healthy", Vec::new()) && rest("Healthy", vec![pod("Deployment app/worker", BEFORE)]));
        assert!(!rest("Progressing", Vec::new()) && !rest("Suspended", Vec::new()));
        assert!(!rest("Healthy", vec![starting]));
    }
}
