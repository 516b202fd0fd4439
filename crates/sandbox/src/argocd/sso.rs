//! Whom Argo CD trusts beside itself: an OIDC issuer directly, or Dex with a connector for each issuer.

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::oidc::{Keys, now, uuid};

/// The clients that Argo CD declares to its own Dex: people's browsers, and programs (common/common.go).
const DEX_CLIENTS: [&str; 2] = ["argo-cd", "argo-cd-cli"];
/// `oauth2.grantTypes`' word for an exchange, RFC 8693.
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// How long a token of Dex is valid: a day.
const DEX_LIFETIME: i64 = 86_400;

/// Single sign-on. Every issuer's tokens are signed with the key of the sandbox's issuer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub enum Sso {
    /// None: only its own tokens.
    #[default]
    None,
    /// `oidc.config`.
    Direct(Direct),
    /// `dex.config`.
    Dex(Vec<Connector>),
}

/// `oidc.config` of argocd-cm.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Direct {
    /// The `iss` of tokens.
    pub issuer: String,
    /// `clientID`.
    pub client_id: String,
    /// `allowedAudiences`; the client's id if there are none.
    pub allowed_audiences: Vec<String>,
}

/// A connector of type `oidc` of `dex.config`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connector {
    /// What `connector_id` names.
    pub id: String,
    /// What settings show.
    pub name: String,
    /// The `iss` of tokens.
    pub issuer: String,
    /// The claim for the name of the user, which has to be there.
    pub user_name_key: String,
    /// With `email` among them a token has to have an address.
    pub scopes: Vec<String>,
    /// Whether it takes part in exchanges.
    pub exchanges: bool,
}

impl Connector {
    /// A connector for tokens of programs: `scopes: [openid]`, `userNameKey: sub`.
    pub fn for_programs(id: &str, issuer: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            issuer: issuer.to_owned(),
            user_name_key: "sub".into(),
            scopes: vec!["openid".into()],
            exchanges: true,
        }
    }
}

/// Dex's refusal: status, `error`, `error_description`.
pub(super) type DexRefusal = (u16, &'static str, &'static str);

impl Sso {
    /// What strangers see of it in the settings.
    pub(super) fn put_settings(&self, settings: &mut Value) {
        match self {
            Self::None => {}
            Self::Direct(direct) => {
                settings["oidcConfig"] =
                    json!({ "name": "OIDC", "issuer": direct.issuer, "clientID": direct.client_id });
            }
            Self::Dex(connectors) => {
                let shown = |one: &Connector| json!({ "name": one.name, "type": "oidc" });
                settings["dexConfig"] =
                    json!({ "connectors": connectors.iter().map(shown).collect::<Vec<_>>() });
            }
        }
    }

