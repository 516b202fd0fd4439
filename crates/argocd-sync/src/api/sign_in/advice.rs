//! What has to be configured so that Argo CD accepts an identity token. Texts only.

use model::Failure;
use serde_json::Value;

use super::{
    exchange::{Refusal, SERVER_ERROR},
    identity::issuer,
    settings::Connector,
};
use crate::{codes, credential::Source};

/// A token that is not accepted.
pub(super) struct Stranger<'a> {
    /// Its claims.
    pub(super) claims: &'a Value,
    /// Where it comes from.
    pub(super) source: &'a Source,
    /// The name of Argo CD's host.
    pub(super) server: &'a str,
}

impl Stranger<'_> {
    fn what(&self) -> String {
        match self.source {
            Source::GitHub => "the job's OIDC token".to_owned(),
            Source::File(path) => format!("the token in `{}`", path.display()),
        }
    }

    fn id(&self) -> &'static str {
        match self.source {
            Source::GitHub => "github-actions",
            Source::File(_) => "kubernetes",
        }
    }

    fn refused(&self, why: &str) -> Failure {
        Failure::new(
            &codes::SIGN_IN_REFUSED,
            format!("Argo CD at {} does not take {}: {why}", self.server, self.what()),
        )
    }

    /// The configuration of Dex, which works beside people's single sign-on.
    fn dex_config(&self) -> String {
        format!(
            "dex.config: |\n  connectors:\n    - type: oidc\n      id: {0}\n      name: {0}\n      config:\n        \
             issuer: {1}\n        scopes: [openid]\n        userNameKey: sub\n        \
             insecureSkipEmailVerified: true",
            self.id(),
            issuer(self.claims)
        )
    }
}

/// Argo CD trusts nobody but itself.
pub(super) fn nobody(stranger: &Stranger<'_>) -> Failure {
    stranger
        .refused("it has neither `oidc.config` nor `dex.config`, and so trusts its own tokens alone")
        .with_note(format!(
            "ConfigMap argocd-cm needs, where only programs sign in by OIDC:\noidc.config: |\n  name: {0}\n  issuer: {1}\n  clientID: argocd",
            stranger.id(),
            issuer(stranger.claims)
        ))
        .with_note(format!(
            "or, where people have single sign-on as well (and with the `url` of Argo CD):\n{}",
            stranger.dex_config()
        ))
        .with_note(policy(stranger.claims))
}

/// Argo CD trusts another issuer directly, so that Dex is not asked.
pub(super) fn other_issuer(stranger: &Stranger<'_>, trusted: &str) -> Failure {
    let own = issuer(stranger.claims);
    stranger
        .refused(&format!("its `oidc.config` trusts {trusted} alone, and the token is of {own}"))
        .with_remedy("Let Argo CD sign people in through `dex.config`, with a connector for each issuer, or use `auth: token`.")
        .with_note(format!("in place of `oidc.config`, beside a connector for {trusted}:\n{}", stranger.dex_config()))
        .with_note(policy(stranger.claims))
}

/// It is not clear which of Dex's connectors knows the issuer.
pub(super) fn which_connector(stranger: &Stranger<'_>, connectors: &[Connector]) -> Failure {
    stranger
        .refused(&format!("its Dex has {}, and none is named", list(connectors)))
        .with_remedy(format!(
            "Set `connector` to the `id` of the connector whose issuer is {}; add it to `dex.config` if there is none.",
            issuer(stranger.claims)
        ))
        .with_note(stranger.dex_config())
}

/// Argo CD trusts the issuer, and refuses the token all the same.
pub(super) fn not_accepted(claims: &Value, audiences: &[String], server: &str, message: &str) -> Failure {
    let audience = audience(claims);
    let failure = Failure::new(
        &codes::SIGN_IN_REFUSED,
        format!("Argo CD at {server} trusts {}, but not this token of it: {message}", issuer(claims)),
    )
    .with_note(format!("the token's audience: {audience}"))
    .with_note(format!("the audiences that Argo CD shows: {}", or_none(audiences)));
    match audiences.first() {
        Some(wanted) if !audiences.contains(&audience) => failure
            .with_remedy(format!("Set `audience: {wanted}` if that is Argo CD's name and no other service's, or add the token's audience to `allowedAudiences`."))
            .with_note(format!("oidc.config: |\n  allowedAudiences: [{}, {audience}]", audiences.join(", "))),
        _ => failure.with_remedy("See the log of argocd-server, which alone says why: it may not reach the issuer, or its clock may be wrong."),
    }
}

