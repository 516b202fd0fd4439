//! The arguments, and the request that they make.

use std::time::Duration;

use aws::{AccountId, HostForm, Region};
use model::{Failure, ParseError};
use toolkit::{Check, CommonArgs, Env};

use crate::{
    docker_config::Mode,
    identity_args::{IdentityArgs, Surroundings},
    registry::{Registry, Wanted},
    request::{Request, Work},
};

/// How long everything may take: three calls of a few hundred milliseconds, and some retries.
pub(crate) const BUDGET: Duration = Duration::from_secs(10);

/// Inputs of `oidc-ecr-login`.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    identity: IdentityArgs,

    /// AWS region of the registry; `AWS_REGION` if not given
    #[arg(long, value_name = "REGION")]
    aws_region: Option<String>,

    /// Registries to sign in to, separated by commas or one per line: hosts, account ids (in `aws-region`), `ACCOUNT/REGION`,
    /// `public`; each with `=ROLE_ARN` for a role of its own; the account's own registry if not given
    #[arg(long, value_name = "REGISTRY", value_delimiter = ',')]
    registries: Vec<String>,

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
        let region_text =
            self.aws_region.as_deref().or(env.get("AWS_REGION")).or(env.get("AWS_DEFAULT_REGION"));
        let region = check.required("aws-region", region_text, str::parse::<Region>);
        let registries = check.list("registries", &lines(&self.registries), str::parse::<Wanted>);
        let allowed_accounts =
            check.list("allowed-account-ids", &self.allowed_account_ids, str::parse::<AccountId>);
        let public = registries.iter().any(|wanted| wanted.registry == Registry::Public);
        let has_roles = registries.iter().any(|wanted| wanted.role.is_some());
        let host_form = HostForm::of(env);
        let host = |wanted: &Wanted| Some(wanted.registry.host(region.as_ref()?, host_form));
        let hosts: Vec<String> = registries.iter().filter_map(host).collect();
        let around = Surroundings {
            region: region.as_ref(),
            accounts: &allowed_accounts,
            hosts: &hosts,
            public,
            has_roles,
        };
        let chosen = self.identity.check(&mut check, &around);
        let export_aws_env = check.flag("export-aws-env", self.export_aws_env.as_deref(), false);
        let mask_account_id = check.flag("mask-aws-account-id", self.mask_aws_account_id.as_deref(), false);
        let docker_config = check.optional("docker-config", self.docker_config.as_deref(), docker_config);
        let budget = self.common.budget(&mut check, BUDGET);
        let dry_run = self.common.dry_run(&mut check);
        let request = region.clone().zip(chosen).map(|(region, chosen)| Request {
            chosen,
            region,
            registries,
            allowed_accounts,
            host_form,
            export_aws_env,
            mask_account_id,
            docker_config: docker_config.unwrap_or(Mode::Isolated),
            budget,
            dry_run,
        });
        check.finish(request)
    }
}

/// Values of a list that may be written one per line as well.
fn lines(values: &[String]) -> Vec<String> {
    values.iter().flat_map(|value| value.lines()).map(str::to_owned).collect()
}

fn docker_config(text: &str) -> Result<Mode, ParseError> {
    match text {
        "isolated" => Ok(Mode::Isolated),
        "merge" => Ok(Mode::Merge),
        _ => Err(ParseError::new("a mode", text, "`isolated` or `merge`")),
    }
}
