//! Projects: what they allow, and their sync windows.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use serde_json::{Value, json};

use crate::{
    World,
    argocd::{
        refusal::{Code, Refusal},
        window::SyncWindow,
    },
};

/// A project, which is there if it has an application; `default` always is.
pub(super) async fn get(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let argocd = &world.argocd;
    argocd.accounts.caller(&headers, &world.urls.argocd)?.enforce("projects", "get", &name)?;
    let apps: Vec<_> = argocd.store.all().into_iter().filter(|app| app.spec.project == name).collect();
    if apps.is_empty() && name != "default" {
        let text = format!("appprojects.argoproj.io \"{name}\" not found");
        return Err(Refusal::new(Code::NotFound, text));
    }
    let of = |app: &str| {
        argocd.windows(app).iter().map(|window| SyncWindow::spec(window, app)).collect::<Vec<_>>()
    };
    let windows: Vec<Value> = apps.iter().flat_map(|app| of(&app.spec.name)).collect();
    let any = json!([{ "group": "*", "kind": "*" }]);
    let mut spec = json!({
        "sourceRepos": ["*"],
        "destinations": [{ "server": "*", "namespace": "*" }],
        "clusterResourceWhitelist": any,
    });
    if !windows.is_empty() {
        spec["syncWindows"] = json!(windows);
    }
    Ok(Json(json!({ "metadata": { "name": name, "namespace": "argocd" }, "spec": spec, "status": {} })))
}
