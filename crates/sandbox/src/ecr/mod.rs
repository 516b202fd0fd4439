//! The ECR API: hands out registry passwords.

mod repositories;
mod routes;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::Router;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    World, faults,
    oidc::{now, random_hex},
    record,
    registry::REGION,
    sts::Session,
};

/// How long a password is valid: twelve hours.
const LIFETIME: i64 = 12 * 3600;

/// For whom a registry password was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub arn: String,
    /// The role behind it.
    pub role_arn: String,
    /// The key of the session that it was made for, whose policies limit it as well; none if it was made without one.
    pub access_key_id: Option<String>,
    /// The region whose registries it opens; none for the public gallery's.
    pub region: Option<String>,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

/// The passwords that were issued.
#[derive(Debug)]
pub struct State {
    passwords: Mutex<BTreeMap<String, Access>>,
    /// What `CreateRepository` was told of a repository, by its name.
    described: Mutex<BTreeMap<String, Value>>,
}

impl State {
    pub(crate) fn new() -> Self {
        Self { passwords: Mutex::default(), described: Mutex::default() }
    }

    /// Returns for whom `password` was made, if it was and its time is not over. The registry asks this for
    /// Basic authentication with the user name `AWS`.
    pub fn is_valid_password(&self, password: &str) -> Option<Access> {
        faults::lock(&self.passwords).get(password).filter(|access| access.expires > now()).cloned()
    }

    /// Makes a password without a call, for tests of what comes after the login. There is no session behind it, so
    /// that nothing limits it.
    pub fn issue_password(&self, role_arn: &str) -> String {
        self.add(Access {
            arn: format!("{role_arn}/issued"),
            role_arn: role_arn.to_owned(),
            access_key_id: None,
            region: Some(REGION.to_owned()),
            expires: now() + LIFETIME,
        })
    }

    /// Returns what `CreateRepository` was told; null for a repository that was there before.
    pub fn description(&self, repository: &str) -> Value {
        faults::lock(&self.described).get(repository).cloned().unwrap_or_default()
    }

    fn describe(&self, repository: &str, description: Value) {
        faults::lock(&self.described).insert(repository.to_owned(), description);
    }

    /// Returns every password that was issued, to search logs and files for them.
    pub fn passwords(&self) -> Vec<String> {
        faults::lock(&self.passwords).keys().cloned().collect()
    }

    /// Ends the validity of every password.
    pub fn expire_passwords(&self) {
        faults::lock(&self.passwords).values_mut().for_each(|access| access.expires = 0);
    }

    /// Makes the password of a session for a region, which may do what its role may; and says until when it is valid.
    pub fn issue(&self, session: &Session, region: Option<&str>) -> (String, i64) {
        let expires = now() + LIFETIME;
        let access = Access {
            arn: session.arn.clone(),
            role_arn: session.role_arn.clone(),
            access_key_id: Some(session.access_key_id.clone()),
            region: region.map(str::to_owned),
            expires,
        };
        (self.add(access), expires)
    }

    /// AWS makes passwords of a few kilobytes: the base64 of a JSON document.
    fn add(&self, access: Access) -> String {
        let document = json!({
            "payload": random_hex(700),
            "datakey": random_hex(180),
            "version": "2",
            "type": "DATA_KEY",
            "expiration": access.expires,
        });
        let password = STANDARD.encode(document.to_string());
        faults::lock(&self.passwords).insert(password.clone(), access);
        password
    }
}

pub(crate) fn router(world: Arc<World>) -> Router {
    record::aws::layer(routes::router(world), "ecr")
}
