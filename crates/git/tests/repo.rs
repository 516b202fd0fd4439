//! Against a real repository.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use git::{GitError, Repo};
use model::Deadline;
use tempfile::TempDir;

fn run(directory: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_COMMITTER_DATE", "1700000000 +0100")
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{arguments:?}");
}

fn repository() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    run(path, &["init", "-q", "-b", "feature/x"]);
    std::fs::create_dir(path.join("a b")).unwrap();
    std::fs::write(path.join("a b/é.yaml"), "tag: v1\r\n").unwrap();
    run(path, &["add", "."]);
    run(path, &["commit", "-q", "-m", "one"]);
    directory
}

#[tokio::test]
async fn answers_about_a_work_tree() {
    let directory = repository();
    let path = directory.path();
    let repo = Repo::open(path.join("a b")).await.unwrap();
    assert_eq!(repo.root(), path.canonicalize().unwrap());
    assert_eq!(repo.head_commit_time().await.unwrap(), 1_700_000_000);
    assert_eq!(repo.rev_parse("feature/x").await.unwrap(), repo.head().await.unwrap());
    assert_eq!(repo.current_branch().await.unwrap().unwrap().as_str(), "feature/x");
    assert_eq!(repo.read_at_head("a b/é.yaml").await.unwrap().unwrap(), b"tag: v1\r\n");
    assert_eq!(repo.read_at_head("a b").await.unwrap(), None);
    assert_eq!(repo.read_at_head("nope").await.unwrap(), None);
    assert!(repo.is_tracked("a b/é.yaml").await.unwrap());
    assert!(!repo.is_tracked("*").await.unwrap());
    assert!(!repo.is_dirty("a b/é.yaml").await.unwrap());

    std::fs::write(path.join("a b/é.yaml"), "tag: v2\n").unwrap();
    std::fs::write(path.join("new"), "x").unwrap();
    assert!(repo.is_dirty("a b/é.yaml").await.unwrap() && repo.is_dirty("new").await.unwrap());
    assert!(!repo.is_tracked("new").await.unwrap());

    assert_eq!(repo.remote_url("origin").await.unwrap(), None);
    run(path, &["remote", "add", "origin", "https://u:secret@example.org/o/r.git"]);
    assert_eq!(repo.remote_url("origin").await.unwrap().unwrap(), "https://example.org/o/r.git");

    run(path, &["checkout", "-q", "--detach"]);
    assert_eq!(repo.current_branch().await.unwrap(), None);
}

#[tokio::test]
async fn says_what_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    assert!(matches!(Repo::open(path).await, Err(GitError::NotARepository { .. })));
    assert!(matches!(Repo::open(path.join("nope")).await, Err(GitError::NotARepository { .. })));
    run(path, &["init", "-q"]);
    let repo = Repo::open(path).await.unwrap();
    assert!(matches!(repo.head().await, Err(GitError::NoCommit { .. })));
    assert!(matches!(repo.rev_parse("--all").await, Err(GitError::NoCommit { .. })));
}

#[tokio::test]
async fn a_git_that_hangs_is_killed_at_the_deadline() {
    let directory = repository();
    let path = directory.path();
    let repo = Repo::open_until(path, Deadline::after(Duration::from_millis(700))).await.unwrap();
    // Reading a pipe into which nobody writes has no end.
    let pipe = path.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    run(path, &["config", "include.path", pipe.to_str().unwrap()]);
    let started = Instant::now();
    let error = repo.head_commit_time().await.unwrap_err();
    assert!(matches!(&error, GitError::TimedOut { command, .. } if command == "rev-parse"), "{error}");
    assert!(
        error.to_string().contains("`git rev-parse` in ") && error.to_string().contains(" 0.7 s"),
        "{error}"
    );
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(matches!(
        Repo::open_until(path, Deadline::after(Duration::from_millis(50))).await,
        Err(GitError::TimedOut { .. })
    ));
}
