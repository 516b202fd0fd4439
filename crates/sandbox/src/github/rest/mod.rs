//! The REST API.

mod activity;
mod apps;
mod branches;
mod checks;
mod collaborators;
mod commits;
mod compare;
mod context;
mod deployments;
mod git_data;
mod headers;
mod input;
mod issues;
mod page;
mod pulls;
mod refs;
mod reviews;
mod statuses;
mod teams;
#[cfg(test)]
mod tests;
mod version;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request},
    middleware,
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get, patch, post, put},
};
use http::StatusCode;
use serde_json::{Value, json};

pub(crate) use context::{Context, Need, authorize, need, token_of};
pub(crate) use input::Input;

use super::{Role, error::ApiError, graphql, record, render, smart_http};
use crate::World;

/// What a handler returns.
pub(crate) type Reply = Result<Response, ApiError>;

/// The routes as a list, which a router does not give.
#[derive(Default)]
struct Routes(Vec<(&'static str, MethodRouter<Arc<World>>)>);

impl Routes {
    fn route(mut self, path: &'static str, methods: MethodRouter<Arc<World>>) -> Self {
        self.0.push((path, methods));
        self
    }
}

fn routes() -> Routes {
    Routes::default()
        .route("/graphql", post(graphql::answer))
        .route("/rate_limit", get(headers::rate_limit))
        .route("/app/installations/{id}/access_tokens", post(apps::create_token))
        .route("/installation/token", axum::routing::delete(apps::revoke))
        .route("/orgs/{org}/teams/{team}/members", get(teams::members))
        .route("/orgs/{org}/teams/{team}/memberships/{login}", get(teams::membership))
        .route("/repos/{owner}/{repo}", get(repository))
        .route("/repos/{owner}/{repo}/installation", get(apps::installation))
        .route("/repos/{owner}/{repo}/activity", get(activity::list))
        .route("/repos/{owner}/{repo}/pulls", get(pulls::list).post(pulls::create))
        .route("/repos/{owner}/{repo}/pulls/{number}", get(pulls::one).patch(pulls::update))
        .route("/repos/{owner}/{repo}/pulls/{number}/merge", put(pulls::merge).get(pulls::is_merged))
        .route("/repos/{owner}/{repo}/pulls/{number}/files", get(pulls::files))
        .route("/repos/{owner}/{repo}/pulls/{number}/commits", get(pulls::commits))
        .route("/repos/{owner}/{repo}/pulls/{number}/update-branch", put(pulls::update_branch))
        .route("/repos/{owner}/{repo}/pulls/{number}/reviews", get(reviews::list).post(reviews::create))
        .route("/repos/{owner}/{repo}/compare/{*basehead}", get(compare::compare))
        .route("/repos/{owner}/{repo}/merges", post(compare::merge))
        .route("/repos/{owner}/{repo}/git/ref/{*name}", get(refs::one))
        .route("/repos/{owner}/{repo}/git/matching-refs/{*name}", get(refs::matching))
        .route("/repos/{owner}/{repo}/git/refs", post(refs::create))
        .route("/repos/{owner}/{repo}/git/refs/{*name}", patch(refs::update).delete(refs::delete))
        .route("/repos/{owner}/{repo}/git/commits", post(git_data::create_commit))
        .route("/repos/{owner}/{repo}/git/commits/{sha}", get(git_data::commit))
        .route("/repos/{owner}/{repo}/git/blobs", post(git_data::create_blob))
        .route("/repos/{owner}/{repo}/git/blobs/{sha}", get(git_data::blob))
        .route("/repos/{owner}/{repo}/git/trees", post(git_data::create_tree))
        .route("/repos/{owner}/{repo}/git/trees/{sha}", get(git_data::tree))
        .route("/repos/{owner}/{repo}/commits", get(commits::list))
        .route("/repos/{owner}/{repo}/commits/{*rest}", get(commits::below))
        .route("/repos/{owner}/{repo}/branches", get(branches::list))
        .route("/repos/{owner}/{repo}/branches/{*branch}", get(branches::one))
        .route("/repos/{owner}/{repo}/rules/branches/{*branch}", get(branches::rules))
        .route("/repos/{owner}/{repo}/statuses/{sha}", post(statuses::create))
        .route("/repos/{owner}/{repo}/check-runs", post(checks::create))
        .route("/repos/{owner}/{repo}/check-runs/{id}", get(checks::one).patch(checks::update))
        .route(
            "/repos/{owner}/{repo}/issues/{number}/labels",
            get(issues::labels).post(issues::add_labels).delete(issues::remove_all_labels),
        )
        .route(
            "/repos/{owner}/{repo}/issues/{number}/labels/{*name}",
            axum::routing::delete(issues::remove_label),
        )
        .route(
            "/repos/{owner}/{repo}/issues/{number}/comments",
            get(issues::comments).post(issues::create_comment),
        )
        .route(
            "/repos/{owner}/{repo}/issues/comments/{id}",
            get(issues::comment).patch(issues::update_comment).delete(issues::delete_comment),
        )
        .route("/repos/{owner}/{repo}/issues/{number}/timeline", get(issues::timeline))
        .route("/repos/{owner}/{repo}/issues/{number}/events", get(issues::events))
        .route("/repos/{owner}/{repo}/collaborators/{login}/permission", get(collaborators::permission))
        .route("/repos/{owner}/{repo}/deployments", get(deployments::list).post(deployments::create))
        .route("/repos/{owner}/{repo}/deployments/{id}", get(deployments::one))
        .route(
            "/repos/{owner}/{repo}/deployments/{id}/statuses",
            get(deployments::statuses).post(deployments::create_status),
        )
}

/// The routes alone.
fn table() -> Router<Arc<World>> {
    routes().0.into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods))
}

