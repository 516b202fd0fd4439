//! Moving a branch of the remote repository, from where it was read and only forward.

use model::{Branch, CommitSha};

use crate::{Mirror, PushError, RemoteError, classify::gist, command::Finished, settings::REMOTE};

/// How often a push that did not begin is tried.
const ATTEMPTS: u32 = 4;

impl Mirror {
    /// Moves `branch` to `commit` if it is at `expected`, or creates it if `expected` is none and there is no such branch.
    /// It is never moved to a commit that does not descend from `expected`.
    ///
    /// A connection that ends in the middle makes curl send the commit a second time, which the host then refuses because
    /// the first time moved the branch. So `Moved` is the answer only if the host says that the branch is elsewhere now.
    pub async fn push(
        &self,
        commit: &CommitSha,
        branch: &Branch,
        expected: Option<&CommitSha>,
    ) -> Result<(), PushError> {
        if let Some(expected) = expected {
            self.check_descent(commit, expected).await?;
        }
        let name = branch.full_ref();
        // The lease makes the host compare; what it would let be forced has been ruled out above.
        let lease = format!("--force-with-lease={name}:{}", expected.map_or("", CommitSha::as_str));
        let refspec = format!("{commit}:{name}");
        let arguments = [
            "push",
            "--porcelain",
            "--no-progress",
            "--no-verify",
            "--no-signed",
            "--no-follow-tags",
            "--recurse-submodules=no",
            &lease,
            REMOTE,
            &refspec,
        ];
        let mut attempt = 1;
        loop {
            let answer = match self.remote(&arguments, &[]).await {
                Err(error @ RemoteError::TimedOut { .. }) => {
                    return Err(PushError::InDoubt(error.to_string()));
                }
                other => other?,
            };
            match self.outcome(&answer) {
                Err(PushError::Failed(error)) if error.is_transient() && attempt < ATTEMPTS => {
                    self.pause(attempt).await;
                    attempt += 1;
                }
                Err(PushError::Moved(text)) => {
                    return match self.is_at(commit, &name).await {
                        Some(true) => Ok(()),
                        Some(false) => Err(PushError::Moved(text)),
                        None => Err(PushError::InDoubt(text)),
                    };
                }
                outcome => return outcome,
            }
        }
    }

    /// Whether the host has the branch at `commit`; none if it does not tell.
    async fn is_at(&self, commit: &CommitSha, name: &str) -> Option<bool> {
        let answer = self.patient(&["ls-remote", "--quiet", REMOTE, name], &[]).await.ok()?;
        let answer = self.success(answer).ok()?;
        // A branch that is not there is not listed.
        Some(String::from_utf8_lossy(&answer.stdout).split_whitespace().next() == Some(commit.as_str()))
    }

    async fn check_descent(&self, commit: &CommitSha, expected: &CommitSha) -> Result<(), RemoteError> {
        let arguments = ["merge-base", "--is-ancestor", expected.as_str(), commit.as_str()];
        let answer = self.local(&arguments, &[]).await?;
        if answer.code == Some(1) {
            return Err(RemoteError::Failed {
                command: "push".to_owned(),
                url: self.url().to_string(),
                text: format!("{} does not descend from {}", commit.short(), expected.short()),
            });
        }
        self.success(answer).map(drop)
    }

    fn outcome(&self, answer: &Finished) -> Result<(), PushError> {
        let output = String::from_utf8_lossy(&answer.stdout);
        // `<flag> TAB <from>:<to> TAB <summary>`, https://git-scm.com/docs/git-push#_output
        let summary = output.lines().find_map(|line| line.strip_prefix("!\t")?.split('\t').nth(1));
        match summary {
            Some(summary) => Err(refusal(summary, &answer.stderr, || self.failure(answer))),
            None if answer.code == Some(0) => Ok(()),
            None if is_in_doubt(answer) => Err(PushError::InDoubt(gist(&answer.stderr))),
            None => Err(PushError::Failed(self.failure(answer))),
        }
    }
}

/// Reasons in a summary that mean that the branch is not at `expected` any more, from git, GitHub, Gitaly and JGit.
const MOVED: &[&str] = &[
    "fetch first",
    "non-fast-forward",
    "stale info",
    "remote ref updated since checkout",
    "cannot lock ref",
    "failed to lock",
    "failed to update ref",
    "incorrect old value provided",
    "reference already exists",
    "failed to update reference",
    "lock failure",
    "file exists",
];
/// Reasons in a summary of a host that failed in the middle, from GitHub, Gitaly and JGit: what it had done by then it
/// does not say.
const FAULT: &[&str] =
    &["internal server error", "internal error", "timeout", "timed out", "unavailable", "try again"];

/// Says what a line of `git push --porcelain` with the flag `!` means.
fn refusal(summary: &str, stderr: &str, other: impl FnOnce() -> RemoteError) -> PushError {
    let reason = summary.split_once('(').map_or(summary, |(_, reason)| reason.trim_end_matches(')'));
    let words = words_of_the_host(stderr);
    let both = if words.is_empty() { reason.to_owned() } else { format!("{reason}\n{words}") };
    if summary.starts_with("[remote failure]") {
        return PushError::InDoubt(both.replace('\n', "; "));
    }
    let lower = reason.to_lowercase();
    if MOVED.iter().any(|text| lower.contains(text)) {
        PushError::Moved(both.replace('\n', "; "))
    } else if lower == "failure" || FAULT.iter().any(|text| lower.contains(text)) {
        PushError::InDoubt(both.replace('\n', "; "))
    } else if summary.starts_with("[remote rejected]")
        && !lower.contains("unpacker error")
        && !lower.contains("shallow")
    {
        PushError::Rejected(both)
    } else if summary.starts_with("[rejected]") {
        PushError::Moved(both.replace('\n', "; "))
    } else {
        PushError::Failed(other())
    }
}

/// Whether the host may have taken the commit although it did not say so.
fn is_in_doubt(answer: &Finished) -> bool {
    const BEFORE: &[&str] = &[
        "unable to access",
        "Could not read from remote repository",
        "Authentication failed",
        "HTTP 400",
        "HTTP 401",
        "HTTP 403",
        "HTTP 404",
        "HTTP 411",
        "HTTP 413",
        "HTTP 429",
    ];
    const AFTER: &[&str] = &[
        "RPC failed",
        "hung up",
        "unexpected disconnect",
        "early EOF",
        "protocol error",
        "bad band",
        "bad line length",
        "Broken pipe",
        "error in sideband",
    ];
    let says = |texts: &[&str]| texts.iter().any(|text| answer.stderr.contains(text));
    answer.code.is_none() || (says(AFTER) && !says(BEFORE))
}

/// Returns what the host itself wrote.
fn words_of_the_host(stderr: &str) -> String {
    let lines = stderr.lines().filter_map(|line| line.strip_prefix("remote:")).map(str::trim);
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
