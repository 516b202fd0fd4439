//! The inputs that say as whom to sign in, and what the session is narrowed down to.

use std::collections::BTreeSet;

use aws::{
    AccountId, Ambient, DEFAULT_SECONDS, Identity, Region, RoleArn, RoleStep, SessionName, SessionPolicy,
    Source,
};
use model::ParseError;
use toolkit::{Check, Env, GitHubContext};

use crate::{auth, policy_args::PolicyArgs};

/// The longest session that any role can allow.
const LONGEST_DURATION: i32 = 43_200;

/// As whom.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct IdentityArgs {
    /// Role to assume: its ARN, or its name if `allowed-account-ids` names the one account
    #[arg(long, value_name = "ROLE")]
    role_to_assume: Option<String>,

    /// Roles to assume after that, one per line, each with the session of the one before; such sessions last an hour at
    /// most
    #[arg(long, value_name = "ROLE", value_delimiter = '\n')]
    role_chain: Vec<String>,

    /// Audience of the OIDC token
    #[arg(long, value_name = "AUDIENCE", default_value = "sts.amazonaws.com")]
    audience: Option<String>,

    /// Where the identity comes from: `oidc` (the job's token), `irsa` (a web identity's file), `pod-identity` (EKS Pod
    /// Identity, ECS), `env` (keys in the environment), `chain` (AWS's default chain, profiles and instance included), or
    /// `auto`: OIDC if there is a role and the job may ask for a token, else the one source that the environment has
    #[arg(long, value_name = "SOURCE", default_value = "auto")]
    auth: Option<String>,

    /// Name of the session in CloudTrail; repository, run and attempt if not given
    #[arg(long, value_name = "NAME")]
    role_session_name: Option<String>,

    /// How long the AWS keys are valid, 900 to 43200 seconds
    #[arg(long, value_name = "SECONDS", default_value = "900")]
    role_duration_seconds: Option<String>,

    /// What the trust policies of roles that are assumed with keys ask for as `sts:ExternalId`
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,

    /// Tags of the sessions of roles that are assumed with keys: `KEY=VALUE`, one per line
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = '\n')]
    session_tags: Vec<String>,

    /// Keys of the session tags that AWS passes on along `role-chain` by itself
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    transitive_tag_keys: Vec<String>,

    #[command(flatten)]
    policy: PolicyArgs,
}

/// What other inputs know that matters here.
pub(crate) struct Surroundings<'a> {
    /// Where STS is called.
    pub(crate) region: Option<&'a Region>,
    /// The accounts that are allowed.
    pub(crate) accounts: &'a [AccountId],
    /// The hosts that are signed in to, as far as they are named.
    pub(crate) hosts: &'a [String],
    /// Whether the public gallery is signed in to.
    pub(crate) public: bool,
    /// Whether a registry has a role of its own.
    pub(crate) has_roles: bool,
}

/// An identity, and how it came to be chosen.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    /// As whom.
    pub(crate) identity: Identity,
    /// Further sources of the environment, which are not used.
    pub(crate) unused: Vec<&'static str>,
    /// What the generated session policy covers beside what was asked for.
    pub(crate) widened: Vec<String>,
    /// Whether the job's OIDC token would have been used if the job could ask for one.
    pub(crate) lacks_token: bool,
    /// What goes with roles of registries.
    pub(crate) extras: Extras,
}

