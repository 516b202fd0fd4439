//! Auto-sync: `autoSync` of appcontroller.go.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Target, start};
use crate::{
    World,
    argocd::{
        app::App,
        operation::{Operation, OperationState},
        phase::Phase,
        resources::{Status, compare, summary},
        window::{self, By},
    },
};

/// Starts the operation that auto-sync wants, if any.
pub(super) fn start_automated(world: &Arc<World>, name: &str, target: &Target) {
    let Some(app) = world.argocd.store.get(name) else { return };
    if !window::can_sync(&world.argocd.windows(name), By::AutoSync).unwrap_or_default() {
        return;
    }
    if let Some(operation) = wanted(&app, target) {
        // Somebody else may have been quicker.
        let _ = start(world, name, operation);
    }
}

fn wanted(app: &App, target: &Target) -> Option<Operation> {
    let resources = compare(app, Some(&target.objects));
    if !app.spec.automated || app.operation.is_some() || app.deleting || summary(&resources) != "OutOfSync" {
        return None;
    }
    let differs = |one: &&Status| one.code != "Synced";
    let only_prunes = resources.iter().filter(differs).all(|one| one.requires_pruning);
    if only_prunes && !app.spec.auto_prune {
        return None;
    }
    let all_go = resources.iter().all(|one| one.requires_pruning);
    if app.spec.auto_prune && all_go {
        return None;
    }
    let (mut named, mut heals) = (Vec::new(), 0);
    if let Some(state) = tried(app, target) {
        // One that failed is not repeated.
        if state.phase != Phase::Succeeded || !app.spec.self_heal {
            return None;
        }
        heals = state.operation.heals + 1;
        named = resources.iter().filter(differs).map(named_in_an_operation).collect();
    }
    Some(Operation {
        origin: target.origin.clone(),
        prune: app.spec.auto_prune,
        sync_options: app.spec.sync_options.iter().map(|option| json!(option)).collect(),
        automated: true,
        retry: json!({ "limit": 5 }),
        resources: named,
        heals,
        ..Operation::default()
    })
}

/// The operation that had the same sources and revisions already.
fn tried<'a>(app: &'a App, target: &Target) -> Option<&'a OperationState> {
    app.state.as_ref().filter(|state| match &state.result {
        Some(result) => result.origin == target.origin,
        None => state.phase.is_over(),
    })
}

fn named_in_an_operation(status: &Status) -> Value {
    json!({ "group": status.key.group, "kind": status.key.kind, "name": status.key.name })
}
