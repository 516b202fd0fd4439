//! The OIDC issuer of GitHub Actions: its discovery document, its keys, and the endpoint at which a job asks for
//! its token.

mod claims;
mod job;
mod keys;
mod routes;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::Router;
use rand::RngCore;
use serde_json::Value;

pub use self::claims::Subject;
pub(crate) use self::keys::Keys;
use crate::{World, faults};

/// What can be set on the issuer.
#[derive(Debug)]
pub struct State {
    issuer: String,
    immutable_sub: AtomicBool,
    lifetime: AtomicI64,
    issued: Mutex<Vec<String>>,
    jobs: Mutex<BTreeMap<String, Subject>>,
}

impl State {
    pub(crate) fn new(urls: &crate::world::Urls) -> Self {
        Self::with_issuer(&urls.oidc)
    }

    pub(crate) fn with_issuer(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            immutable_sub: AtomicBool::new(false),
            lifetime: AtomicI64::new(claims::LIFETIME),
            issued: Mutex::default(),
            jobs: Mutex::default(),
        }
    }

    /// Returns the `iss` claim: the base URL of this issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether the `sub` claim carries the numbers of owner and repository from now on.
    pub fn set_immutable_sub(&self, on: bool) {
        self.immutable_sub.store(on, Ordering::Relaxed);
    }

    /// Sets how many seconds the next tokens are valid; less than zero makes expired ones.
    pub fn set_lifetime(&self, seconds: i64) {
        self.lifetime.store(seconds, Ordering::Relaxed);
    }

    /// Returns every token that was issued, oldest first, to search logs and files for them.
    pub fn issued(&self) -> Vec<String> {
        faults::lock(&self.issued).clone()
    }

    /// Lets the holder of `request_token` ask for tokens as `subject`, without a run on the sandbox's GitHub.
    pub fn add_job(&self, request_token: &str, subject: Subject) {
        faults::lock(&self.jobs).insert(request_token.to_owned(), subject);
    }

    fn job(&self, request_token: &str) -> Option<Subject> {
        faults::lock(&self.jobs).get(request_token).cloned()
    }

    /// Signs a token for `subject`; none only if the system has no randomness.
    pub fn issue(&self, subject: &Subject, audience: &str) -> Option<String> {
        let immutable = self.immutable_sub.load(Ordering::Relaxed);
        let lifetime = self.lifetime.load(Ordering::Relaxed);
        let claims = subject.claims(&self.issuer, audience, immutable, now(), lifetime);
        let token = self.sign(&claims)?;
        faults::lock(&self.issued).push(token.clone());
        Some(token)
    }

    /// Issues the token that a cluster mounts into the pods of a service account, for IAM roles for service accounts: this
    /// issuer is the cluster's as well.
    pub fn service_account_token(&self, namespace: &str, name: &str) -> Option<String> {
        let token = self.sign(&serde_json::json!({
            "aud": ["sts.amazonaws.com"],
            "exp": now() + 3600,
            "iat": now(),
            "iss": self.issuer,
            "sub": format!("system:serviceaccount:{namespace}:{name}"),
        }))?;
        faults::lock(&self.issued).push(token.clone());
        Some(token)
    }

    /// Signs any claims with the issuer's key, for tokens that no run would get.
    pub fn sign(&self, claims: &Value) -> Option<String> {
        Keys::get()?.sign(claims)
    }
}

pub(crate) fn router(world: Arc<World>) -> Router {
    routes::router(world)
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

/// Returns `bytes` random bytes in hexadecimal.
pub(crate) fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    rand::thread_rng().fill_bytes(&mut buffer);
    buffer.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Returns a random text in the shape of a UUID.
pub(crate) fn uuid() -> String {
    let hex = random_hex(16);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
