//! Whom Argo CD trusts beside itself, what it lets them do, and their tokens.

use sandbox::{
    argocd::{Connector, Direct, Sso},
    oidc::Subject,
};
use serde_json::json;

use super::{Action, REPOSITORY, Stage, World};

/// `clientID` of `oidc.config`.
pub(crate) const AUDIENCE: &str = "argocd-stage";
/// The id of Dex's connector.
pub(crate) const CONNECTOR: &str = "github-actions";
/// Whom the policy knows the job as.
pub(crate) const JOB: &str = "repo:org/day2-product:ref:refs/heads/dev";
/// Whom the policy knows the pod as.
const POD: &str = "runner";
const REQUEST_TOKEN: &str = "job-request-token";

/// Whom Argo CD trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// GitHub's issuer, by `oidc.config`.
    GitHub,
    /// The issuer of the cluster that the runner's pod is in, by `oidc.config`.
    Kubernetes,
    /// GitHub's issuer, by a connector of Dex.
    Dex,
}

impl Stage {
    /// Argo CD trusts these from now on, and nobody else, until the stage ends.
    pub(crate) async fn trust(&self, trust: Trust) {
        let github = self.sandbox.world().oidc.issuer();
        match &self.world {
            World::Sandbox => {
                let direct = |issuer: &str| {
                    Sso::Direct(Direct {
                        issuer: issuer.into(),
                        client_id: AUDIENCE.into(),
                        ..Direct::default()
                    })
                };
                self.sandbox.world().argocd.set_sso(match trust {
                    Trust::GitHub => direct(github),
                    Trust::Kubernetes => direct(KUBERNETES),
                    Trust::Dex => Sso::Dex(vec![Connector::for_programs(CONNECTOR, github)]),
                });
            }
            World::Cluster(cluster) => {
                let dev = &cluster.state.clusters.dev;
                cluster
                    .set_oidc(&match trust {
                        Trust::GitHub => json!({ "name": "GitHub", "issuer": github, "clientID": AUDIENCE }),
                        Trust::Kubernetes => json!({
                            "name": "Kubernetes", "issuer": dev.server, "clientID": AUDIENCE, "rootCA": dev.ca_pem,
                        }),
                        Trust::Dex => panic!("the stack has no Dex"),
                    })
                    .await;
            }
        }
    }

    /// Argo CD's policy lets a subject do what a pipeline needs.
    pub(crate) async fn allow(&self, subject: &str) {
        let rights = ["get", "sync"].map(|action| format!("applications, {action}, {}/*", self.project()));
        match &self.world {
            World::Sandbox => {
                self.sandbox.world().argocd.allow(subject, &rights.each_ref().map(String::as_str));
            }
            World::Cluster(cluster) => cluster.allow(subject, &rights).await,
        }
    }

    /// The action as a job that has no secret but the runner's right to ask for a token.
    pub(crate) fn job(&self, action: Action) -> Action {
        let subject =
            Subject { repository: REPOSITORY.into(), ref_: "refs/heads/dev".into(), ..Subject::default() };
        let oidc = &self.sandbox.world().oidc;
        oidc.add_job(REQUEST_TOKEN, subject);
        action
            .without("token")
            .input("auth", "oidc")
            .env("ACTIONS_ID_TOKEN_REQUEST_URL", &format!("{}/token?api-version=2.0", oidc.issuer()))
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN)
    }

    /// A projected token of a pod, and whom the policy knows it as.
    pub(crate) async fn pod_token(&self, audience: &str) -> (String, String) {
        let namespace = self.application();
        let token = match &self.world {
            World::Sandbox => {
                let argocd = &self.sandbox.world().argocd;
                argocd.service_account_token(KUBERNETES, namespace, POD, audience).unwrap()
            }
            World::Cluster(cluster) => cluster.projected_token(POD, audience).await,
        };
        (token, format!("system:serviceaccount:{namespace}:{POD}"))
    }
}

/// The issuer of a cluster that is not there.
const KUBERNETES: &str = "https://kubernetes.default.svc.cluster.local";
