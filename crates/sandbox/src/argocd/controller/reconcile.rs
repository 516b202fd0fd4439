//! Comparing what Git says with what was applied.

use std::{sync::Arc, time::Duration};

use crate::{
    World,
    argocd::{
        app::App,
        render::{self, Rendered},
    },
    oidc::now,
};

/// Renders an application at a revision. A failure comes back from the repo server's cache until a hard refresh.
pub(in crate::argocd) async fn compare(
    world: &World,
    name: &str,
    revision: &str,
) -> Result<(String, Rendered), String> {
    let app = world.argocd.store.get(name).ok_or_else(|| format!("application {name} is gone"))?;
    let target = |error: String| {
        format!(
            "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: \
             code = Unknown desc = {error}"
        )
    };
    let commit = render::resolve(world, &app.spec, revision).await.map_err(target)?;
    if let Some((_, error)) = app.failed_render.filter(|(failed, _)| *failed == commit) {
        return Err(target(format!("Manifest generation error (cached): {error}")));
    }
    match render::render(world, &app.spec, &commit).await {
        Ok(rendered) => Ok((commit, rendered)),
        Err(error) => {
            let failed = Some((commit, error.clone()));
            world.argocd.store.update(name, |app| app.failed_render = failed);
            Err(target(error))
        }
    }
}

/// Compares with the head of what the application tracks, and starts a sync if Argo CD is to sync on its own.
pub(in crate::argocd) async fn reconcile(world: &Arc<World>, name: &str) {
    let Some(app) = world.argocd.store.get(name) else { return };
    // Stamped when a comparison begins, in whole seconds.
    let began = now();
    let compared = compare(world, name, &app.spec.target_revision).await;
    world.argocd.store.update(name, |app| take(app, compared, began));
    super::start_automated(world, name);
}

fn take(app: &mut App, compared: Result<(String, Rendered), String>, began: i64) {
    app.refresh = None;
    app.assessed = None;
    app.reconciled = Some(began);
    match compared {
        Ok((commit, rendered)) => {
            app.conditions.clear();
            let is_same = app.applied.as_ref().is_some_and(|applied| applied.inputs == rendered.inputs);
            app.sync = if is_same { "Synced" } else { "OutOfSync" };
            app.revision = commit;
        }
        Err(message) => {
            app.conditions = vec![("ComparisonError", message, began)];
            app.sync = "Unknown";
        }
    }
}

/// A refresh as a reader asks for it: the annotation, the comparison, and the annotation gone.
pub(in crate::argocd) async fn refresh(world: &Arc<World>, name: &str, hard: bool) {
    world.argocd.store.update(name, |app| {
        app.refresh = Some(if hard { "hard" } else { "normal" });
        if hard {
            app.failed_render = None;
        }
    });
    tokio::time::sleep(Duration::from_millis(world.argocd.timing().refresh_ms)).await;
    reconcile(world, name).await;
}
