//! The arguments, and the request that they make.

use std::time::Duration;

use aws::{AccountId, Keys, Region, RoleArn, SessionName};
use model::{Failure, ParseError};
use toolkit::{Check, CommonArgs, Env, GitHubContext};

use crate::{
    docker_config::Mode,
    registry::Registry,
    request::{Auth, Identity, Request, Work},
};

/// How long everything may take: three calls of a few hundred milliseconds, and some retries.
pub(crate) const BUDGET: Duration = Duration::from_secs(10);
/// The shortest session that STS gives; the registry's password outlives it.
const DURATION: i32 = 900;
/// The longest session that any role can allow.
const LONGEST_DURATION: i32 = 43_200;

/// Inputs of `oidc-ecr-login`.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {
    /// ARN of the role to assume with the job's OIDC token
    #[arg(long, value_name = "ARN")]
    role_to_assume: Option<String>,

    /// AWS region of the registry; `AWS_REGION` if not given
    #[arg(long, value_name = "REGION")]
    aws_region: Option<String>,

    /// Registries to sign in to: hosts, or account ids for their registries in `aws-region`; the account's own if not given
    #[arg(long, value_name = "REGISTRY", value_delimiter = ',')]
    registries: Vec<String>,

    /// Audience of the OIDC token
    #[arg(long, value_name = "AUDIENCE", default_value = "sts.amazonaws.com")]
    audience: Option<String>,

    /// Where the identity comes from: `oidc`, `env` (AWS keys in the environment), or `auto`: OIDC if there is a role
    #[arg(long, value_name = "SOURCE", default_value = "auto")]
    auth: Option<String>,

    /// Name of the session in CloudTrail; repository, run and attempt if not given
    #[arg(long, value_name = "NAME")]
    role_session_name: Option<String>,

    /// How long the AWS keys are valid, 900 to 43200 seconds
    #[arg(long, value_name = "SECONDS", default_value = "900")]
    role_duration_seconds: Option<String>,

    /// Accounts that the identity may belong to; any if not given
    #[arg(long, value_name = "ACCOUNT", value_delimiter = ',')]
    allowed_account_ids: Vec<String>,

    /// Export the AWS keys to the job's later steps as well
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    export_aws_env: Option<String>,

    /// Hide the account id in the log; outputs that hold it are then not passed on to other jobs
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    mask_aws_account_id: Option<String>,

    /// Which Docker configuration is written: `isolated`, a directory of its own for this job, or `merge`, the user's own
    /// file
    #[arg(long, value_name = "MODE", default_value = "isolated")]
    docker_config: Option<String>,

    /// Sign out instead: take out what earlier logins of this job have written, and nothing else
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    logout: Option<String>,

    /// Not in this version: repositories that the session is narrowed down to; write them into the role's policy
    #[arg(long, value_name = "REPOSITORY", value_delimiter = ',')]
    repositories: Vec<String>,

    /// Not in this version: access that the session is narrowed down to; write it into the role's policy
    #[arg(long, value_name = "ACCESS")]
    access: Option<String>,

    #[command(flatten)]
    common: CommonArgs,
}

impl Args {
    /// Checks every input that matters; nothing is read but `env`.
    pub(crate) fn into_work(self, env: &Env) -> Result<Work, Failure> {
        let mut check = Check::new(env);
        if !check.flag("logout", self.logout.as_deref(), false) && check.is_clean() {
            return self.into_request(env).map(|request| Work::Login(Box::new(request)));
        }
        let budget = self.common.budget(&mut check, BUDGET);
        let dry_run = self.common.dry_run(&mut check);
        check.finish(Some(Work::Logout { budget, dry_run }))
    }

    /// Checks every input of a login.
    pub(crate) fn into_request(self, env: &Env) -> Result<Request, Failure> {
        let mut check = Check::new(env);
        let auth = check.optional("auth", self.auth.as_deref(), auth);
        let region_text =
            self.aws_region.as_deref().or(env.get("AWS_REGION")).or(env.get("AWS_DEFAULT_REGION"));
        let region = check.required("aws-region", region_text, str::parse::<Region>);
        let identity = self.identity(&mut check, auth.unwrap_or(Auth::Auto), region.as_ref());
        let registries = check.list("registries", &self.registries, registry);
        let allowed_accounts =
            check.list("allowed-account-ids", &self.allowed_account_ids, str::parse::<AccountId>);
        let export_aws_env = check.flag("export-aws-env", self.export_aws_env.as_deref(), false);
        let mask_account_id = check.flag("mask-aws-account-id", self.mask_aws_account_id.as_deref(), false);
        let docker_config = check.optional("docker-config", self.docker_config.as_deref(), docker_config);
        self.refuse_what_is_missing(&mut check);
        let budget = self.common.budget(&mut check, BUDGET);
        let dry_run = self.common.dry_run(&mut check);
        let request = region.zip(identity).map(|(region, identity)| Request {
            identity,
            region,
            registries,
            allowed_accounts,
            export_aws_env,
            mask_account_id,
            docker_config: docker_config.unwrap_or(Mode::Isolated),
            budget,
            dry_run,
        });
        check.finish(request)
    }

