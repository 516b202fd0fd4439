//! Where the demonstration takes place: the sandbox with the product in it, a runner, and two people.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
};

pub(super) use runner::REPOSITORY;
use runner::{Caller, Event, Record, Runner, Site, private_file};
use sandbox::{Config, World, github::WebhookEvent};
use tempfile::TempDir;

use super::{cluster::Cluster, people::Person, release};
use crate::dist::build::Profile;

/// Everything that is set up, and goes when this goes.
pub(super) struct Place {
    /// Writes code, opens pull requests.
    pub(super) alice: Person,
    /// Maintains the repository.
    pub(super) maria: Person,
    /// The sandbox, and a runner for its workflows.
    pub(super) site: Site,
    /// The real control plane, if it takes the place of the sandbox's.
    pub(super) cluster: Option<Cluster>,
    /// For files that people and runners make.
    pub(super) directory: PathBuf,
    /// How many webhook events were looked at.
    seen: Cell<usize>,
    /// What all runs said.
    transcripts: RefCell<String>,
    _directory: TempDir,
}

impl Place {
    /// Builds and starts everything.
    pub(super) async fn set_up(
        root: &Path,
        act: PathBuf,
        profile: Profile,
        cluster: Option<Cluster>,
    ) -> Result<Self, String> {
        let temporary = tempfile::Builder::new().prefix("day2-demo-").tempdir();
        let temporary = temporary.map_err(|error| format!("cannot make a temporary directory: {error}"))?;
        let directory = temporary.path().to_owned();
        let release = directory.join("release");
        let refs = release::build(root, &release, profile)?;
        let runner = Runner { act, release, refs, directory: directory.join("runner") };
        let product = root.join("examples/product");
        let argocd = cluster.as_ref().map(|cluster| cluster.state.argocd.clone());
        let config = Config { directory: Some(directory.join("sandbox")), argocd };
        let mut site = Site::set_up(runner, &product, config).await?;
        if let Some(cluster) = &cluster {
            site.seeded.argocd_token = cluster.state.accounts.ci.token.expose().to_owned();
            println!("applications dev and prod: first sync");
            cluster.install(&product, site.world()).await?;
        }
        let person = |login| {
            let token = site.seeded.people.iter().find(|(person, _)| *person == login);
            let (login, token) = token.cloned().ok_or_else(|| format!("there is no {login}"))?;
            Person::new(site.world(), login, token)
        };
        let (alice, maria) = (person("alice")?, person("maria")?);
        let seen = Cell::new(site.world().github.events(REPOSITORY).len());
        let transcripts = RefCell::default();
        Ok(Self { alice, maria, site, cluster, directory, seen, transcripts, _directory: temporary })
    }

    /// What exists.
    pub(super) fn world(&self) -> &World {
        self.site.world()
    }

    /// Returns the workflow that GitHub would start for what happened to a pull request since the last call. What a
    /// run's own token did starts none, and there must be exactly one.
    pub(super) async fn pending(&self, number: u64) -> Result<(Caller, WebhookEvent), String> {
        let events = self.world().github.events(REPOSITORY);
        let new = events.iter().skip(self.seen.replace(events.len()));
        let mut pending = Vec::new();
        for event in new.filter(|event| event.starts_workflows && event.name == "pull_request") {
            let base = event.payload["pull_request"]["base"]["ref"].as_str().unwrap_or_default();
            if event.payload["number"] == number {
                let callers = self.site.callers(&event.action, base).await?;
                pending.extend(callers.into_iter().map(|caller| (caller, event.clone())));
            }
        }
        let count = pending.len();
        match pending.pop() {
            Some(one) if count == 1 => Ok(one),
            _ => Err(format!("GitHub would start {count} workflows for what happened to #{number}")),
        }
    }

    /// Runs a workflow for an event.
    pub(super) async fn run(
        &self,
        caller: &Caller,
        event: WebhookEvent,
        watch: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Record, String> {
        let run = self.site.start(caller, event.payload).await?;
        let record = self.site.attempt(caller, &run, watch).await?;
        self.transcripts.borrow_mut().push_str(&record.transcript);
        Ok(record)
    }

    /// Says whether no run has said a secret.
    pub(super) fn searched(&self, secrets: &[String]) -> Result<(), String> {
        let transcripts = self.transcripts.borrow();
        let found = secrets.iter().find(|secret| transcripts.contains(secret.as_str()));
        found.map_or(Ok(()), |secret| Err(format!("one that begins with {secret:.4}")))
    }

    /// Says how to poke at what was left running.
    pub(super) fn invite(&self) -> Result<(), String> {
        let urls = &self.world().urls;
        let mut env = self.site.env();
        env.insert("GITHUB_REPOSITORY".to_owned(), REPOSITORY.to_owned());
        env.insert("GITHUB_TOKEN".to_owned(), self.maria.token().to_owned());
        env.insert("ARGOCD_AUTH_TOKEN".to_owned(), self.site.seeded.argocd_token.clone());
        let text: String = env.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
        let path = private_file(&self.directory.join("env"), &text)?;
        let (env, release) = (path.display(), self.site.runner.release.display());
        println!(
            "The world goes on until you press Ctrl-C. In another terminal:\n\n  \
             . {env}    # addresses, and tokens of maria and of Argo CD\n  \
             git clone \"http://maria:$GITHUB_TOKEN@{github}/{REPOSITORY}.git\"\n  \
             curl -H \"Authorization: Bearer $GITHUB_TOKEN\" \"{0}/repos/{REPOSITORY}/pulls?state=all\"\n  \
             curl -H \"Authorization: Bearer $ARGOCD_AUTH_TOKEN\" {1}/api/v1/applications/prod\n  \
             {release}/dist/run argocd-sync --server={1} --application=prod --wait-for=old-pods-gone \\\n    \
             --revision=\"$(git -C day2-product rev-parse origin/prod)\"\n  \
             curl {2}/calls    # every call that was made so far\n",
            urls.github,
            urls.argocd,
            urls.control,
            github = sandbox::world::registry_host(&urls.github),
        );
        Ok(())
    }
}
