//! Latency and faults, as state.
//!
//! A fault is matched by service, method and a part of the path. It can skip the first calls, and it wears
//! off after a number of hits, so that "the second PUT fails once" is one value.

use std::{sync::Arc, sync::Mutex, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use serde::{Deserialize, Serialize};

use crate::{
    World,
    chance::{Chance, Chances},
    hold::{self, Held, Hold},
    stop::{Stop, When},
    turnstile::Turnstile,
};

/// What happens to a call that a fault matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The call is answered with this status and body, and does not reach the service.
    Reply {
        /// The HTTP status.
        status: u16,
        /// The body, as it is.
        body: String,
        /// The content type.
        #[serde(default = "json")]
        content_type: String,
        /// Further headers, such as `Retry-After`.
        #[serde(default)]
        headers: Vec<(String, String)>,
    },
    /// The call takes effect, but the client sees this status: a gateway that lost the reply.
    ReplyAfter {
        /// The HTTP status.
        status: u16,
    },
    /// The connection is cut before the service sees the call.
    Drop,
    /// The call takes effect and the connection is cut before the reply.
    DropAfter,
    /// The call is held back for this many milliseconds, then goes on.
    Delay {
        /// Milliseconds.
        millis: u64,
    },
}

fn json() -> String {
    "application/json".to_owned()
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// `github`, `oidc`, `sts`, `ecr`, `registry`, `argocd`; empty for all.
    #[serde(default)]
    pub service: String,
    /// The HTTP method; empty for all.
    #[serde(default)]
    pub method: String,
    /// A part of the path and query; empty for all.
    #[serde(default)]
    pub path: String,
    /// How many matching calls pass first.
    #[serde(default)]
    pub skip: u32,
    /// How many calls it hits, none for no end.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens.
    pub effect: Effect,
}

impl Fault {
    /// A fault that hits the next call of `service` whose method and path match.
    pub fn once(service: &str, method: &str, path: &str, effect: Effect) -> Self {
        Self {
            service: service.into(),
            method: method.into(),
            path: path.into(),
            skip: 0,
            times: Some(1),
            effect,
        }
    }

    fn matches(&self, service: &str, method: &str, path: &str) -> bool {
        (self.service.is_empty() || self.service == service)
            && (self.method.is_empty() || self.method == method)
            && path.contains(&self.path)
    }
}

/// The faults that are set, in order; the first that matches and is due decides.
#[derive(Debug, Default)]
pub struct Faults {
    active: Mutex<Vec<Fault>>,
    chances: Chances,
    calls: Mutex<Vec<Call>>,
    stop: Mutex<Option<Stop>>,
    turnstile: Mutex<Option<Turnstile>>,
    holds: Mutex<Vec<Held>>,
    /// Calls that are being answered, and the most that ever were.
    at_once: Mutex<(usize, usize)>,
}

/// A call that was received, for counting requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The service.
    pub service: String,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
}

impl Faults {
    /// Adds a fault.
    pub fn add(&self, fault: Fault) {
        lock(&self.active).push(fault);
    }

    /// Adds a fault that hits by chance.
    pub fn add_chance(&self, chance: Chance) {
        self.chances.add(chance);
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.chances.clear();
        lock(&self.active).clear();
        *lock(&self.stop) = None;
        *lock(&self.turnstile) = None;
    }

