//! Releases in repositories of two commits.

use std::fs;

use super::*;

/// A source repository with one commit, and a tree to release.
fn source() -> (tempfile::TempDir, tempfile::TempDir) {
    let (root, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    git(root.path(), &["init", "--quiet", "-b", "main"]).unwrap();
    fs::write(root.path().join(".gitignore"), "/dist/linux-*\n").unwrap();
    commit(root.path(), "source");
    fs::create_dir_all(out.path().join("dist/linux-amd64")).unwrap();
    fs::write(out.path().join("dist/linux-amd64/day2"), "ELF").unwrap();
    (root, out)
}

fn commit(root: &Path, message: &str) {
    git(root, &["add", "--all"]).unwrap();
    let who = [
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        message,
    ];
    git(root, &who).unwrap();
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

#[test]
fn the_release_has_its_source_as_parent_and_only_the_tree() {
    let (root, out) = source();
    let root = root.path();
    release(root, root, out.path(), version("v1.0.0")).unwrap();
    assert_eq!(git(root, &["rev-parse", "v1.0.0^"]), git(root, &["rev-parse", "main"]));
    assert_eq!(git(root, &["rev-parse", "v1"]), git(root, &["rev-parse", "v1.0.0"]));
    assert_eq!(git(root, &["ls-tree", "-r", "--name-only", "v1.0.0"]).unwrap(), "dist/linux-amd64/day2");
    assert_eq!(git(root, &["status", "--porcelain"]).unwrap(), "");
}

#[test]
fn a_version_never_moves_and_the_moving_tag_never_goes_back() {
    let (root, out) = source();
    let root = root.path();
    release(root, root, out.path(), version("v1.1.0")).unwrap();
    let first = git(root, &["rev-parse", "v1.1.0"]).unwrap();
    commit(root, "more");
    assert!(release(root, root, out.path(), version("v1.1.0")).unwrap_err().contains("exists already"));
    release(root, root, out.path(), version("v1.0.1")).unwrap();
    release(root, root, out.path(), version("v2.0.0")).unwrap();
    assert_eq!(git(root, &["rev-parse", "v1.1.0"]).unwrap(), first);
    assert_eq!(git(root, &["rev-parse", "v1"]).unwrap(), first);
    release(root, root, out.path(), version("v1.2.0")).unwrap();
    assert_eq!(git(root, &["rev-parse", "v1"]), git(root, &["rev-parse", "v1.2.0"]));
}

#[test]
fn another_repository_gets_the_source_commit_as_well() {
    let (root, out) = source();
    let other = tempfile::tempdir().unwrap();
    git(other.path(), &["init", "--quiet", "--bare"]).unwrap();
    release(root.path(), other.path(), out.path(), version("v1.0.0")).unwrap();
    assert_eq!(git(other.path(), &["rev-parse", "v1^"]), git(root.path(), &["rev-parse", "HEAD"]));
}

#[test]
fn an_unclean_checkout_is_refused() {
    let (root, _out) = source();
    assert_eq!(refuse_unclean(root.path()), Ok(()));
    fs::write(root.path().join("new"), "").unwrap();
    assert!(refuse_unclean(root.path()).unwrap_err().contains("?? new"));
}
