//! The real `git`: clone, fetch, push, and what it is told when refused.

use super::{Fixture, SLUG};
use crate::github::{BranchRules, TokenSpec};

async fn cloned(fixture: &Fixture, token: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let (ok, text) =
        fixture.git(directory.path(), &["clone", "-q", "-b", "dev", &fixture.remote(token), "."]).await;
    assert!(ok, "{text}");
    directory
}

async fn commit(fixture: &Fixture, directory: &tempfile::TempDir, path: &str, text: &str) {
    let file = directory.path().join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
    assert!(fixture.git(directory.path(), &["add", "."]).await.0);
    assert!(fixture.git(directory.path(), &["commit", "-q", "-m", "by hand"]).await.0);
}

#[tokio::test]
async fn git_clones_pushes_and_the_api_sees_it() {
    let fixture = Fixture::new().await;
    let clone = cloned(&fixture, &fixture.token).await;
    // Large enough for git to send its request in chunks and compressed.
    let noise: String = (0..40_000u32).map(|n| format!("{:x}\n", n.wrapping_mul(2_654_435_761))).collect();
    commit(&fixture, &clone, "noise.txt", &noise).await;
    let (ok, text) = fixture.git(clone.path(), &["push", "-q", "origin", "HEAD:dev"]).await;
    assert!(ok, "{text}");
    let tip = fixture.git(clone.path(), &["rev-parse", "HEAD"]).await.1;
    assert_eq!(fixture.get("branches/dev").await["commit"]["sha"], tip.trim());
    let push = fixture.github().events(SLUG).into_iter().rfind(|event| event.name == "push").unwrap();
    assert_eq!(
        (push.payload["ref"].as_str(), push.payload["after"].as_str()),
        (Some("refs/heads/dev"), Some(tip.trim()))
    );
}

#[tokio::test]
async fn a_push_that_contains_the_head_merges_the_pull_request() {
    let fixture = Fixture::new().await;
    let clone = cloned(&fixture, &fixture.token).await;
    assert!(
        fixture.git(clone.path(), &["merge", "-q", "--no-ff", "-m", "m", "origin/feature/hello"]).await.0
    );
    let (ok, text) = fixture.git(clone.path(), &["push", "-q", "origin", "HEAD:dev"]).await;
    assert!(ok, "{text}");
    assert!(fixture.github().pull(SLUG, 1).unwrap().merged);
}

#[tokio::test]
async fn shallow_partial_and_single_commit_fetches_work() {
    let fixture = Fixture::new().await;
    let directory = tempfile::tempdir().unwrap();
    let sha = fixture.sha("feature/hello").await;
    fixture.commit("feature/hello", "later.py", "x").await;
    assert!(fixture.git(directory.path(), &["init", "-q"]).await.0);
    let remote = fixture.remote(&fixture.token);
    let (ok, text) = fixture
        .git(directory.path(), &["fetch", "-q", "--depth=1", "--filter=blob:none", &remote, &sha])
        .await;
    assert!(ok, "{text}");
    assert_eq!(fixture.git(directory.path(), &["rev-parse", "FETCH_HEAD"]).await.1.trim(), sha);
}

#[tokio::test]
async fn git_is_told_who_may_not() {
    let fixture = Fixture::new().await;
    let read = fixture.github().token(TokenSpec::new("github-actions[bot]", &[("contents", "read")]));
    let clone = cloned(&fixture, &read).await;
    commit(&fixture, &clone, "x", "x").await;
    let (ok, text) = fixture.git(clone.path(), &["push", "-q", "origin", "HEAD:dev"]).await;
    assert!(
        !ok && text.contains("Permission to org/day2-product.git denied to github-actions[bot]."),
        "{text}"
    );
    let (ok, _) = fixture.git(clone.path(), &["ls-remote", &fixture.remote("wrong")]).await;
    assert!(!ok);
    let anonymous = format!("{}/{SLUG}.git", fixture.sandbox.world().urls.github);
    assert!(!fixture.git(clone.path(), &["ls-remote", &anonymous]).await.0);
    fixture.github().set_public(SLUG, true);
    let (ok, text) = fixture.git(clone.path(), &["ls-remote", &anonymous]).await;
    assert!(ok && text.contains("refs/heads/prod") && text.contains("refs/pull/1/head"), "{text}");
    let (ok, _) = fixture.git(clone.path(), &["push", "-q", &anonymous, "HEAD:dev"]).await;
    assert!(!ok, "reading is for everybody, writing is not");
}

