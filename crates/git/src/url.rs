//! Where a repository is.

use std::{fmt, str::FromStr};

use model::ParseError;
use url::Url;

use crate::{
    loopback::is_loopback,
    redact::{has_token_prefix, is_token},
};

const WHAT: &str = "a repository URL";
const ACCEPTED: &str = "`https://host/path`, `ssh://user@host/path` or `user@host:path`";

/// How the host is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    Https,
    /// To this machine only: the token would be readable on the way to another one.
    Http,
    Ssh,
    /// A directory of this machine.
    File,
}

/// The URL of a repository on any host, without a password in it.
///
/// Accepts `https://host/path`, `http://` for hosts that are this machine, `ssh://[user@]host[:port]/path`,
/// `user@host:path`, and `file:///path` (<https://git-scm.com/docs/git-clone#_git_urls>).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoteUrl {
    text: String,
    scheme: Scheme,
    user: Option<String>,
    host: String,
    port: Option<u16>,
}

impl RemoteUrl {
    /// Returns the host without its port; empty for `file:`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the user's name, as it is spelt in the URL.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Whether the host is spoken to by SSH.
    pub fn is_ssh(&self) -> bool {
        self.scheme == Scheme::Ssh
    }

    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns `host` or `host:port`, as git names it when it asks for a password.
    pub fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    /// Returns the URL as git takes it.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for RemoteUrl {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let refuse = |expected| ParseError::new(WHAT, &without_login(text), expected);
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(refuse("no spaces or control characters in it"));
        }
        let url = if text.contains("://") { with_scheme(text) } else { scp_like(text) };
        let url = url.map_err(refuse)?;
        match &url.user {
            Some(user) if has_token_prefix(user) => Err(refuse("no token in it; pass the token by itself")),
            _ => Ok(url),
        }
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Reads `scheme://…`; fails with what is accepted instead.
fn with_scheme(text: &str) -> Result<RemoteUrl, &'static str> {
    let url = Url::parse(text).map_err(|_| ACCEPTED)?;
    if url.password().is_some() {
        return Err("no password in it; pass the token or the SSH key by itself");
    }
    let host = url.host_str().unwrap_or_default();
    let scheme = match url.scheme() {
        "https" => Scheme::Https,
        "http" if is_loopback(host) => Scheme::Http,
        "http" => return Err("`https://`, since plain HTTP shows the token to everybody on the way"),
        "ssh" => Scheme::Ssh,
        "file" => Scheme::File,
        _ => return Err(ACCEPTED),
    };
    if url.query().is_some() || url.fragment().is_some() {
        return Err("no `?` and no `#` in it");
    }
    let path = url.path().trim_start_matches('/');
    if path.is_empty() || path.starts_with('-') {
        return Err("the repository's path after the host");
    }
    if scheme == Scheme::File {
        if !host.is_empty() {
            return Err("`file:///path`");
        }
    // In `https:///a/b` the parser would take `a` for the host.
    } else if host.is_empty() || host.starts_with('-') || text.contains(":///") {
        return Err("a host in it");
    }
    let user = Some(url.username()).filter(|user| !user.is_empty()).map(str::to_owned);
    if user.as_deref().is_some_and(|user| user.starts_with('-')) {
        return Err("a user's name that does not begin with `-`");
    }
    let (host, port) = (host.to_owned(), url.port());
    Ok(RemoteUrl { text: url.into(), scheme, user, host, port })
}

/// Reads `user@host:path`.
fn scp_like(text: &str) -> Result<RemoteUrl, &'static str> {
    let (login, path) = text.split_once(':').ok_or(ACCEPTED)?;
    let (user, host) = login.split_once('@').ok_or(ACCEPTED)?;
    // Both become arguments of `ssh`, where a leading `-` would be an option.
    let word = |part: &str| {
        !part.starts_with('-') && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    if path.contains('@') {
        return Err("no password in it; pass the token or the SSH key by itself");
    }
    if user.is_empty() || host.is_empty() || !word(user) || !word(host) || path.trim_matches('/').is_empty() {
        return Err(ACCEPTED);
    }
    Ok(RemoteUrl {
        text: text.to_owned(),
        scheme: Scheme::Ssh,
        user: Some(user.to_owned()),
        host: host.to_owned(),
        port: None,
    })
}

/// Returns `text` for a message: what stands before an `@` may be a password or a token.
fn without_login(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let Some((login, place)) = rest.rsplit_once('@') else { return text.to_owned() };
    // Without a host behind it, it is no user's name.
    let is_user = place.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    let shown = if login.contains(':') || is_token(login) || !is_user { "***" } else { login };
    if scheme.is_empty() { format!("{shown}@{place}") } else { format!("{scheme}://{shown}@{place}") }
}

#[cfg(test)]
mod tests;
