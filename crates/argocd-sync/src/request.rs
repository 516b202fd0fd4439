//! What was asked for one application, valid by construction.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use github::Endpoints;
use model::{CommitSha, ImageRef, ParseError, Secret};
use reqwest::header::HeaderName;
use url::Url;

use crate::{credential::Credential, paused::Paused, repository::Repository, resources::Resources};

/// A validated request for one application. Its terms read like its own fields.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Which application is synced.
    pub(crate) application: ApplicationName,
    /// What is asked for it.
    pub(crate) terms: Terms,
}

impl Deref for Request {
    type Target = Terms;

    fn deref(&self) -> &Terms {
        &self.terms
    }
}

impl DerefMut for Request {
    fn deref_mut(&mut self) -> &mut Terms {
        &mut self.terms
    }
}

/// What is asked for each application alike.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// The commit that must be live at the end.
    pub(crate) revision: CommitSha,
    /// The images that pods must run at the end.
    pub(crate) images: Vec<ImageRef>,
    /// Whether resources that Git no longer has are deleted.
    pub(crate) prune: bool,
    /// How far the proof goes.
    pub(crate) wait_for: WaitFor,
    /// What to do when another operation runs.
    pub(crate) on_busy: OnBusy,
    /// What to do about a workload that is paused before its cutover.
    pub(crate) paused: Paused,
    /// Whether a failure is rolled back as far as Argo CD can.
    pub(crate) rollback: bool,
    /// How long pods may be in error before that is a failure.
    pub(crate) degraded_grace: Duration,
    /// How long everything must hold before that is a success.
    pub(crate) settle: Duration,
    /// The time for all of it.
    pub(crate) timeout: Duration,
    /// Whether to stop after the plan.
    pub(crate) dry_run: bool,
    /// Where the revision is from.
    pub(crate) origin: Origin,
    /// Which resources are synced.
    pub(crate) resources: Resources,
    /// Options in place of the application's own; none keeps these.
    pub(crate) sync_options: Vec<String>,
    /// Identifies the run and attempt of the workflow in the operation's infos: `<repo>/<run>/<attempt>`.
    pub(crate) run: String,
}

/// Where a revision is from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    /// The repository that was named.
    pub(crate) repository: Option<Repository>,
    /// The workflow's own.
    pub(crate) workflow: Option<Repository>,
    /// The GitHub that knows how its commits lie to each other; none without a token.
    pub(crate) github: Option<GitHubAccess>,
}

/// How GitHub is asked.
#[derive(Debug, Clone)]
pub(crate) struct GitHubAccess {
    /// Where its interfaces are.
    pub(crate) endpoints: Endpoints,
    /// The base URL of its pages and repositories.
    pub(crate) server: String,
    /// A token that may read the repository's contents.
    pub(crate) token: Secret,
}

/// Where and how Argo CD is reached.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// The base URL, root path included.
    pub(crate) url: Url,
    /// Who we are.
    pub(crate) credential: Credential,
    /// Headers for a proxy in front; their values are secret.
    pub(crate) headers: Vec<(HeaderName, Secret)>,
    /// A file of PEM certificates of private authorities.
    pub(crate) ca_file: Option<PathBuf>,
    /// The certificate to show, if one is asked for.
    pub(crate) client_certificate: Option<ClientCertificate>,
}

/// The certificate by which a server or proxy knows this client.
#[derive(Debug, Clone)]
pub(crate) struct ClientCertificate {
    /// A file of PEM certificates, the client's own first.
    pub(crate) certificate: PathBuf,
    /// The PEM file of its private key.
    pub(crate) key: PathBuf,
}

/// An application, and what tells it apart from others of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApplicationName {
    /// The name.
    pub(crate) name: String,
    /// The project; with it Argo CD says 404 instead of 403 for an application that does not exist.
    pub(crate) project: Option<String>,
    /// The namespace, for applications outside of Argo CD's own.
    pub(crate) namespace: Option<String>,
}

impl fmt::Display for ApplicationName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(formatter, "{namespace}/{}", self.name),
            None => formatter.write_str(&self.name),
        }
    }
}