#[tokio::test]
async fn rules_hold_for_pushes_and_other_refs_go_through() {
    let fixture = Fixture::new().await;
    fixture.github().add_rules(SLUG, BranchRules::pull_requests_only("dev"));
    let clone = cloned(&fixture, &fixture.token).await;
    commit(&fixture, &clone, "x", "x").await;
    let old = fixture.sha("dev").await;
    let (ok, text) =
        fixture.git(clone.path(), &["push", "origin", "HEAD:dev", "HEAD:refs/heads/other"]).await;
    assert!(!ok && text.contains("GH013: Repository rule violations found for refs/heads/dev"), "{text}");
    assert!(text.contains("Changes must be made through a pull request."), "{text}");
    assert_eq!(fixture.sha("dev").await, old);
    assert!(fixture.github().branch_sha(SLUG, "other").await.is_some());
}

#[tokio::test]
async fn workflow_files_cannot_be_pushed_without_the_permission() {
    let fixture = Fixture::new().await;
    let clone = cloned(&fixture, &fixture.token).await;
    commit(&fixture, &clone, ".github/workflows/new.yml", "on: push\n").await;
    let (ok, text) = fixture.git(clone.path(), &["push", "origin", "HEAD:dev"]).await;
    assert!(!ok && text.contains("refusing to allow a GitHub App to create or update workflow"), "{text}");
    let alice = fixture.github().token(TokenSpec::new("alice", &[("contents", "write")]));
    let (ok, text) = fixture.git(clone.path(), &["push", &fixture.remote(&alice), "HEAD:dev"]).await;
    assert!(ok, "{text}");
}

#[tokio::test]
async fn pushes_that_race_leave_one_winner() {
    let fixture = Fixture::new().await;
    let (one, two) = (cloned(&fixture, &fixture.token).await, cloned(&fixture, &fixture.token).await);
    commit(&fixture, &one, "one", "1").await;
    commit(&fixture, &two, "two", "2").await;
    let push = ["push", "-q", "origin", "HEAD:dev"];
    let ((first, a), (second, b)) =
        tokio::join!(fixture.git(one.path(), &push), fixture.git(two.path(), &push));
    assert!(first != second, "{a}{b}");
}

#[tokio::test]
async fn a_forced_push_is_refused_where_the_branch_is_protected() {
    let fixture = Fixture::new().await;
    let clone = cloned(&fixture, &fixture.token).await;
    commit(&fixture, &clone, "x", "x").await;
    assert!(fixture.git(clone.path(), &["push", "-q", "origin", "HEAD:dev"]).await.0);
    fixture.github().add_rules(SLUG, BranchRules { pattern: "dev".into(), ..BranchRules::default() });
    commit(&fixture, &clone, "y", "y").await;
    assert!(fixture.git(clone.path(), &["push", "-q", "origin", "HEAD:dev"]).await.0, "forward is fine");
    assert!(fixture.git(clone.path(), &["commit", "-q", "--amend", "-m", "other"]).await.0);
    let (ok, text) = fixture.git(clone.path(), &["push", "-f", "origin", "HEAD:dev"]).await;
    assert!(!ok && text.contains("Cannot force-push to this branch"), "{text}");
    let (ok, text) = fixture.git(clone.path(), &["push", "origin", ":dev"]).await;
    assert!(!ok && text.contains("Cannot delete this branch"), "{text}");
    fixture.github().clear_rules(SLUG);
    assert!(fixture.git(clone.path(), &["push", "-q", "-f", "origin", "HEAD:dev"]).await.0);
}

#[tokio::test]
async fn a_workflow_file_of_another_branch_may_be_pushed() {
    let fixture = Fixture::new().await;
    fixture.commit("main", super::WORKFLOW, "on: pull_request\n").await;
    let clone = cloned(&fixture, &fixture.token).await;
    commit(&fixture, &clone, super::WORKFLOW, "on: pull_request\n").await;
    let (ok, text) = fixture.git(clone.path(), &["push", "origin", "HEAD:dev"]).await;
    assert!(ok, "{text}");
}
