//! What really happens in the cluster, seen by a watch of its own: when traffic moved, and when the last old pod went.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use futures_util::StreamExt as _;
use serde_json::Value;
use stack::Kube;
use tokio::task::JoinSet;

/// The label by which Argo Rollouts tells ReplicaSets apart.
pub(super) const HASH: &str = "rollouts-pod-template-hash";

/// An event of the Kubernetes API.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    /// The active service selects the pods of this ReplicaSet.
    Active(String),
    /// A pod with this tag is gone.
    Gone(String),
    /// The application's health and the tags of its images, as Argo CD's controller has written them.
    Application(String, BTreeSet<String>),
}

/// Reads an event that is of interest.
type Read = fn(&Value) -> Option<Event>;

/// The events of one application, from now on.
pub(super) struct Watch {
    events: Arc<Mutex<Vec<(Instant, Event)>>>,
    _tasks: JoinSet<()>,
}

/// When things happened after a push.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    /// The active service's selector moved to the new pods.
    pub(super) cutover: Option<Instant>,
    /// The last pod of another tag was gone.
    pub(super) old_gone: Option<Instant>,
    /// Argo CD's application was Healthy with the new image among its images.
    pub(super) told: Option<Instant>,
    /// The same, and no other image was left.
    pub(super) told_gone: Option<Instant>,
}

impl Watch {
    /// Watches the application `name` of `argocd` and its namespace of the same name.
    pub(super) fn start(argocd: &Kube, workload: &Kube, name: &str) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let argo = "/apis/argoproj.io/v1alpha1/namespaces";
        let places: [(&Kube, String, Read); 3] = [
            (workload, format!("/api/v1/namespaces/{name}/services"), active),
            (workload, format!("/api/v1/namespaces/{name}/pods"), gone),
            (argocd, format!("{argo}/argocd/applications?fieldSelector=metadata.name%3D{name}"), application),
        ];
        for (kube, path, read) in places {
            let (kube, events) = (kube.clone(), events.clone());
            tasks.spawn(async move {
                // An end of a watch would be of a run of many minutes: the figures of a round would lack then.
                let Ok(stream) = kube.watch(&path).await else { return };
                let mut stream = std::pin::pin!(stream);
                while let Some(Ok(event)) = stream.next().await {
                    if let Some(event) = read(&event) {
                        let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
                        events.push((Instant::now(), event));
                    }
                }
            });
        }
        Self { events, _tasks: tasks }
    }

    /// What happened to a push of `tag` at `begin`.
    pub(super) fn moments(&self, begin: Instant, tag: &str) -> Moments {
        moments(&self.events.lock().unwrap_or_else(PoisonError::into_inner), begin, tag)
    }
}

fn moments(events: &[(Instant, Event)], begin: Instant, tag: &str) -> Moments {
    let start = events.partition_point(|(at, _)| *at < begin);
    let (before, after) = events.split_at(start);
    let first = |from: Option<Instant>, is_it: &dyn Fn(&Event) -> bool| {
        let from = from?;
        after.iter().find(|(at, event)| *at >= from && is_it(event)).map(|(at, _)| *at)
    };
    let old = before.iter().rev().find(|(_, event)| matches!(event, Event::Active(_)));
    let cutover = first(Some(begin), &|event| {
        matches!(event, Event::Active(_)) && old.is_none_or(|(_, old)| old != event)
    });
    let told = first(
        cutover,
        &|event| matches!(event, Event::Application(health, tags) if health == "Healthy" && tags.contains(tag)),
    );
    let last = after.iter().rev().find(|(_, event)| matches!(event, Event::Gone(of) if of != tag));
    Moments {
        cutover,
        old_gone: last.map(|(at, _)| *at),
        told,
        told_gone: first(told, &|event| {
            matches!(event, Event::Application(health, tags)
                if health == "Healthy" && tags.len() == 1 && tags.contains(tag))
        }),
    }
}

fn active(event: &Value) -> Option<Event> {
    let service = &event["object"];
    let is_active = service["metadata"]["name"] == "product";
    let hash = service["spec"]["selector"][HASH].as_str()?;
    is_active.then(|| Event::Active(hash.to_owned()))
}

fn gone(event: &Value) -> Option<Event> {
    let image = event["object"]["spec"]["containers"][0]["image"].as_str()?;
    (event["type"] == "DELETED").then(|| Event::Gone(tag_of(image)))
}

fn application(event: &Value) -> Option<Event> {
    let status = &event["object"]["status"];
    let health = status["health"]["status"].as_str()?.to_owned();
    let images = status["summary"]["images"].as_array().into_iter().flatten();
    Some(Event::Application(health, images.filter_map(Value::as_str).map(tag_of).collect()))
}

/// What stands after the last colon.
pub(super) fn tag_of(image: &str) -> String {
    image.rsplit_once(':').map_or(image, |(_, tag)| tag).to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_moments_of_a_push_are_those_after_it() {
        let zero = Instant::now();
        let at = |millis| zero + Duration::from_millis(millis);
        let app = |tags: &[&str]| {
            Event::Application("Healthy".into(), tags.iter().map(|tag| (*tag).to_owned()).collect())
        };
        let events = [
            (at(1), Event::Active("a".into())),
            (at(2), Event::Gone("older".into())),
            (at(10), Event::Active("a".into())),
            (at(11), app(&["old", "new"])),
            (at(20), Event::Active("b".into())),
            (at(22), app(&["old", "new"])),
            (at(30), Event::Gone("old".into())),
            (at(31), Event::Gone("old".into())),
            (at(32), app(&["new"])),
        ];
        let moments = moments(&events, at(5), "new");
        let found = [moments.cutover, moments.told, moments.old_gone, moments.told_gone].map(Option::unwrap);
        assert_eq!(found, [20, 22, 31, 32].map(at));
        assert_eq!(super::moments(&events[..4], at(5), "new").cutover, None);
    }
}
