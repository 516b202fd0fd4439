//! What the application's health and its pods say. Pure.

use crate::{
    assess::Progress,
    clause::Holds,
    images,
    paused::{self, Pause},
    request::Request,
    wire::{Application, Health},
};

/// Whether the application is as healthy as it was asked to be: a pause may be enough.
pub(crate) fn healthy(app: &Application, request: &Request, progress: &Progress) -> Holds {
    let health = &app.status.health;
    match health.status.as_str() {
        "Healthy" => Holds::Yes,
        "Suspended" => match paused::pause(app, request, progress) {
            Pause::None | Pause::Enough => Holds::Yes,
            Pause::Of(text) => Holds::No(text),
        },
        "" => Holds::No("health is Unknown".to_owned()),
        _ => Holds::No(format!("health is {}", described(health))),
    }
}

/// Names a health with its message: `Degraded (ProgressDeadlineExceeded)`.
pub(crate) fn described(health: &Health) -> String {
    match health.message.as_str() {
        "" => health.status.clone(),
        message => format!("{} ({message})", health.status),
    }
}

/// The images of live pods tell first, in the stream; the tree knows old pods of the same image as well, and pods of
/// another image that are not old.
pub(crate) fn old_pods_gone(app: &Application, request: &Request, progress: &Progress) -> Holds {
    let left = images::leftovers(&request.images, &app.status.summary.images);
    let Some(pods) = &progress.pods else {
        return Holds::No(match left.as_slice() {
            [] => "the pods have not been listed yet".to_owned(),
            left => format!("pods still run {}", left.join(", ")),
        });
    };
    if !pods.old.is_empty() {
        let names: Vec<&str> = pods.old.iter().map(|pod| pod.name.as_str()).collect();
        let names = names.join(", ");
        return Holds::No(match left.as_slice() {
            [] => format!("{} older pods are left: {names}", pods.old.len()),
            left => format!("pods still run {}: {names}", left.join(", ")),
        });
    }
    let left: Vec<String> = left.into_iter().filter(|image| !pods.explain(image)).collect();
    Holds::when(left.is_empty(), || format!("pods still run {}", left.join(", ")))
}

#[cfg(test)]
mod tests;
