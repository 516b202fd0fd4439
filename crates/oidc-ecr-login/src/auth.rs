//! The input `auth`, and what `auto` makes of the environment.

use aws::{Ambient, RoleArn, Source};
use model::ParseError;

/// Where the identity comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    /// What there is; refused if it is not clear.
    Auto,
    /// The job's OIDC token.
    Oidc,
    /// A web identity's file.
    Irsa,
    /// The agent beside the container.
    PodIdentity,
    /// AWS keys in the environment.
    Env,
    /// AWS's default chain.
    Chain,
}

impl Auth {
    /// Reads the input.
    pub(crate) fn parse(text: &str) -> Result<Self, ParseError> {
        match text {
            "auto" => Ok(Self::Auto),
            "oidc" => Ok(Self::Oidc),
            "irsa" => Ok(Self::Irsa),
            "pod-identity" => Ok(Self::PodIdentity),
            "env" => Ok(Self::Env),
            "chain" => Ok(Self::Chain),
            _ => Err(ParseError::new(
                "a source of identity",
                text,
                "`auto`, `oidc`, `irsa`, `pod-identity`, `env` or `chain`",
            )),
        }
    }
}

/// The source that is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Where the first keys come from.
    pub(crate) source: Source,
    /// The role that is assumed with them, if it is not the source's own.
    pub(crate) then: Option<RoleArn>,
    /// What else the environment has, by its value of `auth`.
    pub(crate) unused: Vec<&'static str>,
    /// Whether `auto` would have taken the job's OIDC token if there were one.
    pub(crate) lacks_token: bool,
}

/// An input and what is wrong with it.
type Problem = (&'static str, String);

/// Chooses. With a role and a job that may ask for a token, that is what is meant, whatever else lies around on the
/// runner. Otherwise `auto` takes what there is, and refuses to choose between two.
pub(crate) fn choose(
    auth: Auth,
    ambient: &Ambient,
    role: Option<RoleArn>,
    audience: String,
) -> Result<Choice, Problem> {
    let sources = ambient.sources();
    let find = |name: &'static str, what: &str| {
        let source = sources.iter().find(|(known, _)| *known == name).map(|(_, source)| source.clone());
        source.ok_or_else(|| ("auth", format!("is `{name}`, but {what}")))
    };
    let source = match auth {
        Auth::Oidc => return oidc(role, audience, &sources),
        Auth::Irsa if ambient.web_identity.is_none() => return by_file(ambient, role, &sources),
        Auth::Auto if sources.is_empty() && !ambient.oidc && ambient.token_file.is_some() => {
            return by_file(ambient, role, &sources);
        }
        Auth::Auto if role.is_some() && (ambient.oidc || sources.is_empty()) => {
            return oidc(role, audience, &sources);
        }
        Auth::Auto => match sources.as_slice() {
            [] => return oidc(role, audience, &sources),
            [(_, one)] => one.clone(),
            several => {
                let names: Vec<String> = several.iter().map(|(name, _)| format!("`{name}`")).collect();
                let text = format!(
                    "is `auto`, and the environment has several identities ({}): say which one is meant",
                    names.join(", ")
                );
                return Err(("auth", text));
            }
        },
        Auth::Env => find("env", "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are not both set")?,
        Auth::Irsa => find("irsa", "`AWS_WEB_IDENTITY_TOKEN_FILE` is not set")?,
        Auth::PodIdentity => find("pod-identity", "`AWS_CONTAINER_CREDENTIALS_FULL_URI` is not set")?,
        Auth::Chain => Source::Chain,
    };
    let own = match &source {
        Source::WebIdentity { role, .. } => Some(role.clone()),
        _ => None,
    };
    let unused = names_but(&sources, &source);
    let then = role.filter(|role| Some(role) != own.as_ref());
    let lacks_token = auth == Auth::Auto && then.is_some();
    Ok(Choice { source, then, unused, lacks_token })
}

