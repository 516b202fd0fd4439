//! Starting and ending operations.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use serde_json::{Value, json};

use super::{
    Parameters,
    access::{self, Target},
    revisions,
    session::parse,
};
use crate::{
    World,
    argocd::{
        controller,
        operation::Operation,
        phase::Phase,
        refusal::{Code, Refusal},
        store::document,
        window,
    },
};

type Reply = Result<Json<Value>, Refusal>;

/// `Server.Sync`, check by check in its order.
pub(super) async fn sync(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Reply {
    let body = parse(&body)?;
    let (account, app) = access::application(&world, &headers, Target::in_body(&name, &body), "get")?;
    let can_sync = window::can_sync(&world.argocd.windows(&name), window::By::Person).map_err(|error| {
        Refusal::new(Code::PermissionDenied, format!("cannot sync: invalid sync window: {error}"))
    })?;
    if !can_sync {
        return Err(Refusal::new(Code::PermissionDenied, "cannot sync: blocked by sync window"));
    }
    account.enforce("applications", "sync", &app.spec.rbac_name())?;
    if app.deleting {
        return Err(deleting());
    }
    let mut operation = Operation::from_request(&body, &account.username);
    operation.origin = revisions::resolve(&world, &app, &body, operation.dry_run).await?;
    if body["syncOptions"].is_null() {
        operation.sync_options = app.spec.sync_options.iter().map(|option| json!(option)).collect();
    }
    started(&world, &name, operation)
}

pub(super) async fn rollback(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Reply {
    let body = parse(&body)?;
    let (account, app) = access::application(&world, &headers, Target::in_body(&name, &body), "sync")?;
    if app.deleting {
        return Err(deleting());
    }
    if app.spec.automated {
        let text = "rollback cannot be initiated when auto-sync is enabled";
        return Err(Refusal::new(Code::FailedPrecondition, text));
    }
    let id = body["id"].as_u64().or_else(|| body["id"].as_str()?.parse().ok()).unwrap_or_default();
    let Some(deployment) = app.history.iter().find(|deployment| deployment.id == id) else {
        let text = format!("application {}/{name} does not have deployment with id {id}", app.spec.namespace);
        return Err(Refusal::new(Code::InvalidArgument, text));
    };
    let operation = Operation {
        origin: deployment.origin.clone(),
        strategy: json!({ "apply": {} }),
        sync_options: app.spec.sync_options.iter().map(|option| json!(option)).collect(),
        ..Operation::from_request(&body, &account.username)
    };
    started(&world, &name, operation)
}

/// Asks for the end of an operation. It ends later: the controller has to see it.
pub(super) async fn terminate(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Reply {
    let target = Target::new(&name, &query)?;
    access::application(&world, &headers, target, "sync")?;
    let is_running = world.argocd.store.update(&name, |app| match (&app.operation, &mut app.state) {
        (Some(_), Some(state)) => {
            state.phase = Phase::Terminating;
            true
        }
        _ => false,
    });
    if is_running == Some(true) {
        return Ok(Json(json!({})));
    }
    let text = "Unable to terminate operation. No operation is in progress";
    Err(Refusal::new(Code::InvalidArgument, text))
}

fn started(world: &Arc<World>, name: &str, operation: Operation) -> Reply {
    controller::start(world, name, operation)?;
    let app = world.argocd.store.get(name).ok_or_else(|| Refusal::no_application(name))?;
    Ok(Json(document(&app)))
}

fn deleting() -> Refusal {
    Refusal::new(Code::FailedPrecondition, "application is deleting")
}