/// The interface as it is, without what is noted down of it and without its other versions and addresses.
fn served(world: Arc<World>) -> Router {
    table()
        .method_not_allowed_fallback(|| async { ApiError::not_found() })
        .fallback(smart_http::answer)
        .layer(middleware::from_fn_with_state(world.clone(), headers::apply))
        // Pushes and commits of whole files are larger than axum's default limit.
        .layer(DefaultBodyLimit::disable())
        .with_state(world)
}

pub(crate) fn router(world: Arc<World>) -> Router {
    // What the next version drops is dropped from replies that are recorded whole.
    let router =
        record::layer(served(world.clone())).layer(middleware::from_fn_with_state(world, version::apply));
    // A layer only comes before the routing of the router that is below it.
    Router::new().fallback_service(router).layer(middleware::map_request(below_the_prefix))
}

/// GitHub Enterprise Server has its interfaces below `/api/v3` and at `/api/graphql`
/// (<https://docs.github.com/en/enterprise-server@latest/rest/quickstart>).
async fn below_the_prefix(mut request: Request) -> Request {
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let rest = match target.strip_prefix("/api") {
        Some(rest) if rest.starts_with("/graphql") => Some(rest),
        Some(rest) => rest.strip_prefix("/v3").filter(|rest| rest.starts_with('/')),
        None => None,
    };
    if let Some(uri) = rest.and_then(|rest| rest.parse().ok()) {
        *request.uri_mut() = uri;
    }
    request
}

#[expect(clippy::unnecessary_wraps, reason = "the last expression of handlers")]
fn ok(value: Value) -> Reply {
    Ok(Json(value).into_response())
}

#[expect(clippy::unnecessary_wraps, reason = "the last expression of handlers")]
fn created(value: Value) -> Reply {
    Ok((StatusCode::CREATED, Json(value)).into_response())
}

#[expect(clippy::unnecessary_wraps, reason = "the last expression of handlers")]
fn no_content() -> Reply {
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn repository(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let mut value = render::full_repository(context.github(), &repository);
    if let Some(token) = &context.token {
        let role = crate::faults::lock(&repository.data).role(&token.login);
        value["permissions"] = collaborators::role_permissions(if token.is_app() { None } else { role });
    }
    ok(value)
}

/// The body of a reply that only says something.
fn message(text: &str) -> Value {
    json!({ "message": text })
}
