//! The inputs that say where Argo CD is and who we are for it, and their validation.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
};

use model::Secret;
use reqwest::header::{HeaderName, HeaderValue};
use toolkit::Check;

use crate::{
    credential::{Credential, Federated, Source},
    request::{ClientCertificate, Server, parse_server, with_root_path},
};

const METHODS: &str = "`token`, `password`, `oidc` or `service-account`";

/// The arguments as they are given.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ServerArgs {
    /// Argo CD's address, `host[:port]` or a URL, https unless `http://` is written; falls back to `ARGOCD_SERVER`
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) server: Option<String>,

    /// How to sign in: `token` (the default), `password`, `oidc` (as this job, without any secret; needs `permissions: id-token: write`) or `service-account` (with a projected Kubernetes token)
    #[arg(long, value_name = "METHOD")]
    pub(crate) auth: Option<String>,

    /// Argo CD token of an account or a project role; falls back to `ARGOCD_AUTH_TOKEN`
    #[arg(long, value_name = "env:NAME")]
    pub(crate) token: Option<String>,

    /// Local user to sign in as, with `auth: password`
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,

    /// Password of that user
    #[arg(long, value_name = "env:NAME")]
    pub(crate) password: Option<String>,

    /// Whom the job's OIDC token is to be for, with `auth: oidc`; the `clientID` of Argo CD's `oidc.config` if that begins with `argocd` or `argo-cd` or names this server, or else its address
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) audience: Option<String>,

    /// Id of the connector in Argo CD's `dex.config` that knows the token's issuer, with `auth: oidc` and `auth: service-account`; the only connector of type `oidc` if there is one
    #[arg(long, value_name = "ID")]
    pub(crate) connector: Option<String>,

    /// File with the projected ServiceAccount token, with `auth: service-account`
    #[arg(long, value_name = "PATH")]
    pub(crate) token_file: Option<String>,

    /// Headers for a proxy in front of Argo CD, one `Name: value` per line
    #[arg(long, value_name = "env:NAME")]
    pub(crate) headers: Option<String>,

    /// File with PEM certificates of the authority that signed Argo CD's certificate
    #[arg(long, value_name = "PATH")]
    pub(crate) ca_file: Option<String>,

    /// File with the PEM certificate, and its chain, that Argo CD or a proxy in front of it asks of clients
    #[arg(long, value_name = "PATH")]
    pub(crate) client_cert_file: Option<String>,

    /// File with the PEM private key of that certificate, not encrypted
    #[arg(long, value_name = "PATH")]
    pub(crate) client_key_file: Option<String>,

    /// Path under which Argo CD is served, its `--rootpath`
    #[arg(long, value_name = "PATH")]
    pub(crate) root_path: Option<String>,
}

impl ServerArgs {
    /// Validates them.
    pub(super) fn into_server(self, check: &mut Check<'_>) -> Option<Server> {
        let address = self.server.as_deref().or_else(|| check.env().get("ARGOCD_SERVER"));
        let url = check.required("server", address, parse_server);
        let credential = self.credential(check);
        let headers = check.secret("headers", self.headers.as_deref(), &[]);
        let headers = headers.map(|text| parse_headers(&text, check)).unwrap_or_default();
        let ca_file = path(check, "ca-file", self.ca_file.as_deref());
        let client_certificate = self.client_certificate(check);
        url.zip(credential).map(|(url, credential)| Server {
            url: with_root_path(url, self.root_path.as_deref()),
            credential,
            headers,
            ca_file,
            client_certificate,
        })
    }

    fn client_certificate(&self, check: &mut Check<'_>) -> Option<ClientCertificate> {
        let certificate = path(check, "client-cert-file", self.client_cert_file.as_deref());
        let key = path(check, "client-key-file", self.client_key_file.as_deref());
        match (&certificate, &key) {
            (Some(_), None) => check.problem("client-key-file", "is required with `client-cert-file`"),
            (None, Some(_)) => check.problem("client-cert-file", "is required with `client-key-file`"),
            _ => {}
        }
        certificate.zip(key).map(|(certificate, key)| ClientCertificate { certificate, key })
    }

