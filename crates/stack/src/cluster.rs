//! The parts of one cluster: API server, controllers, scheduler, Rollouts, and KWOK in the place of a node's kubelet.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use model::Secret;
use serde_json::{Value, json};

use crate::{
    Error, Kube, Programs, keys, kwok,
    part::{Ready, Spec},
    ports::Ports,
    state::Cluster,
};

/// Controllers that the manifests of an application need. No node-lifecycle controller: KWOK's node is always well.
const CONTROLLERS: &str = "deployment-controller,replicaset-controller,statefulset-controller,daemonset-controller,\
    job-controller,cronjob-controller,garbage-collector-controller,namespace-controller,endpointslice-controller,\
    serviceaccount-controller";

/// How long an object may take to be as it should.
const PATIENCE: Duration = Duration::from_secs(120);

/// A cluster that is being set up.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    directory: PathBuf,
    port: u16,
    kubelet: u16,
    controllers: u16,
    scheduler: u16,
    token: String,
    etcd: u16,
}

impl Plan {
    /// Takes ports and writes the files that every part needs.
    pub(crate) fn new(name: &'static str, stack: &Path, etcd: u16, ports: &mut Ports) -> Result<Self, Error> {
        let directory = stack.join(name);
        fs::create_dir_all(&directory)
            .map_err(Error::of(format!("cannot create {}", directory.display())))?;
        let plan = Self {
            name,
            directory,
            port: ports.take()?,
            kubelet: ports.take()?,
            controllers: ports.take()?,
            scheduler: ports.take()?,
            token: keys::token()?,
            etcd,
        };
        keys::private(&plan.path("tokens.csv"), &format!("{},admin,admin,\"system:masters\"\n", plan.token))?;
        keys::signing(&plan.path("service-accounts.key"))?;
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": name,
            "clusters": [{ "name": name, "cluster": { "server": plan.url(), "insecure-skip-tls-verify": true } }],
            "users": [{ "name": name, "user": { "token": plan.token } }],
            "contexts": [{ "name": name, "context": { "cluster": name, "user": name } }],
        });
        keys::private(&plan.path("kubeconfig"), &config.to_string())?;
        kwok::configure(&plan.directory, &plan.path("kwok.yaml"))?;
        Ok(plan)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    fn spec(
        &self,
        programs: &Programs,
        program: &str,
        arguments: Vec<String>,
        ports: Vec<u16>,
        ready: Ready,
    ) -> Spec {
        Spec {
            name: format!("{}/{program}", self.name),
            program: programs.built(program),
            arguments,
            env: BTreeMap::new(),
            ports,
            ready,
        }
    }

    /// The API server. RBAC, so that whoever has no rights has none; the issuer of ServiceAccounts' tokens is the
    /// server itself, so that Argo CD can be told to trust them.
    pub(crate) fn api_server(&self, programs: &Programs) -> Spec {
        let url = self.url();
        let arguments = vec![
            format!("--etcd-servers=http://127.0.0.1:{}", self.etcd),
            format!("--etcd-prefix=/{}", self.name),
            format!("--secure-port={}", self.port),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--cert-dir={}", self.text("certificates")),
            format!("--token-auth-file={}", self.text("tokens.csv")),
            "--authorization-mode=RBAC".to_owned(),
            format!("--service-account-key-file={}", self.text("service-accounts.key")),
            format!("--service-account-signing-key-file={}", self.text("service-accounts.key")),
            format!("--service-account-issuer={url}"),
            format!("--service-account-jwks-uri={url}/openid/v1/jwks"),
            "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
            // Without a node-lifecycle controller nobody would take the taint off again; pods need no token.
            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition".to_owned(),
            // Debian's etcd 3.4 cannot say how far a watch is. With WatchList the server then refuses every watch from
            // the beginning on, KWOK's among them, which would see a pod only when it lists again, in half a minute.
            "--feature-gates=WatchList=false".to_owned(),
            "--endpoint-reconciler-type=none".to_owned(),
            "--kubelet-preferred-address-types=InternalIP".to_owned(),
            "--profiling=false".to_owned(),
        ];
        let ready = Ready::Answers(format!("{url}/readyz"), Some(self.token.clone()));
        self.spec(programs, "kube-apiserver", arguments, vec![self.port], ready)
    }

    /// What runs once the API server serves.
    pub(crate) fn controllers(&self, programs: &Programs) -> Vec<Spec> {
        let kubeconfig = format!("--kubeconfig={}", self.text("kubeconfig"));
        let common = |port: u16| {
            [
                kubeconfig.clone(),
                "--leader-elect=false".to_owned(),
                "--bind-address=127.0.0.1".to_owned(),
                format!("--secure-port={port}"),
            ]
        };
        let mut manager = common(self.controllers).to_vec();
        manager.push(format!("--controllers={CONTROLLERS}"));
        manager.push(format!("--cert-dir={}", self.text("controller-manager")));
        let mut scheduler = common(self.scheduler).to_vec();
        scheduler.push(format!("--cert-dir={}", self.text("scheduler")));
        let kwok = vec![
            kubeconfig.clone(),
            "--manage-all-nodes=true".to_owned(),
            format!("--config={}", self.text("kwok.yaml")),
            format!("--server-address=127.0.0.1:{}", self.kubelet),
            "--node-ip=127.0.0.1".to_owned(),
            format!("--node-port={}", self.kubelet),
            format!("--tls-cert-file={}", self.text("certificates/apiserver.crt")),
            format!("--tls-private-key-file={}", self.text("certificates/apiserver.key")),
            "--node-lease-duration-seconds=0".to_owned(),
        ];
        vec![
            self.spec(programs, "kwok", kwok, vec![self.kubelet], Ready::Accepts(self.kubelet)),
            self.spec(
                programs,
                "kube-controller-manager",
                manager,
                vec![self.controllers],
                Ready::Accepts(self.controllers),
            ),
            self.spec(
                programs,
                "kube-scheduler",
                scheduler,
                vec![self.scheduler],
                Ready::Accepts(self.scheduler),
            ),
        ]
    }

    /// The controller of Rollouts, once their definitions are there. It would serve metrics and health on every address;
    /// ports that do not exist keep it from that, and it goes on without.
    pub(crate) fn rollouts(&self, programs: &Programs) -> Spec {
        let arguments = vec![
            format!("--kubeconfig={}", self.text("kubeconfig")),
            "--leader-elect=false".to_owned(),
            "--metricsPort=-1".to_owned(),
            "--healthzPort=-1".to_owned(),
        ];
        self.spec(programs, "rollouts-controller", arguments, Vec::new(), Ready::AtOnce)
    }

    /// The cluster as tests know it, once the API server has made its certificate.
    pub(crate) fn cluster(&self) -> Result<Cluster, Error> {
        let certificate = self.path("certificates/apiserver.crt");
        let ca_pem = fs::read_to_string(&certificate)
            .map_err(Error::of(format!("cannot read {}", certificate.display())))?;
        let (argocd_name, argocd_server) = if self.name == "dev" {
            ("in-cluster".to_owned(), "https://kubernetes.default.svc".to_owned())
        } else {
            (self.name.to_owned(), self.url())
        };
        Ok(Cluster {
            server: self.url(),
            token: Secret::new(&self.token),
            ca_pem,
            argocd_name,
            argocd_server,
            kubeconfig: self.path("kubeconfig"),
        })
    }
}

