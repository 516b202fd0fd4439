use super::*;
use crate::{
    argocd::{Connector, Direct, Sso},
    oidc::Subject,
};

const SUB: &str = "repo:org/day2-product:ref:refs/heads/dev";

fn subject() -> Subject {
    Subject { repository: "org/day2-product".into(), ref_: "refs/heads/dev".into(), ..Subject::default() }
}

impl Fixture {
    fn identity(&self, audience: &str) -> String {
        self.sandbox.world().oidc.issue(&subject(), audience).unwrap()
    }

    async fn read_with(&self, token: &str) -> Response {
        self.anonymous("GET", "/api/v1/applications/dev").bearer_auth(token).send().await.unwrap()
    }

    /// Asks Dex for a token, with one field of the form changed.
    async fn exchange(&self, token: &str, change: (&str, &str)) -> (u16, Value) {
        let mut form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("connector_id", "github-actions"),
            ("scope", "openid email profile federated:id"),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("subject_token", token),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
            ("client", "argo-cd-cli"),
        ];
        form.iter_mut().filter(|(name, _)| *name == change.0).for_each(|pair| pair.1 = change.1);
        let (fields, client) = form.split_at(6);
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| {
                format!(
                    "{name}={}",
                    url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>()
                )
            })
            .collect();
        let url = format!("{}/api/dex/token", self.sandbox.world().urls.argocd);
        let call = self.client.post(url).header("content-type", "application/x-www-form-urlencoded");
        let reply = call.basic_auth(client[0].1, Some("")).body(body.join("&")).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }
}

#[tokio::test]
async fn a_trusted_issuers_token_is_taken_for_its_audience() {
    let fixture = Fixture::new().await;
    let issuer = fixture.sandbox.world().oidc.issuer().to_owned();
    let error = async |token: &str| refusal(fixture.read_with(token).await).await;
    let token = fixture.identity("argocd");
    assert_eq!(error(&token).await, (401, 16, "invalid session: SSO is not configured".into()));
    let direct = Direct { issuer: issuer.clone(), client_id: "argocd".into(), ..Direct::default() };
    fixture.argocd().set_sso(Sso::Direct(direct.clone()));
    assert_eq!(error(&token).await, (403, 7, "permission denied".into()));
    fixture.argocd().allow(SUB, &["applications, get, default/*"]);
    assert_eq!(fixture.read_with(&token).await.status(), 200);
    let unverified = (401, 16, "invalid session: failed to verify the token".to_owned());
    assert_eq!(error(&fixture.identity("other")).await, unverified);
    fixture.sandbox.world().oidc.set_lifetime(-1);
    assert_eq!(error(&fixture.identity("argocd")).await, unverified);
    fixture.sandbox.world().oidc.set_lifetime(300);
    fixture.argocd().set_sso(Sso::Direct(Direct { issuer: "https://other".into(), ..direct }));
    assert_eq!(error(&fixture.identity("argocd")).await, unverified);
    let settings = fixture.anonymous("GET", "/api/v1/settings").send().await.unwrap();
    let settings: Value = settings.json().await.unwrap();
    assert_eq!(settings["oidcConfig"]["issuer"], "https://other");
    assert_eq!(settings["controllerNamespace"], Value::Null);
}

#[tokio::test]
async fn dex_exchanges_and_the_subject_is_that_behind_it() {
    let fixture = Fixture::new().await;
    let issuer = fixture.sandbox.world().oidc.issuer().to_owned();
    fixture.argocd().set_sso(Sso::Dex(vec![Connector::for_programs("github-actions", &issuer)]));
    fixture.argocd().allow(SUB, &["applications, *, default/*"]);
    let identity = fixture.identity("anything");
    let (status, granted) = fixture.exchange(&identity, ("", "")).await;
    assert_eq!((status, &granted["token_type"]), (200, &json!("bearer")));
    let token = granted["access_token"].as_str().unwrap();
    assert_eq!(fixture.read_with(token).await.status(), 200);
    let info = fixture.anonymous("GET", "/api/v1/session/userinfo").bearer_auth(token).send().await.unwrap();
    assert_eq!(info.json::<Value>().await.unwrap()["username"], SUB);
    // The token of the issuer itself is none of Dex.
    assert_eq!(fixture.read_with(&identity).await.status(), 401);
    let refused = async |change| fixture.exchange(&identity, change).await;
    for (change, expected) in [
        (
            ("connector_id", "x"),
            (
                400,
                json!({ "error": "invalid_request", "error_description": "Requested connector does not exist." }),
            ),
        ),
        (("grant_type", "x"), (400, json!({ "error": "unsupported_grant_type" }))),
        (("subject_token", "x"), (401, json!({ "error": "access_denied" }))),
        (
            ("subject_token", ""),
            (400, json!({ "error": "invalid_request", "error_description": "Missing subject_token" })),
        ),
        (
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            (401, json!({ "error": "access_denied" })),
        ),
        (
            ("client", "somebody"),
            (401, json!({ "error": "invalid_client", "error_description": "Invalid client credentials." })),
        ),
    ] {
        assert_eq!(refused(change).await, expected, "{change:?}");
    }
    assert!(fixture.argocd().tokens().contains(&token.to_owned()));
}

#[tokio::test]
async fn without_the_scope_the_subject_is_dexs_own() {
    let fixture = Fixture::new().await;
    let issuer = fixture.sandbox.world().oidc.issuer().to_owned();
    fixture.argocd().set_sso(Sso::Dex(vec![Connector::for_programs("github-actions", &issuer)]));
    fixture.argocd().allow(SUB, &["applications, get, default/*"]);
    let (_, granted) = fixture.exchange(&fixture.identity("a"), ("scope", "openid")).await;
    assert_eq!(fixture.read_with(granted["access_token"].as_str().unwrap()).await.status(), 403);
}

#[tokio::test]
async fn a_service_account_signs_in_with_its_projected_token() {
    let fixture = Fixture::new().await;
    let issuer = "https://kubernetes.default.svc.cluster.local";
    let direct = Direct { issuer: issuer.into(), client_id: "argocd".into(), ..Direct::default() };
    fixture.argocd().set_sso(Sso::Direct(direct));
    fixture.argocd().allow("system:serviceaccount:arc:runner", &["applications, get, default/*"]);
    let token = |audience| fixture.argocd().service_account_token(issuer, "arc", "runner", audience).unwrap();
    assert_eq!(fixture.read_with(&token("argocd")).await.status(), 200);
    assert_eq!(fixture.read_with(&token("kubernetes")).await.status(), 401);
}
