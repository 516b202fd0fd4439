//! Settings of a real Argo CD. They are for all stages: only one that plays alone changes them.

use std::{sync::atomic::Ordering, time::Instant};

use reqwest::Method;
use serde_json::{Value, json};
use stack::{Admin, Error, State};

use super::{PATIENCE, cluster::Cluster};

const SETTINGS: &str = "/api/v1/namespaces/argocd/configmaps/argocd-cm";
const POLICY: &str = "/api/v1/namespaces/argocd/configmaps/argocd-rbac-cm";

impl Cluster {
    /// Sets `oidc.config` until the stage ends. The server begins anew with it.
    pub(super) async fn set_oidc(&self, config: &Value) {
        self.has_oidc.store(true, Ordering::SeqCst);
        // YAML has JSON within it.
        set_oidc(&self.state, json!(config.to_string())).await.unwrap();
    }

    /// Adds to the policy. The server has it when this returns.
    pub(super) async fn allow(&self, subject: &str, rights: &[String]) {
        let policy = self.argocd.get(POLICY).await.unwrap().unwrap();
        let before = policy["data"]["policy.csv"].as_str().unwrap_or_default();
        let rights: String = rights.iter().map(|right| format!("p, {subject}, {right}, allow\n")).collect();
        // The server takes a policy over as a whole: who has this right knows that the others are there.
        let sign = format!("{}/{}", self.name, toolkit::nonce());
        let lines = format!("{before}{rights}p, reader, applications, delete, {sign}, allow\n");
        self.argocd.patch(POLICY, json!({ "data": { "policy.csv": lines } })).await.unwrap();
        let token = self.state.accounts.reader.token.clone();
        let reader = Admin::with_token(&self.state.argocd, token).unwrap();
        let path = format!("account/can-i/applications/delete/{sign}");
        let start = Instant::now();
        while reader.call(Method::GET, &path, None).await.unwrap()["value"] != json!("yes") {
            assert!(start.elapsed() < PATIENCE, "the server has no policy {sign}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Makes a service account and asks for a token of it, as the kubelet does for a projected volume.
    pub(super) async fn projected_token(&self, account: &str, audience: &str) -> String {
        let accounts = format!("/api/v1/namespaces/{}/serviceaccounts", self.name);
        let metadata = json!({ "name": account, "namespace": self.name });
        let object = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata });
        self.argocd.apply(&object).await.unwrap();
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": { "audiences": [audience], "expirationSeconds": 600 },
        });
        let granted = self.argocd.create(&format!("{accounts}/{account}/token"), &request).await.unwrap();
        granted["status"]["token"].as_str().unwrap().to_owned()
    }
}

/// Sets `oidc.config`, null for none, and has the server begin anew with it.
pub(super) async fn set_oidc(state: &State, config: Value) -> Result<(), Error> {
    let settings = json!({ "data": { "oidc.config": config } });
    state.clusters.dev.kube()?.patch(SETTINGS, settings).await?;
    state.restart("argocd-server").await
}