/// Puts the node, Rollouts' definitions and the issuer's binding into a new cluster.
pub(crate) async fn furnish(kube: &Kube, programs: &Programs) -> Result<(), Error> {
    kube.apply(&json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": "node",
            "annotations": { "kwok.x-k8s.io/node": "fake" },
            "labels": { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": "node" },
        },
    }))
    .await?;
    // Whoever verifies a ServiceAccount's token reads the keys without being anybody.
    kube.apply(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": { "name": "service-account-issuer-discovery" },
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:service-account-issuer-discovery",
        },
        "subjects": [{
            "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:unauthenticated",
        }],
    }))
    .await?;
    definitions(kube, programs.manifests("argo-rollouts/manifests/crds")?).await
}

/// Makes custom resource definitions and waits until the API server serves them.
pub(crate) async fn definitions(kube: &Kube, definitions: Vec<Value>) -> Result<(), Error> {
    let collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let made = definitions.iter().map(|definition| kube.create(collection, definition));
    futures_util::future::try_join_all(made).await?;
    for definition in &definitions {
        let path = crate::kube::path_of(definition)?;
        has_condition(kube, &path, "Established").await?;
    }
    Ok(())
}

/// Waits until the node is ready. A pod that has to wait for it would then wait for the scheduler's back-off as well.
pub(crate) async fn has_node(kube: &Kube) -> Result<(), Error> {
    has_condition(kube, "/api/v1/nodes/node", "Ready").await
}

/// Waits until an object's condition is true.
async fn has_condition(kube: &Kube, path: &str, name: &str) -> Result<(), Error> {
    let start = Instant::now();
    loop {
        let found = kube.get(path).await?.unwrap_or_default();
        let mut conditions = found["status"]["conditions"].as_array().into_iter().flatten();
        if conditions.any(|condition| condition["type"] == name && condition["status"] == "True") {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err(Error::new(format!("{path} is not {name} after {} s", PATIENCE.as_secs())));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
