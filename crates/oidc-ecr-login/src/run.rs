//! Signs in: OIDC token, role, registry tokens, and last the file.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws::{
    Aws, GaveUp, Keys, RegistryToken, Stop,
    diagnose::{self, About},
    until_done,
};
use futures_util::future::try_join_all;
use model::{Deadline, Failure, Secret, codes as general};
use reqwest::Client;
use serde_json::Value;
use toolkit::{
    Host, Phases,
    http::{self, ClientOptions},
    oidc,
};

use crate::{
    docker_config::Place,
    plan::{self, Plan},
    report::{self, Outcome},
    request::{Identity, Request},
};

/// A token with less time left than this is made anew before it is used again.
const TOKEN_RESERVE: u64 = 60;

/// How long a connection may take: within the default `timeout` a second and a third one can still be made.
const CONNECT: Duration = Duration::from_secs(3);

/// Does the whole work of one request.
pub(crate) async fn run(request: &Request, host: &Host) -> Result<(), Failure> {
    if let Identity::Oidc { role, .. } = &request.identity {
        mask_account(request, host, role.account().as_str());
    }
    let plan = plan::plan(request)?;
    host.info(&plan::identity(request, host.env()));
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
    let login = Login {
        request,
        host,
        deadline,
        phases: Phases::new(),
        aws: Aws::new(host.env(), client.clone(), deadline),
    };
    let who = login.who(client).await?;
    // Once more, by AWS's own word, before anything is written: keys of the environment can belong to anyone.
    plan::check_account(who.account(), &request.allowed_accounts)?;
    let tokens = login.phases.time("registry token", login.tokens(&plan, &who)).await?;
    let logins = logins(&plan, &tokens)?;
    let place = Place::from_env(host.env());
    let written = place.write(request.docker_config, &logins, &Value::Null, deadline)?;
    report::about(&written).iter().for_each(|line| host.info(line));
    let directory = written.directory.display().to_string();
    if written.is_new_place {
        host.export_env("DOCKER_CONFIG", &directory)?;
        host.export_env("REGISTRY_AUTH_FILE", &format!("{directory}/config.json"))?;
    }
    export(request, host, &who.keys)?;
    host.publish(&report::report(&Outcome {
        hosts: logins.into_iter().map(|(host, _)| host).collect(),
        account: who.account().to_owned(),
        identity: who.identity,
        session: who.session,
        expires_at: tokens.iter().map(|token| token.expires_at.clone()).min().unwrap_or_default(),
        directory,
        timings: login.phases.rows(),
    }))
}

/// Hides the account id, which is no secret, if that was asked for.
fn mask_account(request: &Request, host: &Host, account: &str) {
    if request.mask_account_id {
        host.mask(&Secret::new(account));
    }
}

/// Whose keys are used.
struct Who {
    keys: Keys,
    /// The role, or the caller's own ARN.
    identity: String,
    /// The assumed session's ARN.
    session: String,
}

impl Who {
    /// Returns the account of the ARN that AWS gave, not of the one that was asked for.
    fn account(&self) -> &str {
        self.session.split(':').nth(4).unwrap_or_default()
    }
}

struct Login<'a> {
    request: &'a Request,
    host: &'a Host,
    deadline: Deadline,
    phases: Phases,
    aws: Aws,
}