    /// Validates what signs us in.
    fn credential(&self, check: &mut Check<'_>) -> Option<Credential> {
        let method = check.optional("auth", self.auth.as_deref(), |text| match text {
            "token" | "password" | "oidc" | "service-account" => Ok(text.to_owned()),
            _ => Err(format!("`{text}` is no way to sign in: use {METHODS}")),
        });
        let method = method.as_deref().unwrap_or("token");
        self.refuse_what_is_for_others(method, check);
        let source = match method {
            "password" => {
                let user = check.required("username", self.username.as_deref(), any);
                let password = required_secret(check, "password", self.password.as_deref(), &[]);
                return user.zip(password).map(|(user, password)| Credential::Password { user, password });
            }
            "oidc" => Source::GitHub,
            "service-account" => {
                Source::File(check.required("token-file", self.token_file.as_deref(), parse_token_file)?)
            }
            _ => {
                let token = required_secret(check, "token", self.token.as_deref(), &["ARGOCD_AUTH_TOKEN"])?;
                if !is_bearer(&token) {
                    check.problem("token", "holds characters that no HTTP header can carry");
                }
                return Some(Credential::Token(token));
            }
        };
        let audience = check.optional("audience", self.audience.as_deref(), any);
        let connector = check.optional("connector", self.connector.as_deref(), any);
        Some(Credential::Federated(Federated { source, audience, connector }))
    }

    /// Refuses an input of another method: it would silently do nothing.
    fn refuse_what_is_for_others(&self, method: &str, check: &mut Check<'_>) {
        for (input, value, methods) in [
            ("username", &self.username, &["password"][..]),
            ("audience", &self.audience, &["oidc"]),
            ("connector", &self.connector, &["oidc", "service-account"]),
            ("token-file", &self.token_file, &["service-account"]),
        ] {
            let is_given = value.as_deref().is_some_and(|value| !value.trim().is_empty());
            if is_given && !methods.contains(&method) {
                let methods: Vec<String> = methods.iter().map(|method| format!("`auth: {method}`")).collect();
                check.problem(input, &format!("is for {}, not for `auth: {method}`", methods.join(" and ")));
            }
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what validates an input may refuse it")]
fn any(text: &str) -> Result<String, Infallible> {
    Ok(text.to_owned())
}

fn path(check: &mut Check<'_>, input: &str, value: Option<&str>) -> Option<PathBuf> {
    check.optional(input, value, |text| Ok::<_, Infallible>(PathBuf::from(text)))
}

/// The token that every pod has is for the Kubernetes API: whoever gets it can use it there.
fn parse_token_file(text: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(text);
    if path.ends_with(Path::new("kubernetes.io/serviceaccount/token")) {
        return Err(
            "is the pod's token for the Kubernetes API, which must not go elsewhere: project another one, with \
             Argo CD's audience, by `volumes[].projected.sources[].serviceAccountToken`",
        );
    }
    Ok(path)
}

/// Reads a secret that must be there, and names the variables that it could come from.
fn required_secret(
    check: &mut Check<'_>,
    input: &str,
    value: Option<&str>,
    fallbacks: &[&str],
) -> Option<Secret> {
    let secret = check.secret(input, value, fallbacks);
    if secret.is_none() && value.is_none_or(str::is_empty) {
        check.problem(
            input,
            &match fallbacks {
                [] => "is required and empty".to_owned(),
                [name, ..] => format!("is required, and `{name}` is not set either"),
            },
        );
    }
    secret
}

/// Whether the text can stand in an `Authorization` header.
fn is_bearer(token: &Secret) -> bool {
    token.expose().bytes().all(|b| b.is_ascii_graphic())
}

/// Reads `Name: value` lines. A problem names the line's number, never its text.
fn parse_headers(text: &Secret, check: &mut Check<'_>) -> Vec<(HeaderName, Secret)> {
    let mut headers = Vec::new();
    for (index, line) in text.expose().lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let parsed = line.split_once(':').and_then(|(name, value)| {
            let name: HeaderName = name.trim().parse().ok()?;
            HeaderValue::from_str(value.trim()).ok()?;
            Some((name, Secret::new(value.trim())))
        });
        match parsed {
            Some(header) => headers.push(header),
            None => check.problem("headers", &format!("has no `Name: value` in line {}", index + 1)),
        }
    }
    headers
}
