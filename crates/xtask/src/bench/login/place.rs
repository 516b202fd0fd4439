//! An issuer, STS, ECR and a registry at a distance.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use sandbox::{Config, Sandbox, oidc::Subject};
use tempfile::TempDir;

use super::{ROLE, tls::Certificate};
use crate::bench::proxy::{Line, Proxy};

const REQUEST_TOKEN: &str = "request-token-of-the-job";

/// The sandbox, and the lines to its services.
pub(super) struct Place {
    sandbox: Sandbox,
    certificate: Certificate,
    oidc: Proxy,
    sts: Proxy,
    ecr: Proxy,
    registry: Proxy,
    _directory: TempDir,
}

/// How much there was so far.
pub(super) struct Counts {
    pub(super) requests: usize,
    pub(super) connections: usize,
    /// Registry credentials that were made.
    pub(super) credentials: usize,
}

impl Place {
    pub(super) async fn start(round_trip: Duration) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let sandbox = Sandbox::start(Config::default()).await.map_err(text)?;
        let world = sandbox.world();
        world.sts.add_role_for(ROLE, "org/day2-product");
        let subject = Subject {
            repository: "org/day2-product".into(),
            event_name: "push".into(),
            ref_: "refs/heads/dev".into(),
            ..Subject::default()
        };
        world.oidc.add_job(REQUEST_TOKEN, subject);
        let directory = tempfile::tempdir().map_err(text)?;
        let certificate = Certificate::make(directory.path())?;
        let line = async |url: &str| {
            let address = sandbox::world::registry_host(url).parse();
            let address = address.map_err(|error| format!("the sandbox's address {url}: {error}"))?;
            let front = certificate.before(address).await.map_err(text)?;
            let line = Line { one_way: round_trip / 2, ..Line::default() };
            Proxy::start(front, line).await.map_err(text)
        };
        let urls = &world.urls;
        let (oidc, sts) = (line(&urls.oidc).await?, line(&urls.sts).await?);
        let (ecr, registry) = (line(&urls.ecr).await?, line(&urls.registry).await?);
        Ok(Self { oidc, sts, ecr, registry, certificate, sandbox, _directory: directory })
    }

    /// The environment of a job on a runner that has `home`.
    pub(super) fn env(&self, home: &Path) -> Result<BTreeMap<String, String>, String> {
        let temp = home.join("temp");
        if !temp.is_dir() {
            fs::create_dir(&temp).map_err(|error| error.to_string())?;
        }
        let file = |name: &str| home.join(name).display().to_string();
        let url = |line: &Proxy| format!("https://{}", line.address);
        let authority = self.certificate.authority.display().to_string();
        let pairs = [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_OUTPUT", file("output")),
            ("GITHUB_ENV", file("env")),
            ("GITHUB_STEP_SUMMARY", file("summary")),
            ("RUNNER_TEMP", file("temp")),
            ("HOME", file("home")),
            ("AWS_CA_BUNDLE", authority.clone()),
            ("NODE_EXTRA_CA_CERTS", authority),
            ("AWS_ENDPOINT_URL_STS", url(&self.sts)),
            ("AWS_ENDPOINT_URL_ECR", url(&self.ecr)),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{}/token?api-version=2.0", url(&self.oidc))),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN.to_owned()),
            ("REGISTRY", url(&self.registry)),
            ("KEYS", file("keys")),
            ("ROLE", ROLE.to_owned()),
        ];
        Ok(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    pub(super) fn counts(&self) -> Counts {
        let lines = [&self.oidc, &self.sts, &self.ecr, &self.registry];
        Counts {
            requests: self.sandbox.world().faults.calls().len(),
            connections: lines.iter().map(|line| line.connections()).sum(),
            credentials: self.sandbox.world().ecr.passwords().len(),
        }
    }
}
