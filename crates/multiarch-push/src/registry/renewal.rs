//! Signing in again, in the middle of a push: a token of ECR lasts twelve hours, and a configuration may be older.

use model::{Deadline, Failure};
use toolkit::Host;

use super::keychain::{Credential, Keychain};

/// The ways to a new credential.
#[derive(Clone)]
pub(crate) struct Renewal {
    host: Host,
}

impl std::fmt::Debug for Renewal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Renewal")
    }
}

impl Renewal {
    /// Takes the ways from the environment of `host`, which masks what is made.
    pub(crate) fn new(host: &Host) -> Self {
        Self { host: host.clone() }
    }

    /// Makes a credential for a registry, by its host and port; none if there is no way to.
    pub(super) async fn mint(
        &self,
        registry: &str,
        deadline: Deadline,
    ) -> Result<Option<Credential>, Failure> {
        let _ = deadline;
        // A helper program makes a token when it is asked.
        let credential = Keychain::load(self.host.env())?.helped(registry).await;
        if let Some(credential) = &credential {
            self.host.mask(&credential.password);
        }
        Ok(credential)
    }
}
