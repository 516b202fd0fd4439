//! Whom Argo CD trusts, as `GET /api/v1/settings` says to everybody (server/settings/settings.go).

use serde::Deserialize;
use url::Url;

/// The part of the settings that says who may sign in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Settings {
    dex_config: Option<DexConfig>,
    oidc_config: Option<OidcConfig>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct DexConfig {
    connectors: Option<Vec<Connector>>,
}

/// A connector of Dex. Its id, which an exchange names, is not shown to everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Connector {
    /// The name for people.
    pub(super) name: String,
    /// `oidc`, `github`, `saml`, …
    #[serde(rename = "type")]
    pub(super) kind: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct OidcConfig {
    issuer: String,
    #[serde(rename = "clientID")]
    client_id: String,
    #[serde(rename = "cliClientID")]
    cli_client_id: String,
}

/// Whose tokens Argo CD accepts beside its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// Those of one issuer, for one of these audiences; maybe for others as well, since `allowedAudiences` is not shown.
    Direct {
        /// The issuer, without a slash at its end.
        issuer: String,
        /// `clientID` and `cliClientID`.
        audiences: Vec<String>,
    },
    /// Those of its Dex.
    Dex(Vec<Connector>),
    /// None.
    Nobody,
}

impl Settings {
    /// Returns whose tokens count. With both configurations `oidc.config` alone does (util/settings `IssuerURL`).
    pub(super) fn trust(self) -> Trust {
        match (self.oidc_config, self.dex_config) {
            (Some(oidc), _) => Trust::Direct {
                issuer: oidc.issuer.trim_end_matches('/').to_owned(),
                audiences: [oidc.client_id, oidc.cli_client_id]
                    .into_iter()
                    .filter(|audience| !audience.is_empty())
                    .collect(),
            },
            (None, Some(dex)) => Trust::Dex(dex.connectors.unwrap_or_default()),
            (None, None) => Trust::Nobody,
        }
    }
}

impl Trust {
    /// Returns for whom to ask a token: Argo CD's `clientID`, or else the server's address.
    ///
    /// The settings come from the server, and a token for an audience of its choice could be used elsewhere, as for
    /// `sts.amazonaws.com`. So only a name that can be no other service's is taken from them.
    pub(super) fn audience(&self, server: &Url) -> String {
        let host = server.host_str().unwrap_or_default();
        let is_its_own = |audience: &&String| {
            let plain = audience.to_ascii_lowercase().replace(['-', '_'], "");
            plain.chars().all(char::is_alphanumeric) && plain.starts_with("argocd")
                || Url::parse(audience).is_ok_and(|url| url.host_str() == Some(host))
                || audience.as_str() == host
        };
        match self {
            Self::Direct { audiences, .. } => audiences.iter().find(is_its_own).cloned(),
            Self::Dex(_) | Self::Nobody => None,
        }
        .unwrap_or_else(|| server.as_str().trim_end_matches('/').to_owned())
    }
}

/// Returns the id of the one connector that can check tokens, made from its name as people do: `GitHub Actions` has
/// `github-actions`.
pub(super) fn only_connector(connectors: &[Connector]) -> Option<String> {
    let mut able = connectors.iter().filter(|connector| connector.kind == "oidc");
    match (able.next(), able.next()) {
        (Some(one), None) => {
            Some(one.name.to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join("-"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(settings: &str) -> Trust {
        serde_json::from_str::<Settings>(settings).unwrap().trust()
    }

    #[test]
    fn the_settings_say_whom_argo_cd_trusts() {
        assert_eq!(trust(r#"{"url":"https://a.example"}"#), Trust::Nobody);
        let dex = trust(r#"{"dexConfig":{"connectors":[{"name":"GitHub Actions","type":"oidc"}]}}"#);
        assert!(
            matches!(&dex, Trust::Dex(connectors) if only_connector(connectors).as_deref() == Some("github-actions"))
        );
        assert_eq!(
            trust(r#"{"dexConfig":{},"oidcConfig":{"issuer":"https://i.example/","clientID":"argocd"}}"#),
            Trust::Direct { issuer: "https://i.example".into(), audiences: vec!["argocd".into()] }
        );
    }

    #[test]
    fn the_server_cannot_choose_another_service_as_audience() {
        let server: Url = "https://argocd.example.com/root".parse().unwrap();
        for (client_id, audience) in [
            ("argo-cd", "argo-cd"),
            ("ArgoCD_prod", "ArgoCD_prod"),
            ("argocd.example.com", "argocd.example.com"),
            ("https://argocd.example.com", "https://argocd.example.com"),
            ("sts.amazonaws.com", "https://argocd.example.com/root"),
            ("https://argocd.attacker.example", "https://argocd.example.com/root"),
            ("argocd.attacker.example", "https://argocd.example.com/root"),
            ("pypi", "https://argocd.example.com/root"),
            ("", "https://argocd.example.com/root"),
        ] {
            let trust = Trust::Direct { issuer: String::new(), audiences: vec![client_id.to_owned()] };
            assert_eq!(trust.audience(&server), audience, "{client_id}");
        }
    }

    #[test]
    fn several_connectors_or_none_are_not_guessed_at() {
        let connector = |kind: &str| Connector { name: kind.to_owned(), kind: kind.to_owned() };
        assert_eq!(only_connector(&[connector("oidc"), connector("github")]).as_deref(), Some("oidc"));
        assert_eq!(only_connector(&[connector("oidc"), connector("oidc")]), None);
        assert_eq!(only_connector(&[connector("github")]), None);
    }
}
