//! What people and pipelines commit.

use super::{NEW, REPOSITORY, Shape, Stage, VALUES, World, sandboxed};

impl Stage {
    /// Commits files to the branch of dev and returns the commit.
    pub(crate) async fn commit(&self, message: &str, files: &[(&str, &[u8])]) -> String {
        self.commit_to("dev", message, files).await
    }

    /// Removes a file from the branch of dev and returns the commit.
    pub(crate) async fn remove(&self, path: &str) -> String {
        let github = &self.sandbox.world().github;
        github.delete_files(REPOSITORY, "dev", "alice", "Remove", &[path]).await.unwrap()
    }

    async fn commit_to(&self, branch: &str, message: &str, files: &[(&str, &[u8])]) -> String {
        let github = &self.sandbox.world().github;
        github.commit_files(REPOSITORY, branch, "alice", message, files).await.unwrap()
    }

    /// Commits the tag to the values of dev and returns the commit.
    pub(crate) async fn bump(&self, tag: &str) -> String {
        if matches!(self.world, World::Sandbox) {
            sandboxed::prepare(&self.sandbox, tag);
        }
        let values = self.values().await;
        let values: String = values
            .lines()
            .map(|line| match line.split_once("tag:") {
                Some((indent, _)) => format!("{indent}tag: \"{tag}\"\n"),
                None => format!("{line}\n"),
            })
            .collect();
        self.commit(&format!("Deploy {tag}"), &[(VALUES, values.as_bytes())]).await
    }

    /// Commits tag [`NEW`] and returns the commit.
    pub(crate) async fn release(&self) -> String {
        self.bump(NEW).await
    }

    /// Commits tag [`NEW`] together with something that Kubernetes refuses, and returns the commit and the refusal.
    pub(crate) async fn release_that_is_refused(&self) -> (String, &'static str) {
        const REASON: &str = "Service \"product\" is invalid: spec.ports[0].port: Invalid value: 70000: must be \
                              between 1 and 65535, inclusive";
        if matches!(self.world, World::Sandbox) {
            sandboxed::refuse_next_apply(&self.sandbox, REASON);
        }
        self.bump(NEW).await;
        let values = format!("{}\nservice:\n  port: 70000\n", self.values().await);
        let revision = self.commit("Another port", &[(VALUES, values.as_bytes())]).await;
        (revision, REASON)
    }

    /// Commits a hook that takes so long, to a branch that begins at dev's head, and returns the commit.
    pub(super) async fn commit_hook(&self, branch: &str, time: std::time::Duration) -> String {
        let hook = stack::fate::slow_hook(time);
        let path = "charts/app/templates/hook.yaml";
        self.commit_to(branch, "A hook that takes its time", &[(path, hook.as_bytes())]).await
    }

    /// Commits how long the Rollout waits for pods, and keeps old ones.
    pub(super) async fn set_rollout(&self, shape: &Shape) {
        let values = self.values().await;
        let (kept, _) = values.split_once("rollout:").unwrap();
        let (delay, deadline) = (shape.scale_down_delay.as_secs(), shape.progress_deadline.as_secs());
        let values = format!(
            "{kept}rollout:\n  scaleDownDelaySeconds: {delay}\n  progressDeadlineSeconds: {deadline}\n"
        );
        self.commit("Time limits", &[(VALUES, values.as_bytes())]).await;
    }

    async fn values(&self) -> String {
        let github = &self.sandbox.world().github;
        String::from_utf8(github.read_file(REPOSITORY, "dev", VALUES).await.unwrap()).unwrap()
    }
}