impl IdentityArgs {
    /// Checks every one of these inputs.
    pub(crate) fn check(&self, check: &mut Check<'_>, around: &Surroundings<'_>) -> Option<Chosen> {
        let session_name =
            check.optional("role-session-name", self.role_session_name.as_deref(), str::parse::<SessionName>);
        let duration_seconds = check
            .optional("role-duration-seconds", self.role_duration_seconds.as_deref(), duration)
            .unwrap_or(DEFAULT_SECONDS);
        let had_role = self.role_to_assume.as_deref().is_some_and(|text| !text.trim().is_empty());
        let role =
            check.optional("role-to-assume", self.role_to_assume.as_deref(), |text| role_of(text, around));
        let roles = check.list("role-chain", &self.role_chain, |text| role_of(text, around));
        for (input, role) in role
            .iter()
            .map(|role| ("role-to-assume", role))
            .chain(roles.iter().map(|role| ("role-chain", role)))
        {
            check_partition(check, input, role, around.region);
        }
        let tags = check.list("session-tags", &self.session_tags, tag);
        let transitive = check.list("transitive-tag-keys", &self.transitive_tag_keys, |key: &str| {
            let is_known = tags.iter().any(|(known, _)| known == key);
            if is_known { Ok(key.to_owned()) } else { Err(format!("`{key}` is the key of no session tag")) }
        });
        let external_id = check.optional("external-id", self.external_id.as_deref(), external_id);
        let partition = around.region.map_or("aws", Region::partition);
        let (policy, widened) = self.policy.check(check, partition, around);
        let wanted = check.optional("auth", self.auth.as_deref(), auth::Auth::parse)?;
        if had_role && role.is_none() {
            return None;
        }
        let ambient = Ambient::of(check.env());
        let audience = self.audience.clone().unwrap_or_default();
        let choice = match auth::choose(wanted, &ambient, role, audience) {
            Ok(choice) => choice,
            Err((input, problem)) => {
                check.problem(input, &problem);
                return None;
            }
        };
        let with_keys: Vec<RoleArn> = choice.then.into_iter().chain(roles).collect();
        let extras = Extras { external_id, tags, transitive };
        if with_keys.is_empty() && !around.has_roles {
            extras.refuse(check);
        }
        let identity = Identity {
            source: choice.source,
            chain: with_keys.into_iter().enumerate().map(|(index, role)| extras.step(index, role)).collect(),
            session_name: session_name.unwrap_or_else(|| of_run(check.env())),
            duration_seconds,
            policy,
        };
        self.check_policy(check, &identity);
        let lacks_token = choice.lacks_token && check.env().get("GITHUB_ACTIONS").is_some();
        Some(Chosen { identity, unused: choice.unused, widened, lacks_token, extras })
    }

    fn check_policy(&self, check: &mut Check<'_>, identity: &Identity) {
        if !identity.policy.is_empty() && identity.role().is_none() {
            let text = "narrows down the session of a role, and there is none: the keys are used as they are";
            check.problem(self.policy.first_given(), text);
        }
    }
}

/// What goes with roles that are assumed with keys.
#[derive(Debug, Clone)]
pub(crate) struct Extras {
    external_id: Option<String>,
    tags: Vec<(String, String)>,
    transitive: Vec<String>,
}

impl Extras {
    /// Refuses what would silently have no effect.
    fn refuse(&self, check: &mut Check<'_>) {
        let text = "has no effect here: AWS knows it only for roles that are assumed with keys (`role-chain`, or a role in `registries`)";
        if self.external_id.is_some() {
            check.problem("external-id", text);
        }
        if !self.tags.is_empty() {
            check.problem("session-tags", text);
        }
    }

    /// Returns how a role is assumed that is at `index` among those that are assumed with keys. Every one of their
    /// sessions has all tags: the transitive ones are passed on by AWS, which refuses to have them set again.
    pub(crate) fn step(&self, index: usize, role: RoleArn) -> RoleStep {
        let is_first = index == 0;
        let is_set = |(key, _): &&(String, String)| is_first || !self.transitive.contains(key);
        RoleStep {
            role,
            external_id: self.external_id.clone(),
            tags: self.tags.iter().filter(is_set).cloned().collect(),
            transitive_tag_keys: if is_first { self.transitive.clone() } else { Vec::new() },
        }
    }
}

