//! Actions on a Rollout: `POST …/resource/actions/v2`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use serde_json::{Value, json};

use super::{
    access::{self, Target},
    resources::not_a_part,
    session::parse,
};
use crate::{
    World,
    argocd::{
        controller,
        refusal::{Code, Refusal},
        rollout::Phase,
    },
};

/// Runs `abort`, `retry`, `resume` or `promote-full`. RBAC asks for `action/argoproj.io/Rollout/abort`.
pub(super) async fn run(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<Value>, Refusal> {
    let body = parse(&body)?;
    let text = |field: &str| body[field].as_str().unwrap_or_default();
    let (group, kind, action) = (text("group"), text("kind"), text("action"));
    let right = format!("action/{group}/{kind}/{action}");
    let (_, app) = access::application(&world, &headers, Target::in_body(&name, &body), &right)?;
    if kind != "Rollout" || text("resourceName") != app.rollout.name || app.rollout.uid.is_empty() {
        return Err(not_a_part(kind, group, text("resourceName"), &name));
    }
    match action {
        "abort" => abort(&world, &name),
        "retry" => retry(&world, &name),
        "resume" => drop(controller::promote(&world, &name)),
        "promote-full" => promote_fully(&world, &name),
        other => {
            let text = format!("error getting Lua resource action: built-in script does not exist: {other}");
            return Err(Refusal::new(Code::Unknown, text));
        }
    }
    Ok(Json(json!({})))
}

/// Gives an update up that has not been cut over; there is nothing to give up afterwards.
fn abort(world: &Arc<World>, name: &str) {
    let aborted = world.argocd.store.update(name, |app| {
        let is_under_way = app.rollout.active.is_some() && app.rollout.active != app.rollout.current;
        if is_under_way && !app.rollout.aborted {
            app.rollout.abort();
            return app.rollout.current.clone();
        }
        None
    });
    if let Some(hash) = aborted.flatten() {
        controller::scale_down(world, name, &hash, 0);
    }
}

/// Cuts over now, or as soon as the new pods are ready.
fn promote_fully(world: &Arc<World>, name: &str) {
    if controller::promote(world, name) {
        return;
    }
    world.argocd.store.update(name, |app| {
        let rollout = &mut app.rollout;
        rollout.promotes_fully = rollout.active.is_some() && rollout.active != rollout.current;
    });
}

fn retry(world: &Arc<World>, name: &str) {
    let again = world.argocd.store.update(name, |app| {
        let replicas = app.workload().map_or(1, |workload| workload.replicas);
        let is_down = app.rollout.aborted || app.rollout.phase == Phase::Degraded;
        if is_down {
            app.rollout.retry(replicas);
        }
        is_down
    });
    if again == Some(true) {
        controller::roll_out(world, name);
    }
}
