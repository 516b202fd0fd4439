//! Argo CD: its parts, its settings, its accounts.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use model::Secret;
use serde_json::{Value, json};

use crate::{
    Admin, Error, Kube, Programs, cluster, keys,
    part::{Ready, Spec},
    ports::Ports,
    state::{Account, Accounts, Cluster},
};

/// Where Argo CD lives.
const NAMESPACE: &str = "argocd";
/// How long Argo CD may take for what it makes when it first starts.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the accounts may do. `ci` has what README of argocd-sync asks for.
const POLICY: &str = "p, role:ci, applications, get, */*, allow
p, role:ci, applications, sync, */*, allow
p, role:ci, applications, action/*, */*, allow
p, role:ci, logs, get, */*, allow
p, role:reader, applications, get, */*, allow
g, ci, role:ci
g, reader, role:reader
";

/// The ports of Argo CD's parts.
#[derive(Debug)]
pub(crate) struct Plan {
    server: u16,
    repo: u16,
    commit: u16,
    redis: u16,
    metrics: [u16; 4],
}

impl Plan {
    pub(crate) fn new(redis: u16, ports: &mut Ports) -> Result<Self, Error> {
        Ok(Self {
            server: ports.take()?,
            repo: ports.take()?,
            commit: ports.take()?,
            redis,
            metrics: [ports.take()?, ports.take()?, ports.take()?, ports.take()?],
        })
    }

    /// Argo CD's URL.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server)
    }

    fn spec(
        &self,
        programs: &Programs,
        directory: &Path,
        role: &str,
        listen: &[&str],
        metrics: usize,
    ) -> Spec {
        let at = |name: &str| directory.join("argocd").join(name).display().to_string();
        let env: BTreeMap<String, String> = [
            ("ARGOCD_BINARY_NAME", role.to_owned()),
            // Outside of a pod, `https://kubernetes.default.svc` is what KUBECONFIG says.
            ("ARGOCD_FAKE_IN_CLUSTER", "true".to_owned()),
            ("KUBECONFIG", directory.join("dev/kubeconfig").display().to_string()),
            ("ARGOCD_GPG_ENABLED", "false".to_owned()),
            ("ARGOCD_TLS_DATA_PATH", at("tls")),
            ("ARGOCD_SSH_DATA_PATH", at("ssh")),
            ("ARGOCD_GPG_DATA_PATH", at("gpg")),
            ("ARGOCD_ASK_PASS_SOCK", at("ask-pass.sock")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let metrics = self.metrics[metrics];
        let mut arguments: Vec<String> = listen.iter().map(|word| (*word).to_owned()).collect();
        arguments.extend(["--metrics-port".to_owned(), metrics.to_string(), "--logformat=text".to_owned()]);
        Spec {
            name: role.to_owned(),
            program: programs.argocd.clone(),
            arguments,
            env,
            ports: vec![metrics],
            ready: Ready::AtOnce,
        }
    }

    /// The parts that need no Kubernetes.
    pub(crate) fn early(&self, programs: &Programs, directory: &Path) -> Vec<Spec> {
        let (repo, commit) = (self.repo.to_string(), self.commit.to_string());
        let redis = format!("127.0.0.1:{}", self.redis);
        let here = ["--address", "127.0.0.1", "--metrics-address", "127.0.0.1", "--port"];
        let mut parts = Vec::new();
        let words = [&here[..], &[&repo, "--disable-tls", "--redis", &redis]].concat();
        let mut spec = self.spec(programs, directory, "argocd-repo-server", &words, 0);
        spec.ports.push(self.repo);
        spec.ready = Ready::Accepts(self.repo);
        parts.push(spec);
        let words = [&here[..], &[&commit]].concat();
        let mut spec = self.spec(programs, directory, "argocd-commit-server", &words, 1);
        spec.ports.push(self.commit);
        spec.ready = Ready::Accepts(self.commit);
        parts.push(spec);
        parts
    }

    /// The API server and the application controller. The latter's metrics are the one thing that listens on every
    /// address: it has no option for that.
    pub(crate) fn late(&self, programs: &Programs, directory: &Path) -> Vec<Spec> {
        let kubeconfig = directory.join("dev/kubeconfig").display().to_string();
        let (port, repo) = (self.server.to_string(), format!("127.0.0.1:{}", self.repo));
        let (redis, commit) = (format!("127.0.0.1:{}", self.redis), format!("127.0.0.1:{}", self.commit));
        let common = [
            "--kubeconfig",
            &kubeconfig,
            "--namespace",
            NAMESPACE,
            "--redis",
            &redis,
            "--repo-server",
            &repo,
            "--repo-server-plaintext",
            "--hydrator-enabled",
        ];
        let words = [&common[..], &["--commit-server", &commit]].concat();
        let mut controller = self.spec(programs, directory, "argocd-application-controller", &words, 2);
        controller.ready = Ready::Answers(format!("http://127.0.0.1:{}/healthz", self.metrics[2]), None);
        let words = [
            &common[..],
            &["--insecure", "--address", "127.0.0.1", "--metrics-address", "127.0.0.1", "--port", &port],
        ]
        .concat();
        let mut server = self.spec(programs, directory, "argocd-server", &words, 3);
        server.ports.push(self.server);
        server.ready = Ready::Answers(format!("{}/healthz", self.url()), None);
        vec![controller, server]
    }
}

/// Puts definitions, settings and the prod cluster into the dev cluster.
pub(crate) async fn furnish(
    kube: &Kube,
    programs: &Programs,
    url: &str,
    prod: &Cluster,
) -> Result<(), Error> {
    kube.apply(&json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } }))
        .await?;
    cluster::definitions(kube, programs.manifests("argo-cd/manifests/crds")?).await?;
    for mut object in programs.manifests("argo-cd/manifests/base/config")? {
        object["metadata"]["namespace"] = json!(NAMESPACE);
        match object["metadata"]["name"].as_str() {
            Some("argocd-cm") => {
                object["data"]["url"] = json!(url);
                object["data"]["accounts.ci"] = json!("apiKey, login");
                object["data"]["accounts.reader"] = json!("apiKey, login");
            }
            Some("argocd-rbac-cm") => object["data"] = json!({ "policy.csv": POLICY }),
            _ => {}
        }
        kube.apply(&object).await?;
    }
    let config = json!({
        "bearerToken": prod.token.expose(),
        "tlsClientConfig": { "caData": STANDARD.encode(&prod.ca_pem) },
    });
    kube.apply(&json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {
            "name": "cluster-prod", "namespace": NAMESPACE,
            "labels": { "argocd.argoproj.io/secret-type": "cluster" },
        },
        "stringData": { "name": prod.argocd_name, "server": prod.argocd_server, "config": config.to_string() },
    }))
    .await
    .map(drop)
}

