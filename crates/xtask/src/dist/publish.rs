//! The release commit and its tags.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use super::version::Version;
use crate::process;

/// Refuses a checkout with changes: the release commit's parent would not be what was built.
pub(super) fn refuse_unclean(root: &Path) -> Result<(), String> {
    let changes = git(root, &["status", "--porcelain"])?;
    if changes.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the checkout has changes that are not committed, so a release would not be what it says:\n{changes}"
    ))
}

/// Refuses a version that is there already.
pub(super) fn refuse_existing(repository: &Path, version: Version) -> Result<(), String> {
    match git(repository, &["tag", "--list", &version.to_string()])?.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{version} exists already, and a released version never changes: take the next number"
        )),
    }
}

/// Makes a commit of the tree at `out` in `repository`, whose parent is the checked-out commit of `root`, and tags
/// it `vX.Y.Z`, which must be new, and `vX`, which moves unless a later release has it. Returns what was done.
pub(super) fn release(
    root: &Path,
    repository: &Path,
    out: &Path,
    version: Version,
) -> Result<Vec<String>, String> {
    refuse_existing(repository, version)?;
    let source = git(root, &["rev-parse", "HEAD"])?;
    let date = git(root, &["show", "-s", "--format=%cI", &source])?;
    if git(repository, &["cat-file", "-e", &source]).is_err() {
        let from = root.display().to_string();
        git(repository, &["fetch", "--quiet", "--no-tags", &from, &source])?;
    }
    let tree = write_tree(repository, out)?;
    let message = format!("{version}\n\nThe release tree of {source}, made by `cargo xtask dist`.");
    let commit = process::output(
        base(repository)
            .args(["commit-tree", &tree, "-p", &source, "-m", &message])
            // The same source gives the same commit: who ran it, and when, is not part of a release.
            .envs([("GIT_AUTHOR_NAME", "day2-actions"), ("GIT_AUTHOR_EMAIL", "release@day2-actions.invalid")])
            .envs([
                ("GIT_COMMITTER_NAME", "day2-actions"),
                ("GIT_COMMITTER_EMAIL", "release@day2-actions.invalid"),
            ])
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)]),
    )?;
    let tag = format!("refs/tags/{version}");
    // An old value of zeros: the update fails if someone made the tag in the meantime.
    git(repository, &["update-ref", &tag, &commit, &"0".repeat(source.len())])?;
    let mut done = vec![format!("commit   {commit}, parent {source}"), format!("tag      {version}")];
    let moving = version.moving_tag();
    if let Some(later) = later(repository, version)? {
        done.push(format!("tag      {moving} stays at {later}, which is later"));
    } else {
        git(repository, &["update-ref", &format!("refs/tags/{moving}"), &commit])?;
        done.push(format!("tag      {moving}, moved"));
    }
    done.push(format!("push     git push origin {version} && git push --force origin {moving}"));
    Ok(done)
}

/// Returns a release with the same moving tag that is later than `version`.
fn later(repository: &Path, version: Version) -> Result<Option<Version>, String> {
    let tags = git(repository, &["tag", "--list", "v*"])?;
    let versions = tags.lines().filter_map(|tag| tag.parse::<Version>().ok());
    Ok(versions.filter(|other| other.is_sibling(version) && *other > version).max())
}

/// Writes the files below `out` as a tree, through an index of its own: the repository's is somebody's work.
fn write_tree(repository: &Path, out: &Path) -> Result<String, String> {
    let directory =
        tempfile::tempdir().map_err(|error| format!("cannot make a temporary directory: {error}"))?;
    let index = directory.path().join("index");
    let out = out.canonicalize().map_err(|error| format!("cannot find {}: {error}", out.display()))?;
    let git_dir = git(repository, &["rev-parse", "--absolute-git-dir"])?;
    let command = || {
        let mut command = base(&out);
        command.env("GIT_INDEX_FILE", &index).env("GIT_DIR", &git_dir).env("GIT_WORK_TREE", &out);
        command
    };
    // Forced, since the repository's own exclusions know the binaries' directory.
    process::quiet(command().args([
        "-c",
        "core.autocrlf=false",
        "-c",
        "core.fileMode=true",
        "add",
        "--all",
        "--force",
        ".",
    ]))?;
    process::output(command().arg("write-tree"))
}

fn git(directory: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = base(directory)
        .args(arguments)
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("cannot run git: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    Err(format!("`git {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
}

fn base(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.env("LC_ALL", "C").current_dir(directory);
    command
}

#[cfg(test)]
mod tests;
