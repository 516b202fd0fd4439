//! The address of a Git repository: however it is written, the same repository is the same.

use std::{convert::Infallible, fmt, str::FromStr};

use model::RepoSlug;
use url::Url;

/// A repository's address without what says how to get there: no scheme, no user, no `.git`. Letters of either case
/// are one, as Argo CD has it (util/git `NormalizeGitURL`).
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    host: String,
    /// Of HTTP, if it is not the scheme's own. The port of SSH names no repository.
    port: Option<u16>,
    path: String,
    is_ssh: bool,
}

impl Repository {
    /// Reads an address; what cannot be taken apart is compared as it is.
    pub(crate) fn of(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        let url = scp_like(&text).or_else(|| Url::parse(&text).ok().filter(Url::has_host));
        let Some(url) = url else {
            return Self { host: String::new(), port: None, path: text, is_ssh: false };
        };
        let path = url.path().trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let host = url.host_str().unwrap_or_default();
        Self {
            // <https://docs.github.com/en/authentication/troubleshooting-ssh/using-ssh-over-the-https-port>
            host: if host == "ssh.github.com" { "github.com".to_owned() } else { host.to_owned() },
            port: url.port(),
            path: path.to_owned(),
            is_ssh: !matches!(url.scheme(), "http" | "https"),
        }
    }

    /// Whether both are the same repository.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let is_same_port = self.is_ssh || other.is_ssh || self.port == other.port;
        is_same_port && self.host == other.host && self.path == other.path
    }

    /// Its name on the GitHub at `server`; none if it lies elsewhere.
    pub(crate) fn slug_on(&self, server: &str) -> Option<RepoSlug> {
        let slug: RepoSlug = self.path.parse().ok()?;
        self.is(&Self::of(&format!("{server}/{slug}"))).then_some(slug)
    }
}

impl FromStr for Repository {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::of(text))
    }
}

/// Without the user, which may come with a password.
impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.host.as_str(), self.port) {
            ("", _) => formatter.write_str(self.path.rsplit('@').next().unwrap_or_default()),
            (host, Some(port)) if !self.is_ssh => write!(formatter, "{host}:{port}/{}", self.path),
            (host, _) => write!(formatter, "{host}/{}", self.path),
        }
    }
}

/// `git@github.com:org/name.git`.
fn scp_like(text: &str) -> Option<Url> {
    let is_scp_like =
        |(host, path): &(&str, &str)| !text.contains("://") && !host.contains('/') && !path.contains('@');
    let (host, path) = text.split_once(':').filter(is_scp_like)?;
    Url::parse(&format!("ssh://{host}/{}", path.trim_start_matches('/'))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_repository_has_many_addresses() {
        let all = [
            "https://github.com/org/day2-product",
            "https://github.com/Org/day2-product.git",
            "https://x-access-token:t0ken@github.com/org/day2-product.git/",
            "git@github.com:org/day2-product.git",
            "ssh://git@github.com/org/day2-product",
            "ssh://git@ssh.github.com:443/org/day2-product.git",
        ];
        for one in all {
            assert!(Repository::of(one).is(&Repository::of(all[0])), "{one}");
            assert_eq!(Repository::of(one).to_string(), "github.com/org/day2-product");
        }
    }

    #[test]
    fn others_are_others() {
        let ours = Repository::of("http://127.0.0.1:8080/org/x.git");
        for other in [
            "http://127.0.0.1:8081/org/x.git",
            "http://127.0.0.1:8080/org/y",
            "http://127.0.0.1:8080/org/x/y",
            "https://example.com/org/x",
            "registry.example.com/charts",
            "",
        ] {
            assert!(!ours.is(&Repository::of(other)), "{other}");
        }
        assert!(ours.is(&Repository::of("http://127.0.0.1:8080/org/x")));
        assert_eq!(
            Repository::of("u:hunter2@registry.example.com/charts").to_string(),
            "registry.example.com/charts"
        );
    }

    #[test]
    fn only_what_lies_on_this_github_has_a_name_there() {
        let slug = |url: &str, server| Repository::of(url).slug_on(server).map(|slug| slug.to_string());
        assert_eq!(slug("git@github.com:org/x.git", "https://github.com").as_deref(), Some("org/x"));
        assert_eq!(slug("https://gitlab.com/org/x.git", "https://github.com"), None);
        assert_eq!(slug("https://github.com/a/b/c", "https://github.com"), None);
    }
}
