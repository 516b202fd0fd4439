//! Pods have the fate that their tag says. Without `DAY2_CLUSTER` there is nothing to look at.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use serde_json::{Value, json};
use stack::{Kube, State, fate::Fate};

/// A namespace that goes with the test.
struct Place {
    kube: Kube,
    namespace: String,
}

impl Place {
    async fn new(state: &State, name: &str) -> Self {
        let kube = state.clusters.prod.kube().unwrap();
        let namespace = format!("{name}-{}", std::process::id());
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
        kube.apply(&object).await.unwrap();
        Self { kube, namespace }
    }

    fn pods(&self) -> String {
        format!("/api/v1/namespaces/{}/pods", self.namespace)
    }

    async fn pod(&self, name: &str, tag: &str) {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "namespace": self.namespace },
            "spec": { "containers": [{ "name": "app", "image": format!("r.example.com/app:{tag}") }] },
        });
        self.kube.create(&self.pods(), &pod).await.unwrap();
    }

    /// Watches a pod until it is as wanted, and returns what its container was meanwhile.
    async fn until(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
        let path = format!("{}?fieldSelector=metadata.name={name}", self.pods());
        let mut events = pin!(self.kube.watch(&path).await.unwrap());
        let mut seen = Vec::new();
        loop {
            let event = events.next().await.unwrap().unwrap();
            let container = &event["object"]["status"]["containerStatuses"][0];
            let state = container["state"].as_object().and_then(|state| state.iter().next());
            if let Some((name, state)) = state {
                let word = state["reason"].as_str().unwrap_or(name).to_owned();
                if seen.last() != Some(&word) {
                    seen.push(word);
                }
            }
            if wanted(&event) {
                return seen;
            }
        }
    }
}

fn is_ready(event: &Value) -> bool {
    event["object"]["status"]["containerStatuses"][0]["ready"] == true
}

#[tokio::test]
async fn a_pod_is_ready_unless_its_tag_says_otherwise() {
    let Some(state) = State::from_env() else { return };
    let place = Place::new(&state, "fates").await;
    let word = |wanted: &'static str| {
        move |event: &Value| {
            event["object"]["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == wanted
        }
    };
    place.pod("fine", "0123abc").await;
    place.pod("missing", &Fate::Missing.tag("1")).await;
    place.pod("crash", &Fate::Crash.tag("1")).await;
    place.pod("recovers", &Fate::Recovers.tag("1")).await;
    place.pod("slow", &Fate::Slow.tag("1")).await;
    assert_eq!(place.until("fine", is_ready).await, ["running"]);
    let missing = place.until("missing", word("ImagePullBackOff")).await;
    assert_eq!(missing.last().unwrap(), "ImagePullBackOff");
    place.until("crash", word("CrashLoopBackOff")).await;
    place.until("recovers", is_ready).await;
    place.until("slow", is_ready).await;
    let log = format!("/api/v1/namespaces/{}/pods/crash/log?tailLines=1&previous=true", place.namespace);
    let said = place.kube.text(&log).await.unwrap();
    assert_eq!(said, "fatal: the database refused the connection\n");
    let events = place.kube.list(&format!("/api/v1/namespaces/{}/events", place.namespace)).await.unwrap();
    let reasons: Vec<&str> = events
        .iter()
        .filter(|event| event["involvedObject"]["name"] == "missing")
        .filter_map(|event| event["reason"].as_str())
        .collect();
    assert!(reasons.contains(&"Failed") && reasons.contains(&"BackOff"), "{reasons:?}");
    place.kube.delete(&format!("/api/v1/namespaces/{}", place.namespace)).await.unwrap();
}

#[tokio::test]
async fn a_pod_that_drains_is_there_for_a_while_after_it_was_deleted() {
    let Some(state) = State::from_env() else { return };
    let place = Place::new(&state, "drains").await;
    for (name, tag) in [("drains", Fate::Drains.tag("1")), ("fine", "1".to_owned())] {
        place.pod(name, &tag).await;
        place.until(name, is_ready).await;
    }
    let start = Instant::now();
    for name in ["drains", "fine"] {
        place.kube.delete(&format!("{}/{name}", place.pods())).await.unwrap();
    }
    place.until_gone("fine").await;
    place.until_gone("drains").await;
    // However busy the machine is, it does not go sooner.
    assert!(start.elapsed() > Duration::from_secs(3), "{:?}", start.elapsed());
    place.kube.delete(&format!("/api/v1/namespaces/{}", place.namespace)).await.unwrap();
}

impl Place {
    /// Waits until the namespace has no such pod.
    async fn until_gone(&self, name: &str) {
        let path = format!("{}?fieldSelector=metadata.name={name}", self.pods());
        let mut events = pin!(self.kube.watch(&path).await.unwrap());
        while self.kube.get(&format!("{}/{name}", self.pods())).await.unwrap().is_some() {
            events.next().await.unwrap().unwrap();
        }
    }
}
