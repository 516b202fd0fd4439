//! A work tree and the questions that the actions ask of it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use model::{Branch, CommitSha, Deadline};

use crate::{
    GitError,
    command::{Finished, git},
};

/// How long the questions to a repository may take in all, if nobody says otherwise: each takes milliseconds.
const DEFAULT_BUDGET: Duration = Duration::from_secs(30);

/// A Git work tree, with the moment by which every question to it must have been answered.
#[derive(Debug, Clone)]
pub struct Repo {
    root: PathBuf,
    deadline: Deadline,
}

impl Repo {
    /// Opens the work tree that `directory` is in, for 30 seconds.
    pub async fn open(directory: impl AsRef<Path>) -> Result<Self, GitError> {
        Self::open_until(directory, Deadline::after(DEFAULT_BUDGET)).await
    }

    /// Opens the work tree that `directory` is in. A command that runs when `deadline` passes is killed.
    pub async fn open_until(directory: impl AsRef<Path>, deadline: Deadline) -> Result<Self, GitError> {
        let directory = directory.as_ref();
        let answer = git(directory, &["rev-parse", "--show-toplevel"], deadline).await?;
        if answer.code == Some(0) {
            return Ok(Self { root: PathBuf::from(answer.text()?), deadline });
        }
        let path = directory.to_owned();
        Err(if answer.stderr.contains("dubious ownership") {
            GitError::ForeignOwner { path }
        } else if answer.stderr.contains("not a git repository")
            || answer.stderr.contains("must be run in a work tree")
            || answer.stderr.contains("cannot change to")
        {
            GitError::NotARepository { path }
        } else {
            answer.failure()
        })
    }

    /// Returns the top directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the commit that is checked out.
    pub async fn head(&self) -> Result<CommitSha, GitError> {
        self.rev_parse("HEAD").await
    }

    /// Returns the commit that `revision` names.
    pub async fn rev_parse(&self, revision: &str) -> Result<CommitSha, GitError> {
        let peeled = format!("{revision}^{{commit}}");
        let answer = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled]).await?;
        if answer.code != Some(0) {
            return Err(GitError::NoCommit { revision: revision.to_owned() });
        }
        answer.text()?.parse().map_err(|_| answer.unexpected())
    }

    /// Returns when the commit that is checked out was made, in seconds since 1970, by its committer's clock.
    pub async fn head_commit_time(&self) -> Result<i64, GitError> {
        let head = self.head().await?;
        let answer = self.run(&["show", "--no-patch", "--format=%ct", head.as_str()]).await?.success()?;
        answer.text()?.parse().map_err(|_| answer.unexpected())
    }

    /// Returns the branch that is checked out; none on a detached HEAD, as `actions/checkout` leaves for tags.
    pub async fn current_branch(&self) -> Result<Option<Branch>, GitError> {
        let answer = self.run(&["symbolic-ref", "--quiet", "HEAD"]).await?;
        match answer.code {
            Some(0) => answer.text()?.parse().map(Some).map_err(|_| answer.unexpected()),
            Some(1) => Ok(None),
            _ => Err(answer.failure()),
        }
    }

    /// Whether the index has the file. `path` is relative to the top directory.
    pub async fn is_tracked(&self, path: &str) -> Result<bool, GitError> {
        Ok(!self.run(&["ls-files", "-z", "--", path]).await?.success()?.stdout.is_empty())
    }

    /// Whether the file differs from the commit that is checked out, or is not in it.
    pub async fn is_dirty(&self, path: &str) -> Result<bool, GitError> {
        let status = ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--ignored", "--", path];
        Ok(!self.run(&status).await?.success()?.stdout.is_empty())
    }

    /// Reads a file of the commit that is checked out; none if it has no such file.
    pub async fn read_at_head(&self, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let answer = self.run(&["ls-tree", "-z", "--full-tree", "HEAD", "--", path]).await?.success()?;
        // `<mode> SP <type> SP <object> TAB <file> NUL`, https://git-scm.com/docs/git-ls-tree#_output_format
        let Some(entry) = answer.stdout.split(|&byte| byte == b'\t').next().filter(|entry| !entry.is_empty())
        else {
            return Ok(None);
        };
        let mut words = std::str::from_utf8(entry).map_err(|_| answer.unexpected())?.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some(_), Some("blob"), Some(object)) => {
                Ok(Some(self.run(&["cat-file", "blob", object]).await?.success()?.stdout))
            }
            (Some(_), Some(_), Some(_)) => Ok(None),
            _ => Err(answer.unexpected()),
        }
    }

    /// Returns the URL of a remote without any credentials in it; none if there is no such remote.
    pub async fn remote_url(&self, remote: &str) -> Result<Option<String>, GitError> {
        let answer = self.run(&["config", "--get", &format!("remote.{remote}.url")]).await?;
        match answer.code {
            Some(0) => Ok(Some(without_credentials(answer.text()?))),
            Some(1) => Ok(None),
            _ => Err(answer.failure()),
        }
    }

    async fn run(&self, arguments: &[&str]) -> Result<Finished, GitError> {
        git(&self.root, arguments, self.deadline).await
    }
}

/// Drops `user:password@` from a URL with a scheme; `git@host:path` holds no secret and stays.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host_end = rest.find('/').unwrap_or(rest.len());
    let host = rest[..host_end].rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{}", &rest[host_end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_credentials() {
        for (url, shown) in [
            ("https://x:ghs_1@github.com/o/r.git", "https://github.com/o/r.git"),
            ("https://github.com/o/r@v1", "https://github.com/o/r@v1"),
            ("git@github.com:o/r.git", "git@github.com:o/r.git"),
            ("/srv/r.git", "/srv/r.git"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }
}