/// Reads a role's ARN; or its name, if the account is known by `allowed-account-ids` and the partition by the region.
fn role_of(text: &str, around: &Surroundings<'_>) -> Result<RoleArn, String> {
    if text.starts_with("arn:") || text.contains(':') {
        return text.parse().map_err(|error: ParseError| error.to_string());
    }
    let distinct: BTreeSet<&AccountId> = around.accounts.iter().collect();
    match (distinct.first(), distinct.len(), around.region) {
        (Some(account), 1, Some(region)) => format!("arn:{}:iam::{account}:role/{text}", region.partition())
            .parse()
            .map_err(|error: ParseError| error.to_string()),
        _ => Err(format!(
            "`{text}` is a name, not an ARN: write `arn:aws:iam::ACCOUNT:role/{text}`, or name the one account in \
             `allowed-account-ids`"
        )),
    }
}

fn check_partition(check: &mut Check<'_>, input: &str, role: &RoleArn, region: Option<&Region>) {
    if let Some(region) = region.filter(|region| region.partition() != role.partition()) {
        let text = format!(
            "is in the partition `{}`, but `aws-region: {region}` is in `{}`",
            role.partition(),
            region.partition()
        );
        check.problem(input, &text);
    }
}

/// The rules of the API reference of `AssumeRole`, `Tags`.
fn tag(text: &str) -> Result<(String, String), ParseError> {
    let allowed = |c: char| c.is_alphanumeric() || "_.:/=+-@ ".contains(c);
    let (key, value) = text.split_once('=').map_or(("", text), |(key, value)| (key.trim(), value.trim()));
    if (1..=128).contains(&key.chars().count())
        && value.chars().count() <= 256
        && key.chars().chain(value.chars()).all(allowed)
        && !key.to_ascii_lowercase().starts_with("aws:")
    {
        return Ok((key.to_owned(), value.to_owned()));
    }
    Err(ParseError::new(
        "a session tag",
        text,
        "`KEY=VALUE`: letters, digits, spaces and `_.:/=+-@`, at most 128 and 256 characters, no `aws:`",
    ))
}

/// The rules of the API reference of `AssumeRole`, `ExternalId`.
fn external_id(text: &str) -> Result<String, ParseError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    if (2..=1224).contains(&text.len()) && text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(ParseError::new("an external id", text, "2 to 1224 letters, digits or `_+=,.@:/-`"))
}

fn duration(text: &str) -> Result<i32, ParseError> {
    text.parse()
        .ok()
        .filter(|seconds| (DEFAULT_SECONDS..=LONGEST_DURATION).contains(seconds))
        .ok_or_else(|| ParseError::new("a session's duration", text, "900 to 43200 seconds"))
}

fn of_run(env: &Env) -> SessionName {
    SessionName::of_run(&GitHubContext::from_env(env))
}

/// Returns as whom the calls are made, for the log: the choice that `auth: auto` made.
pub(crate) fn describe(chosen: &Chosen) -> String {
    let Identity { source, chain, session_name, duration_seconds, policy } = &chosen.identity;
    let first = match source {
        Source::Oidc { role, audience } => {
            format!(
                "{role}, as session {session_name} for {duration_seconds} s, by an OIDC token for {audience}"
            )
        }
        Source::WebIdentity { role, token_file } => format!(
            "{role}, as session {session_name} for {duration_seconds} s, by the web identity in {}",
            token_file.display()
        ),
        Source::Container => "the keys that the container's agent gives (EKS Pod Identity or ECS)".to_owned(),
        Source::Env => "the AWS keys of the environment".to_owned(),
        Source::Chain => "the keys that AWS's default chain finds".to_owned(),
    };
    let then: String = chain.iter().map(|step| format!("; then {}", step.role)).collect();
    let narrowed =
        if *policy == SessionPolicy::default() { "" } else { "; narrowed down by session policies" };
    let unused = match chosen.unused.as_slice() {
        [] => String::new(),
        names => format!("; not used: {}", names.join(", ")),
    };
    let lacks = if chosen.lacks_token { "; the job may not ask for an OIDC token" } else { "" };
    format!("Identity: {first}{then}{narrowed}{unused}{lacks}")
}
