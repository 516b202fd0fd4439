//! One application: reads it, plans, applies the plan, and follows the operation to its proof.

use std::time::Duration;

use model::{Failure, codes as general};
use tokio::time::Instant;
use toolkit::{Backoff, nonce};

use crate::{
    aftermath,
    api::{ApiError, ArgoCd, FAILING, Refresh, RefusalKind, SyncBody, persist},
    assess::Progress,
    baseline::Baseline,
    codes,
    follow::{End, Following},
    observer::{News, Observer},
    ours::{Known, Ours, Standing},
    outcome::Outcome,
    plan::{Plan, plan, stranger},
    pods::Pods,
    progress::Lines,
    request::{Request, WaitFor},
    resources::none_named,
    wire::{Application, ResourceId, ResourceStatus},
};

/// The sync of one application.
pub(crate) struct Sync<'a> {
    pub(crate) request: &'a Request,
    pub(crate) lines: &'a Lines<'a>,
    pub(crate) argocd: ArgoCd,
    /// Our operation carries it, so that it is told from all others. It stays the same when a call is repeated.
    pub(crate) mark: String,
    /// How long the sign-in took.
    signed_in: Duration,
}

/// What came of asking for a sync.
enum Asked {
    /// The operation stands; this is the application from then on.
    Yes(Box<Application>),
    /// It does not, or nobody knows: read and plan again.
    PlanAgain,
}

/// What came of asking for the end of an operation.
enum Terminated {
    /// It ends, or has ended.
    Yes,
    /// Nobody knows: read and plan again. An operation that is ending by then is not asked to end again.
    PlanAgain,
}

impl<'a> Sync<'a> {
    /// Prepares it, now that the sign-in is done; nothing is sent.
    pub(crate) fn new(request: &'a Request, argocd: ArgoCd, lines: &'a Lines<'a>) -> Self {
        let signed_in = argocd.deadline().elapsed();
        Self { request, lines, argocd, mark: mark(request), signed_in }
    }

    /// Plans and acts until an operation was followed to its end. None after a dry run.
    pub(crate) async fn run(&mut self) -> Result<Option<Outcome>, Failure> {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
        let (mut asked, mut terminated) = (None, None);
        let mut known = Known::default();
        let mut is_rendered_anew = false;
        loop {
            let app = self.read(Refresh::No).await?;
            let app = self.hydrated(app, &mut known).await?;
            self.learn(&app, &mut known).await;
            let pods = self.pods_if_done(&app, &known).await;
            let plan = plan(&app, self.request, &self.mark, &known, pods.as_ref());
            if !matches!(plan, Plan::Refuse(_)) {
                self.lines.say(&self.request.application.to_string(), &plan.describe(self.request));
            }
            if self.request.dry_run && !matches!(plan, Plan::Refuse(_)) {
                return Ok(None);
            }
            let baseline = match &plan {
                Plan::Sync(_) => Baseline::before(&app),
                _ => Baseline::meanwhile(&app),
            };
            let app = match plan {
                Plan::Refuse(failure) => return Err(failure),
                Plan::Nothing => return Ok(Some(self.following(app, baseline, &known).nothing_to_do(pods))),
                Plan::Adopt(_) => app,
                Plan::Wait(_) => {
                    self.wait_for_idle(&app, &known).await?;
                    // What failed before that wait says nothing of the calls after it.
                    asked = None;
                    continue;
                }
                Plan::Terminate(_) => {
                    let until = *terminated.get_or_insert_with(|| self.within(FAILING));
                    match self.terminate(until).await? {
                        Terminated::Yes => self.wait_for_idle(&app, &known).await?,
                        Terminated::PlanAgain => tokio::time::sleep(backoff.next_delay()).await,
                    }
                    continue;
                }
                Plan::Sync(revision) => {
                    let until = *asked.get_or_insert_with(|| self.within(FAILING));
                    match self.ask(&app, &known, revision.as_deref(), until).await? {
                        Asked::Yes(app) => *app,
                        Asked::PlanAgain => {
                            tokio::time::sleep(backoff.next_delay()).await;
                            continue;
                        }
                    }
                }
            };
            let mut following = self.following(app, baseline, &known);
            let failure = match following.run(&self.argocd, self.lines).await {
                End::Success => return Ok(Some(following.outcome(None))),
                End::Failure(failure) if is_of_the_cache(&failure) && !is_rendered_anew => {
                    is_rendered_anew = true;
                    self.render_anew().await?;
                    // One that has failed is done with; one that has succeeded is not done again.
                    if following.operation().is_none() {
                        self.mark = mark(self.request);
                    }
                    continue;
                }
                End::Failure(failure) => failure,
                End::Lost => continue,
            };
            let (failure, aftermath) = aftermath::of(&self.argocd, self.request, &following, failure).await;
            return Ok(Some(Outcome { aftermath, ..following.outcome(Some(failure)) }));
        }
    }

