//! The applications, and the events that their changes make.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::app::App;
use crate::faults::lock;

/// A change of an application.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// `ADDED`, `MODIFIED` or `DELETED`; [`TREE`] if only pods changed, which are not part of the resource.
    pub(super) kind: &'static str,
    /// The resource version of `app`.
    pub(super) version: u64,
    /// The application afterwards.
    pub(super) app: App,
}

/// The kind of an event that only the resource tree has to do with.
pub(super) const TREE: &str = "TREE";

/// All applications by name.
#[derive(Debug)]
pub(super) struct Store {
    apps: Mutex<(BTreeMap<String, App>, u64)>,
    events: broadcast::Sender<Event>,
}

impl Store {
    pub(super) fn new() -> Self {
        // As long as the API server's own buffer: watchAPIBufferSize.
        Self { apps: Mutex::new((BTreeMap::new(), 1000)), events: broadcast::Sender::new(1000) }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    pub(super) fn insert(&self, mut app: App) {
        let mut guard = lock(&self.apps);
        let (apps, version) = &mut *guard;
        *version += 1;
        app.version = *version;
        apps.insert(app.spec.name.clone(), app.clone());
        self.publish("ADDED", app);
    }

    pub(super) fn remove(&self, name: &str) {
        let mut guard = lock(&self.apps);
        let (apps, version) = &mut *guard;
        *version += 1;
        if let Some(mut app) = apps.remove(name) {
            app.version = *version;
            self.publish("DELETED", app);
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<App> {
        lock(&self.apps).0.get(name).cloned()
    }

    pub(super) fn all(&self) -> Vec<App> {
        lock(&self.apps).0.values().cloned().collect()
    }

    /// Changes an application in one step. As in Kubernetes, a change that changes nothing makes no event.
    pub(super) fn update<R>(&self, name: &str, change: impl FnOnce(&mut App) -> R) -> Option<R> {
        let mut guard = lock(&self.apps);
        let (apps, version) = &mut *guard;
        let app = apps.get_mut(name)?;
        let (before, rollout, live) = (app.json(), app.rollout.clone(), app.live.clone());
        let result = change(app);
        if app.json() != before {
            *version += 1;
            app.version = *version;
            self.publish("MODIFIED", app.clone());
        } else if app.rollout != rollout || app.live != live {
            self.publish(TREE, app.clone());
        }
        Some(result)
    }

    /// Sends while the applications are locked, so that events are in the order of their versions. Nobody may be
    /// listening.
    fn publish(&self, kind: &'static str, app: App) {
        let _ = self.events.send(Event { kind, version: app.version, app });
    }
}

/// The resource as the API server sends it.
pub(super) fn document(app: &App) -> Value {
    let mut document = app.json();
    document["metadata"]["resourceVersion"] = json!(app.version.to_string());
    document
}
