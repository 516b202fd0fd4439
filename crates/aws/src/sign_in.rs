//! From an identity to a session: the first keys, and the roles that are assumed with them.

use aws_sdk_sts::{
    operation::{
        assume_role::AssumeRoleOutput, assume_role_with_web_identity::AssumeRoleWithWebIdentityOutput,
    },
    types::{AssumedRoleUser, Credentials, PolicyDescriptorType, Tag},
};
use model::{Failure, Secret, codes as general};
use serde_json::Value;

use crate::{
    AccountId, Aws, CallError, Identity, Keys, Region, RoleArn, RoleStep, Session, SessionPolicy, Source,
    container, default_chain, diagnose::About, error, job_token::Tokens, retry::Stop,
};

impl Aws {
    /// Opens the session of `identity`; STS is called in `region`. A refusal is not repeated.
    pub async fn sign_in(&self, identity: &Identity, region: &Region) -> Result<Session, Failure> {
        if identity.role().is_none() && !identity.policy.is_empty() {
            // What was to be narrow must not be wide.
            return Err(Failure::new(
                &general::INVALID_INPUT,
                "keys that are used as they are cannot be narrowed down: only the session of a role can",
            ));
        }
        let mut session = match &identity.source {
            source @ (Source::Oidc { role, .. } | Source::WebIdentity { role, .. }) => {
                self.by_token(identity, role, source, region).await?
            }
            Source::Container => self.own(container::keys(self, region).await?, region).await?,
            Source::Env => {
                let keys = Keys::from_env(self.host.env()).ok_or_else(no_keys)?;
                self.own(keys, region).await?
            }
            Source::Chain => self.own(default_chain::keys(self, region).await?, region).await?,
        };
        for (index, step) in identity.chain.iter().enumerate() {
            let is_last = index + 1 == identity.chain.len();
            session = self.by_keys(identity, step, is_last, &session, region).await?;
        }
        Ok(session)
    }

    /// Opens the session of `identity` from that of all but its last role.
    pub async fn go_on(
        &self,
        identity: &Identity,
        from: &Session,
        region: &Region,
    ) -> Result<Session, Failure> {
        match identity.chain.last() {
            Some(step) => self.by_keys(identity, step, true, from, region).await,
            None => self.sign_in(identity, region).await,
        }
    }

    /// Assumes a role with a token. The call is not signed.
    async fn by_token(
        &self,
        identity: &Identity,
        role: &RoleArn,
        source: &Source,
        region: &Region,
    ) -> Result<Session, Failure> {
        let policy =
            if identity.chain.is_empty() { identity.policy.clone() } else { SessionPolicy::default() };
        let client = self.sts(region, None);
        let mut tokens = Tokens::new(self, source);
        let call = async |new_token| {
            let token = tokens.get(new_token).await?;
            let reply = client
                .assume_role_with_web_identity()
                .role_arn(role.as_str())
                .role_session_name(identity.session_name.as_str())
                .duration_seconds(identity.duration_seconds)
                .set_policy(policy.inline.clone())
                .set_policy_arns(arns(&policy))
                .web_identity_token(token.expose())
                .send();
            let reply = self.phases().time("assume role", reply).await;
            let operation = "AssumeRoleWithWebIdentity";
            // A validation error may quote the token.
            let reply = reply
                .map_err(|error| Stop::Call(CallError::new("STS", operation, &error).without(&token)))?;
            let AssumeRoleWithWebIdentityOutput { credentials, assumed_role_user, .. } = reply;
            opened(credentials, assumed_role_user, operation)
        };
        let audience =
            if let Source::Oidc { audience, .. } = source { audience.clone() } else { String::new() };
        let result = crate::retry::until_done(self.deadline, call).await;
        let about = About {
            role: Some(role.to_string()),
            region: region.to_string(),
            audience: audience_of(audience, tokens.claims().as_ref()),
            claims: tokens.claims(),
            ..About::default()
        };
        let session = result.map_err(|gave_up| crate::diagnose::explained(gave_up, &about))?;
        self.announce(role, &session);
        Ok(session)
    }

