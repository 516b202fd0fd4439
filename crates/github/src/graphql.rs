//! The GraphQL interface, which reports errors with status 200
//! (<https://docs.github.com/en/graphql/guides/forming-calls-with-graphql>).

use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::{
    client::{GitHub, Intent, Reply},
    error::{ApiError, Call, Rejection, retry_after},
    transport::text,
};

/// One entry of a reply's `errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphqlProblem {
    /// GitHub's `type`: `NOT_FOUND`, `FORBIDDEN`, `STALE_DATA`, …; empty for a query that is no GraphQL.
    pub kind: String,
    /// GitHub's message.
    pub message: String,
    /// Where in the query: `repository.ref`.
    pub path: String,
}

/// A reply with `errors`.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{call}: GitHub answered: {}", self.text())]
pub struct GraphqlRejection {
    /// The call, named after the operation.
    pub call: Call,
    /// What GitHub says is wrong, at least one.
    pub problems: Vec<GraphqlProblem>,
    /// The partial data.
    pub data: Value,
    /// The reply's headers: a rate limit says there how long to wait.
    pub headers: HeaderMap,
}

impl GraphqlRejection {
    /// All messages in one line.
    pub fn text(&self) -> String {
        self.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")
    }
}

/// The refusal as REST would have it, status included, for what both interfaces can be refused with.
impl From<&GraphqlRejection> for Rejection {
    fn from(graphql: &GraphqlRejection) -> Self {
        let has = |kind: &str| graphql.problems.iter().any(|problem| problem.kind == kind);
        let says = |text: &str| graphql.problems.iter().any(|problem| problem.message.contains(text));
        let rate_limited = has("RATE_LIMITED") || says("rate limit");
        let status = if rate_limited {
            429
        } else if has("FORBIDDEN") || says("Resource not accessible") {
            403
        } else if has("NOT_FOUND") {
            404
        } else if says("Something went wrong") {
            502
        } else {
            422
        };
        Self {
            call: graphql.call.clone(),
            status,
            message: graphql.text(),
            errors: Vec::new(),
            documentation_url: None,
            request_id: text(&graphql.headers, "x-github-request-id").map(str::to_owned),
            retry_after: retry_after(&graphql.headers, rate_limited),
            accepted_permissions: text(&graphql.headers, "x-accepted-github-permissions").map(str::to_owned),
            rate_limited,
        }
    }
}

/// Why a query or mutation has no data.
#[derive(Debug, thiserror::Error)]
pub enum GraphqlError {
    /// No reply of 2xx.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A reply with `errors`.
    #[error(transparent)]
    Rejected(Box<GraphqlRejection>),
}

impl GraphqlError {
    /// What GitHub says is wrong; empty if there was no reply.
    pub fn problems(&self) -> &[GraphqlProblem] {
        match self {
            Self::Api(_) => &[],
            Self::Rejected(rejection) => &rejection.problems,
        }
    }

    /// Whether one of the problems is of this `type`.
    pub fn has_kind(&self, kind: &str) -> bool {
        self.problems().iter().any(|problem| problem.kind == kind)
    }

    /// Whether a mutation may have taken effect although it was not confirmed.
    pub fn is_in_doubt(&self) -> bool {
        match self {
            Self::Api(error) => error.is_in_doubt(),
            // GitHub's time-outs and internal errors are reported so, mostly without a type.
            Self::Rejected(rejection) => {
                rejection.problems.iter().any(|problem| problem.message.contains("Something went wrong"))
            }
        }
    }
}

impl GitHub {
    /// Sends a query or mutation once and returns its `data`.
    pub async fn graphql(&self, query: &str, variables: Value) -> Result<Value, GraphqlError> {
        self.graphql_for(Intent::Write, query, variables).await
    }

    /// The same, with the time that the intent gives it.
    pub(crate) async fn graphql_for(
        &self,
        intent: Intent,
        query: &str,
        variables: Value,
    ) -> Result<Value, GraphqlError> {
        let call = Call { method: Method::POST, path: format!("/graphql ({})", operation(query)) };
        let body = json!({ "query": query, "variables": variables });
        let reply = self.send_graphql(call, body, intent).await?;
        unpack(reply)
    }
}

fn unpack(mut reply: Reply) -> Result<Value, GraphqlError> {
    let problems: Vec<GraphqlProblem> =
        reply.body["errors"].as_array().into_iter().flatten().map(problem).collect();
    let data = reply.body["data"].take();
    if !problems.is_empty() {
        let rejection = GraphqlRejection { call: reply.call, problems, data, headers: reply.headers };
        return Err(GraphqlError::Rejected(Box::new(rejection)));
    }
    if data.is_null() {
        return Err(
            ApiError::Malformed { call: reply.call, cause: "the reply has no `data`".to_owned() }.into()
        );
    }
    Ok(data)
}

fn problem(error: &Value) -> GraphqlProblem {
    let step = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    let path: Vec<String> = error["path"].as_array().into_iter().flatten().map(step).collect();
    GraphqlProblem {
        kind: error["type"].as_str().unwrap_or("").to_owned(),
        message: error["message"].as_str().unwrap_or("no message").to_owned(),
        path: path.join("."),
    }
}

/// The operation's keyword and name, for traces and errors: `mutation Commit`.
fn operation(query: &str) -> &str {
    query.trim().split(['(', '{']).next().unwrap_or("").trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack_body(body: Value) -> Result<Value, GraphqlError> {
        let call = Call { method: Method::POST, path: "/graphql".to_owned() };
        unpack(Reply { call, status: 200, headers: http::HeaderMap::new(), body })
    }

    #[test]
    fn errors_with_status_200_are_errors() {
        let error = unpack_body(json!({
            "data": { "a": null },
            "errors": [{ "type": "STALE_DATA", "message": "Expected branch to point to …", "path": ["a", 0] }],
        }))
        .unwrap_err();
        assert!(error.has_kind("STALE_DATA"));
        assert_eq!(error.problems()[0].path, "a.0");
        assert_eq!(error.to_string(), "POST /graphql: GitHub answered: Expected branch to point to …");
    }

    #[test]
    fn a_rate_limit_with_status_200_keeps_how_long_to_wait() {
        let headers = [("retry-after", "7"), ("x-github-request-id", "AB:1")].map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        });
        let body = json!({ "errors": [{ "type": "RATE_LIMITED", "message": "API rate limit exceeded" }] });
        let call = Call { method: Method::POST, path: "/graphql".to_owned() };
        let error =
            unpack(Reply { call, status: 200, headers: headers.into_iter().collect(), body }).unwrap_err();
        let GraphqlError::Rejected(rejection) = &error else { panic!("{error}") };
        let rejection = Rejection::from(rejection.as_ref());
        assert_eq!(rejection.retry_after, Some(std::time::Duration::from_secs(7)));
        let failure = error.into_failure("read x");
        assert_eq!(
            (failure.code.id, failure.notes.last().unwrap().as_str()),
            ("rate-limited", "request id: AB:1")
        );
        assert!(failure.remedy.contains("7 s"), "{}", failure.remedy);
    }

    #[test]
    fn data_is_passed_on_and_its_absence_is_an_error() {
        assert_eq!(unpack_body(json!({ "data": { "a": 1 } })).unwrap(), json!({ "a": 1 }));
        assert!(unpack_body(json!({})).is_err());
    }

    #[test]
    fn names_the_operation() {
        assert_eq!(operation(" mutation Commit($x: Int) { a }"), "mutation Commit");
        assert_eq!(operation("{ viewer { login } }"), "");
    }
}
