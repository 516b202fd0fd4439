//! Signs in, finds the applications, and syncs all of them at the same time.

use std::sync::Arc;

use futures_util::future::join_all;
use model::{Deadline, Failure};
use toolkit::{Annotation, Host, Level};

use crate::{
    api::{ArgoCd, Session, persist},
    codes,
    order::{Order, Scope, Target},
    outcome::{Outcome, failure_of_several},
    progress::Lines,
    report,
    request::{ApplicationName, Request, WaitFor},
    selector::Selector,
    sync::Sync,
    wire::Application,
};

/// Does the whole work of one order.
pub(crate) async fn run(order: &Order, host: &Host) -> Result<(), Failure> {
    order.server.headers.iter().for_each(|(_, value)| host.mask(value));
    order.terms.origin.github.iter().for_each(|github| host.mask(&github.token));
    let deadline = Deadline::after(order.terms.timeout);
    let session = Arc::new(Session::sign_in(&order.server, host, deadline).await?);
    if order.terms.images.is_empty() && order.terms.wait_for >= WaitFor::Promoted {
        let text = "without `images` it is not checked which images the pods run: name the image that this revision deploys";
        host.annotate(&Annotation::new(Level::Warning, "images are not checked", text));
    }
    match &order.target {
        Target::One(application) => one(&order.request(application.clone()), &session, host).await,
        Target::Selected(selector, scope) => {
            let applications = select(&session, selector, scope, host).await?;
            let requests: Vec<Request> =
                applications.into_iter().map(|application| order.request(application)).collect();
            several(&requests, &session, host).await
        }
    }
}

async fn one(request: &Request, session: &Arc<Session>, host: &Host) -> Result<(), Failure> {
    let lines = Lines::new(host, session.deadline(), &[request.application.to_string()]);
    let mut sync = Sync::new(request, ArgoCd::new(session, &request.application), &lines);
    let ended = Box::pin(sync.run()).await;
    drop(lines);
    let Some(outcome) = ended? else { return Ok(()) };
    let outcomes = [outcome];
    warn_of_later(&outcomes, host);
    host.publish(&report::report(&outcomes))?;
    let [outcome] = outcomes;
    outcome.failure.map_or(Ok(()), Err)
}

/// Warns where a later revision counted whose images nobody has looked at.
fn warn_of_later(outcomes: &[Outcome], host: &Host) {
    for outcome in outcomes.iter().filter(|outcome| outcome.failure.is_none()) {
        let Some(later) = outcome.seen.as_ref().and_then(|seen| seen.verdict.has_unchecked_later()) else {
            continue;
        };
        let text = format!(
            "application {} is at {later}, which contains {}; its images were not checked, so that it may take ours back",
            outcome.request.application, outcome.request.revision
        );
        host.annotate(&Annotation::new(Level::Warning, "a later revision is live", text));
    }
}

/// Syncs all of them to their ends, also when one has failed: half of a deployment that is followed to no end is
/// harder to mend than one whose state is known.
async fn several(requests: &[Request], session: &Arc<Session>, host: &Host) -> Result<(), Failure> {
    let names: Vec<String> = requests.iter().map(|request| request.application.to_string()).collect();
    let lines = Lines::new(host, session.deadline(), &names);
    let ends = join_all(requests.iter().map(|request| one_of_several(request, session, &lines))).await;
    drop(lines);
    let outcomes: Vec<Outcome> = ends.into_iter().flatten().collect();
    if !outcomes.is_empty() {
        warn_of_later(&outcomes, host);
        host.publish(&report::report(&outcomes))?;
    }
    failure_of_several(&outcomes).map_or(Ok(()), Err)
}

/// None after a dry run.
async fn one_of_several(request: &Request, session: &Arc<Session>, lines: &Lines<'_>) -> Option<Outcome> {
    let mut sync = Sync::new(request, ArgoCd::new(session, &request.application), lines);
    match Box::pin(sync.run()).await {
        Ok(outcome) => outcome,
        Err(failure) => {
            lines.say(&request.application.to_string(), &failure.to_string());
            Some(Outcome::refused(request.clone(), failure))
        }
    }
}

/// Finds the applications that the selector names, of which there must be one.
async fn select(
    session: &Arc<Session>,
    selector: &Selector,
    scope: &Scope,
    host: &Host,
) -> Result<Vec<ApplicationName>, Failure> {
    let mut found = match persist(session.deadline(), || session.list(selector, scope)).await {
        Ok(found) => found,
        Err(error) => return Err(session.explain_listing(error).await),
    };
    for app in found.extract_if(.., |app| app.metadata.deletion_timestamp.is_some()) {
        host.info(&format!("application {} is left out: it is being deleted", app.metadata.name));
    }
    if found.is_empty() {
        let place =
            scope.project.as_ref().map(|project| format!(" in project {project}")).unwrap_or_default();
        let cause = format!("no application{place} that we may get has labels that match `{selector}`");
        return Err(Failure::new(&codes::APPLICATION_NOT_FOUND, cause).with_remedy(
            "Check the labels in `selector`, `project` and `app-namespace`, and that the token's subject has `applications, get`.",
        ));
    }
    Ok(found.into_iter().map(name).collect())
}

/// The name of a found application, by which it is asked for from then on.
fn name(app: Application) -> ApplicationName {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    ApplicationName {
        name: app.metadata.name,
        project: given(app.spec.project),
        namespace: given(app.metadata.namespace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::with;

    #[test]
    fn an_application_without_a_project_is_not_asked_for_in_one_without_a_name() {
        let named = |project: &str| name(with(&[("/spec/project", project.into())])).project;
        assert_eq!((named("team").as_deref(), named("")), (Some("team"), None));
    }
}