    /// Returns every call so far, the controls' own left out.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.calls).clone()
    }

    /// Stops the world at the `index`-th call from now on (from 0): it hangs there for ever, and every call after
    /// it too, until [`Faults::clear`]. For killing a client at each point of its way.
    pub fn stop_at(&self, index: usize, when: When) -> Stop {
        let stop = Stop::new(lock(&self.calls).len() + index, when);
        *lock(&self.stop) = Some(stop.clone());
        stop
    }

    /// Holds each call of `service` from now on until the turnstile releases it, or until [`Faults::clear`], which
    /// leaves those that wait to the turnstile.
    pub fn hold_each(&self, service: &'static str) -> Turnstile {
        let turnstile = Turnstile::new(service);
        *lock(&self.turnstile) = Some(turnstile.clone());
        turnstile
    }

    /// Returns the most calls that were being answered at a time.
    pub fn most_at_once(&self) -> usize {
        lock(&self.at_once).1
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        lock(&self.calls).clear();
        lock(&self.at_once).1 = 0;
    }

    /// Holds the next call of `service` with this method whose path has `path`, before or after it takes effect.
    pub fn hold(&self, service: &str, method: &str, path: &str, when: When) -> Hold {
        let (hold, held) = hold::hold(service, method, path, when);
        lock(&self.holds).push(held);
        hold
    }

    fn held(&self, service: &str, method: &str, path: &str) -> Option<Held> {
        let mut holds = lock(&self.holds);
        let at = holds.iter().position(|held| held.matches(service, method, path))?;
        Some(holds.remove(at))
    }

    fn hit(&self, service: &str, method: &str, path: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for fault in lock(&self.active).iter_mut().filter(|fault| fault.matches(service, method, path)) {
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            match &mut fault.times {
                Some(0) => continue,
                Some(times) => *times -= 1,
                None => {}
            }
            let ends_it = !matches!(fault.effect, Effect::Delay { .. });
            effects.push(fault.effect.clone());
            if ends_it {
                break;
            }
        }
        effects
    }
}

/// A call that is being answered.
struct Answering<'a>(&'a Faults);

impl<'a> Answering<'a> {
    fn new(faults: &'a Faults) -> Self {
        let mut at_once = lock(&faults.at_once);
        at_once.0 += 1;
        at_once.1 = at_once.1.max(at_once.0);
        Self(faults)
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        lock(&self.0.at_once).0 -= 1;
    }
}

/// Locks, and goes on with the value of a thread that panicked: a test has failed by then anyway.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The middleware in front of each service.
pub(crate) async fn apply(
    State((service, world)): State<(&'static str, Arc<World>)>,
    request: Request,
    next: Next,
) -> Response {
    if service == "control" {
        return next.run(request).await;
    }
    let method = request.method().to_string();
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let index = {
        let mut calls = lock(&world.faults.calls);
        calls.push(Call { service: service.into(), method: method.clone(), path: path.clone() });
        calls.len() - 1
    };
    let _answering = Answering::new(&world.faults);
    let stop = lock(&world.faults.stop).clone();
    if let Some(stop) = stop.filter(|stop| stop.concerns(index)) {
        return stop.hang(index, next.run(request)).await;
    }
    let turnstile = lock(&world.faults.turnstile).clone();
    let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let authorization = authorization.unwrap_or_default().to_owned();
    let _pass = match turnstile {
        Some(turnstile) => turnstile.pass(service, (&method, &path, &authorization)).await,
        None => None,
    };
    if let Some(held) = world.faults.held(service, &method, &path) {
        return held.answer(next.run(request)).await;
    }
    let (request, by_chance) = world.faults.chances.hit((service, &method, &path), request).await;
    for effect in world.faults.hit(service, &method, &path).into_iter().chain(by_chance) {
        match effect {
            Effect::Delay { millis } => tokio::time::sleep(Duration::from_millis(millis)).await,
            Effect::Reply { status, body, content_type, headers } => {
                let mut reply = Response::builder().status(status).header("content-type", content_type);
                for (name, value) in headers {
                    reply = reply.header(name, value);
                }
                return reply.body(Body::from(body)).unwrap_or_default();
            }
            Effect::Drop => return cut(),
            Effect::ReplyAfter { status } => {
                let _ = next.run(request).await;
                return Response::builder().status(status).body(Body::empty()).unwrap_or_default();
            }
            Effect::DropAfter => {
                let _ = next.run(request).await;
                return cut();
            }
        }
    }
    next.run(request).await
}

/// A reply whose body fails at once: the client sees a promised body and a closed connection.
fn cut() -> Response {
    let error = std::io::Error::other("cut by a fault");
    let body = Body::from_stream(futures_util::stream::iter([Err::<bytes::Bytes, _>(error)]));
    Response::builder().header("content-length", "1000000").body(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_skips_then_wears_off() {
        let faults = Faults::default();
        faults.add(Fault { skip: 1, ..Fault::once("sts", "POST", "/", Effect::Drop) });
        let hits: Vec<bool> = (0..3).map(|_| !faults.hit("sts", "POST", "/").is_empty()).collect();
        assert_eq!(hits, [false, true, false]);
        assert!(faults.hit("ecr", "POST", "/").is_empty());
    }
}