fn oidc(
    role: Option<RoleArn>,
    audience: String,
    sources: &[(&'static str, Source)],
) -> Result<Choice, Problem> {
    let role = role.ok_or_else(|| ("role-to-assume", "is required and empty".to_owned()))?;
    let unused = sources.iter().map(|(name, _)| *name).collect();
    Ok(Choice { source: Source::Oidc { role, audience }, then: None, unused, lacks_token: false })
}

/// A web identity whose environment names no role of its own: the file is for the role that is asked for.
fn by_file(
    ambient: &Ambient,
    role: Option<RoleArn>,
    sources: &[(&'static str, Source)],
) -> Result<Choice, Problem> {
    let Some(token_file) = ambient.token_file.clone() else {
        return Err(("auth", "is `irsa`, but `AWS_WEB_IDENTITY_TOKEN_FILE` is not set".to_owned()));
    };
    if let Some(why) = &ambient.bad_role {
        return Err(("auth", format!("is to use the web identity, but of its `AWS_ROLE_ARN` {why}")));
    }
    let role = role.ok_or_else(|| {
        ("role-to-assume", "is empty, and so is `AWS_ROLE_ARN`: the web identity has no role".to_owned())
    })?;
    let source = Source::WebIdentity { role, token_file };
    Ok(Choice { unused: names_but(sources, &source), source, then: None, lacks_token: false })
}

fn names_but(sources: &[(&'static str, Source)], used: &Source) -> Vec<&'static str> {
    sources.iter().filter(|(_, source)| source != used).map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use toolkit::Env;

    use super::*;

    const OIDC: &[(&str, &str)] = &[("ACTIONS_ID_TOKEN_REQUEST_URL", "u")];
    const KEYS: &[(&str, &str)] = &[("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s")];
    const IRSA: &[(&str, &str)] = &[
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/runner"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token"),
    ];
    const FILE: &[(&str, &str)] = &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token")];
    const POD: &[(&str, &str)] = &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1")];

    /// Returns the choice in short: the source, the role that is assumed with its keys, what is not used.
    fn chosen(auth: &str, role: Option<&str>, env: &[&[(&str, &str)]]) -> String {
        let ambient = Ambient::of(&Env::from_pairs(env.concat()));
        let role = role.map(|name| format!("arn:aws:iam::123456789012:role/{name}").parse().unwrap());
        match choose(Auth::parse(auth).unwrap(), &ambient, role, "a".into()) {
            Ok(Choice { source, then, unused, lacks_token }) => {
                let source = match source {
                    Source::Oidc { .. } => "oidc",
                    Source::WebIdentity { .. } => "irsa",
                    Source::Container => "pod-identity",
                    Source::Env => "env",
                    Source::Chain => "chain",
                };
                let then = then.map_or(String::new(), |role| format!(" then {}", role.as_str()));
                let unused = unused.iter().map(|name| format!(" -{name}")).collect::<String>();
                let lacks = if lacks_token { " without a token" } else { "" };
                format!("{source}{then}{unused}{lacks}").replace("arn:aws:iam::123456789012:role/", "")
            }
            Err((input, problem)) => format!("{input} {problem}"),
        }
    }

    #[test]
    fn auto() {
        let role = Some("deploy");
        for (role, env, expected) in [
            (role, vec![OIDC], "oidc"),
            (role, vec![OIDC, KEYS, IRSA], "oidc -env -irsa"),
            // It fails with what the job lacks.
            (role, vec![], "oidc"),
            (role, vec![KEYS], "env then deploy without a token"),
            (role, vec![POD], "pod-identity then deploy without a token"),
            (Some("runner"), vec![IRSA], "irsa"),
            (role, vec![IRSA], "irsa then deploy without a token"),
            (role, vec![FILE], "irsa"),
            (role, vec![FILE, OIDC], "oidc"),
            (None, vec![KEYS], "env"),
            (None, vec![OIDC, IRSA], "irsa"),
            (None, vec![POD], "pod-identity"),
            (None, vec![OIDC], "role-to-assume is required and empty"),
            (None, vec![], "role-to-assume is required and empty"),
        ] {
            assert_eq!(chosen("auto", role, &env), expected, "{role:?} {env:?}");
        }
        for (role, env) in [(role, [KEYS, IRSA]), (None, [KEYS, POD]), (None, [IRSA, POD])] {
            assert!(chosen("auto", role, &env).contains("several identities"), "{role:?} {env:?}");
        }
    }

    #[test]
    fn what_is_said_is_used() {
        assert_eq!(chosen("env", None, &[KEYS, POD]), "env -pod-identity");
        assert_eq!(
            chosen("pod-identity", Some("deploy"), &[OIDC, KEYS, POD]),
            "pod-identity then deploy -env"
        );
        assert_eq!(chosen("irsa", None, &[IRSA]), "irsa");
        assert_eq!(chosen("chain", None, &[]), "chain");
        // Without a role of its own the file is for the role that is asked for.
        assert_eq!(chosen("irsa", Some("deploy"), &[FILE, OIDC]), "irsa");
        assert!(chosen("irsa", None, &[FILE]).starts_with("role-to-assume is empty"));
        let malformed: &[(&str, &str)] = &[("AWS_ROLE_ARN", "runner")];
        assert!(
            chosen("irsa", Some("deploy"), &[FILE, malformed]).contains("`AWS_ROLE_ARN` `runner` is not")
        );
        assert!(chosen("irsa", None, &[KEYS]).contains("AWS_WEB_IDENTITY_TOKEN_FILE"));
        assert!(chosen("pod-identity", None, &[]).contains("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
        assert!(chosen("oidc", None, &[KEYS]).starts_with("role-to-assume"));
    }
}
