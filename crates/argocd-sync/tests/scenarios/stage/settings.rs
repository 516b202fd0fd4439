//! Settings of a real Argo CD. They are for all stages: only one that plays alone changes them.

use serde_json::{Value, json};

use super::cluster::Cluster;

const SETTINGS: &str = "/api/v1/namespaces/argocd/configmaps/argocd-cm";
const POLICY: &str = "/api/v1/namespaces/argocd/configmaps/argocd-rbac-cm";

impl Cluster {
    /// Sets `oidc.config`; null for none. The server begins anew with it.
    pub(super) async fn set_oidc(&self, config: &Value) {
        // YAML has JSON within it.
        let config = if config.is_null() { Value::Null } else { json!(config.to_string()) };
        self.argocd.patch(SETTINGS, json!({ "data": { "oidc.config": config } })).await.unwrap();
        self.state.restart("argocd-server").await.unwrap();
    }

    /// Adds to the policy.
    pub(super) async fn allow(&self, subject: &str, rights: &[String]) {
        let policy = self.argocd.get(POLICY).await.unwrap().unwrap();
        let before = policy["data"]["policy.csv"].as_str().unwrap_or_default();
        let line = |right: &String| format!("p, {subject}, {right}, allow\n");
        let lines: String = std::iter::once(before.to_owned()).chain(rights.iter().map(line)).collect();
        self.argocd.patch(POLICY, json!({ "data": { "policy.csv": lines } })).await.unwrap();
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
