//! What the runner says about the workflow run.

use model::RepoSlug;

use crate::Env;

/// The `GITHUB_*` variables that the actions use
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/variables>).
#[derive(Debug, Clone)]
pub struct GitHubContext {
    /// The REST API's base URL without a slash at the end, `https://api.github.com` if not set.
    pub api_url: String,
    /// The GraphQL endpoint.
    pub graphql_url: String,
    /// The web site's base URL.
    pub server_url: String,
    /// The repository of the run.
    pub repository: Option<RepoSlug>,
    /// The run's id.
    pub run_id: Option<String>,
    /// The run's number, which grows by one with each run of a workflow.
    pub run_number: Option<String>,
    /// The attempt, from 1.
    pub run_attempt: Option<String>,
    /// The commit that the run was started for.
    pub sha: Option<String>,
    /// The full ref that the run was started for.
    pub ref_name: Option<String>,
    /// The event's name.
    pub event_name: Option<String>,
    /// The login that started the run.
    pub actor: Option<String>,
}

impl GitHubContext {
    /// Reads the variables.
    pub fn from_env(env: &Env) -> Self {
        let text = |name| env.get(name).map(str::to_owned);
        let url = |name, default: &str| env.get(name).unwrap_or(default).trim_end_matches('/').to_owned();
        let api_url = url("GITHUB_API_URL", "https://api.github.com");
        Self {
            graphql_url: text("GITHUB_GRAPHQL_URL").unwrap_or_else(|| graphql_of(&api_url)),
            server_url: url("GITHUB_SERVER_URL", "https://github.com"),
            api_url,
            repository: env.get("GITHUB_REPOSITORY").and_then(|slug| slug.parse().ok()),
            run_id: text("GITHUB_RUN_ID"),
            run_number: text("GITHUB_RUN_NUMBER"),
            run_attempt: text("GITHUB_RUN_ATTEMPT"),
            sha: text("GITHUB_SHA"),
            ref_name: text("GITHUB_REF"),
            event_name: text("GITHUB_EVENT_NAME"),
            actor: text("GITHUB_ACTOR"),
        }
    }

    /// Returns the page of the run, if this is one.
    pub fn run_url(&self) -> Option<String> {
        Some(format!(
            "{}/{}/actions/runs/{}",
            self.server_url,
            self.repository.as_ref()?,
            self.run_id.as_ref()?
        ))
    }
}

/// GitHub Enterprise Server has REST at `/api/v3` and GraphQL at `/api/graphql`; github.com has `/graphql`.
fn graphql_of(api_url: &str) -> String {
    match api_url.strip_suffix("/api/v3") {
        Some(host) => format!("{host}/api/graphql"),
        None => format!("{api_url}/graphql"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graphql_endpoint_follows_the_api() {
        for (api, graphql) in [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://ghe.example/api/v3/", "https://ghe.example/api/graphql"),
        ] {
            let context = GitHubContext::from_env(&Env::from_pairs([("GITHUB_API_URL", api)]));
            assert_eq!(context.graphql_url, graphql);
        }
    }
}
