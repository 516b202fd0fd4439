//! The state file: where a running stack is and how to get in.

use std::path::{Path, PathBuf};

use model::Secret;
use serde::{Deserialize, Serialize};
use toolkit::Env;

use crate::{Admin, Error, Kube, Programs, control, keys};

/// The variable with the path of the state file.
pub const VARIABLE: &str = "DAY2_CLUSTER";

/// A running stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    /// Where everything of the stack is: logs, data, the control socket. It goes with the stack.
    pub directory: PathBuf,
    /// Argo CD's URL, without a slash at the end.
    pub argocd: String,
    /// The password of `admin`.
    #[serde(with = "secret")]
    pub admin_password: Secret,
    /// Accounts besides `admin`.
    pub accounts: Accounts,
    /// The clusters that Argo CD manages.
    pub clusters: Clusters,
    /// Programs for tests.
    pub programs: Programs,
}

/// The accounts of Argo CD that are made for tests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Accounts {
    /// May get, sync and act on every application and read its logs, in every project.
    pub ci: Account,
    /// May get every application.
    pub reader: Account,
}

/// An account of Argo CD.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its password.
    #[serde(with = "secret")]
    pub password: Secret,
    /// An API token without an end.
    #[serde(with = "secret")]
    pub token: Secret,
}

/// The two clusters.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Clusters {
    /// Runs Argo CD.
    pub dev: Cluster,
    /// Is registered in Argo CD.
    pub prod: Cluster,
}

/// A cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cluster {
    /// The API server's URL.
    pub server: String,
    /// A token of its administrator.
    #[serde(with = "secret")]
    pub token: Secret,
    /// The certificate of the API server and of its authority.
    pub ca_pem: String,
    /// The name in Argo CD: `in-cluster` or `prod`.
    pub argocd_name: String,
    /// The URL in Argo CD: a destination's `server`.
    pub argocd_server: String,
    /// A kubeconfig of its administrator.
    pub kubeconfig: PathBuf,
}

impl Cluster {
    /// A client of this cluster.
    pub fn kube(&self) -> Result<Kube, Error> {
        Kube::new(self)
    }
}

impl State {
    /// The stack that `DAY2_CLUSTER` names; `None` if the variable is not set.
    ///
    /// # Panics
    /// If it is set and the file cannot be read: a test that went on would test something else.
    pub fn from_env() -> Option<Self> {
        let path = PathBuf::from(Env::from_process().get(VARIABLE)?);
        match Self::read(&path) {
            Ok(state) => Some(state),
            Err(error) => panic!("{VARIABLE}: {error}"),
        }
    }

    /// Reads a state file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(Error::of(format!("no stack runs: cannot read {}", path.display())))?;
        serde_json::from_str(&text).map_err(|error| Error::new(format!("{}: {error}", path.display())))
    }

    /// Writes the state file, for its owner only, all at once.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::new(error.to_string()))?;
        let beside = path.with_extension("new");
        keys::private(&beside, &text)?;
        std::fs::rename(&beside, path).map_err(Error::of(format!("cannot write {}", path.display())))
    }

    /// A client of Argo CD, signed in as `admin`.
    pub async fn admin(&self) -> Result<Admin, Error> {
        Admin::sign_in(&self.argocd, "admin", &self.admin_password).await
    }

    /// Stops a part with SIGTERM, as Kubernetes does. Its port stays its own.
    pub async fn stop(&self, part: &str) -> Result<(), Error> {
        control::ask(&self.directory, &format!("stop {part}")).await
    }

    /// Kills a part with SIGKILL.
    pub async fn kill(&self, part: &str) -> Result<(), Error> {
        control::ask(&self.directory, &format!("kill {part}")).await
    }

    /// Starts a part that was stopped, and waits until it serves.
    pub async fn start(&self, part: &str) -> Result<(), Error> {
        control::ask(&self.directory, &format!("start {part}")).await
    }

    /// Stops a part and starts it again: `argocd-server`, `argocd-repo-server`, `argocd-application-controller`,
    /// `argocd-commit-server`, `redis`, `dev/kwok`, `prod/kube-apiserver` and so on.
    pub async fn restart(&self, part: &str) -> Result<(), Error> {
        control::ask(&self.directory, &format!("restart {part}")).await
    }

    /// Ends the stack. Afterwards nothing of it is left.
    pub async fn down(&self) -> Result<(), Error> {
        control::ask(&self.directory, "down").await
    }
}

/// Secrets in the state file, which only its owner reads.
mod secret {
    use model::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}
