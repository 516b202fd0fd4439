//! What is tried again, how often, and how long is waited in between.

use std::time::Duration;

use model::{Deadline, Failure};
use reqwest::StatusCode;
use toolkit::{Backoff, http::SendError};

use crate::codes;

/// Why an attempt did not succeed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It would fail again.
    Fatal(Failure),
    /// It may succeed if tried again.
    Passing {
        /// What to say if it does not.
        failure: Box<Failure>,
        /// What the server asked to wait.
        after: Option<Duration>,
        /// How often it is worth trying.
        tries: u32,
    },
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Fatal(failure)
    }
}

impl From<SendError> for Trouble {
    fn from(error: SendError) -> Self {
        // An address at which nobody listens stays so for longer than a push wants to wait.
        let tries = if error.is_before_effect() { 4 } else { 8 };
        Self::Passing { failure: Box::new(error.into()), after: None, tries }
    }
}

impl Trouble {
    /// Judges a reply's failure by its status: 429 is repeated until the deadline, 5xx and 408 a few times.
    pub(super) fn of_status(status: StatusCode, after: Option<Duration>, failure: Failure) -> Self {
        match status {
            StatusCode::TOO_MANY_REQUESTS => {
                Self::Passing { failure: Box::new(failure), after, tries: u32::MAX }
            }
            // ECR answers 503 when a rate is exceeded, too, and then says when to come back.
            StatusCode::REQUEST_TIMEOUT => Self::Passing { failure: Box::new(failure), after, tries: 8 },
            status if status.is_server_error() => {
                Self::Passing { failure: Box::new(failure), after, tries: 8 }
            }
            _ => Self::Fatal(failure),
        }
    }

    /// The connection broke while a body was read.
    pub(super) fn broken(failure: Failure) -> Self {
        Self::Passing { failure: Box::new(failure), after: None, tries: 8 }
    }
}

/// Repeats `attempt` until it succeeds, fails for good, or the deadline would pass while waiting.
pub(super) async fn persist<T>(
    deadline: Deadline,
    attempt: impl AsyncFn() -> Result<T, Trouble>,
) -> Result<T, Failure> {
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
    let mut tried = 0;
    loop {
        let (failure, after, tries) = match attempt().await {
            Ok(result) => return Ok(result),
            Err(Trouble::Fatal(failure)) => return Err(failure),
            Err(Trouble::Passing { failure, after, tries }) => (*failure, after, tries),
        };
        tried += 1;
        // The server's wish is a minimum; jitter on top, so that sixteen uploads do not return at once.
        let delay = after.unwrap_or_default() + backoff.next_delay();
        if tried >= tries || delay >= deadline.remaining() {
            return Err(given_up(failure, tried, deadline));
        }
        tracing::debug!("try {tried}: {failure}; again in {} ms", delay.as_millis());
        tokio::time::sleep(delay).await;
    }
}

fn given_up(failure: Failure, tried: u32, deadline: Deadline) -> Failure {
    let seconds = deadline.elapsed().as_secs();
    let is_limit = failure.code == &codes::RATE_LIMITED;
    let failure = failure.with_note(format!("tried {tried} times in {seconds} s"));
    if is_limit {
        failure.with_note(format!("the timeout is {} s", deadline.budget().as_secs()))
    } else {
        failure
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use model::codes::UNREACHABLE;

    use super::*;

    fn passing(tries: u32, after: Option<Duration>) -> Trouble {
        Trouble::Passing { failure: Box::new(Failure::new(&UNREACHABLE, "x")), after, tries }
    }

    #[tokio::test]
    async fn tries_as_often_as_it_is_worth() {
        let calls = Cell::new(0);
        let deadline = Deadline::after(Duration::from_secs(3600));
        let result: Result<(), _> = persist(deadline, async || {
            calls.set(calls.get() + 1);
            Err(passing(3, None))
        })
        .await;
        assert_eq!((calls.get(), result.unwrap_err().notes[0].as_str()), (3, "tried 3 times in 0 s"));
    }

    #[tokio::test]
    async fn does_not_wait_beyond_the_deadline() {
        let deadline = Deadline::after(Duration::from_secs(60));
        let wait = Some(Duration::from_secs(61));
        let result: Result<(), _> = persist(deadline, async || Err(passing(u32::MAX, wait))).await;
        assert!(result.is_err());
        assert!(deadline.elapsed() < Duration::from_secs(5));
    }
}