impl Login<'_> {
    async fn who(&self, client: Client) -> Result<Who, Failure> {
        match &self.request.identity {
            Identity::Oidc { .. } => self.assume(client).await,
            Identity::Env(keys) => {
                self.mask(keys);
                let region = &self.request.region;
                let call = async |_| self.aws.caller(region, keys).await.map_err(Stop::Call);
                let arn = self
                    .phases
                    .time("caller identity", until_done(self.deadline, call))
                    .await
                    .map_err(|gave_up| explained(gave_up, &self.about(None)))?;
                let who = Who { keys: keys.clone(), identity: arn.clone(), session: arn };
                mask_account(self.request, self.host, who.account());
                Ok(who)
            }
        }
    }

    async fn assume(&self, client: Client) -> Result<Who, Failure> {
        let Identity::Oidc { role, audience, session_name, duration_seconds } = &self.request.identity else {
            return Err(Failure::new(&general::INTERNAL, "there is no role to assume"));
        };
        let region = &self.request.region;
        let mut minter = Minter { login: self, client, audience, token: None };
        let call = async |new_token| {
            let token = minter.token(new_token).await?;
            let assumed = self.aws.assume_role(region, role, session_name, *duration_seconds, &token);
            self.phases.time("assume role", assumed).await.map_err(Stop::Call)
        };
        let result = until_done(self.deadline, call).await;
        let claims = minter.claims();
        let session = result.map_err(|gave_up| explained(gave_up, &self.about(claims)))?;
        self.mask(&session.keys);
        self.host.info(&format!("Assumed {role} as {} until {}", session.arn, session.expires_at));
        Ok(Who { keys: session.keys, identity: role.to_string(), session: session.arn })
    }

    /// Asks every region at once.
    async fn tokens(&self, plan: &Plan, who: &Who) -> Result<Vec<RegistryToken>, Failure> {
        let ask = plan.regions.iter().map(async |region| {
            let call = async |_| self.aws.registry_token(region, &who.keys).await.map_err(Stop::Call);
            let mut about = self.about(None);
            region.as_str().clone_into(&mut about.region);
            until_done(self.deadline, call).await.map_err(|gave_up| explained(gave_up, &about))
        });
        let tokens = try_join_all(ask).await?;
        for token in &tokens {
            self.host.mask(&token.auth);
            if let Some(password) = report::password(&token.auth) {
                self.host.mask(&password);
            }
        }
        Ok(tokens)
    }

    /// Makes sure that no later line can show the keys.
    fn mask(&self, keys: &Keys) {
        self.host.mask(&keys.secret_access_key);
        if let Some(token) = &keys.session_token {
            self.host.mask(token);
        }
    }

    fn about(&self, claims: Option<Value>) -> About {
        let (role, audience) = match &self.request.identity {
            Identity::Oidc { role, audience, .. } => (Some(role.to_string()), audience.clone()),
            Identity::Env(_) => (None, String::new()),
        };
        About { role, region: self.request.region.to_string(), audience, claims }
    }
}

/// Keeps one OIDC token as long as it is good.
struct Minter<'a> {
    login: &'a Login<'a>,
    client: Client,
    audience: &'a str,
    token: Option<Secret>,
}

impl Minter<'_> {
    async fn token(&mut self, new: bool) -> Result<Secret, Stop> {
        if let Some(token) = self.token.as_ref().filter(|token| !new && has_time(token)) {
            return Ok(token.clone());
        }
        let login = self.login;
        let fetch = oidc::fetch(login.host.env(), &self.client, self.audience, login.deadline);
        let token = login
            .phases
            .time("OIDC token", fetch)
            .await
            .map_err(|failure| Stop::Failure(Box::new(failure)))?;
        login.host.mask(&token);
        self.token = Some(token.clone());
        Ok(token)
    }

    fn claims(&self) -> Option<Value> {
        self.token.as_ref().and_then(oidc::claims)
    }
}

/// Whether a token is good for another call.
fn has_time(token: &Secret) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let expires = oidc::claims(token).and_then(|claims| claims["exp"].as_u64());
    expires.is_some_and(|expires| expires > now + TOKEN_RESERVE)
}

fn explained(gave_up: GaveUp, about: &About) -> Failure {
    match gave_up.stop {
        Stop::Call(error) => diagnose::failure(&error, gave_up.tries, about),
        Stop::Failure(failure) => *failure,
    }
}

/// Puts the tokens to the hosts of their region.
fn logins(plan: &Plan, tokens: &[RegistryToken]) -> Result<Vec<(String, Secret)>, Failure> {
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
