//! Tokens, and what their subjects may do.

use std::sync::Mutex;

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    refusal::{Code, Refusal},
    sso::Sso,
};
use crate::{
    faults::lock,
    oidc::{now, random_hex, uuid},
    sts::time::iso,
};

/// One line of a policy: `resource, action, object`, where `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Policy {
    resource: String,
    action: String,
    object: String,
}

/// Who has a token.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// What policies name.
    pub(super) subject: String,
    /// What operations name: the address of a person, if their token has one.
    pub(super) username: String,
    /// Who made the token.
    pub(super) issuer: String,
    token: String,
    issued: i64,
    expires: i64,
    is_revoked: bool,
    policies: Vec<Policy>,
}

/// All accounts.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    tokens: Mutex<Vec<Account>>,
    /// Local users: name, password, policies.
    users: Mutex<Vec<(String, String, Vec<String>)>>,
    /// Who else is trusted.
    sso: Mutex<Sso>,
    /// Tokens of Dex.
    exchanged: Mutex<Vec<String>>,
    /// The policy for those whom somebody else vouches for.
    policies: Mutex<Vec<(String, Policy)>>,
}

impl Account {
    /// Says whether the account may do this, as `enf.EnforceErr` does.
    pub(super) fn enforce(&self, resource: &str, action: &str, object: &str) -> Result<(), Refusal> {
        if self.may(resource, action, object) {
            return Ok(());
        }
        let (subject, issued) = (&self.subject, iso(self.issued));
        Err(Refusal::new(
            Code::PermissionDenied,
            format!("permission denied: {resource}, {action}, {object}, sub: {subject}, iat: {issued}"),
        ))
    }

    pub(super) fn may(&self, resource: &str, action: &str, object: &str) -> bool {
        self.policies.iter().any(|policy| {
            matches(&policy.resource, resource)
                && matches(&policy.action, action)
                && matches(&policy.object, object)
        })
    }
}

impl Accounts {
    /// Makes a token that looks like those of Argo CD: a JWT, which nobody verifies by its signature here.
    pub(super) fn issue(&self, subject: &str, policies: &[impl AsRef<str>], lifetime: i64) -> String {
        let (issued, expires) = (now(), now() + lifetime);
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let claims = json!({
            "iss": "argocd", "sub": subject, "iat": issued, "nbf": issued, "exp": expires, "jti": uuid(),
        });
        let token = format!("{header}.{}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()), random_hex(21));
        let policies = policies.iter().filter_map(|line| Policy::parse(line.as_ref())).collect();
        lock(&self.tokens).push(Account {
            subject: subject.to_owned(),
            username: subject.to_owned(),
            issuer: "argocd".to_owned(),
            token: token.clone(),
            issued,
            expires,
            is_revoked: false,
            policies,
        });
        token
    }

    pub(super) fn add_user(&self, name: &str, password: &str, policies: &[&str]) {
        let policies = policies.iter().map(ToString::to_string).collect();
        lock(&self.users).push((name.to_owned(), password.to_owned(), policies));
    }

    /// Signs a local user in: twenty-four hours, as Argo CD's default is.
    pub(super) fn sign_in(&self, name: &str, password: &str) -> Result<String, Refusal> {
        if name.is_empty() || password.is_empty() {
            return Err(Refusal::new(Code::Unauthenticated, "no credentials supplied"));
        }
        let users = lock(&self.users);
        let user = users.iter().find(|(user, secret, _)| user == name && secret == password);
        let (_, _, policies) =
            user.ok_or_else(|| Refusal::new(Code::Unauthenticated, "Invalid username or password"))?;
        Ok(self.issue(name, policies, 86_400))
    }

    pub(super) fn expire(&self) {
        lock(&self.tokens).iter_mut().for_each(|account| account.expires = 0);
    }

    pub(super) fn revoke(&self, token: &str) {
        let mut tokens = lock(&self.tokens);
        tokens.iter_mut().filter(|account| account.token == token).for_each(|one| one.is_revoked = true);
    }

    pub(super) fn tokens(&self) -> Vec<String> {
        let own: Vec<String> = lock(&self.tokens).iter().map(|account| account.token.clone()).collect();
        [own, lock(&self.exchanged).clone()].concat()
    }

    pub(super) fn remember(&self, token: &str) {
        lock(&self.exchanged).push(token.to_owned());
    }

    pub(super) fn set_sso(&self, sso: Sso) {
        *lock(&self.sso) = sso;
    }

    pub(super) fn sso(&self) -> Sso {
        lock(&self.sso).clone()
    }

    pub(super) fn allow(&self, subject: &str, policies: &[&str]) {
        let parsed = policies.iter().filter_map(|line| Policy::parse(line));
        lock(&self.policies).extend(parsed.map(|policy| (subject.to_owned(), policy)));
    }

    /// Finds out who calls: `Authorization: Bearer`, or the cookie `argocd.token`. `server` is Argo CD's address.
    pub(super) fn caller(&self, headers: &HeaderMap, server: &str) -> Result<Account, Refusal> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let cookie = text(header::COOKIE)
            .and_then(|value| value.split(';').find_map(|pair| pair.trim().strip_prefix("argocd.token=")));
        let unauthenticated = |text: &str| Refusal::new(Code::Unauthenticated, text);
        // What has not the three parts of a JWT is passed over (util/jwt/jwt.go, `IsValid`).
        let is_jwt = |token: &&str| token.splitn(3, '.').count() == 3;
        let token = bearer.filter(is_jwt).or(cookie.filter(is_jwt));
        let token = token.ok_or_else(|| unauthenticated("no session information"))?;
        self.account(token, server).map_err(|why| unauthenticated(&format!("invalid session: {why}")))
    }

