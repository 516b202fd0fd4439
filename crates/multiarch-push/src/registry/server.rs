//! What all repositories of one registry share: the gate before it, and who we are to it.

use std::sync::Arc;

use futures_util::FutureExt;
use model::{Deadline, Failure};
use tokio::sync::{Mutex, Semaphore};

use super::{
    amazon::Amazon,
    gate::Gate,
    keychain::{Credential, Keychain},
};

/// A credential, and which of those that there were one after the other.
#[derive(Debug, Clone)]
pub(super) struct Login {
    /// Counts the credentials, from 0.
    pub(super) generation: u32,
    /// None for anybody.
    pub(super) credential: Option<Credential>,
}

/// One registry.
#[derive(Debug)]
pub(super) struct Server {
    /// Lets requests to it pass.
    pub(super) gate: Arc<Gate>,
    /// Host and port.
    name: String,
    /// None until it is asked for first: a helper program may have to be started.
    login: Mutex<Option<Login>>,
}

impl Server {
    /// Opens a registry by its host and port.
    pub(super) fn new(name: &str, all: Arc<Semaphore>) -> Arc<Self> {
        Arc::new(Self { gate: Gate::new(all), name: name.to_owned(), login: Mutex::new(None) })
    }

    /// Returns the credential of now.
    pub(super) async fn login(&self, keychain: &Keychain) -> Login {
        let mut login = self.login.lock().await;
        if let Some(known) = &*login {
            return known.clone();
        }
        let credential = keychain.credential(&self.name).await;
        login.insert(Login { generation: 0, credential }).clone()
    }

    /// Returns a newer credential than the one with this generation, which the registry no longer takes. It is made
    /// once in a run, however many requests are refused at the same time; none if there is no way to make one, or the
    /// new one was refused, too.
    pub(super) async fn newer(
        &self,
        than: u32,
        amazon: &Amazon,
        deadline: Deadline,
    ) -> Result<Option<Login>, Failure> {
        let mut login = self.login.lock().await;
        match &*login {
            Some(known) if known.generation > than => return Ok(Some(known.clone())),
            Some(known) if known.generation > 0 => return Ok(None),
            _ => {}
        }
        let Some(credential) = amazon.mint(&self.name, deadline).boxed_local().await? else {
            return Ok(None);
        };
        tracing::debug!("{} gets a new credential", self.name);
        Ok(Some(login.insert(Login { generation: than + 1, credential: Some(credential) }).clone()))
    }
}
