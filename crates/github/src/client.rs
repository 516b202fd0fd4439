//! One authenticated connection to GitHub's two interfaces.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, Uri};
use model::{Deadline, Failure, Secret};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    calls::{Calls, Timed},
    error::{ApiError, Call, Rejection},
    transport,
};

/// What a request is for, which its method does not tell: GraphQL's reads are `POST` too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// It changes nothing, so that it can be given up early and tried again.
    Read,
    /// It may change something, so that its answer is waited for as long as there is still time to look afterwards.
    Write,
}

/// A read that has not been answered by then is given up and tried again.
const READ_ATTEMPT: Duration = Duration::from_secs(10);
/// A write that has not been answered is given up this part of the whole time before the deadline, so that what became
/// of it can still be looked at.
const LOOK_PART: u32 = 10;
/// A look takes no longer than this, however long the whole time is.
const LOOK: Duration = Duration::from_secs(5);
/// A repository that was renamed redirects once; more is a loop.
const MAX_REDIRECTS: usize = 3;

/// Where GitHub's interfaces are: `GITHUB_API_URL` and `GITHUB_GRAPHQL_URL`.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// The REST interface, `https://api.github.com` or `https://ghes.example/api/v3`.
    pub api: String,
    /// The GraphQL interface, `https://api.github.com/graphql`.
    pub graphql: String,
}

/// A reply with a status of 2xx.
#[derive(Debug, Clone)]
pub struct Reply {
    /// What was answered.
    pub call: Call,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; `null` when it was empty or no JSON.
    pub body: Value,
}

impl Reply {
    /// Reads the body as `T`.
    pub fn decode<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        let Self { call, body, .. } = self;
        serde_json::from_value(body).map_err(|error| ApiError::Malformed {
            call,
            cause: format!("the reply is not as documented: {error}"),
        })
    }
}

/// GitHub, for one token and until one deadline. Cheap to clone.
#[derive(Clone)]
pub struct GitHub {
    service: octocrab::Octocrab,
    endpoints: Endpoints,
    deadline: Deadline,
    calls: Calls,
}

impl GitHub {
    /// Prepares calls with `token`; nothing is sent. Needs to be called inside a tokio runtime.
    pub fn new(endpoints: Endpoints, token: &Secret, deadline: Deadline) -> Result<Self, Failure> {
        let Endpoints { api, graphql } = endpoints;
        let endpoints = Endpoints { api: without_slash(api), graphql: without_slash(graphql) };
        let service = transport::build(&endpoints, token)?;
        Ok(Self { service, endpoints, deadline, calls: Calls::new() })
    }

    /// The moment by which every call has ended.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The same connection with another deadline, for what has to be done when the first one has passed.
    #[must_use]
    pub fn until(&self, deadline: Deadline) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// Every request of this connection and its clones so far, in the order in which they were sent.
    pub fn calls(&self) -> Vec<Timed> {
        self.calls.list()
    }

    /// Sends one request to the REST interface, once, and returns a reply of 2xx.
    ///
    /// `path` starts with a slash and is encoded already.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Reply, ApiError> {
        let url = format!("{}{path}", self.endpoints.api);
        let intent = if method == Method::GET { Intent::Read } else { Intent::Write };
        self.send_to(&url, Call { method, path: path.to_owned() }, body, intent).await
    }

    /// Sends one request to the GraphQL interface, once, and returns its reply whatever it says.
    pub(crate) async fn send_graphql(
        &self,
        call: Call,
        body: Value,
        intent: Intent,
    ) -> Result<Reply, ApiError> {
        self.send_to(&self.endpoints.graphql, call, Some(body), intent).await
    }

    async fn send_to(
        &self,
        url: &str,
        call: Call,
        body: Option<Value>,
        intent: Intent,
    ) -> Result<Reply, ApiError> {
        let mut url = url.to_owned();
        for _ in 0..=MAX_REDIRECTS {
            let (status, headers, bytes) = self.attempt(&url, &call, body.as_ref(), intent).await?;
            if let Some(target) = self.redirect(status, &headers, &call) {
                url = target;
                continue;
            }
            return if status.is_success() {
                let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                Ok(Reply { call, status: status.as_u16(), headers, body })
            } else {
                Err(ApiError::Rejected(Box::new(Rejection::read(call, status, &headers, &bytes))))
            };
        }
        Err(ApiError::Malformed { call, cause: format!("it redirected more than {MAX_REDIRECTS} times") })
    }

    /// Sends and traces one request. Neither the trace nor an error has a header or a body in it.
    async fn attempt(
        &self,
        url: &str,
        call: &Call,
        body: Option<&Value>,
        intent: Intent,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), ApiError> {
        let running = self.calls.begin(call);
        let limit = limit(intent, self.deadline);
        let outcome = tokio::time::timeout(limit, transport::exchange(&self.service, url, call, body)).await;
        let result = match outcome {
            Ok(result) => result,
            Err(_) if self.deadline.has_passed() => Err(ApiError::Deadline { call: call.clone() }),
            Err(_) if intent == Intent::Write => Err(ApiError::GivenUp { call: call.clone(), waited: limit }),
            Err(_) => {
                let cause = format!("no answer within {} s", limit.as_secs());
                Err(ApiError::Interrupted { call: call.clone(), cause })
            }
        };
        let took = running.end(result.as_ref().ok().map(|(status, ..)| status.as_u16()));
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match &result {
            Ok((status, headers, _)) => tracing::debug!(
                method = %call.method,
                path = %call.path,
                status = status.as_u16(),
                ms = millis,
                request_id = transport::text(headers, "x-github-request-id").unwrap_or("-"),
                "github"
            ),
            Err(error) => {
                tracing::debug!(method = %call.method, path = %call.path, ms = millis, %error, "github");
            }
        }
        result
    }

    /// Where to go on: a read follows every redirect, a write only those that keep its method, and the token
    /// goes to no other host (<https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects>).
    fn redirect(&self, status: StatusCode, headers: &HeaderMap, call: &Call) -> Option<String> {
        let keeps_method = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        let moved = matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND);
        if !(keeps_method || moved && call.method == Method::GET) {
            return None;
        }
        let target: Uri = transport::text(headers, "location")?.parse().ok()?;
        let home: Uri = self.endpoints.api.parse().ok()?;
        (target.scheme() == home.scheme() && target.authority() == home.authority())
            .then(|| target.to_string())
    }
}

/// How long the answer to one request is waited for.
fn limit(intent: Intent, deadline: Deadline) -> Duration {
    let remaining = deadline.remaining();
    match intent {
        Intent::Read => remaining.min(READ_ATTEMPT),
        Intent::Write => {
            let reserve = LOOK.min(deadline.budget() / LOOK_PART);
            // One that is sent late has half of what is left.
            remaining.saturating_sub(reserve).max(remaining / 2)
        }
    }
}

fn without_slash(mut url: String) -> String {
    url.truncate(url.trim_end_matches('/').len());
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_leaves_time_for_a_look() {
        for (budget, least, most) in [(30, 26, 27), (300, 294, 295), (1, 0, 1)] {
            let limit = limit(Intent::Write, Deadline::after(Duration::from_secs(budget)));
            assert!(limit > Duration::from_secs(least) && limit <= Duration::from_secs(most), "{limit:?}");
        }
        assert_eq!(limit(Intent::Write, Deadline::after(Duration::ZERO)), Duration::ZERO);
    }
}
