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

/// How often a call is worth trying that broke off or met an error of the server: some ten seconds.
const TRIES: u32 = 10;

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Fatal(failure)
    }
}

impl From<SendError> for Trouble {
    fn from(error: SendError) -> Self {
        if error.is_about_certificates() {
            return Self::Fatal(Failure::from(error).with_remedy(
                "Add the registry's authority to this machine's CA certificates, or name a file with it in `SSL_CERT_FILE`.",
            ));
        }
        // An address at which nobody listens stays so for longer than a push wants to wait.
        let tries = if error.is_before_effect() { 6 } else { TRIES };
        Self::Passing { failure: Box::new(error.into()), after: None, tries }
    }
}

impl Trouble {
    /// Judges a refusal by what it says and by its status: "too many" is repeated until the deadline, errors of the
    /// server a few times, and an upload that was spoilt is begun anew.
    pub(super) fn of_refusal(status: StatusCode, after: Option<Duration>, failure: Failure) -> Self {
        let tries = if failure.code == &codes::RATE_LIMITED {
            u32::MAX
        } else if failure.code == &codes::UPLOAD_REFUSED || failure.code == &codes::DIGEST_MISMATCH {
            4
        } else if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            TRIES
        } else {
            return Self::Fatal(failure);
        };
        Self::Passing { failure: Box::new(failure), after, tries }
    }

    /// Whether the registry did not like the bytes themselves.
    pub(super) fn is_about_content(&self) -> bool {
        let code = match self {
            Self::Fatal(failure) => failure.code,
            Self::Passing { failure, .. } => failure.code,
        };
        [&codes::DIGEST_MISMATCH, &codes::UPLOAD_REFUSED].contains(&code)
    }

    /// The connection broke while a body was read.
    pub(super) fn broken(failure: Failure) -> Self {
        Self::Passing { failure: Box::new(failure), after: None, tries: TRIES }
    }
}

/// What is left of the deadline for saying what was wrong, rather than that time was over.
const LAST_WORDS: Duration = Duration::from_millis(20);

/// Repeats `attempt` until it succeeds, fails for good, or the deadline would pass while waiting.
pub(super) async fn persist<T>(
    deadline: Deadline,
    attempt: impl AsyncFn() -> Result<T, Trouble>,
) -> Result<T, Failure> {
    let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
    // The gate keeps all requests waiting after one was refused because there were too many.
    let mut next_in_turn = Backoff::new(Duration::from_millis(20), Duration::from_millis(100));
    let mut tried = 0;
    let mut last: Option<Failure> = None;
    loop {
        let result = match &last {
            None => attempt().await,
            Some(last) => {
                let end = deadline.instant().checked_sub(LAST_WORDS).unwrap_or_else(|| deadline.instant());
                match tokio::time::timeout_at(end.into(), attempt()).await {
                    Ok(result) => result,
                    Err(_) => return Err(given_up(last.clone(), tried, deadline)),
                }
            }
        };
        let (failure, after, tries) = match result {
            Ok(result) => return Ok(result),
            Err(Trouble::Fatal(failure)) => return Err(failure),
            Err(Trouble::Passing { failure, after, tries }) => (*failure, after, tries),
        };
        tried += 1;
        // The server's wish is a minimum; jitter on top, so that sixteen uploads do not return at once.
        let own = if failure.code == &codes::RATE_LIMITED { &mut next_in_turn } else { &mut backoff };
        let delay = after.unwrap_or_default() + own.next_delay();
        if tried >= tries || delay >= deadline.remaining() {
            return Err(given_up(failure, tried, deadline));
        }
        tracing::debug!("try {tried}: {failure}; again in {} ms", delay.as_millis());
        tokio::time::sleep(delay).await;
        last = Some(failure);
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
