//! Signs in: OIDC token, role, registry tokens, and last the file.

use std::time::Duration;

use aws::{AccountId, Aws, Keys, Session, Token};
use futures_util::future::try_join_all;
use model::{Deadline, Failure, Secret, codes as general};
use serde_json::Value;
use toolkit::{
    Host,
    http::{self, ClientOptions},
};

use crate::{
    docker_config::Place,
    identity_args,
    plan::{self, Plan},
    report::{self, Outcome},
    request::Request,
};

/// How long a connection may take: within the default `timeout` a second and a third one can still be made.
const CONNECT: Duration = Duration::from_secs(3);

/// Does the whole work of one request.
pub(crate) async fn run(request: &Request, host: &Host) -> Result<(), Failure> {
    let identity = &request.chosen.identity;
    if let Some(account) = identity.account() {
        mask_account(request, host, account);
    }
    let plan = plan::plan(request)?;
    host.info(&identity_args::describe(&request.chosen));
    for pattern in &request.chosen.widened {
        host.info(&format!(
            "The session policy would be too long, so that it names {pattern} instead of each one"
        ));
    }
    if request.dry_run {
        plan::describe(&plan).iter().for_each(|line| host.info(line));
        return Ok(());
    }
    let deadline = Deadline::after(request.budget);
    let client = http::client(&ClientOptions {
        ca_pem: ca_bundle(host)?,
        connect_timeout: CONNECT,
        ..ClientOptions::default()
    })?;
    let aws = Aws::new(host, client, deadline);
    let session = aws.sign_in(identity, &request.region).await?;
    mask_account(request, host, &session.account);
    // Once more, by AWS's own word, before anything is written: keys of the environment can belong to anyone.
    plan::check_account(&session.account, &request.allowed_accounts)?;
    let tokens = tokens(&aws, &plan, &session).await?;
    let logins = logins(&plan, &tokens)?;
    let place = Place::from_env(host.env());
    let written = place.write(request.docker_config, &logins, &Value::Null, deadline)?;
    report::about(&written).iter().for_each(|line| host.info(line));
    let directory = written.directory.display().to_string();
    if written.is_new_place {
        host.export_env("DOCKER_CONFIG", &directory)?;
        host.export_env("REGISTRY_AUTH_FILE", &format!("{directory}/config.json"))?;
    }
    export(request, host, &session.keys)?;
    host.publish(&report::report(&Outcome {
        hosts: logins.into_iter().map(|(host, _)| host).collect(),
        account: session.account.to_string(),
        identity: identity.role().map_or_else(|| session.arn.clone(), ToString::to_string),
        session: session.arn,
        expires_at: tokens.iter().map(|token| token.expires_at.clone()).min().unwrap_or_default(),
        directory,
        timings: aws.phases().rows(),
    }))
}

/// Hides the account id, which is no secret, if that was asked for.
fn mask_account(request: &Request, host: &Host, account: &AccountId) {
    if request.mask_account_id {
        host.mask(&Secret::new(account.as_str()));
    }
}

/// Asks every region at once.
async fn tokens(aws: &Aws, plan: &Plan, session: &Session) -> Result<Vec<Token>, Failure> {
    try_join_all(plan.regions.iter().map(|region| aws.registry_token(session, region))).await
}

/// Puts the tokens to the hosts of their region.
fn logins(plan: &Plan, tokens: &[Token]) -> Result<Vec<(String, Secret)>, Failure> {
    if plan.hosts.is_empty() {
        return Ok(tokens.iter().map(|token| (token.host.clone(), token.auth.clone())).collect());
    }
    let login = |(host, region): &(String, _)| {
        let token = tokens.iter().find(|token| token.region == *region);
        token.map(|token| (host.clone(), token.auth.clone()))
    };
    let logins: Option<Vec<_>> = plan.hosts.iter().map(login).collect();
    logins.ok_or_else(|| Failure::new(&general::INTERNAL, "a region was not asked for a token"))
}

/// Tells later steps the AWS keys, only if that was asked for.
fn export(request: &Request, host: &Host, keys: &Keys) -> Result<(), Failure> {
    if request.export_aws_env {
        host.export_env("AWS_ACCESS_KEY_ID", &keys.access_key_id)?;
        host.export_env("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.expose())?;
        host.export_env("AWS_SESSION_TOKEN", keys.session_token.as_ref().map_or("", Secret::expose))?;
        host.export_env("AWS_REGION", request.region.as_str())?;
        host.export_env("AWS_DEFAULT_REGION", request.region.as_str())?;
    }
    Ok(())
}

/// Reads the authorities that `AWS_CA_BUNDLE` names, as every AWS tool does.
fn ca_bundle(host: &Host) -> Result<Option<Vec<u8>>, Failure> {
    let Some(path) = host.env().get("AWS_CA_BUNDLE") else { return Ok(None) };
    std::fs::read(path).map(Some).map_err(|error| {
        Failure::new(&general::FILE_ACCESS, format!("cannot read `AWS_CA_BUNDLE` ({path}): {error}"))
    })
}
