//! A repository in a sandbox, and connections to it.

use std::time::Duration;

use github::{Endpoints, GitHub};
use model::{Branch, CommitSha, Deadline, RepoSlug, Secret};
use sandbox::{
    Config, Sandbox,
    github::{Role, State, TokenSpec},
};

pub(crate) const REPO: &str = "org/manifests";
pub(crate) const FILE: &str = "dev/values.yaml";

pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let github = &sandbox.world().github;
        let files: &[(&str, &[u8])] = &[(FILE, b"tag: old\n"), ("app.py", b"1\n")];
        github.create_repository(REPO, files, &["main"]).await.unwrap();
        github.add_user("alice", REPO, Role::Write);
        Self { sandbox }
    }

    pub(crate) fn state(&self) -> &State {
        &self.sandbox.world().github
    }

    pub(crate) fn endpoints(&self) -> Endpoints {
        let api = self.sandbox.world().urls.github.clone();
        Endpoints { graphql: format!("{api}/graphql"), api }
    }

    pub(crate) fn with(&self, token: &Secret) -> GitHub {
        GitHub::new(self.endpoints(), token, deadline()).unwrap()
    }

    /// A connection with a token of `login`.
    pub(crate) fn of(&self, login: &str, permissions: &[(&str, &str)]) -> GitHub {
        self.with(&Secret::new(self.state().token(TokenSpec::new(login, permissions))))
    }

    pub(crate) async fn tip(&self, branch: &str) -> CommitSha {
        self.state().branch_sha(REPO, branch).await.unwrap().parse().unwrap()
    }
}

pub(crate) fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

pub(crate) fn repository() -> RepoSlug {
    REPO.parse().unwrap()
}

pub(crate) fn main_branch() -> Branch {
    "main".parse().unwrap()
}