    /// Refuses inputs that this version only knows by name: GitHub merely warns of an unknown input, so that the session
    /// would silently be a wider one than was asked for.
    fn refuse_what_is_missing(&self, check: &mut Check<'_>) {
        let is_given = |text: &str| !text.trim().is_empty();
        for (input, is_given) in [
            ("repositories", self.repositories.iter().any(|text| is_given(text))),
            ("access", self.access.as_deref().is_some_and(is_given)),
        ] {
            if is_given {
                check.problem(
                    input,
                    "is not in this version: the session has what the role's policy allows, so narrow that down",
                );
            }
        }
    }

    fn identity(&self, check: &mut Check<'_>, auth: Auth, region: Option<&Region>) -> Option<Identity> {
        // Checked in any case, so that all problems are reported at once.
        let session_name =
            check.optional("role-session-name", self.role_session_name.as_deref(), str::parse::<SessionName>);
        let duration = check
            .optional("role-duration-seconds", self.role_duration_seconds.as_deref(), duration)
            .unwrap_or(DURATION);
        let role_text = self.role_to_assume.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let keys = Keys::from_env(check.env());
        let from_env = match auth {
            Auth::Env => true,
            Auth::Oidc => false,
            Auth::Auto => role_text.is_none() && keys.is_some(),
        };
        if from_env {
            if role_text.is_some() {
                check.problem(
                    "role-to-assume",
                    "cannot be used with `auth: env`: the keys of the environment are used as they are",
                );
                return None;
            }
            if keys.is_none() {
                check.problem(
                    "auth",
                    "is `env`, but `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are not both set",
                );
            }
            return keys.map(Identity::Env);
        }
        let role = check.required("role-to-assume", role_text, str::parse::<RoleArn>)?;
        if let Some(region) = region.filter(|region| region.partition() != role.partition()) {
            let text = format!(
                "is in the partition `{}`, but `aws-region: {region}` is in `{}`",
                role.partition(),
                region.partition()
            );
            check.problem("role-to-assume", &text);
        }
        Some(Identity::Oidc {
            role,
            audience: self.audience.clone().unwrap_or_default(),
            session_name: session_name
                .unwrap_or_else(|| SessionName::of_run(&GitHubContext::from_env(check.env()))),
            duration_seconds: duration,
        })
    }
}

fn auth(text: &str) -> Result<Auth, ParseError> {
    match text {
        "auto" => Ok(Auth::Auto),
        "oidc" => Ok(Auth::Oidc),
        "env" => Ok(Auth::Env),
        "irsa" | "pod-identity" => Err(ParseError::new(
            "a source that this version has",
            text,
            "`auto`, `oidc` or `env`; export the pod's keys into the environment and use `env` until then",
        )),
        _ => Err(ParseError::new("a source of identity", text, "`auto`, `oidc` or `env`")),
    }
}

/// A registry. What looks like a URL with a user is not repeated: it may hold a password.
fn registry(text: &str) -> Result<Registry, String> {
    if text.contains('@') {
        return Err("holds an `@` (not shown, since it may hold a password): write the host only".to_owned());
    }
    text.parse().map_err(|error: ParseError| error.to_string())
}

fn docker_config(text: &str) -> Result<Mode, ParseError> {
    match text {
        "isolated" => Ok(Mode::Isolated),
        "merge" => Ok(Mode::Merge),
        _ => Err(ParseError::new("a mode", text, "`isolated` or `merge`")),
    }
}

fn duration(text: &str) -> Result<i32, ParseError> {
    text.parse()
        .ok()
        .filter(|seconds| (DURATION..=LONGEST_DURATION).contains(seconds))
        .ok_or_else(|| ParseError::new("a session's duration", text, "900 to 43200 seconds"))
}
