//! The resources that an application manages.

use serde_json::{Value, json};

use super::app::App;

/// A managed resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Managed {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) kind: &'static str,
    pub(super) name: String,
}

/// Returns what the chart makes: a Rollout, an active and a preview Service, an Ingress if it is on.
pub(super) fn managed(app: &App) -> Vec<Managed> {
    let name = &app.spec.release_name;
    let service = |name: String| Managed { group: "", version: "v1", kind: "Service", name };
    let mut all = vec![service(name.clone()), service(format!("{name}-preview"))];
    all.push(Managed { group: "argoproj.io", version: "v1alpha1", kind: "Rollout", name: name.clone() });
    let ingress = app.applied.as_ref().and_then(|applied| applied.ingress.clone());
    all.extend(ingress.map(|name| Managed {
        group: "networking.k8s.io",
        version: "v1",
        kind: "Ingress",
        name,
    }));
    all
}

/// `status.resources`, health filled in as the API server does.
pub(super) fn statuses(app: &App) -> Vec<Value> {
    if app.applied.is_none() && app.sync == "Unknown" {
        return Vec::new();
    }
    let namespace = &app.spec.destination_namespace;
    managed(app)
        .iter()
        .map(|resource| {
            let status = match (app.applied.is_some(), app.sync) {
                (false, _) => "OutOfSync",
                (true, "OutOfSync") if resource.kind == "Rollout" => "OutOfSync",
                (true, _) => "Synced",
            };
            let mut json = json!({
                "version": resource.version,
                "kind": resource.kind,
                "namespace": namespace,
                "name": resource.name,
                "status": status,
                "health": health(app, resource),
            });
            if !resource.group.is_empty() {
                json["group"] = json!(resource.group);
            }
            json
        })
        .collect()
}

/// The health of a managed resource.
pub(super) fn health(app: &App, resource: &Managed) -> Value {
    if app.applied.is_none() {
        return json!({ "status": "Missing" });
    }
    if resource.kind != "Rollout" {
        return json!({ "status": "Healthy" });
    }
    let mut health = json!({ "status": app.health() });
    if !app.rollout.message.is_empty() && app.assessed.is_none() {
        health["message"] = json!(app.rollout.message);
    }
    health
}