    /// Assumes a role with the keys of a session.
    async fn by_keys(
        &self,
        identity: &Identity,
        step: &RoleStep,
        is_last: bool,
        from: &Session,
        region: &Region,
    ) -> Result<Session, Failure> {
        let policy = if is_last { identity.policy.clone() } else { SessionPolicy::default() };
        let seconds = identity.seconds(from.keys.are_temporary());
        if seconds < identity.duration_seconds {
            self.host.info(&format!(
                "The session of {} lasts {seconds} s instead of {}: AWS caps a role that is assumed with another \
                 role's keys at one hour",
                step.role, identity.duration_seconds
            ));
        }
        let client = self.sts(region, Some(&from.keys));
        let tags = (!step.tags.is_empty()).then(|| step.tags.iter().filter_map(tag).collect());
        let keys = Some(step.transitive_tag_keys.clone()).filter(|keys| !keys.is_empty());
        let call = async |_| {
            let reply = client
                .assume_role()
                .role_arn(step.role.as_str())
                .role_session_name(identity.session_name.as_str())
                .duration_seconds(seconds)
                .set_external_id(step.external_id.clone())
                .set_tags(tags.clone())
                .set_transitive_tag_keys(keys.clone())
                .set_policy(policy.inline.clone())
                .set_policy_arns(arns(&policy))
                .send()
                .await
                .map_err(|error| Stop::Call(CallError::new("STS", "AssumeRole", &error)))?;
            let AssumeRoleOutput { credentials, assumed_role_user, .. } = reply;
            opened(credentials, assumed_role_user, "AssumeRole")
        };
        let about = About {
            role: Some(step.role.to_string()),
            caller: Some(from.arn.clone()),
            step: Some(step.clone()),
            region: region.to_string(),
            ..About::default()
        };
        let session = self.until_done("assume role", call, &about).await?;
        self.announce(&step.role, &session);
        Ok(session)
    }

    /// Asks whose the keys are.
    async fn own(&self, keys: Keys, region: &Region) -> Result<Session, Failure> {
        self.mask_keys(&keys);
        let client = self.sts(region, Some(&keys));
        let call = async |_| {
            let reply = client.get_caller_identity().send().await;
            let reply =
                reply.map_err(|error| Stop::Call(CallError::new("STS", "GetCallerIdentity", &error)))?;
            let arn = reply.arn().map(str::to_owned);
            let arn = arn.ok_or_else(|| Stop::Call(CallError::incomplete("STS", "GetCallerIdentity")))?;
            let account = account(&arn, "GetCallerIdentity")?;
            Ok(Session { keys: keys.clone(), arn, account, expires_at: None })
        };
        let about = About { region: region.to_string(), ..About::default() };
        let session = self.until_done("caller identity", call, &about).await?;
        if self.hides_accounts {
            self.host.mask(&Secret::new(session.account.as_str()));
        }
        Ok(session)
    }

    fn announce(&self, role: &RoleArn, session: &Session) {
        self.mask_keys(&session.keys);
        let until = session.expires_at.as_deref().unwrap_or("?");
        self.host.info(&format!("Assumed {role} as {} until {until}", session.arn));
    }
}

fn opened(
    credentials: Option<Credentials>,
    user: Option<AssumedRoleUser>,
    operation: &'static str,
) -> Result<Session, Stop> {
    let (Some(keys), Some(user)) = (credentials, user) else {
        return Err(Stop::Call(CallError::incomplete("STS", operation)));
    };
    Ok(Session {
        keys: Keys {
            access_key_id: keys.access_key_id,
            secret_access_key: Secret::new(keys.secret_access_key),
            session_token: Some(Secret::new(keys.session_token)),
        },
        account: account(&user.arn, operation)?,
        arn: user.arn,
        expires_at: Some(error::time(&keys.expiration)),
    })
}

fn account(arn: &str, operation: &'static str) -> Result<AccountId, Stop> {
    let account = arn.split(':').nth(4).and_then(|account| account.parse().ok());
    account.ok_or_else(|| Stop::Call(CallError::incomplete("STS", operation)))
}

fn arns(policy: &SessionPolicy) -> Option<Vec<PolicyDescriptorType>> {
    let all = policy.managed.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect();
    (!policy.managed.is_empty()).then_some(all)
}

/// A tag; the builder refuses only a missing key or value.
fn tag((key, value): &(String, String)) -> Option<Tag> {
    Tag::builder().key(key).value(value).build().ok()
}

fn audience_of(asked: String, claims: Option<&Value>) -> String {
    let said = claims.and_then(|claims| match &claims["aud"] {
        Value::Array(all) => all.first()?.as_str(),
        one => one.as_str(),
    });
    if asked.is_empty() { said.unwrap_or_default().to_owned() } else { asked }
}

fn no_keys() -> Failure {
    Failure::new(
        &general::INVALID_INPUT,
        "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are not both set in the environment of this step",
    )
    .with_remedy("Set them for this step, or sign in with a role.")
}
