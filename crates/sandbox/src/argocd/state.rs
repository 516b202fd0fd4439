//! The state of Argo CD, with what tests set up and look at.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{broadcast, watch};

use super::{
    AppSpec, Snapshot, Sso, SyncWindow, Timing,
    account::Accounts,
    app::{App, Deployment},
    cluster::{self, Begun, Manner},
    controller,
    operation::Operation,
    pod::PodState,
    sso,
    store::Store,
};
use crate::{World, faults::lock, oidc::now};

/// Applications, accounts, and what a test asked for.
#[derive(Debug)]
pub struct State {
    pub(super) store: Store,
    pub(super) accounts: Accounts,
    pub(super) cuts: broadcast::Sender<()>,
    /// Whether the API server is to run, and whether it does.
    pub(crate) up: watch::Sender<bool>,
    pub(crate) serving: watch::Sender<bool>,
    timing: Mutex<Timing>,
    crashing: Mutex<BTreeMap<String, String>>,
    preloaded: Mutex<BTreeSet<String>>,
    windows: Mutex<BTreeMap<String, Vec<SyncWindow>>>,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            store: Store::new(),
            accounts: Accounts::default(),
            cuts: broadcast::Sender::new(1),
            up: watch::Sender::new(true),
            serving: watch::Sender::new(true),
            timing: Mutex::default(),
            crashing: Mutex::default(),
            preloaded: Mutex::default(),
            windows: Mutex::default(),
        }
    }

    /// Adds an application that was never synced.
    pub fn add_application(&self, spec: AppSpec) {
        self.store.insert(App::new(spec));
    }

    /// Adds an application that runs already: what its tracked branch says now is applied, its pods are ready, and
    /// their image counts as pulled whether the registry has it or not.
    pub async fn add_running_application(&self, world: &World, spec: AppSpec) -> Result<(), String> {
        let name = spec.name.clone();
        let mut app = App::new(spec);
        self.store.insert(app.clone());
        let target = controller::compare(world, &name, app.spec.origin()).await?;
        let mut begun = Begun::default();
        for object in target.objects.iter().filter(|object| !object.is_hook()) {
            cluster::apply(&mut app, object, Manner::default(), &mut begun)?;
        }
        lock(&self.preloaded).extend(app.workload().map(|workload| workload.image));
        app.rollout.set_new_pods(&[PodState::Creating], PodState::Running);
        app.rollout.cut_over();
        app.has_namespace = true;
        app.history.push(Deployment {
            id: 0,
            origin: target.origin.clone(),
            started: now(),
            deployed: now(),
            username: "admin".into(),
            automated: false,
        });
        controller::take(&mut app, Ok(target), now());
        self.store.update(&name, |stored| {
            app.version = stored.version;
            *stored = app;
        });
        Ok(())
    }

    /// Removes an application at once.
    pub fn remove_application(&self, name: &str) {
        self.store.remove(name);
    }

    /// Marks an application as being deleted, held by its finalizer.
    pub fn mark_deleting(&self, name: &str) {
        self.store.update(name, |app| app.deleting = true);
    }

    /// Changes the spec of an application.
    pub fn configure(&self, name: &str, change: impl FnOnce(&mut AppSpec)) {
        self.store.update(name, |app| {
            change(&mut app.spec);
            // The repo server's cache is by source too.
            app.failed_render = None;
        });
    }

    /// Returns the state of an application.
    pub fn application(&self, name: &str) -> Option<Snapshot> {
        self.store.get(name).map(|app| Snapshot::of(&app))
    }

    /// Returns the names of the applications.
    pub fn applications(&self) -> Vec<String> {
        self.store.all().into_iter().map(|app| app.spec.name).collect()
    }

    /// Makes a bearer token. `policies` are lines such as `applications, sync, default/dev`; `*` is any text.
    pub fn add_token(&self, subject: &str, policies: &[&str]) -> String {
        self.accounts.issue(subject, policies, 365 * 86_400)
    }

    /// Makes a token that may do what a pipeline needs, for every application.
    pub fn add_pipeline_token(&self, subject: &str) -> String {
        self.add_pipeline_token_for(subject, 365 * 86_400)
    }

    /// The same, for so many seconds.
    pub fn add_pipeline_token_for(&self, subject: &str, seconds: i64) -> String {
        let policies =
            ["applications, get, *", "applications, sync, *", "applications, action/*, *", "logs, get, *"];
        self.accounts.issue(subject, &policies, seconds)
    }

    /// Adds a local user, who signs in with a password.
    pub fn add_user(&self, name: &str, password: &str, policies: &[&str]) {
        self.accounts.add_user(name, password, policies);
    }

    /// Sets whom Argo CD trusts beside itself.
    pub fn set_sso(&self, sso: Sso) {
        self.accounts.set_sso(sso);
    }

    /// Lets somebody whom another issuer vouches for do this: `policy.csv` of argocd-rbac-cm.
    pub fn allow(&self, subject: &str, policies: &[&str]) {
        self.accounts.allow(subject, policies);
    }

    /// Makes the token that Kubernetes projects for a service account; none only if the system has no randomness.
    pub fn service_account_token(
        &self,
        issuer: &str,
        namespace: &str,
        name: &str,
        audience: &str,
    ) -> Option<String> {
        let token = sso::service_account_token(issuer, namespace, name, audience)?;
        self.accounts.remember(&token);
        Some(token)
    }

    /// Ends the validity of every token of its own.
    pub fn expire_tokens(&self) {
        self.accounts.expire();
    }

    /// Deletes a token from its account.
    pub fn revoke_token(&self, token: &str) {
        self.accounts.revoke(token);
    }

    /// Returns every token that was issued, to search logs and files for them.
    pub fn tokens(&self) -> Vec<String> {
        self.accounts.tokens()
    }

    /// Returns the time constants.
    pub fn timing(&self) -> Timing {
        *lock(&self.timing)
    }

    /// Changes the time constants; what is under way keeps the old ones.
    pub fn set_timing(&self, timing: Timing) {
        *lock(&self.timing) = timing;
    }

    /// Lets the containers of an image crash; `log` is what they say before. `image` is a part of its reference,
    /// such as the tag.
    pub fn crash_looping(&self, image: &str, log: &str) {
        lock(&self.crashing).insert(image.to_owned(), log.to_owned());
    }

    /// Ends what [`State::crash_looping`] began.
    pub fn stop_crashing(&self) {
        lock(&self.crashing).clear();
    }

    /// Lets the next apply of an application fail with this reason.
    pub fn fail_next_apply(&self, name: &str, reason: &str) {
        self.store.update(name, |app| app.fail_apply = Some(reason.to_owned()));
    }

    /// Sets the sync windows of an application.
    pub fn set_sync_windows(&self, name: &str, windows: Vec<SyncWindow>) {
        lock(&self.windows).insert(name.to_owned(), windows);
    }

    pub(super) fn windows(&self, name: &str) -> Vec<SyncWindow> {
        lock(&self.windows).get(name).cloned().unwrap_or_default()
    }

    /// Starts a sync in the name of somebody else that takes `hold_ms` longer than others. Returns false if an
    /// operation is in progress already.
    pub fn start_foreign_operation(
        &self,
        world: &Arc<World>,
        name: &str,
        username: &str,
        hold_ms: u64,
    ) -> bool {
        let operation = Operation { username: username.to_owned(), hold_ms, ..Operation::default() };
        controller::start(world, name, operation).is_ok()
    }

    /// Stops the API server: streams are cut, and nothing listens on its port any more when this returns. What the
    /// controller does goes on.
    pub async fn stop_server(&self) {
        self.up.send_replace(false);
        let mut serving = self.serving.subscribe();
        // Again and again: a stream may begin while the others are cut. Ends with the sandbox at the latest.
        loop {
            self.cut_streams();
            let stopped = serving.wait_for(|serving| !serving);
            if tokio::time::timeout(Duration::from_millis(10), stopped).await.is_ok() {
                return;
            }
        }
    }

    /// Starts the API server again, on the same port.
    pub async fn start_server(&self) {
        self.up.send_replace(true);
        let _ = self.serving.subscribe().wait_for(|serving| *serving).await;
    }

    /// Cuts every open event stream in the middle, as a load balancer does.
    pub fn cut_streams(&self) {
        // Nobody may be listening.
        let _ = self.cuts.send(());
    }

    /// Compares an application with Git now, as the controller does every few minutes.
    pub async fn reconcile(&self, world: &Arc<World>, name: &str) {
        controller::reconcile(world, name).await;
    }

    pub(super) fn is_preloaded(&self, image: &str) -> bool {
        lock(&self.preloaded).contains(image)
    }

    pub(super) fn crashes(&self, image: &str) -> bool {
        lock(&self.crashing).keys().any(|part| image.contains(part.as_str()))
    }

    /// What the containers of an image say.
    pub(super) fn log(&self, image: &str) -> Vec<String> {
        let crashing = lock(&self.crashing);
        let text =
            crashing.iter().find(|(part, _)| image.contains(part.as_str())).map(|(_, log)| log.clone());
        text.unwrap_or_else(|| "listening on 0.0.0.0:8080".into()).lines().map(str::to_owned).collect()
    }
}