/// The password of `admin`, which Argo CD makes when it first starts.
pub(crate) async fn first_password(kube: &Kube) -> Result<Secret, Error> {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/secrets/argocd-initial-admin-secret");
    let start = Instant::now();
    loop {
        let secret = kube.get(&path).await?.unwrap_or_default();
        if let Some(encoded) = secret["data"]["password"].as_str() {
            let bytes = STANDARD.decode(encoded).map_err(|error| Error::new(format!("{path}: {error}")))?;
            return Ok(Secret::new(String::from_utf8_lossy(&bytes)));
        }
        if start.elapsed() > PATIENCE {
            return Err(Error::new(format!(
                "Argo CD has made no password for admin after {} s",
                PATIENCE.as_secs()
            )));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Gives the accounts passwords and tokens.
pub(crate) async fn accounts(admin: &Admin, own: &Secret) -> Result<Accounts, Error> {
    Ok(Accounts { ci: account(admin, own, "ci").await?, reader: account(admin, own, "reader").await? })
}

async fn account(admin: &Admin, own: &Secret, name: &str) -> Result<Account, Error> {
    let password = Secret::new(keys::token()?);
    admin.set_password(name, &password, own).await?;
    let token = admin.account_token(name, None).await?;
    Ok(Account { name: name.to_owned(), password, token })
}

/// Whether an application of this name can be made: the default project is there.
pub(crate) async fn has_default_project(kube: &Kube) -> Result<(), Error> {
    let path = format!("/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/appprojects/default");
    let start = Instant::now();
    loop {
        if kube.get(&path).await?.is_some_and(|project: Value| project.is_object()) {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err(Error::new(format!(
                "Argo CD has made no default project after {} s",
                PATIENCE.as_secs()
            )));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
