//! What a comparison says about each object: `status.resources`.

use serde_json::{Value, json};

use super::{
    app::App,
    object::{Key, Object},
};

/// One object as it was compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Status {
    pub(super) key: Key,
    version: String,
    /// `Synced`, `OutOfSync` or `Unknown`; nothing for hooks.
    pub(super) code: &'static str,
    wave: i64,
    is_hook: bool,
    pub(super) requires_pruning: bool,
}

impl Status {
    /// The JSON of types.go, health filled in as the API server does.
    pub(super) fn json(&self, app: &App) -> Value {
        let mut json = json!({ "version": self.version, "kind": self.key.kind, "name": self.key.name });
        let texts =
            [("group", self.key.group.as_str()), ("namespace", &self.key.namespace), ("status", self.code)];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            json[name] = json!(text);
        }
        for (name, _) in
            [("hook", self.is_hook), ("requiresPruning", self.requires_pruning)].iter().filter(|(_, is)| *is)
        {
            json[name] = json!(true);
        }
        if self.wave != 0 {
            json["syncWave"] = json!(self.wave);
        }
        if let Some(health) = app.health_of(&self.key) {
            json["health"] = health.json();
        }
        json
    }
}

/// Compares what is wanted with what is there, as `CompareAppState` of controller/state.go does: hooks that are not
/// there are passed over. `target` is none if it could not be made.
pub(super) fn compare(app: &App, target: Option<&[Object]>) -> Vec<Status> {
    let wanted: Vec<&Object> = target.unwrap_or_default().iter().filter(|object| !object.is_hook()).collect();
    let mut all: Vec<Status> = wanted.iter().map(|object| of_target(app, object)).collect();
    let extra = app.live.values().filter(|live| !wanted.iter().any(|object| object.key == live.object.key));
    all.extend(extra.map(|live| {
        let is_hook = live.object.is_hook();
        let code = match (is_hook, target) {
            (true, _) => "",
            (false, None) => "Unknown",
            (false, Some(_)) => "OutOfSync",
        };
        let (key, version) = (live.object.key.clone(), live.object.version.clone());
        let requires_pruning = !is_hook;
        Status { key, version, code, wave: 0, is_hook, requires_pruning }
    }));
    all.sort_by(|one, other| one.key.cmp(&other.key));
    all
}

fn of_target(app: &App, object: &Object) -> Status {
    let live = app.live.get(&object.key);
    let is_same = live.is_some_and(|live| live.object.manifest == object.manifest);
    let code = match is_same {
        _ if object.is_skipped() => "",
        true => "Synced",
        false => "OutOfSync",
    };
    Status {
        key: object.key.clone(),
        version: object.version.clone(),
        code,
        wave: object.wave(),
        is_hook: false,
        requires_pruning: false,
    }
}

/// The sync status of an application whose objects were compared.
pub(super) fn summary(all: &[Status]) -> &'static str {
    if all.iter().any(|one| one.code == "OutOfSync") { "OutOfSync" } else { "Synced" }
}
