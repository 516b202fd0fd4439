//! What `gh pr merge NUMBER --merge --match-head-commit SHA` asks of GitHub, as far as the number and the order of its
//! requests go: gh 2.67.0 speaks to GitHub's GraphQL with introspection, which the sandbox has not.

use reqwest::{Client, RequestBuilder};
use serde_json::json;

use super::scene::Scene;

/// Two queries at once, to find out what the server can do (`internal/featuredetection/feature_detection.go`:
/// `PullRequest_fields`, `PullRequest_fields2`); one for the pull request (`pkg/cmd/pr/shared/finder.go`: `findByNumber`);
/// and the mutation `PullRequestMerge` (`pkg/cmd/pr/merge/http.go`), for which the REST call stands in.
pub(super) async fn gh(scene: &Scene<'_>) -> Result<(), String> {
    let client =
        Client::builder().user_agent("xtask").no_proxy().build().map_err(|error| error.to_string())?;
    let (owner, name) = scene.slug.split_once('/').unwrap_or_default();
    let query = |query: &str| {
        let body = json!({ "query": query, "variables": { "owner": owner, "name": name } });
        client.post(format!("{}/graphql", scene.url)).json(&body)
    };
    let send = async |request: RequestBuilder| {
        let reply =
            request.bearer_auth(&scene.run.token).send().await.and_then(reqwest::Response::error_for_status);
        reply.map_err(|error| error.to_string())?.bytes().await.map(drop).map_err(|error| error.to_string())
    };
    tokio::try_join!(
        send(query("query A { viewer { login } }")),
        send(query("query B { viewer { login } }"))
    )?;
    send(query(
        "query PullRequestByNumber($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { \
         pullRequest(number: 1) { id number state title mergeStateStatus headRefName baseRefName headRefOid } } }",
    ))
    .await?;
    let merge = client.put(format!("{}/repos/{}/pulls/1/merge", scene.url, scene.slug));
    send(merge.json(&json!({ "sha": scene.sha, "merge_method": "merge" }))).await
}
