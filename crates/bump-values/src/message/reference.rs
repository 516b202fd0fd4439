//! The run's commit in the trailers that Argo CD's source hydrator reads, so that a hydrated commit leads back to the code
//! (<https://argo-cd.readthedocs.io/en/stable/user-guide/source-hydrator/#commit-tracing>; read by argo-cd
//! `util/git/client.go`, `GetReferences`, line by line: a line that is not valid is skipped).

use std::fmt::Write as _;

use github::{GitHub, commits};
use model::CommitSha;
use serde_json::Value;
use toolkit::{Annotation, GitHubContext, Host, Level, event, one_line};

use crate::request::Request;

/// The most of a commit's body that is repeated: Argo CD reads lines of up to 64 KiB.
const LONGEST_BODY: usize = 8_000;

/// A commit of the code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reference {
    sha: String,
    /// The author's name and address.
    author: Option<(String, String)>,
    /// RFC 3339.
    date: String,
    message: String,
    /// The repository's page.
    repository_url: String,
}

impl Reference {
    /// Returns the trailers, without those that are not known.
    pub(super) fn trailers(&self) -> Vec<String> {
        let message = self.message.replace("\r\n", "\n");
        let (subject, body) = message.split_once('\n').unwrap_or((&message, ""));
        let author = self.author.as_ref().map(|(name, address)| mailbox(name, address)).unwrap_or_default();
        let mut cut = body.trim().to_owned();
        if cut.len() > LONGEST_BODY {
            cut.truncate(cut.floor_char_boundary(LONGEST_BODY));
            cut.push('…');
        }
        let values = [
            ("sha", self.sha.clone()),
            ("author", author),
            ("subject", one_line(subject)),
            ("repourl", self.repository_url.clone()),
            ("date", self.date.clone()),
            ("body", if cut.is_empty() { String::new() } else { Value::String(cut).to_string() }),
        ];
        let known = values.into_iter().filter(|(_, value)| !value.is_empty());
        known.map(|(key, value)| format!("Argocd-reference-commit-{key}: {value}")).collect()
    }
}

/// Returns the request with the run's commit, if that was asked for and is known: from the event, else from GitHub. A commit
/// that cannot be read is a warning, since the values are what the bump is for.
pub(crate) async fn gather(request: &Request, github: Option<&GitHub>, host: &Host) -> Request {
    let mut request = request.clone();
    if !request.words.reference_commit || request.dry_run {
        return request;
    }
    let found = match of_event(request.origin.sha.as_ref(), host) {
        Some(found) => Ok(found),
        None => of_github(&request, github).await,
    };
    match found {
        Ok(found) => {
            let context = GitHubContext::from_env(host.env());
            let url = request.origin.repository.as_ref().map(|slug| format!("{}/{slug}", context.server_url));
            request.words.reference = Some(Reference { repository_url: url.unwrap_or_default(), ..found });
        }
        Err(why) => {
            let text = format!("the commit gets no `Argocd-reference-commit-` trailers: {why}");
            host.annotate(&Annotation::new(Level::Warning, "run's commit not known", text));
        }
    }
    request
}