    /// `VerifyToken` of util/session/sessionmanager.go, with the words of golang-jwt.
    fn account(&self, token: &str, server: &str) -> Result<Account, String> {
        let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(token)
            .map_err(|_| "token is malformed: could not base64 decode header")?;
        if claims["iss"] != "argocd" {
            let claims = self.sso().verify(token, server)?;
            return Ok(self.vouched(token, &claims));
        }
        let account = lock(&self.tokens).iter().find(|account| account.token == token).cloned();
        let account = account.ok_or("token signature is invalid: signature is invalid")?;
        if account.is_revoked {
            let id = claims["jti"].as_str().unwrap_or_default();
            return Err(format!("account {} does not have token with id {id}", account.subject));
        }
        if account.expires <= now() {
            return Err("token has invalid claims: token is expired".to_owned());
        }
        Ok(account)
    }

    /// Somebody whom another issuer vouches for. The subject is that of the issuer behind Dex, if Dex says it
    /// (util/jwt/jwt.go, `GetUserIdentifier`).
    fn vouched(&self, token: &str, claims: &Value) -> Account {
        let federated = claims["federated_claims"]["user_id"].as_str().filter(|id| !id.is_empty());
        let subject = federated.or(claims["sub"].as_str()).unwrap_or_default();
        let email = claims["email"].as_str().filter(|email| !email.is_empty());
        let policies = lock(&self.policies);
        let own = policies.iter().filter(|(name, _)| name == subject);
        Account {
            subject: subject.to_owned(),
            username: email.unwrap_or(subject).to_owned(),
            issuer: claims["iss"].as_str().unwrap_or_default().to_owned(),
            token: token.to_owned(),
            issued: claims["iat"].as_i64().unwrap_or_default(),
            expires: claims["exp"].as_i64().unwrap_or_default(),
            is_revoked: false,
            policies: own.map(|(_, policy)| policy.clone()).collect(),
        }
    }
}

impl Policy {
    fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split(',').map(|part| part.trim().to_owned());
        Some(Self { resource: parts.next()?, action: parts.next()?, object: parts.next()? })
    }
}

/// Glob matching as casbin's policies have it: `*` is any text, slashes included.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("*", "anything", true),
            ("default/*", "default/dev", true),
            ("default/*", "other/dev", false),
            ("default/dev", "default/dev", true),
            ("default/dev", "default/dev2", false),
            ("action/*/Rollout/*", "action/argoproj.io/Rollout/abort", true),
            ("*/dev", "a/dev2", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_refusal_names_subject_and_object() {
        let accounts = Accounts::default();
        let token = accounts.issue("ci", &["applications, get, default/*"], 60);
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        let account = accounts.caller(&headers, "http://argocd").unwrap();
        assert!(account.enforce("applications", "get", "default/dev").is_ok());
        let refusal = account.enforce("applications", "sync", "default/dev").unwrap_err();
        let expected = "permission denied: applications, sync, default/dev, sub: ci, iat: 2";
        assert!(refusal.message.starts_with(expected), "{}", refusal.message);
        accounts.expire();
        assert_eq!(accounts.caller(&headers, "http://argocd").unwrap_err().code, Code::Unauthenticated);
    }
}
