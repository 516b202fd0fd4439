use serde_json::json;

use super::*;

fn claims() -> Value {
    json!({
        "iss": "https://token.actions.githubusercontent.com",
        "aud": "https://argocd.example.com",
        "sub": "repo:org/day2-product:ref:refs/heads/dev",
    })
}

fn text(failure: &Failure) -> String {
    format!("{failure}\n{}\n{}", failure.remedy, failure.notes.join("\n"))
}

fn of_dex(connector: &str, error: &str, description: &str) -> String {
    let claims = claims();
    let stranger = Stranger { claims: &claims, source: &Source::GitHub, server: "argocd.example.com" };
    let connectors = [Connector { name: "Okta".into(), kind: "saml".into() }];
    let refusal = Refusal { error: error.into(), description: description.into() };
    text(&dex(&stranger, connector, &connectors, &refusal))
}

#[test]
fn a_server_that_trusts_nobody_gets_the_ready_lines() {
    let claims = claims();
    let stranger = Stranger { claims: &claims, source: &Source::GitHub, server: "argocd.example.com" };
    insta::assert_snapshot!(text(&nobody(&stranger)), @r"
    Argo CD at argocd.example.com does not take the job's OIDC token: it has neither `oidc.config` nor `dex.config`, and so trusts its own tokens alone (sign-in-refused)
    Put the lines that are printed into the ConfigMaps argocd-cm and argocd-rbac-cm.
    ConfigMap argocd-cm needs, where only programs sign in by OIDC:
    oidc.config: |
      name: github-actions
      issuer: https://token.actions.githubusercontent.com
      clientID: argocd
    or, where people have single sign-on as well (and with the `url` of Argo CD):
    dex.config: |
      connectors:
        - type: oidc
          id: github-actions
          name: github-actions
          config:
            issuer: https://token.actions.githubusercontent.com
            scopes: [openid]
            userNameKey: sub
            insecureSkipEmailVerified: true
    and policy.csv in argocd-rbac-cm, for each action:
    p, repo:org/day2-product:ref:refs/heads/dev, applications, get, PROJECT/*, allow
    p, repo:org/day2-product:ref:refs/heads/dev, applications, sync, PROJECT/*, allow
    ");
}

#[test]
fn another_issuer_is_named() {
    let claims = claims();
    let source = Source::File("/run/token".into());
    let stranger = Stranger { claims: &claims, source: &source, server: "argocd.example.com" };
    insta::assert_snapshot!(text(&other_issuer(&stranger, "https://okta.example.com")), @r"
    Argo CD at argocd.example.com does not take the token in `/run/token`: its `oidc.config` trusts https://okta.example.com alone, and the token is of https://token.actions.githubusercontent.com (sign-in-refused)
    Let Argo CD sign people in through `dex.config`, with a connector for each issuer, or use `auth: token`.
    in place of `oidc.config`, beside a connector for https://okta.example.com:
    dex.config: |
      connectors:
        - type: oidc
          id: kubernetes
          name: kubernetes
          config:
            issuer: https://token.actions.githubusercontent.com
            scopes: [openid]
            userNameKey: sub
            insecureSkipEmailVerified: true
    and policy.csv in argocd-rbac-cm, for each action:
    p, repo:org/day2-product:ref:refs/heads/dev, applications, get, PROJECT/*, allow
    p, repo:org/day2-product:ref:refs/heads/dev, applications, sync, PROJECT/*, allow
    ");
}

#[test]
fn a_connector_that_is_not_clear_is_asked_for() {
    let claims = claims();
    let stranger = Stranger { claims: &claims, source: &Source::GitHub, server: "argocd.example.com" };
    insta::assert_snapshot!(text(&which_connector(&stranger, &[])), @r"
    Argo CD at argocd.example.com does not take the job's OIDC token: its Dex has no connector, and none is named (sign-in-refused)
    Set `connector` to the `id` of the connector whose issuer is https://token.actions.githubusercontent.com; add it to `dex.config` if there is none.
    dex.config: |
      connectors:
        - type: oidc
          id: github-actions
          name: github-actions
          config:
            issuer: https://token.actions.githubusercontent.com
            scopes: [openid]
            userNameKey: sub
            insecureSkipEmailVerified: true
    ");
}

#[test]
fn an_audience_that_is_not_allowed_is_named() {
    insta::assert_snapshot!(
        text(&not_accepted(&claims(), &["deploy".to_owned()], "argocd.example.com", "invalid session: failed to verify the token")),
        @r"
        Argo CD at argocd.example.com trusts https://token.actions.githubusercontent.com, but not this token of it: invalid session: failed to verify the token (sign-in-refused)
        Set `audience: deploy` if that is Argo CD's name and no other service's, or add the token's audience to `allowedAudiences`.
        the token's audience: https://argocd.example.com
        the audiences that Argo CD shows: deploy
        oidc.config: |
          allowedAudiences: [deploy, https://argocd.example.com]
        "
    );
    // The audience is right: only the server's log says more.
    let audiences = ["https://argocd.example.com".to_owned()];
    let failure = not_accepted(&claims(), &audiences, "argocd.example.com", "invalid session");
    assert!(failure.remedy.starts_with("See the log of argocd-server"), "{}", failure.remedy);
}

#[test]
fn each_refusal_of_dex_has_its_remedy() {
    insta::assert_snapshot!(of_dex("okta", "invalid_request", "Requested connector does not exist."), @r"
    Argo CD at argocd.example.com does not take the job's OIDC token: Dex answered `invalid_request: Requested connector does not exist.` (sign-in-refused)
    Set `connector` to the `id` of the connector for https://token.actions.githubusercontent.com, which has to be of type `oidc`.
    asked for the connector `okta`; Dex has the connectors `Okta` (type saml)
    dex.config: |
      connectors:
        - type: oidc
          id: github-actions
          name: github-actions
          config:
            issuer: https://token.actions.githubusercontent.com
            scopes: [openid]
            userNameKey: sub
            insecureSkipEmailVerified: true
    ");
    insta::assert_snapshot!(of_dex("github-actions", "unsupported_grant_type", ""), @r"
    Argo CD at argocd.example.com does not take the job's OIDC token: Dex answered `unsupported_grant_type` (sign-in-refused)
    Let Dex exchange tokens: it can since version 2.38, unless `oauth2.grantTypes` (or those of the connector) leave it out.
    dex.config: |
      oauth2:
        grantTypes:
          - authorization_code
          - refresh_token
          - urn:ietf:params:oauth:grant-type:token-exchange
    ");
    insta::assert_snapshot!(of_dex("github-actions", "access_denied", ""), @r#"
    Argo CD at argocd.example.com does not take the job's OIDC token: Dex answered `access_denied` (sign-in-refused)
    Compare the connector with the lines below; the log of argocd-dex-server says which of them is missing.
    dex.config: |
      connectors:
        - type: oidc
          id: github-actions
          name: github-actions
          config:
            issuer: https://token.actions.githubusercontent.com
            scopes: [openid]
            userNameKey: sub
            insecureSkipEmailVerified: true
    in that log, `getUserInfo is required` or `error loading userinfo`: remove `getUserInfo` (dexidp/dex#4032); `missing "name" claim`: `userNameKey: sub`; `missing email claim`: `scopes: [openid]`; `failed to verify`: the issuer, or Dex cannot reach it
    "#);
    for (error, remedy) in [("invalid_client", "argo-cd-cli"), (SERVER_ERROR, "failed inside")] {
        assert!(of_dex("github-actions", error, "").contains(remedy), "{error}");
    }
}