    /// The claims of a token that Argo CD takes; `server` is its own address, under which its Dex is. The error says
    /// as little as `VerifyToken` of util/session/sessionmanager.go: the log alone has the reason.
    pub(super) fn verify(&self, token: &str, server: &str) -> Result<Value, &'static str> {
        let (issuer, audiences) = match self {
            Self::None => return Err("SSO is not configured"),
            Self::Direct(direct) if direct.allowed_audiences.is_empty() => {
                (direct.issuer.clone(), vec![direct.client_id.clone()])
            }
            Self::Direct(direct) => (direct.issuer.clone(), direct.allowed_audiences.clone()),
            Self::Dex(_) => (dex_issuer(server), DEX_CLIENTS.map(str::to_owned).to_vec()),
        };
        let claims = signed(token, &issuer).ok_or("failed to verify the token")?;
        let has = |audience: &String| match &claims["aud"] {
            Value::Array(all) => all.iter().any(|one| one == audience.as_str()),
            one => one == audience.as_str(),
        };
        if audiences.iter().any(has) { Ok(claims) } else { Err("failed to verify the token") }
    }

    /// `handleTokenExchange` of Dex's server: a token of Dex for one of a connector's issuer. The audience of the
    /// latter is not looked at.
    pub(super) fn exchange(
        &self,
        headers: &HeaderMap,
        form: &[(String, String)],
        server: &str,
    ) -> Result<Value, DexRefusal> {
        let Self::Dex(connectors) = self else { return Err((502, "", "")) };
        let text =
            |name: &str| form.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.as_str());
        let client = client(headers).ok_or((401, "invalid_client", "Invalid client credentials."))?;
        if text("grant_type") != EXCHANGE {
            return Err((400, "unsupported_grant_type", ""));
        }
        let id_token = "urn:ietf:params:oauth:token-type:id_token";
        let access_token = "urn:ietf:params:oauth:token-type:access_token";
        if ![id_token, access_token].contains(&text("subject_token_type")) {
            return Err((400, "request_not_supported", "Invalid subject_token_type."));
        }
        if text("subject_token").is_empty() {
            return Err((400, "invalid_request", "Missing subject_token"));
        }
        let connector = connectors.iter().find(|one| one.id == text("connector_id"));
        let connector = connector.ok_or((400, "invalid_request", "Requested connector does not exist."))?;
        if !connector.exchanges {
            return Err((400, "invalid_request", "Requested connector does not support token exchange."));
        }
        // An access token would be taken to an endpoint for user info, which the issuers of programs have not.
        let denied = (401, "access_denied", "");
        let claims = Some(text("subject_token")).filter(|_| text("subject_token_type") == id_token);
        let claims = claims.and_then(|token| signed(token, &connector.issuer)).ok_or(denied)?;
        let needs_address = connector.scopes.iter().any(|scope| scope == "email");
        if claims[&connector.user_name_key].is_null() || needs_address && claims["email"].is_null() {
            return Err(denied);
        }
        let scopes: Vec<&str> = text("scope").split_whitespace().collect();
        let token =
            dex_token(&claims, connector, client, &scopes, server).ok_or((500, "server_error", ""))?;
        Ok(json!({
            "access_token": token,
            "issued_token_type": access_token,
            "token_type": "bearer",
            "expires_in": DEX_LIFETIME - 1,
        }))
    }
}

/// The public client whose name and empty secret the basic authentication has.
fn client(headers: &HeaderMap) -> Option<&'static str> {
    let text = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let name = pair.strip_suffix(':')?;
    DEX_CLIENTS.into_iter().find(|client| *client == name && *client == "argo-cd-cli")
}

fn dex_issuer(server: &str) -> String {
    format!("{server}/api/dex")
}

fn dex_token(
    claims: &Value,
    connector: &Connector,
    client: &str,
    scopes: &[&str],
    server: &str,
) -> Option<String> {
    let user = claims["sub"].as_str()?;
    // Dex's `sub` is a protobuf of both.
    let subject = URL_SAFE_NO_PAD.encode(format!("\n{user}\u{12}{}", connector.id));
    let mut made = json!({
        "iss": dex_issuer(server),
        "sub": subject,
        "aud": client,
        "exp": now() + DEX_LIFETIME,
        "iat": now(),
        "jti": uuid(),
    });
    if scopes.contains(&"federated:id") {
        made["federated_claims"] = json!({ "connector_id": connector.id, "user_id": user });
    }
    if scopes.contains(&"profile") {
        made["name"] = claims[&connector.user_name_key].clone();
    }
    if scopes.contains(&"email") {
        made["email_verified"] = json!(false);
        if claims["email"].is_string() {
            made["email"] = claims["email"].clone();
        }
    }
    Keys::get()?.sign(&made)
}

/// The claims of a token of an issuer that is signed and in its time.
fn signed(token: &str, issuer: &str) -> Option<Value> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_aud = false;
    validation.leeway = 0;
    let claims = jsonwebtoken::decode::<Value>(token, Keys::get()?.verifying(), &validation).ok()?.claims;
    (claims["iss"].as_str() == Some(issuer)).then_some(claims)
}

/// Signs the token that Kubernetes projects for a service account.
pub(super) fn service_account_token(
    issuer: &str,
    namespace: &str,
    name: &str,
    audience: &str,
) -> Option<String> {
    Keys::get()?.sign(&json!({
        "aud": [audience],
        "exp": now() + 3600,
        "iat": now(),
        "iss": issuer,
        "jti": uuid(),
        "kubernetes.io": {
            "namespace": namespace,
            "serviceaccount": { "name": name, "uid": uuid() },
        },
        "nbf": now(),
        "sub": format!("system:serviceaccount:{namespace}:{name}"),
    }))
}
