//! Pull requests that change workflow files, which a workflow's own token cannot merge, whatever its `permissions:` are
//! (<https://docs.github.com/en/actions/concepts/security/github_token>).

use github::{GitHub, pulls, viewer};

use crate::request::{Credentials, Request};

/// The account of every workflow's own token.
pub(crate) const RUNS_OWN: &str = "github-actions[bot]";

/// Returns the workflow files that a token cannot merge, to say so before it is tried. Where that is not known, GitHub
/// itself refuses.
pub(crate) async fn beyond_token(github: &GitHub, request: &Request) -> Vec<String> {
    if !may_be_runs_own(request) {
        return Vec::new();
    }
    let files = changed(github, request).await;
    if files.is_empty() || is_runs_own(github, request).await { files } else { Vec::new() }
}

/// Returns the workflow files that the pull request adds, changes or takes away; none if that cannot be read.
pub(crate) async fn changed(github: &GitHub, request: &Request) -> Vec<String> {
    let files = pulls::files(github, &request.repository, request.number).await.unwrap_or_default();
    let names = files.into_iter().flat_map(|file| [Some(file.filename), file.previous_filename]);
    names.flatten().filter(|name| name.starts_with(".github/workflows/")).collect()
}

/// Whether the token is the workflow's own; no if that cannot be found out.
pub(crate) async fn is_runs_own(github: &GitHub, request: &Request) -> bool {
    may_be_runs_own(request) && viewer(github).await.is_ok_and(|login| login == RUNS_OWN)
}

/// One that is made for the run of an App is made for what is changed.
fn may_be_runs_own(request: &Request) -> bool {
    request.credentials.is_app() && matches!(request.credentials, Credentials::Token(_))
}