    fn following(&self, app: Application, baseline: Baseline, known: &Known) -> Following<'a> {
        let progress =
            Progress { mark: self.mark.clone(), known: known.clone(), baseline, ..Progress::default() };
        Following::new(self.request, app, progress, self.argocd.deadline(), self.signed_in)
    }

    /// Asks how the revision of a running operation lies to ours, if that is another one.
    async fn learn(&self, app: &Application, known: &mut Known) {
        let ours = Ours::of(app, self.request, &self.mark, known);
        if let Some(stranger) = stranger(app, &ours) {
            let lineage = ours.ask(app, &stranger, self.argocd.deadline()).await;
            known.lineages.insert(stranger, lineage);
        }
    }

    /// Makes Argo CD render the manifests anew, once: it keeps a failure to do so for a while.
    async fn render_anew(&self) -> Result<(), Failure> {
        let text = "the error is an old one that is kept: the manifests are rendered anew";
        self.lines.say(&self.request.application.to_string(), text);
        self.read(Refresh::Hard).await.map(drop)
    }

    /// The moment until which something is tried.
    fn within(&self, patience: Duration) -> Instant {
        Instant::now() + self.argocd.deadline().cap(patience)
    }

    /// Reads the application; what may pass is tried again for a while.
    pub(crate) async fn read(&self, refresh: Refresh) -> Result<Application, Failure> {
        match persist(self.argocd.deadline(), || self.argocd.read(refresh)).await {
            Ok(app) => Ok(app),
            Err(error) => Err(self.argocd.explain(error, "get").await),
        }
    }

    /// Lists the pods if they decide whether there is anything to do.
    async fn pods_if_done(&self, app: &Application, known: &Known) -> Option<Pods> {
        let ours = Ours::of(app, self.request, &self.mark, known);
        let is_asked = self.request.wait_for == WaitFor::OldPodsGone;
        let is_at_revision = ours.standing(ours.at(app.status.sync.revisions())) == Standing::Ours;
        if !is_asked || !is_at_revision || app.operation.is_some() {
            return None;
        }
        self.argocd.tree().await.ok().map(|tree| Pods::of(&tree))
    }

    /// Asks for the sync. A call whose reply was lost is not repeated: the state tells whether it took effect.
    /// What may pass is tried again until `until`.
    async fn ask(
        &self,
        app: &Application,
        known: &Known,
        revision: Option<&str>,
        until: Instant,
    ) -> Result<Asked, Failure> {
        let ours = Ours::of(app, self.request, &self.mark, known);
        let resources = self.selected().await?;
        let to_branch = || SyncBody::new(self.request, resources.clone(), &self.mark);
        let asked = match revision {
            Some(revision) => self.argocd.sync(&to_branch().to(revision, &ours)).await,
            None => self.argocd.sync(&to_branch()).await,
        };
        let asked = match asked {
            // Auto-sync was switched on since the read.
            Err(error) if error.refusal_kind() == Some(RefusalKind::AutoSync) && revision.is_some() => {
                self.argocd.sync(&to_branch()).await
            }
            asked => asked,
        };
        match asked {
            Ok(app) => Ok(Asked::Yes(Box::new(app))),
            Err(error) if error.refusal_kind() == Some(RefusalKind::Busy) => Ok(Asked::PlanAgain),
            Err(error) if error.may_pass() && Instant::now() < until => Ok(Asked::PlanAgain),
            Err(error) => Err(self.argocd.explain(error, "sync").await),
        }
    }

    /// Asks for the end of the running operation. A call that failed with something that passes may have taken effect or
    /// not: the state tells. "No operation is in progress" is said of one that has ended, and of one that the controller
    /// has not begun yet (argo-cd#17155): the state tells here too. It is tried until `until`.
    async fn terminate(&self, until: Instant) -> Result<Terminated, Failure> {
        match self.argocd.terminate().await {
            Ok(()) => Ok(Terminated::Yes),
            Err(error) if (error.may_pass() || is_over(&error)) && Instant::now() < until => {
                Ok(Terminated::PlanAgain)
            }
            Err(error) => Err(self.argocd.explain(error, "sync").await),
        }
    }

    /// Names the resources to sync; none for all. What our revision adds is known only after a new comparison.
    async fn selected(&self) -> Result<Vec<ResourceId>, Failure> {
        let wanted = &self.request.resources;
        if wanted.are_all() {
            return Ok(Vec::new());
        }
        let refreshed = self.read(Refresh::Normal).await?;
        let selected: Vec<ResourceId> =
            wanted.of(&refreshed.status.resources).map(ResourceStatus::id).collect();
        if selected.is_empty() {
            let name = self.request.application.to_string();
            return Err(none_named(&name, &refreshed.status.resources));
        }
        Ok(selected)
    }

    /// Waits until there is something else to do than to wait.
    async fn wait_for_idle(&self, app: &Application, known: &Known) -> Result<(), Failure> {
        let deadline = self.argocd.deadline();
        let mut observer = Observer::start(&self.argocd, &app.metadata.resource_version);
        let is_busy = |now: Box<Application>| {
            let now = now.with_spec_of(app);
            let plan = plan(&now, self.request, &self.mark, known, None);
            let is_known = stranger(&now, &Ours::of(&now, self.request, &self.mark, known)).is_none();
            matches!(plan, Plan::Wait(_) | Plan::Terminate(_)) && is_known
        };
        loop {
            match observer.next(Instant::from_std(deadline.instant())).await {
                Some(News::Application(app) | News::Refreshed(_, app)) if is_busy(app.clone()) => {}
                Some(News::Application(_) | News::Refreshed(..) | News::Deleted) => return Ok(()),
                Some(News::Pods(..)) => {}
                Some(News::Error(error)) => return Err(self.argocd.explain(error, "get").await),
                None => {
                    let cause = format!(
                        "after {} s another operation still runs on application {}",
                        self.request.timeout.as_secs_f32(),
                        self.request.application
                    );
                    return Err(Failure::new(&general::DEADLINE_PASSED, cause));
                }
            }
        }
    }
}

/// Makes what no other operation carries.
fn mark(request: &Request) -> String {
    format!("{}/{}", request.run, nonce())
}

/// Whether the manifests could not be rendered some time ago, and maybe could now (reposerver/repository
/// `cachedManifestResponse`).
fn is_of_the_cache(failure: &Failure) -> bool {
    failure.code == &codes::COMPARISON_ERROR && failure.cause.contains("(cached)")
}

fn is_over(error: &ApiError) -> bool {
    error.refusal_kind() == Some(RefusalKind::NoOperation)
}