/// Dex gave a token that Argo CD does not take.
pub(super) fn dex_token_not_accepted(claims: &Value, server: &str, message: &str) -> Failure {
    Failure::new(
        &codes::SIGN_IN_REFUSED,
        format!("Argo CD at {server} does not take the token that its own Dex gave: {message}"),
    )
    .with_remedy("See the log of argocd-server, which alone says why; `url` in argocd-cm has to be the address that Dex has as its issuer.")
    .with_note(format!("the token's issuer: {}", issuer(claims)))
    .with_note(format!("the token's audience: {}; Argo CD before 2.6 takes `argo-cd` alone (argo-cd#12170)", audience(claims)))
    .with_note("`invalid argo claims` is Argo CD 3.0.0's own fault: use a later version (argo-cd#22973)")
}

/// Dex refused the exchange.
pub(super) fn dex(
    stranger: &Stranger<'_>,
    connector: &str,
    connectors: &[Connector],
    refusal: &Refusal,
) -> Failure {
    let Refusal { error, description } = refusal;
    let says = |part: &str| description.contains(part);
    let said = if description.is_empty() { error.clone() } else { format!("{error}: {description}") };
    let failure = stranger.refused(&format!("Dex answered `{said}`"));
    if says("connector does not exist") || says("connector_id") {
        failure
            .with_remedy(format!(
                "Set `connector` to the `id` of the connector for {}, which has to be of type `oidc`.",
                issuer(stranger.claims)
            ))
            .with_note(format!("asked for the connector `{connector}`; Dex has {}", list(connectors)))
            .with_note(stranger.dex_config())
    } else if says("does not support") || error == "unsupported_grant_type" || error == "unauthorized_client"
    {
        failure
            .with_remedy("Let Dex exchange tokens: it can since version 2.38, unless `oauth2.grantTypes` (or those of the connector) leave it out.")
            .with_note("dex.config: |\n  oauth2:\n    grantTypes:\n      - authorization_code\n      - refresh_token\n      - urn:ietf:params:oauth:grant-type:token-exchange")
    } else if error == "invalid_client" {
        failure.with_remedy("Argo CD declares the client `argo-cd-cli` to its own Dex: see whether `dex.config` declares it again.")
    } else if error == SERVER_ERROR {
        failure.with_remedy(
            "See the log of argocd-dex-server: Dex failed inside, as when it cannot reach the issuer.",
        )
    } else {
        failure
            .with_remedy("Compare the connector with the lines below; the log of argocd-dex-server says which of them is missing.")
            .with_note(stranger.dex_config())
            .with_note("in that log, `getUserInfo is required` or `error loading userinfo`: remove `getUserInfo` (dexidp/dex#4032); `missing \"name\" claim`: `userNameKey: sub`; `missing email claim`: `scopes: [openid]`; `failed to verify`: the issuer, or Dex cannot reach it")
    }
}

/// The line of the policy that lets the token's subject work.
fn policy(claims: &Value) -> String {
    let subject = claims["sub"].as_str().unwrap_or("SUBJECT");
    format!(
        "and policy.csv in argocd-rbac-cm, for each action:\np, {subject}, applications, get, PROJECT/*, allow\np, {subject}, applications, sync, PROJECT/*, allow"
    )
}

fn audience(claims: &Value) -> String {
    match &claims["aud"] {
        Value::String(one) => one.clone(),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => "none".to_owned(),
    }
}

fn or_none(texts: &[String]) -> String {
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

fn list(connectors: &[Connector]) -> String {
    let texts: Vec<String> =
        connectors.iter().map(|one| format!("`{}` (type {})", one.name, one.kind)).collect();
    if texts.is_empty() { "no connector".to_owned() } else { format!("the connectors {}", texts.join(", ")) }
}

#[cfg(test)]
mod tests;
