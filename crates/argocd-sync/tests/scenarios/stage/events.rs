//! What happens to an application besides the action.

use std::time::Duration;

use super::{APPLICATION, PERSON, REPOSITORY, Stage, World, sandboxed};

impl Stage {
    /// The pipeline's token.
    pub(crate) fn token(&self) -> String {
        match &self.world {
            World::Sandbox => self.sandbox.world().argocd.add_pipeline_token("ci"),
            World::Cluster(cluster) => cluster.state.accounts.ci.token.expose().to_owned(),
        }
    }

    /// A token of account `reader`, which may only look.
    pub(crate) fn reader_token(&self) -> String {
        match &self.world {
            World::Sandbox => {
                self.sandbox.world().argocd.add_token("reader", &["applications, get, default/*"])
            }
            World::Cluster(cluster) => cluster.state.accounts.reader.token.expose().to_owned(),
        }
    }

    /// Name and password of a user who may do what the pipeline may.
    pub(crate) fn user(&self) -> (String, String) {
        match &self.world {
            World::Sandbox => {
                self.sandbox.world().argocd.add_user(PERSON, "hunter2", &["applications, *, default/*"]);
                (PERSON.to_owned(), "hunter2".to_owned())
            }
            World::Cluster(cluster) => {
                let ci = &cluster.state.accounts.ci;
                (ci.name.clone(), ci.password.expose().to_owned())
            }
        }
    }

    /// A token like the pipeline's that ends after so many seconds.
    pub(crate) async fn token_for(&self, seconds: u64) -> String {
        match &self.world {
            World::Sandbox => sandboxed::token_for(&self.sandbox, seconds),
            World::Cluster(cluster) => cluster.token_for(seconds).await,
        }
    }

    /// Somebody presses Sync, which takes so much longer than usual; the controller has begun with it.
    pub(crate) async fn press_sync(&self, hold: Duration) {
        match &self.world {
            World::Sandbox => sandboxed::press_sync(&self.sandbox, hold),
            World::Cluster(cluster) => {
                let github = &self.sandbox.world().github;
                github.create_branch(REPOSITORY, "theirs", "dev").await.unwrap();
                cluster.press_sync(&self.commit_hook("theirs", hold).await).await;
            }
        }
        self.until(|live| live.phase.as_deref() == Some("Running")).await;
    }

    /// Lets operations take so long that sync what is committed from now on.
    pub(crate) async fn slow_operations(&self, time: Duration) {
        match &self.world {
            World::Sandbox => sandboxed::slow_operations(&self.sandbox, time),
            World::Cluster(_) => drop(self.commit_hook("dev", time).await),
        }
    }

    /// Somebody ends the running operation.
    pub(crate) async fn terminate(&self) {
        let url = format!("{}/api/v1/applications/{}/operation", self.server(), self.application());
        let request = reqwest::Client::new().delete(url).bearer_auth(self.token());
        let reply = request.header("content-type", "application/json").send().await.unwrap();
        assert_eq!(reply.status(), 200);
    }

    /// Somebody deletes the application, which its finalizer holds.
    pub(crate) async fn delete_application(&self) {
        match &self.world {
            World::Sandbox => self.sandbox.world().argocd.mark_deleting(APPLICATION),
            World::Cluster(cluster) => cluster.delete_application().await,
        }
    }

    /// Closes a window of the project over every sync; it is open now.
    pub(crate) async fn close_window(&self, schedule: &str, duration: &str) {
        match &self.world {
            World::Sandbox => sandboxed::close_window(&self.sandbox, schedule, duration),
            World::Cluster(cluster) => cluster.close_window(schedule, duration).await,
        }
    }

    /// Kills Argo CD's API server and starts it again. The stage must be alone.
    pub(crate) async fn restart_server(&self) {
        match &self.world {
            World::Sandbox => self.sandbox.world().argocd.stop_server().await,
            World::Cluster(cluster) => cluster.state.kill("argocd-server").await.unwrap(),
        }
        self.start_server().await;
    }

    /// Starts Argo CD's API server if it does not run.
    pub(crate) async fn start_server(&self) {
        match &self.world {
            World::Sandbox => self.sandbox.world().argocd.start_server().await,
            World::Cluster(cluster) => cluster.state.start("argocd-server").await.unwrap(),
        }
    }
}
