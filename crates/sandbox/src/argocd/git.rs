//! Reading the repository that an application is made from, as the repo server does.

use std::{collections::BTreeMap, io::Read as _, path::Path};

use tokio::process::Command;

/// Runs `git` on a bare repository; the error is what it said.
async fn git(directory: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new("git")
        .args(arguments)
        .env("GIT_DIR", directory)
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("HOME", directory)
        .env("LC_ALL", "C")
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| format!("cannot run git: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// Returns the commit of a branch, a tag or a commit id.
pub(super) async fn resolve(directory: &Path, revision: &str) -> Result<String, String> {
    let wanted = format!("{revision}^{{commit}}");
    let found = git(directory, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).await;
    let text = found.map_err(|_| format!("unable to resolve '{revision}' to a commit SHA"))?;
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}

/// Returns a file at a commit; the error is Helm's word for a file that is not there.
pub(super) async fn show(directory: &Path, commit: &str, path: &str) -> Result<Vec<u8>, String> {
    let object = format!("{commit}:{path}");
    git(directory, &["cat-file", "blob", &object])
        .await
        .map_err(|_| format!("open {path}: no such file or directory"))
}

/// Returns the id of a directory's tree, which stands for all files in it.
pub(super) async fn tree(directory: &Path, commit: &str, path: &str) -> Result<String, String> {
    let object = format!("{commit}:{path}");
    let text = git(directory, &["rev-parse", "--verify", "--quiet", "--end-of-options", &object]).await;
    let text = text.map_err(|_| format!("{path}: app path does not exist"))?;
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}

/// Returns the files of a directory and of those in it, by their paths below it.
pub(super) async fn files(
    directory: &Path,
    commit: &str,
    path: &str,
) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let object = format!("{commit}:{path}");
    let archive = git(directory, &["archive", "--format=tar", &object]).await?;
    let read = || -> std::io::Result<BTreeMap<String, Vec<u8>>> {
        let mut files = BTreeMap::new();
        for entry in tar::Archive::new(archive.as_slice()).entries()? {
            let mut entry = entry?;
            if entry.header().entry_type().is_file() {
                let path = entry.path()?.to_string_lossy().into_owned();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                files.insert(path, bytes);
            }
        }
        Ok(files)
    };
    read().map_err(|error| format!("cannot read {path}: {error}"))
}

/// Returns author, date and message of a commit.
pub(super) async fn metadata(directory: &Path, revision: &str) -> Result<(String, String, String), String> {
    let text = git(directory, &["log", "-1", "--format=%an <%ae>%x00%aI%x00%B", revision, "--"]).await?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut parts = text.splitn(3, '\0').map(|part| part.trim().to_owned());
    let mut next = || parts.next().unwrap_or_default();
    Ok((next(), next(), next()))
}
