//! Comparing what Git says with what is in the cluster.

use std::{sync::Arc, time::Duration};

use crate::{
    World,
    argocd::{
        app::App,
        object::Object,
        render,
        resources::{compare as compare_objects, summary},
        source::Origin,
    },
    oidc::now,
};

/// What all sources make at their commits.
#[derive(Debug, Clone)]
pub(in crate::argocd) struct Target {
    /// The sources at commits.
    pub(in crate::argocd) origin: Origin,
    pub(in crate::argocd) objects: Vec<Object>,
    /// The type of each source.
    pub(in crate::argocd) types: Vec<&'static str>,
}

/// Renders sources at revisions; those that are missing are what the sources track. A failure comes back from the repo
/// server's cache until a hard refresh.
pub(in crate::argocd) async fn compare(
    world: &World,
    name: &str,
    mut origin: Origin,
) -> Result<Target, String> {
    let app = world.argocd.store.get(name).ok_or_else(|| format!("application {name} is gone"))?;
    let count = origin.sources.len();
    let failed = |index: usize, error: &str| {
        format!(
            "Failed to load target state: failed to generate manifest for source {} of {count}: rpc error: \
             code = Unknown desc = {error}",
            index + 1
        )
    };
    let mut commits = Vec::new();
    for (index, source) in origin.sources.iter().enumerate() {
        let wanted = origin.revisions.get(index).filter(|revision| !revision.is_empty());
        let commit = render::resolve(world, source, wanted.unwrap_or(&source.target_revision)).await;
        commits.push(commit.map_err(|error| failed(index, &error))?);
    }
    origin.revisions = commits;
    let mut target = Target { origin, objects: Vec::new(), types: Vec::new() };
    for index in 0..count {
        let key = format!("{index} {:?}", target.origin);
        if let Some((_, error)) = app.failed_render.as_ref().filter(|(failed, _)| *failed == key) {
            return Err(failed(index, &format!("Manifest generation error (cached): {error}")));
        }
        match render::render(world, &target.origin, index, &app.spec.place()).await {
            Ok(made) => {
                target.objects.extend(made.objects);
                target.types.push(made.kind);
            }
            Err(error) => {
                let text = failed(index, &error);
                world.argocd.store.update(name, |app| app.failed_render = Some((key, error)));
                return Err(text);
            }
        }
    }
    Ok(target)
}

/// Compares with the head of what the application tracks, and starts a sync if Argo CD is to sync on its own: that
/// comes first, and the status is written afterwards (`processAppRefreshQueueItem` of appcontroller.go).
pub(in crate::argocd) async fn reconcile(world: &Arc<World>, name: &str) {
    let Some(app) = world.argocd.store.get(name) else { return };
    // Stamped when a comparison begins, in whole seconds.
    let began = now();
    let target = compare(world, name, app.spec.origin()).await;
    if let Ok(target) = &target {
        super::start_automated(world, name, target);
    }
    world.argocd.store.update(name, |app| take(app, target, began));
}

/// What a change in the cluster leads to: the comparison with the revision of the last one (`CompareWithRecent` of
/// appcontroller.go), and with it the assessment.
pub(super) fn look_again(app: &mut App) {
    if app.assessed.take().is_some() && app.sync != "Unknown" {
        app.resources = compare_objects(app, Some(&app.target));
        app.sync = summary(&app.resources);
    }
}

/// Takes a comparison over into the status.
pub(in crate::argocd) fn take(app: &mut App, target: Result<Target, String>, began: i64) {
    app.refresh = None;
    app.assessed = None;
    app.reconciled = Some(began);
    match target {
        Ok(target) => {
            app.conditions.clear();
            app.resources = compare_objects(app, Some(&target.objects));
            app.sync = summary(&app.resources);
            (app.target, app.compared, app.types) = (target.objects, target.origin, target.types);
        }
        Err(message) => {
            app.conditions = vec![("ComparisonError", message, began)];
            app.resources = compare_objects(app, None);
            app.sync = "Unknown";
            // What one source tracks stays unresolved, and of several there is nothing.
            let origin = app.spec.origin();
            let tracked = origin.sources.iter().filter(|_| !origin.is_multi);
            app.compared = origin.at(tracked.map(|source| source.target_revision.clone()).collect());
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
