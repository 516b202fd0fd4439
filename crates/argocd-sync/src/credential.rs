//! Who we are for Argo CD.

use std::path::PathBuf;

use model::Secret;
use toolkit::Host;

/// How the action signs in.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// A token of an account or of a project's role.
    Token(Secret),
    /// A local user, whose password gets a token for a day.
    Password {
        /// The user's name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// An identity token of another issuer, which Argo CD trusts directly or through its Dex.
    Federated(Federated),
}

/// An identity token, and what it is to be used with.
#[derive(Debug, Clone)]
pub(crate) struct Federated {
    /// Where the token comes from.
    pub(crate) source: Source,
    /// Whom the token is to be for, if that is not to be found out.
    pub(crate) audience: Option<String>,
    /// The id of Dex's connector for the issuer, if that is not to be found out.
    pub(crate) connector: Option<String>,
}

/// Where an identity token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The token service of GitHub's runner.
    GitHub,
    /// A file that the kubelet keeps fresh.
    File(PathBuf),
}

impl Credential {
    /// Masks what is given as a secret; tokens are masked where one signs in with them.
    pub(crate) fn mask(&self, host: &Host) {
        if let Self::Password { password, .. } = self {
            host.mask(password);
        }
    }
}
