//! Where Argo CD's source hydrator stands: it makes a commit of rendered manifests from each commit of the dry source.

use model::{Failure, codes as general};

use crate::{
    codes,
    ours::{Known, Lineage},
    request::Request,
    wire::Application,
};

/// What is to be done until our commit is hydrated.
#[derive(Debug, Clone)]
pub(crate) enum Hydration {
    /// It is, or nothing has to be.
    Done,
    /// It is being done, and this is what is waited for.
    Going(String),
    /// Another commit was hydrated last: this one has to be asked for.
    Ask(String),
    /// How this commit lies to ours decides.
    Unasked(String),
    /// The last one, which began at this time, failed: to be asked for once more.
    Failed(String, Failure),
}

/// Returns the commit that was made from ours, or from a later one that contains ours.
pub(crate) fn hydrated<'a>(app: &'a Application, request: &Request, known: &Known) -> Option<&'a str> {
    let status = &app.status.source_hydrator;
    let contains =
        |dry: &str| dry == request.revision.as_str() || known.lineages.get(dry) == Some(&Lineage::After);
    let current = status.current_operation.as_ref().filter(|current| current.phase == "Hydrated");
    current
        .map(|current| (&current.dry_sha, &current.hydrated_sha))
        .into_iter()
        .chain(status.last_successful_operation.as_ref().map(|last| (&last.dry_sha, &last.hydrated_sha)))
        .find(|(dry, hydrated)| contains(dry) && !hydrated.is_empty())
        .map(|(_, hydrated)| hydrated.as_str())
}

/// Judges the hydration.
pub(crate) fn hydration(app: &Application, request: &Request, known: &Known) -> Hydration {
    if app.spec.source_hydrator.is_none()
        || known.hydrated.is_some()
        || hydrated(app, request, known).is_some()
    {
        return Hydration::Done;
    }
    let ours = request.revision.as_str();
    let Some(current) = &app.status.source_hydrator.current_operation else {
        return Hydration::Ask(format!("nothing was hydrated yet, and {ours} has to be"));
    };
    match (current.phase.as_str(), current.dry_sha.as_str()) {
        ("Hydrating", _) => Hydration::Going(format!("{ours} is being hydrated, or waits for it")),
        ("Failed", _) => Hydration::Failed(
            current.started_at.clone(),
            Failure::new(&codes::HYDRATION_FAILED, current.message.clone()),
        ),
        (_, dry) if !known.lineages.contains_key(dry) => Hydration::Unasked(dry.to_owned()),
        (_, dry) => Hydration::Ask(format!("{dry} was hydrated last, and {ours} has to be")),
    }
}

/// The deadline has passed; why the last one failed is told with it.
pub(crate) fn too_late(app: &Application, request: &Request, known: &Known) -> Failure {
    let cause = format!(
        "after {} s the hydrator has made no commit from {} for application {}",
        request.timeout.as_secs_f32(),
        request.revision,
        request.application
    );
    let failure = Failure::new(&general::DEADLINE_PASSED, cause);
    match hydration(app, request, known) {
        Hydration::Failed(_, last) => failure.with_note(format!("the last hydration failed: {}", last.cause)),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixtures::{OTHER, SHA, request, with};

    fn judged(status: Value, known: &Known) -> String {
        let app = with(&[("/spec/sourceHydrator", json!({})), ("/status/sourceHydrator", status)]);
        match hydration(&app, &request(), known) {
            Hydration::Done => format!("done: {:?}", hydrated(&app, &request(), known)),
            Hydration::Going(text) => format!("going: {text}"),
            Hydration::Ask(text) => format!("ask: {text}"),
            Hydration::Unasked(dry) => format!("unasked: {dry}"),
            Hydration::Failed(_, failure) => failure.to_string(),
        }
    }

    #[test]
    fn our_commit_is_waited_for_and_asked_for() {
        let known = |lineage| Known { lineages: [(OTHER.to_owned(), lineage)].into(), ..Known::default() };
        let current = |phase: &str, dry: &str| json!({"currentOperation": {"phase": phase, "drySHA": dry, "hydratedSHA": "h", "message": "no chart"}});
        let last = json!({"currentOperation": {"phase": "Hydrating"}, "lastSuccessfulOperation": {"drySHA": SHA, "hydratedSHA": "h"}});
        for (status, known, expected) in [
            (json!({}), Known::default(), format!("ask: nothing was hydrated yet, and {SHA} has to be")),
            (
                current("Hydrating", ""),
                Known::default(),
                format!("going: {SHA} is being hydrated, or waits for it"),
            ),
            (current("Hydrated", SHA), Known::default(), "done: Some(\"h\")".to_owned()),
            (last, Known::default(), "done: Some(\"h\")".to_owned()),
            (current("Failed", SHA), Known::default(), "no chart (hydration-failed)".to_owned()),
            (current("Failed", ""), Known::default(), "no chart (hydration-failed)".to_owned()),
            (current("Hydrated", OTHER), Known::default(), format!("unasked: {OTHER}")),
            (current("Hydrated", OTHER), known(Lineage::After), "done: Some(\"h\")".to_owned()),
            (
                current("Hydrated", OTHER),
                known(Lineage::Before),
                format!("ask: {OTHER} was hydrated last, and {SHA} has to be"),
            ),
        ] {
            assert_eq!(judged(status.clone(), &known), expected, "{status}");
        }
        assert!(matches!(hydration(&with(&[]), &request(), &Known::default()), Hydration::Done));
    }

    #[test]
    fn the_deadline_names_the_last_failure() {
        let status = json!({"currentOperation": {"phase": "Failed", "message": "no chart"}});
        let app = with(&[("/spec/sourceHydrator", json!({})), ("/status/sourceHydrator", status)]);
        let failure = too_late(&app, &request(), &Known::default());
        assert_eq!(failure.notes, ["the last hydration failed: no chart"]);
    }
}