/// How far the proof goes; each level contains those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum WaitFor {
    /// Our operation succeeded at our revision.
    Op,
    /// And the application is Synced after a new assessment.
    Synced,
    /// And Healthy.
    Healthy,
    /// And the expected images are live.
    #[default]
    Promoted,
    /// And no pod of an older revision is left.
    OldPodsGone,
}

impl FromStr for WaitFor {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "op" => Ok(Self::Op),
            "synced" => Ok(Self::Synced),
            "healthy" => Ok(Self::Healthy),
            "promoted" => Ok(Self::Promoted),
            "old-pods-gone" => Ok(Self::OldPodsGone),
            _ => Err(ParseError::new(
                "a goal",
                text,
                "one of `op`, `synced`, `healthy`, `promoted` and `old-pods-gone`",
            )),
        }
    }
}

/// What to do when another operation runs on the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnBusy {
    /// Wait until it has ended, then sync.
    #[default]
    Wait,
    /// Terminate it, then sync.
    Terminate,
    /// Fail.
    Fail,
}

impl FromStr for OnBusy {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "wait" => Ok(Self::Wait),
            "terminate" => Ok(Self::Terminate),
            "fail" => Ok(Self::Fail),
            _ => Err(ParseError::new("a policy", text, "one of `wait`, `terminate` and `fail`")),
        }
    }
}

/// Reads `host`, `host:port`, `https://host[/path]` or, explicitly, `http://host[/path]`.
///
/// The error never repeats the text: it may hold a password, also where it is too broken to be taken apart.
pub(crate) fn parse_server(text: &str) -> Result<Url, &'static str> {
    const ERROR: &str = "is not a server's address (its value is not shown, since it may hold a password): expected \
         `host`, `host:port` or `https://host/path`, without user, query or fragment (`http://` only if written)";
    let absolute = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&absolute).map_err(|_| ERROR)?;
    let valid = matches!(url.scheme(), "https" | "http")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if valid { Ok(url) } else { Err(ERROR) }
}

/// Appends the `--rootpath` of Argo CD to its address.
pub(crate) fn with_root_path(mut server: Url, root_path: Option<&str>) -> Url {
    if let Ok(mut segments) = server.path_segments_mut() {
        segments
            .pop_if_empty()
            .extend(root_path.unwrap_or_default().split('/').filter(|part| !part.is_empty() && *part != "."));
    }
    server
}

/// Reads a Kubernetes object name (RFC 1123 subdomain).
pub(crate) fn parse_name(text: &str) -> Result<String, ParseError> {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let valid = text.len() <= 253
        && text.split('.').all(|label| {
            let bytes = label.as_bytes();
            matches!((bytes.first(), bytes.last()), (Some(&first), Some(&last)) if alphanumeric(first) && alphanumeric(last))
                && bytes.iter().all(|&b| alphanumeric(b) || b == b'-')
        });
    if valid {
        Ok(text.to_owned())
    } else {
        Err(ParseError::new("a Kubernetes name", text, "lowercase letters, digits, `-` and `.`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_https_unless_written_otherwise() {
        for (text, root, url) in [
            ("argocd.example.com", None, "https://argocd.example.com/"),
            ("argocd.example.com:8443", None, "https://argocd.example.com:8443/"),
            ("http://127.0.0.1:8080/", Some("/"), "http://127.0.0.1:8080/"),
            ("https://example.com/tools/", Some("/argocd/"), "https://example.com/tools/argocd"),
        ] {
            assert_eq!(with_root_path(parse_server(text).unwrap(), root).as_str(), url, "{text}");
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in ["", "ftp://x", "https://", "https://u:p@x", "https://x?q", "https://x#f", "a b"] {
            assert!(parse_server(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_kubernetes_names() {
        assert!(["dev", "my-app.eu", "0a"].iter().all(|text| parse_name(text).is_ok()));
        assert!(["", "Dev", "-a", "a-", "a/b", "a..b", "a_b"].iter().all(|text| parse_name(text).is_err()));
    }

    #[test]
    fn goals_are_ordered() {
        let goals: Vec<WaitFor> = ["op", "synced", "healthy", "promoted", "old-pods-gone"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        assert!(goals.is_sorted());
        assert_eq!(WaitFor::default(), WaitFor::Promoted);
        assert!("gone".parse::<WaitFor>().is_err());
    }
}
