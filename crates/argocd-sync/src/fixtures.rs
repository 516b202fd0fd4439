//! Applications and requests for the tests of the pure parts.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    ours::{Known, Lineage},
    paused::Paused,
    request::{ApplicationName, OnBusy, Origin, Request, Terms, WaitFor},
    resources::Resources,
    wire::Application,
};

pub(crate) const SHA: &str = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";
pub(crate) const OTHER: &str = "b94a8fe5ccb19ba61c4c0873d391e987982fbbd3";
pub(crate) const MARK: &str = "org/day2-product/7/1/n0nce";
pub(crate) const IMAGE: &str = "a.b/product/dev:new";

/// Nothing but that OTHER does not contain SHA.
pub(crate) fn known() -> Known {
    Known { lineages: [(OTHER.to_owned(), Lineage::Apart)].into(), ..Known::default() }
}

/// A request for SHA and IMAGE that goes all the way.
pub(crate) fn request() -> Request {
    Request {
        application: ApplicationName { name: "dev".into(), project: Some("default".into()), namespace: None },
        terms: Terms {
            revision: SHA.parse().unwrap(),
            images: vec![IMAGE.parse().unwrap()],
            prune: false,
            wait_for: WaitFor::OldPodsGone,
            on_busy: OnBusy::Wait,
            paused: Paused::Wait,
            rollback: false,
            degraded_grace: Duration::from_secs(10),
            settle: Duration::from_secs(2),
            timeout: Duration::from_secs(60),
            dry_run: false,
            origin: Origin::default(),
            resources: Resources::default(),
            sync_options: Vec::new(),
            run: "org/day2-product/7/1".into(),
        },
    }
}

/// An application on which our operation succeeded and everything holds.
pub(crate) fn done() -> Value {
    json!({
        "metadata": {"name": "dev", "namespace": "argocd", "resourceVersion": "100"},
        "spec": {"project": "default", "source": {"repoURL": "https://git/x", "targetRevision": "dev"}},
        "status": {
            "operationState": {
                "operation": {
                    "sync": {"revision": SHA},
                    "info": [{"name": "day2-run", "value": MARK}],
                    "initiatedBy": {"username": "ci"}
                },
                "phase": "Succeeded", "message": "successfully synced (all tasks run)",
                "syncResult": {"revision": SHA, "resources": []},
                "startedAt": "2026-01-01T00:00:01Z", "finishedAt": "2026-01-01T00:00:03Z"
            },
            "sync": {"status": "Synced", "revision": SHA},
            "health": {"status": "Healthy"},
            "summary": {"images": [IMAGE, "a.b/sidecar:1"]},
            "reconciledAt": "2026-01-01T00:00:04Z",
            "resources": [{"kind": "Rollout", "namespace": "app", "name": "product", "status": "Synced"}]
        }
    })
}

/// Returns `done` with some of its values replaced, by JSON pointer; a `null` removes.
pub(crate) fn with(changes: &[(&str, Value)]) -> Application {
    let mut value = done();
    for (pointer, change) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if change.is_null() {
            parent.remove(key);
        } else {
            parent.insert(key.to_owned(), change.clone());
        }
    }
    serde_json::from_value(value).unwrap()
}
