//! Gets our commit hydrated, where Argo CD renders manifests into another branch.

use std::time::Duration;

use model::Failure;
use tokio::time::Instant;

use crate::{
    api::Refresh,
    codes,
    hydration::{Hydration, hydrated, hydration, too_late},
    observer::{News, Observer},
    ours::{Known, Ours},
    sync::Sync,
    wire::Application,
};

/// How long nothing may happen until the hydration is asked for again: what was asked for while another one ran is
/// forgotten (controller/hydrator `appNeedsHydration`).
const AGAIN: Duration = Duration::from_secs(10);

impl Sync<'_> {
    /// Waits until there is a commit that was made from ours, and returns the application as it is then.
    pub(crate) async fn hydrated(&self, app: Application, known: &mut Known) -> Result<Application, Failure> {
        if app.spec.source_hydrator.is_none() || known.hydrated.is_some() || self.request.dry_run {
            return Ok(app);
        }
        let mut observer = Observer::start(&self.argocd, &app.metadata.resource_version);
        let deadline = Instant::from_std(self.argocd.deadline().instant());
        let name = self.request.application.to_string();
        let mut app = app;
        // When it was asked for last, and the beginning of the hydration that had failed by then.
        let mut asked: Option<(Instant, Option<String>)> = None;
        loop {
            let (wanted, failed) = match hydration(&app, self.request, known) {
                Hydration::Done => {
                    known.hydrated = hydrated(&app, self.request, known).map(str::to_owned);
                    return Ok(app);
                }
                Hydration::Unasked(dry) => {
                    let lineage = Ours::of(&app, self.request, &self.mark, known)
                        .ask_from(&app, self.request.revision.as_str(), &dry, self.argocd.deadline())
                        .await;
                    known.lineages.insert(dry, lineage);
                    continue;
                }
                Hydration::Failed(began, failure) => {
                    if asked.as_ref().is_some_and(|(_, before)| before.as_ref() != Some(&began)) {
                        return Err(failure);
                    }
                    (Some(format!("the last hydration failed: {}", failure.cause)), Some(began))
                }
                Hydration::Ask(why) => (Some(why), None),
                Hydration::Going(what) => {
                    self.lines.say(&name, &what);
                    (None, None)
                }
            };
            let again = asked.as_ref().map(|(at, _)| *at + AGAIN);
            if let Some(why) = wanted
                && again.is_none_or(|again| Instant::now() >= again)
            {
                self.lines.say(&name, &format!("ask for the hydration: {why}"));
                // A refresh asks for it as well (util/argo `RefreshApp`).
                asked = Some((Instant::now(), failed));
                app = self.read(Refresh::Normal).await?;
                continue;
            }
            match observer.next(again.unwrap_or(deadline).min(deadline)).await {
                Some(News::Application(now) | News::Refreshed(_, now))
                    if now.is_not_older_than(&app.metadata.resource_version) =>
                {
                    app = now.with_spec_of(&app);
                }
                Some(News::Deleted) => {
                    let cause = format!("application {name} was deleted");
                    return Err(Failure::new(&codes::APPLICATION_DELETED, cause));
                }
                Some(News::Error(error)) => return Err(self.argocd.explain(error, "get").await),
                None if Instant::now() >= deadline => {
                    return Err(too_late(&app, self.request, known));
                }
                Some(_) | None => {}
            }
        }
    }
}
