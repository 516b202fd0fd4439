//! Reads that are tried again while what is wrong may pass.

use std::time::Duration;

use model::Deadline;
use tokio::time::Instant;
use toolkit::Backoff;

use super::ApiError;

/// How long an address at which nobody answers is tried: a wrong one must not cost minutes.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long a server that fails is tried: it restarts in less.
pub(crate) const FAILING: Duration = Duration::from_secs(30);

/// Tries a call that may be repeated until it works, or until what is wrong has not passed for too long.
pub(crate) async fn persist<T, F: Future<Output = Result<T, ApiError>>>(
    deadline: Deadline,
    mut call: impl FnMut() -> F,
) -> Result<T, ApiError> {
    let within = |patience| Instant::now() + deadline.cap(patience);
    let (connecting, failing) = (within(CONNECTING), within(FAILING));
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    let mut before = None;
    loop {
        let error = match call().await {
            Ok(reply) => return Ok(reply),
            // The last call was cut short by the deadline: what was wrong before says more.
            Err(error) if deadline.has_passed() => return Err(before.unwrap_or(error)),
            Err(error) => error,
        };
        let is_unreached = matches!(&error, ApiError::Send(send) if send.is_before_effect());
        let until = if is_unreached { connecting } else { failing };
        if !error.may_pass() || Instant::now() >= until {
            return Err(error);
        }
        before = Some(error);
        tokio::time::sleep(backoff.next_delay()).await;
    }
}
