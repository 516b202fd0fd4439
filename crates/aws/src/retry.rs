//! Which calls are made again, and until when.
//!
//! A refusal is never repeated: a wrong trust policy does not mend itself, and twelve tries of it are what makes
//! other login actions take minutes to fail.

use std::time::Duration;

use model::{Deadline, Failure};
use toolkit::Backoff;

use crate::{CallError, Verdict};

/// How often a connection that cannot be made is tried.
const FEW: u32 = 3;

/// Why a try ended.
#[derive(Debug)]
pub(crate) enum Stop {
    /// AWS's answer, or none.
    Call(CallError),
    /// Something before the call to AWS; boxed, since it is large and rare.
    Failure(Box<Failure>),
}

/// The last error and how many calls were made.
#[derive(Debug)]
pub(crate) struct GaveUp {
    /// Why the last try ended.
    pub(crate) stop: Stop,
    /// How many tries there were.
    pub(crate) tries: u32,
}

/// Calls until it works, is refused, or there is no time for another try. The call is told whether it needs a new
/// OIDC token.
pub(crate) async fn until_done<T>(
    deadline: Deadline,
    mut call: impl AsyncFnMut(bool) -> Result<T, Stop>,
) -> Result<T, GaveUp> {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    let mut tries = 0;
    let mut new_token = false;
    loop {
        tries += 1;
        let stop = match call(new_token).await {
            Ok(result) => return Ok(result),
            Err(stop) => stop,
        };
        let verdict = match &stop {
            Stop::Call(error) => error.verdict(),
            Stop::Failure(_) => Verdict::Final,
        };
        let asked = if let Stop::Call(error) = &stop { error.retry_after() } else { None };
        let delay = backoff.next_delay().max(asked.unwrap_or_default());
        let is_last = verdict == Verdict::Final
            || (verdict == Verdict::AgainFewTimes && tries >= FEW)
            || delay >= deadline.remaining();
        if is_last {
            return Err(GaveUp { stop, tries });
        }
        new_token = verdict == Verdict::AgainWithNewToken;
        tokio::time::sleep(delay).await;
    }
}