/// The `head_commit` of a push, if it is the run's.
fn of_event(sha: Option<&CommitSha>, host: &Host) -> Option<Reference> {
    let payload = event::load(host.env()).ok().flatten()?;
    let commit = &payload["head_commit"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let author = &commit["author"];
    (commit["id"].as_str()? == sha?.as_str()).then(|| Reference {
        sha: text(&commit["id"]),
        author: Some((text(&author["name"]), text(&author["email"]))),
        date: text(&commit["timestamp"]),
        message: text(&commit["message"]),
        repository_url: String::new(),
    })
}

async fn of_github(request: &Request, github: Option<&GitHub>) -> Result<Reference, String> {
    let (Some(repository), Some(sha)) = (&request.origin.repository, &request.origin.sha) else {
        return Err("`GITHUB_REPOSITORY` and `GITHUB_SHA` do not name one".to_owned());
    };
    let github = github.ok_or("there is no token that GitHub could be asked with")?;
    let commit = commits::get(github, repository, sha).await.map_err(|error| error.to_string())?;
    let date = commit.author.as_ref().map(|author| author.date.clone()).unwrap_or_default();
    Ok(Reference {
        sha: sha.to_string(),
        author: commit.author.map(|author| (author.name, author.email)),
        date,
        message: commit.message,
        repository_url: String::new(),
    })
}

/// Writes a mailbox of RFC 5322, as Go's `mail.ParseAddress` reads it: what is more than atoms is quoted. Empty without an
/// address.
fn mailbox(name: &str, address: &str) -> String {
    let (name, address) = (one_line(name), one_line(address));
    let Some((local, host)) =
        address.rsplit_once('@').filter(|(local, host)| !local.is_empty() && !host.is_empty())
    else {
        return String::new();
    };
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii();
    let is_dotted = |text: &str| text.split('.').all(|part| !part.is_empty() && part.chars().all(is_atom));
    let is_phrase = |text: &str| text.split(' ').all(|word| !word.is_empty() && word.chars().all(is_atom));
    let mut mailbox = String::new();
    if !name.is_empty() {
        // Writing to a String cannot fail, here and below.
        let _ = write!(mailbox, "{} ", if is_phrase(&name) { name } else { quoted(&name) });
    }
    let local = if is_dotted(local) { local.to_owned() } else { quoted(local) };
    let _ = write!(mailbox, "<{local}@{host}>");
    mailbox
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_quoted_where_it_has_to_be() {
        for (name, address, expected) in [
            ("Maria", "m@x.io", "Maria <m@x.io>"),
            ("María José", "m.j+1@x.io", "María José <m.j+1@x.io>"),
            ("Maria J. \"Mo\"", "m@x.io", r#""Maria J. \"Mo\"" <m@x.io>"#),
            ("bot[bot]", "1+bot[bot]@x.io", r#""bot[bot]" <"1+bot[bot]"@x.io>"#),
            ("a\nArgocd-reference-commit-sha: 0", "m@x.io", r#""a Argocd-reference-commit-sha: 0" <m@x.io>"#),
            ("", "m@x.io", "<m@x.io>"),
            ("Maria", "", ""),
        ] {
            assert_eq!(mailbox(name, address), expected);
        }
    }

    impl Reference {
        /// A commit with all that has to be escaped.
        pub(in crate::message) fn example() -> Self {
            Self {
                sha: "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3".into(),
                author: Some(("Maria".into(), "m@x.io".into())),
                date: "2025-06-09T13:50:18-04:00".into(),
                message: "Say \"hi\"\tto all\r\n\r\nBecause.\n\nSigned-off-by: Maria <m@x.io>\n".into(),
                repository_url: "https://github.com/org/product".into(),
            }
        }
    }

    #[test]
    fn every_trailer_is_one_line() {
        insta::assert_snapshot!(Reference::example().trailers().join("\n"), @r#"
        Argocd-reference-commit-sha: a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
        Argocd-reference-commit-author: Maria <m@x.io>
        Argocd-reference-commit-subject: Say "hi" to all
        Argocd-reference-commit-repourl: https://github.com/org/product
        Argocd-reference-commit-date: 2025-06-09T13:50:18-04:00
        Argocd-reference-commit-body: "Because.\n\nSigned-off-by: Maria <m@x.io>"
        "#);
        let bare = Reference { message: "x".into(), author: None, ..Reference::default() };
        assert_eq!(bare.trailers(), ["Argocd-reference-commit-subject: x"]);
        let long = Reference { message: format!("x\n\n{}", "é".repeat(9_000)), ..Reference::default() };
        assert!(long.trailers().iter().all(|line| line.len() < 8_100));
    }
}
