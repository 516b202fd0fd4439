//! The routes and GitHub's table of permissions go together.

use axum::Router;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::json;

use super::{context::need, routes, served, table};
use crate::{
    Config, Sandbox,
    github::{TokenSpec, permissions},
};

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// These are not for a token's permissions to allow: nobody's, an App's own, and the token's own, and GraphQL asks
/// for each field.
const WITHOUT: [&str; 5] = [
    "GET /rate_limit",
    "POST /graphql",
    "POST /app/installations/{id}/access_tokens",
    "DELETE /installation/token",
    "GET /repos/{owner}/{repo}/installation",
];

/// A path of this form in the repository `org/x`.
fn example(path: &str) -> String {
    let part = |part: &str| match part {
        "{owner}" => "org".to_owned(),
        "{repo}" => "x".to_owned(),
        part if part.starts_with('{') => "1".to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A private repository `org/x`, and a token of a workflow that has no permission at all.
async fn sandbox() -> (Sandbox, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let github = &sandbox.world().github;
    github.create_repository("org/x", &[("a", b"a")], &["main"]).await.unwrap();
    let token = github.token(TokenSpec::new("github-actions[bot]", &[]));
    (sandbox, token)
}

async fn ask(url: &str, token: &str, method: &Method, path: &str) -> Response {
    let client = Client::builder().user_agent("tests").build().unwrap();
    let request = client.request(method.clone(), format!("{url}{}", example(path)));
    request.bearer_auth(token).json(&json!({})).send().await.unwrap()
}

/// Serves a router of the sandbox's world. What is asked here is no request that GitHub's schemas know, and not recorded.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn every_route_is_in_the_table_or_needs_none() {
    let (sandbox, token) = sandbox().await;
    // Without the fallbacks, which would answer for a method that is not served.
    let url = serve(table().with_state(sandbox.world().clone())).await;
    for (path, _) in routes().0 {
        for method in METHODS {
            let call = format!("{method} {path}");
            let status = ask(&url, &token, &method, path).await.status();
            let listed = permissions::of(&method, &example(path)).is_some();
            let is_served = status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(is_served, listed || WITHOUT.contains(&call.as_str()), "{call}");
        }
    }
}

#[tokio::test]
async fn every_line_of_the_table_is_enforced_and_told() {
    let (sandbox, token) = sandbox().await;
    let url = serve(served(sandbox.world().clone())).await;
    for line in permissions::all() {
        let (method, path) = line.call.split_once(' ').unwrap();
        let reply = ask(&url, &token, &method.parse().unwrap(), path).await;
        // Every token has `metadata`.
        let is_refused = line.accepted != "metadata=read";
        assert_eq!(reply.status() == StatusCode::FORBIDDEN, is_refused, "{}: {}", line.call, reply.status());
        assert_eq!(reply.headers()["x-accepted-github-permissions"], line.accepted, "{}", line.call);
    }
}

#[test]
fn what_graphql_needs_is_in_the_table() {
    for need in need::ALL {
        assert!(permissions::named(need.call).is_some(), "{}", need.call);
    }
}
