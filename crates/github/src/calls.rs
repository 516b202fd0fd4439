//! What a connection has asked, and how long each answer took.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::Call;

/// One request, whatever became of it. A call that was tried again has one for each attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    /// The call. Neither the method nor the path has a secret in it.
    pub call: Call,
    /// GitHub's status; none if there was no answer.
    pub status: Option<u16>,
    /// How long it took until the answer was read whole, or the request was given up.
    pub took: Duration,
    /// When it was sent, since the connection was made.
    pub begin: Duration,
}

impl Timed {
    /// Returns what a table shows: the call without what is the same in all of them, status, begin and duration.
    pub fn row(&self) -> Vec<String> {
        let Call { method, path } = &self.call;
        let status = self.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let millis = |time: Duration| format!("{} ms", time.as_millis());
        vec![format!("`{method} {}`", short(path)), status, millis(self.begin), millis(self.took)]
    }
}

/// A path without its repository, the tails of its object ids, and what is too long to be read.
fn short(path: &str) -> String {
    const LONGEST: usize = 80;
    let inside = path.strip_prefix("/repos/").and_then(|rest| rest.splitn(3, '/').nth(2));
    let path = inside.map_or_else(|| path.to_owned(), |inside| format!("…/{inside}"));
    let mut shown = String::new();
    for word in path.split_inclusive(|character: char| !character.is_ascii_alphanumeric()) {
        let id = word.get(..40).filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match id {
            Some(id) => shown.extend([id.get(..7), word.get(40..)].into_iter().flatten()),
            None => shown.push_str(word),
        }
    }
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

/// The requests of a connection and its clones, in the order in which they were sent.
#[derive(Clone)]
pub(crate) struct Calls {
    start: Instant,
    all: Arc<Mutex<Vec<Timed>>>,
}

impl Calls {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), all: Arc::default() }
    }

    /// Notes that a request is sent now; what has become of it is noted when the guard is dropped, also by a caller that
    /// does not wait for the answer any longer.
    pub(crate) fn begin(&self, call: &Call) -> Running {
        let begin = self.start.elapsed();
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Timed { call: call.clone(), status: None, took: Duration::ZERO, begin });
        Running { calls: self.clone(), at: all.len() - 1, begin, status: None }
    }

    pub(crate) fn list(&self) -> Vec<Timed> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A request on its way.
pub(crate) struct Running {
    calls: Calls,
    at: usize,
    begin: Duration,
    status: Option<u16>,
}

impl Running {
    /// Notes the answer, and returns how long it took.
    pub(crate) fn end(mut self, status: Option<u16>) -> Duration {
        self.status = status;
        self.took()
    }

    fn took(&self) -> Duration {
        self.calls.start.elapsed().saturating_sub(self.begin)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let took = self.took();
        let mut all = self.calls.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(timed) = all.get_mut(self.at) {
            timed.status = self.status;
            timed.took = took;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_short() {
        let row = |path: &str, status| {
            let call = Call { method: http::Method::GET, path: path.to_owned() };
            let (begin, took) = (Duration::from_micros(2500), Duration::from_millis(31));
            Timed { call, status, took, begin }.row().join(" | ")
        };
        let (sha, long) = ("0123456789".repeat(4), "x".repeat(100));
        let rows = [
            row("/repos/org/day2-product/pulls/7", Some(200)),
            row(&format!("/repos/org/x/compare/{sha}...{sha}?per_page=1"), None),
            row("/graphql (query Viewer)", Some(502)),
            row(&format!("/repos/org/x/{long}"), Some(200)),
        ];
        insta::assert_snapshot!(rows.join("\n").replace(&"x".repeat(78), "(78 x)"), @"
        `GET …/pulls/7` | 200 | 2 ms | 31 ms
        `GET …/compare/0123456...0123456?per_page=1` | no answer | 2 ms | 31 ms
        `GET /graphql (query Viewer)` | 502 | 2 ms | 31 ms
        `GET …/(78 x)…` | 200 | 2 ms | 31 ms
        ");
    }
}
