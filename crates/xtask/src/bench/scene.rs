//! What each way of `cargo xtask bench merge` finds: a repository of its own, and what has to be so afterwards.

use std::{net::SocketAddr, path::PathBuf};

use sandbox::{
    Sandbox,
    github::{Role, Run, RunSpec},
};
use tempfile::TempDir;

/// The programs that are compared.
pub(super) struct Programs {
    pub(super) day2: PathBuf,
    pub(super) git: PathBuf,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Merge pull request 1, from `dev` into `prod`.
    Merge,
    /// Bring `dev` to the tip of `prod`, of which it is an ancestor.
    Move,
    /// Merge the tip of `prod` into `dev`, which has a commit of its own.
    BackMerge,
}

impl Task {
    /// As the page has it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Merge => "merge a pull request",
            Self::Move => "fast-forward a branch",
            Self::BackMerge => "merge a branch back",
        }
    }
}

/// A repository in the state before a task.
pub(super) struct Scene<'a> {
    pub(super) sandbox: &'a Sandbox,
    /// `org/NAME`.
    pub(super) slug: String,
    /// The commit that has to be brought somewhere.
    pub(super) sha: String,
    /// Where it has to be brought.
    pub(super) branch: &'static str,
    /// The run of the workflow, with its token.
    pub(super) run: Run,
    /// Where GitHub is, at a distance.
    pub(super) url: String,
    /// Of this scene alone.
    pub(super) directory: TempDir,
}

/// How many files the repository has, and how large each is.
const FILES: (usize, usize) = (200, 2_000);

impl<'a> Scene<'a> {
    /// Makes the repository; the program under test meets it through `proxy`.
    pub(super) async fn new(
        sandbox: &'a Sandbox,
        task: Task,
        name: &str,
        proxy: SocketAddr,
    ) -> Result<Scene<'a>, String> {
        let slug = format!("org/{name}");
        let github = &sandbox.world().github;
        let failed = |error: std::io::Error| error.to_string();
        let paths: Vec<String> = (0..FILES.0).map(|number| format!("src/{number}.txt")).collect();
        let texts: Vec<String> =
            (0..FILES.0).map(|number| format!("{number}\n").repeat(FILES.1 / 4)).collect();
        let files: Vec<(&str, &[u8])> =
            paths.iter().zip(&texts).map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
        github.create_repository(&slug, &files, &["dev", "prod"]).await.map_err(failed)?;
        github.add_user("alice", &slug, Role::Write);
        github.add_user("maria", &slug, Role::Maintain);
        let commit = async |branch: &str, path: &str| {
            let files: [(&str, &[u8]); 1] = [(path, b"new\n")];
            github.commit_files(&slug, branch, "alice", "change", &files).await.map_err(failed)
        };
        let (from, to) = if task == Task::Merge { ("dev", "prod") } else { ("prod", "dev") };
        let sha = commit(from, "src/0.txt").await?;
        if task != Task::Move {
            commit(to, "src/1.txt").await?;
        }
        let mut event = serde_json::Value::Null;
        if task == Task::Merge {
            let number = github.open_pull(&slug, "dev", "prod", "alice", "Promote").await.map_err(failed)?;
            github.add_label(&slug, number, "approval", "maria");
            // GitHub has had the time to find out whether there is a conflict.
            github.set_unknown_reads(&slug, 0);
            let last = github.events(&slug).into_iter().rev().find(|event| event.name == "pull_request");
            event = last.map(|event| event.payload).unwrap_or_default();
        }
        let permissions = [("contents", "write"), ("pull-requests", "write")];
        let run = github.start_run(RunSpec {
            repository: slug.clone(),
            event_name: "pull_request_target".to_owned(),
            event,
            ref_: "refs/heads/dev".to_owned(),
            actor: "maria".to_owned(),
            permissions: permissions.map(|(scope, access)| (scope.to_owned(), access.to_owned())).into(),
            ..RunSpec::default()
        });
        let directory = tempfile::tempdir().map_err(failed)?;
        Ok(Scene { sandbox, slug, sha, branch: to, run, url: format!("http://{proxy}"), directory })
    }

    /// Checks that the commit is where it has to be.
    pub(super) async fn is_done(&self) -> Result<(), String> {
        let github = &self.sandbox.world().github;
        if github.contains(&self.slug, self.branch, &self.sha).await {
            return Ok(());
        }
        Err(format!("`{}` of {} lacks {}", self.branch, self.slug, self.sha))
    }
}
