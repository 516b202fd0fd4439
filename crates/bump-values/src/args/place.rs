//! What the inputs `repository` and `author` mean.

use git::{RemoteUrl, Signature};
use model::{ParseError, RepoSlug};
use toolkit::{Env, GitHubContext};

use crate::request::Repository;

/// Reads a repository: `owner/name`, or a URL. One of the run's own GitHub by HTTPS is its `owner/name`.
pub(super) fn repository(text: &str, context: &GitHubContext) -> Result<Repository, String> {
    if !text.contains([':', '@']) {
        let slug = text.parse().map_err(|error: ParseError| error.to_string())?;
        return Ok(Repository::Slug(slug));
    }
    let own = text.strip_prefix(&context.server_url).and_then(|rest| rest.strip_prefix('/'));
    let slug: Option<RepoSlug> =
        own.and_then(|rest| rest.trim_end_matches('/').trim_end_matches(".git").parse().ok());
    match slug {
        Some(slug) => Ok(Repository::Slug(slug)),
        None => text
            .parse::<RemoteUrl>()
            .map(Repository::Url)
            .map_err(|error| format!("{error}; a repository of GitHub may be written `owner/name`")),
    }
}

/// The address at which Git finds a repository of the run's GitHub.
pub(super) fn url_of(slug: &RepoSlug, context: &GitHubContext, by_ssh: bool) -> Result<RemoteUrl, String> {
    let server = &context.server_url;
    let text = if by_ssh {
        let host = server.split_once("://").map_or(server.as_str(), |(_, host)| host);
        let host = host.split([':', '/']).next().unwrap_or(host);
        format!("ssh://git@{host}/{slug}.git")
    } else {
        format!("{server}/{slug}.git")
    };
    text.parse().map_err(|error: ParseError| format!("`GITHUB_SERVER_URL` is of no use: {error}"))
}

/// Reads `Name <address>`.
pub(super) fn author(text: &str) -> Result<Signature, String> {
    let parts = text.strip_suffix('>').and_then(|text| text.split_once('<'));
    let parts = parts.map(|(name, email)| (name.trim(), email.trim()));
    let is_plain = |part: &str| !part.is_empty() && !part.contains(['<', '>', '\n', '\0']);
    match parts {
        Some((name, email)) if is_plain(name) && is_plain(email) && !email.contains(' ') => {
            Ok(Signature { name: name.to_owned(), email: email.to_owned() })
        }
        _ => Err(format!("`{text}` is no author: write `Name <address>`")),
    }
}

/// The person that started the run, with the address that GitHub gives everybody
/// (<https://docs.github.com/en/account-and-profile/reference/email-addresses-reference>).
pub(super) fn actor(env: &Env) -> Option<Signature> {
    let name = env.get("GITHUB_ACTOR")?;
    let user = match env.get("GITHUB_ACTOR_ID") {
        Some(id) => format!("{id}+{name}"),
        None => name.to_owned(),
    };
    Some(Signature { name: name.to_owned(), email: format!("{user}@users.noreply.github.com") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> GitHubContext {
        GitHubContext::from_env(&Env::default())
    }

    #[test]
    fn a_url_of_the_runs_github_is_a_name() {
        let slug = Repository::Slug("org/x".parse().unwrap());
        for text in
            ["org/x", "https://github.com/org/x", "https://github.com/org/x.git", "https://github.com/org/x/"]
        {
            assert_eq!(repository(text, &context()), Ok(slug.clone()), "{text}");
        }
        for text in [
            "https://gitlab.example/org/x.git",
            "git@github.com:org/x.git",
            "https://github.com.example/org/x",
        ] {
            assert!(matches!(repository(text, &context()), Ok(Repository::Url(_))), "{text}");
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        for text in ["https://x:hunter2@github.com/org/product", "ftp://a:hunter2@b/c"] {
            let error = repository(text, &context()).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn git_finds_it_by_https_and_by_ssh() {
        let slug = "org/x".parse().unwrap();
        let found = [false, true].map(|by_ssh| url_of(&slug, &context(), by_ssh).unwrap().to_string());
        assert_eq!(found, ["https://github.com/org/x.git", "ssh://git@github.com/org/x.git"]);
    }

    #[test]
    fn an_author_has_a_name_and_an_address() {
        let found = author("Maria M. <maria@example.org>").unwrap();
        assert_eq!((found.name.as_str(), found.email.as_str()), ("Maria M.", "maria@example.org"));
        for text in ["maria", "<m@x>", "Maria <>", "Maria <a> <b>", "Maria <a b>", "a\nb <m@x>"] {
            assert!(author(text).is_err(), "{text}");
        }
        let env = Env::from_pairs([("GITHUB_ACTOR", "maria"), ("GITHUB_ACTOR_ID", "7")]);
        assert_eq!(actor(&env).unwrap().email, "7+maria@users.noreply.github.com");
        assert_eq!(actor(&Env::default()), None);
    }
}
