//! Reads are tried again; writes are not, since their caller has to look first at what they changed, but for the few
//! that can do no harm twice.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::Duration,
};

use http::Method;
use serde_json::Value;

use crate::{
    client::{GitHub, Intent, Reply},
    error::{ApiError, Rejection},
    graphql::GraphqlError,
};

const FIRST: Duration = Duration::from_millis(200);
const CAP: Duration = Duration::from_secs(3);

impl GitHub {
    /// Sends a `GET`, again after 5xx, broken connections and short rate limits, inside the deadline.
    pub async fn read(&self, path: &str) -> Result<Reply, ApiError> {
        self.repeat(Method::GET, path, None).await
    }

    /// Sends a write that does no harm if it is done twice, again as [`GitHub::read`] does.
    pub(crate) async fn send_harmless(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Reply, ApiError> {
        self.repeat(method, path, Some(body)).await
    }

    async fn repeat(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply, ApiError> {
        let mut ceiling = FIRST;
        loop {
            let error = match self.send(method.clone(), path, body.cloned()).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let Some(delay) = self.delay(&error, &mut ceiling) else { return Err(error) };
            tokio::time::sleep(delay).await;
        }
    }

    /// Sends a GraphQL query that changes nothing, again as [`GitHub::read`] does.
    pub async fn read_graphql(&self, query: &str, variables: Value) -> Result<Value, GraphqlError> {
        let mut ceiling = FIRST;
        loop {
            let error = match self.graphql_for(Intent::Read, query, variables.clone()).await {
                Err(error) => error,
                result => return result,
            };
            let delay = match &error {
                GraphqlError::Api(error) => self.delay(error, &mut ceiling),
                // Time-outs, faults inside GitHub and rate limits, which it reports with status 200.
                GraphqlError::Rejected(rejection) => {
                    let as_rest = Rejection::from(rejection.as_ref());
                    self.delay(&ApiError::Rejected(Box::new(as_rest)), &mut ceiling)
                }
            };
            let Some(delay) = delay else { return Err(error) };
            tokio::time::sleep(delay).await;
        }
    }

    /// How long to wait before the next attempt, or nothing if there is no point in one.
    fn delay(&self, error: &ApiError, ceiling: &mut Duration) -> Option<Duration> {
        let delay = match error {
            ApiError::Unreachable { .. } | ApiError::Interrupted { .. } | ApiError::GivenUp { .. } => {
                jitter(*ceiling)
            }
            ApiError::Rejected(rejection) => match rejection.retry_after {
                // What GitHub asks for is a minimum, so that jitter is added to it.
                Some(wait) if rejection.rate_limited || rejection.status >= 500 => wait + jitter(FIRST),
                _ if rejection.status >= 500 => jitter(*ceiling),
                _ => return None,
            },
            ApiError::Deadline { .. } | ApiError::Malformed { .. } => return None,
        };
        *ceiling = CAP.min(*ceiling * 2);
        (delay < self.deadline().remaining()).then_some(delay)
    }
}

/// Half of the ceiling and a random part of the other half: spread out, and never at once.
fn jitter(ceiling: Duration) -> Duration {
    // std's hash keys are random; a source of randomness of our own would buy nothing here.
    let random = RandomState::new().build_hasher().finish();
    let half = ceiling / 2;
    let millis = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_millis(random % millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_in_the_upper_half() {
        for _ in 0..100 {
            let delay = jitter(CAP);
            assert!(delay >= CAP / 2 && delay <= CAP);
        }
    }
}
