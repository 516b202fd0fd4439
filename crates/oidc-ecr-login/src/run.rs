//! Signs in: OIDC token, role, registry tokens, and last the file.

use std::collections::BTreeSet;

use aws::{AccountId, Aws, HostForm, Keys, RecipeEntry, Region, RegistryHost, RoleArn, Session, Token};
use futures_util::future::try_join_all;
use model::{Deadline, Failure, Secret, codes as general};
use toolkit::Host;

use crate::{
    docker_config::Place,
    identity_args,
    plan::{self, Ask, Plan},
    report::{self, Outcome},
    request::Request,
    sessions,
};

/// Does the whole work of one request.
pub(crate) async fn run(request: &Request, host: &Host) -> Result<(), Failure> {
    if request.mask_account_id {
        mask(host, &accounts(request));
    }
    let plan = plan::plan(request)?;
    host.info(&identity_args::describe(&request.chosen));
    for pattern in &request.chosen.widened {
        host.info(&format!(
            "The session policy would be too long, so that it names {pattern} instead of each one"
        ));
    }
    for wanted in request.registries.iter().filter(|wanted| !wanted.registry.is_amazons()) {
        host.info(&format!(
            "{} is no name of Amazon's: whoever answers there is given a credential for ECR",
            wanted.registry.host(&request.region, request.host_form)
        ));
    }
    if request.dry_run {
        plan::describe(&plan).iter().for_each(|line| host.info(line));
        return Ok(());
    }
    let deadline = Deadline::after(request.budget);
    let aws = Aws::open(host, deadline)?.hiding_accounts(request.mask_account_id);
    connect_early(&aws, request, &plan).await;
    let sessions = sessions::open(&aws, &plan, request).await?;
    let tokens = try_join_all(plan.asks.iter().map(|ask| token(&aws, ask, &sessions))).await?;
    let (logins, recipes) = logins(&plan, &tokens, request.host_form);
    let place = Place::from_env(host.env());
    let written = place.write(request.docker_config, &logins, &recipes, deadline)?;
    report::about(&written).iter().for_each(|line| host.info(line));
    let directory = written.directory.display().to_string();
    if written.is_new_place {
        host.export_env("DOCKER_CONFIG", &directory)?;
        host.export_env("REGISTRY_AUTH_FILE", &format!("{directory}/config.json"))?;
    }
    let (own, identity) = sessions.into_iter().zip(&plan.identities).next().ok_or_else(missing)?;
    export(request, host, &own.keys)?;
    host.publish(&report::report(&Outcome {
        hosts: logins.into_iter().map(|(host, _)| host).collect(),
        account: own.account.to_string(),
        identity: identity.role().map_or_else(|| own.arn.clone(), ToString::to_string),
        session: own.arn,
        expires_at: tokens.iter().map(|token| token.expires_at.clone()).min().unwrap_or_default(),
        directory,
        timings: aws.phases().rows(),
    }))
}

/// Has the connections to STS and ECR opened while the job's token is fetched.
async fn connect_early(aws: &Aws, request: &Request, plan: &Plan) {
    let mut regions: Vec<Region> =
        plan.asks.iter().filter(|ask| !ask.is_public).map(|ask| ask.region.clone()).collect();
    regions.sort_unstable();
    regions.dedup();
    aws.connect_early(&request.region, &regions, plan.asks.iter().any(|ask| ask.is_public)).await;
}

/// Hides account ids, which are no secrets.
fn mask(host: &Host, accounts: &BTreeSet<&AccountId>) {
    accounts.iter().for_each(|account| host.mask(&Secret::new(account.as_str())));
}

/// Every account that the inputs name.
fn accounts(request: &Request) -> BTreeSet<&AccountId> {
    let roles = request.registries.iter().filter_map(|wanted| wanted.role.as_ref().map(RoleArn::account));
    let registries = request.registries.iter().filter_map(|wanted| wanted.registry.account());
    let own = request.chosen.identity.accounts();
    own.into_iter().chain(roles).chain(registries).chain(&request.allowed_accounts).collect()
}

async fn token(aws: &Aws, ask: &Ask, sessions: &[Session]) -> Result<Token, Failure> {
    let session = sessions.get(ask.session).ok_or_else(missing)?;
    if ask.is_public {
        aws.public_token(session).await
    } else {
        aws.registry_token(session, &ask.region).await
    }
}

/// Puts the tokens to their hosts, and says how each can be had again.
fn logins(plan: &Plan, tokens: &[Token], form: HostForm) -> (Vec<(String, Secret)>, Vec<RecipeEntry>) {
    let own = plan.asks.iter().zip(tokens).enumerate();
    let hosts: Vec<(String, usize)> = if plan.hosts.is_empty() {
        own.flat_map(|(place, (_, token))| {
            let meant = RegistryHost::parse(&token.host)
                .map(|host| RegistryHost::of(host.account(), host.region(), form).to_string())
                .filter(|host| *host != token.host);
            // The host that the environment asks for comes first, and so is the output `registry`.
            meant.into_iter().chain([token.host.clone()]).map(move |host| (host, place))
        })
        .collect()
    } else {
        plan.hosts.clone()
    };
    let login = |(host, place): (String, usize)| {
        let (ask, token) = (plan.asks.get(place)?, tokens.get(place)?);
        let identity = plan.identities.get(ask.session)?.clone();
        let recipe = RecipeEntry { host: host.clone(), region: ask.region.clone(), identity };
        Some(((host, token.auth.clone()), recipe))
    };
    hosts.into_iter().filter_map(login).unzip()
}

fn missing() -> Failure {
    Failure::new(&general::INTERNAL, "the plan has a token without a session")
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

#[cfg(test)]
mod tests {
    use toolkit::Env;

    use super::*;
    use crate::tests::request;

    #[test]
    fn the_host_that_the_environment_asks_for_is_signed_in_to_beside_the_one_that_ecr_names() {
        let plain = "123456789012.dkr.ecr.us-west-2.amazonaws.com";
        let fips = "123456789012.dkr.ecr-fips.us-west-2.amazonaws.com";
        for (is_fips, host, expected) in [
            ("false", plain, vec![plain]),
            ("true", plain, vec![fips, plain]),
            ("true", "127.0.0.1:5000", vec!["127.0.0.1:5000"]),
        ] {
            let env = Env::from_pairs([("AWS_REGION", "us-west-2"), ("AWS_USE_FIPS_ENDPOINT", is_fips)]);
            let role = "--role-to-assume=arn:aws:iam::123456789012:role/day2-dev";
            let request = request(&[role], &env).unwrap();
            let token = Token {
                region: request.region.clone(),
                host: host.to_owned(),
                auth: Secret::new("QVdTOnA="),
                expires_at: String::new(),
            };
            let (logins, recipes) = logins(&plan::plan(&request).unwrap(), &[token], request.host_form);
            let hosts: Vec<&str> = logins.iter().map(|(host, _)| host.as_str()).collect();
            assert_eq!(hosts, expected, "{is_fips}");
            assert!(recipes.iter().map(|recipe| recipe.host.as_str()).eq(expected));
        }
    }
}
