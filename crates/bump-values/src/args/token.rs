//! Which token another host gets to see.

use git::RemoteUrl;
use model::Secret;

/// The tokens of a run, by who may see them.
#[derive(Debug)]
pub(super) struct Tokens {
    /// For the host of the repository.
    pub(super) of_host: Option<Secret>,
    /// For the run's own GitHub.
    pub(super) of_run: Option<Secret>,
    /// Why the host does not get the token that is there: a sentence for the log.
    pub(super) held_back: Option<String>,
}

/// Deals the tokens for a repository that is given by its URL.
///
/// `GITHUB_TOKEN` is for the run's GitHub, whatever kind of token it is: a host that is merely named gets only what
/// `token` has on purpose. In a workflow that input is the workflow's token if nobody sets it, so this one, which is
/// known by its start (<https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>),
/// goes to no other server than the run's either.
pub(super) fn for_url(
    url: &RemoteUrl,
    explicit: Option<Secret>,
    of_env: Option<Secret>,
    server_url: &str,
) -> Tokens {
    let is_of_env = |token: &Secret| of_env.as_ref().is_some_and(|other| other.expose() == token.expose());
    let is_of_run = |token: &Secret| token.expose().starts_with("ghs_") || is_of_env(token);
    let is_own_server = serves(server_url, url);
    let why = |name: &str| {
        // SSH asks for no token.
        let server = server_url.split_once("://").map_or(server_url, |(_, host)| host);
        let host = url.host();
        let told = format!(
            "The token in {name} is not used: it is for {server}, and {host} is not shown it; what is to be used \
             there is passed by itself as `token`"
        );
        (!url.is_ssh()).then_some(told)
    };
    match explicit {
        Some(token) if is_of_run(&token) && !is_own_server => {
            Tokens { of_host: None, of_run: of_env.or(Some(token)), held_back: why("`token`") }
        }
        Some(token) => {
            let of_run = of_env.or_else(|| is_own_server.then(|| token.clone()));
            Tokens { of_host: Some(token), of_run, held_back: None }
        }
        None => {
            let held_back = of_env.as_ref().and_then(|_| why("`GITHUB_TOKEN`"));
            Tokens { of_host: None, of_run: of_env, held_back }
        }
    }
}

/// Whether the URL's server is the run's own, by HTTPS.
fn serves(server_url: &str, url: &RemoteUrl) -> bool {
    let own = format!("{server_url}/owner/name").parse::<RemoteUrl>();
    !url.is_ssh() && own.is_ok_and(|own| own.authority() == url.authority())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://ghes.example";

    /// What the host gets, what the run's GitHub gets, and whether the log says why.
    fn deal(url: &str, explicit: &str, of_env: &str) -> (String, String, bool) {
        let secret = |text: &str| Some(Secret::new(text)).filter(|secret| !secret.expose().is_empty());
        let tokens = for_url(&url.parse().unwrap(), secret(explicit), secret(of_env), SERVER);
        let text =
            |secret: Option<Secret>| secret.map_or_else(String::new, |secret| secret.expose().to_owned());
        (text(tokens.of_host), text(tokens.of_run), tokens.held_back.is_some())
    }

    #[test]
    fn another_host_gets_only_a_token_that_is_meant_for_it() {
        let other = "https://other.example/org/x.git";
        for (url, explicit, of_env, of_host, of_run, is_told) in [
            // Whatever kind of token is in the environment.
            (other, "", "ghp_pat", "", "ghp_pat", true),
            (other, "", "github_pat_x", "", "github_pat_x", true),
            (other, "", "ghs_run", "", "ghs_run", true),
            ("http://localhost:1/org/x.git", "", "ghp_pat", "", "ghp_pat", true),
            // The default of the input, and the environment's by another way.
            (other, "ghs_run", "", "", "ghs_run", true),
            (other, "ghp_pat", "ghp_pat", "", "ghp_pat", true),
            ("https://ghes.example.evil/org/x", "ghs_run", "", "", "ghs_run", true),
            ("https://ghes.example:8443/org/x", "ghs_run", "", "", "ghs_run", true),
            // On purpose.
            (other, "glpat-x", "ghs_run", "glpat-x", "ghs_run", false),
            (other, "glpat-x", "", "glpat-x", "", false),
            // The run's own server by its URL.
            ("https://ghes.example/org/x", "ghs_run", "", "ghs_run", "ghs_run", false),
            ("https://GHES.example:443/org/x", "ghs_run", "ghs_run", "ghs_run", "ghs_run", false),
            ("https://ghes.example/org/x", "", "ghp_pat", "", "ghp_pat", true),
            // SSH asks for none.
            ("git@other.example:org/x.git", "ghs_run", "", "", "ghs_run", false),
            (other, "", "", "", "", false),
        ] {
            let dealt = (of_host.to_owned(), of_run.to_owned(), is_told);
            assert_eq!(deal(url, explicit, of_env), dealt, "{url} {explicit} {of_env}");
        }
    }

    #[test]
    fn the_log_says_why() {
        let url = "https://gitlab.example/org/x.git".parse().unwrap();
        let tokens = for_url(&url, None, Some(Secret::new("ghp_pat")), "https://github.com");
        insta::assert_snapshot!(tokens.held_back.unwrap(), @"The token in `GITHUB_TOKEN` is not used: it is for github.com, and gitlab.example is not shown it; what is to be used there is passed by itself as `token`");
    }
}
