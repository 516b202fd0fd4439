//! What git's and the servers' words mean.

use crate::{RemoteError, RemoteUrl};

/// The kinds of failure that have a remedy of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    HostKey,
    NotFound,
    Denied,
    Certificate,
    /// No kind of its own, and not one that passes, although git adds that the connection ended.
    Lasting,
    Unreachable,
}

/// What to look for, the most telling first: over SSH each failure ends with the same two sentences of git, and GitLab
/// says `not found` where it means `not yours`. Compared without regard to case.
const TEXTS: &[(Kind, &str)] = &[
    (Kind::HostKey, "host key verification failed"),
    (Kind::HostKey, "remote host identification has changed"),
    (Kind::NotFound, "repository not found"),
    (Kind::NotFound, "could not be found or you don't have permission"),
    (Kind::NotFound, "does not appear to be a git repository"),
    (Kind::NotFound, "returned error: 404"),
    (Kind::NotFound, "returned error: 410"),
    (Kind::NotFound, "' not found"),
    (Kind::NotFound, "does not exist"),
    (Kind::Denied, "permission denied"),
    (Kind::Denied, "authentication failed"),
    (Kind::Denied, "could not read username"),
    (Kind::Denied, "could not read password"),
    (Kind::Denied, "returned error: 401"),
    (Kind::Denied, "returned error: 403"),
    (Kind::Denied, "http 401"),
    (Kind::Denied, "http 403"),
    (Kind::Denied, "access denied"),
    (Kind::Denied, "write access to repository not granted"),
    (Kind::Denied, "invalid username or"),
    (Kind::Denied, "denied to "),
    (Kind::Denied, "error in libcrypto"),
    (Kind::Denied, "too many authentication failures"),
    (Kind::Certificate, "certificate"),
    (Kind::Certificate, "gnutls_handshake"),
    (Kind::Certificate, "ssl_connect"),
    (Kind::Lasting, "http 400"),
    (Kind::Lasting, "http 411"),
    (Kind::Lasting, "http 413"),
    (Kind::Unreachable, "could not resolve"),
    (Kind::Unreachable, "failed to connect"),
    (Kind::Unreachable, "couldn't connect"),
    (Kind::Unreachable, "connection refused"),
    (Kind::Unreachable, "connection reset"),
    (Kind::Unreachable, "connection timed out"),
    (Kind::Unreachable, "connection closed by"),
    (Kind::Unreachable, "closed by remote host"),
    (Kind::Unreachable, "operation timed out"),
    (Kind::Unreachable, "network is unreachable"),
    (Kind::Unreachable, "no route to host"),
    (Kind::Unreachable, "returned error: 408"),
    (Kind::Unreachable, "returned error: 429"),
    (Kind::Unreachable, "returned error: 5"),
    (Kind::Unreachable, "http 408"),
    (Kind::Unreachable, "http 429"),
    (Kind::Unreachable, "http 5"),
    (Kind::Unreachable, "from proxy after connect"),
    (Kind::Unreachable, "empty reply from server"),
    (Kind::Unreachable, "recv failure"),
    (Kind::Unreachable, "send failure"),
    (Kind::Unreachable, "transfer closed"),
    (Kind::Unreachable, "was not closed cleanly"),
    (Kind::Unreachable, "early eof"),
    (Kind::Unreachable, "unexpected disconnect"),
    (Kind::Unreachable, "hung up"),
    (Kind::Unreachable, "expected flush after ref listing"),
];

/// Builds the error for what `git command` wrote to standard error.
pub(crate) fn classify(url: &RemoteUrl, command: &str, stderr: &str) -> RemoteError {
    let text = gist(stderr);
    let lower = stderr.to_lowercase();
    let kind = TEXTS.iter().find(|(_, part)| lower.contains(part)).map(|(kind, _)| *kind);
    let (host, shown) = (url.host().to_owned(), url.to_string());
    match kind {
        Some(Kind::HostKey) => RemoteError::HostKey { host, text },
        Some(Kind::NotFound) => RemoteError::NotFound { url: shown, text },
        Some(Kind::Denied) => RemoteError::Denied { url: shown, text },
        Some(Kind::Certificate) => RemoteError::Certificate { host, text },
        Some(Kind::Unreachable) => RemoteError::Unreachable { url: shown, text },
        Some(Kind::Lasting) | None => RemoteError::Failed { command: command.to_owned(), url: shown, text },
    }
}

/// Words of git and of servers that do not give less than everything: no filters, no shallow copies, or no contents by
/// their ids. Compared without regard to case.
const LESS: &[&str] =
    &["filter", "shallow", "not our ref", "unadvertised object", "does not support", "promisor", "--depth"];

/// Whether `git fetch` failed because the host does not give less than everything.
pub(crate) fn wants_less(stderr: &str) -> bool {
    let lower = stderr.to_lowercase();
    LESS.iter().any(|text| lower.contains(text))
}

/// The longest that a message of git's may become.
const LONGEST: usize = 800;
/// Lines that say nothing, or what our own remedy says better.
const NOISE: &[&str] = &[
    "hint:",
    "warning: Permanently added",
    "Please make sure you have the correct access rights",
    "and the repository exists",
    "error: failed to push some refs to",
    "Everything up-to-date",
    "@@@",
];

/// Puts what matters of standard error into one line.
pub(crate) fn gist(stderr: &str) -> String {
    let lines: Vec<&str> = stderr
        .lines()
        .map(|line| line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or_default().trim())
        .map(|line| line.strip_prefix("remote:").map_or(line, str::trim))
        .filter(|line| line.chars().any(char::is_alphanumeric))
        .filter(|line| !NOISE.iter().any(|noise| line.starts_with(noise)))
        .collect();
    let text = if lines.is_empty() { "it says nothing".to_owned() } else { lines.join("; ") };
    if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests;
