//! What will be done, worked out before the first call.

use aws::{AccountId, Identity, Region, SessionPolicy, codes};
use model::{Failure, codes::INVALID_INPUT};

use crate::{registry::Registry, request::Request};

/// The sessions to open, the tokens to ask for with them, and the hosts that these are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The login's own, not narrowed down, if registries have roles of their own: their sessions go on from its one.
    pub(crate) base: Option<Identity>,
    /// Those that a token is asked for with, and first the login's own if its keys are exported.
    pub(crate) identities: Vec<Identity>,
    /// Each once: one token opens every registry of its region that the session may reach (API reference of
    /// `GetAuthorizationToken`, `registryIds`).
    pub(crate) asks: Vec<Ask>,
    /// Hosts, with the token that is for each by its place in `asks`; none means the session's own registry.
    pub(crate) hosts: Vec<(String, usize)>,
}

/// A token to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The session's place in [`Plan::identities`].
    pub(crate) session: usize,
    /// The region that has the registries.
    pub(crate) region: Region,
    /// Whether it is for the public gallery.
    pub(crate) is_public: bool,
}

impl Plan {
    /// Whether an identity's session goes on from that of the base.
    pub(crate) fn goes_on(&self, identity: &Identity) -> bool {
        self.base.as_ref().is_some_and(|base| identity.chain.len() > base.chain.len())
    }
}

/// Works out the plan. A role of an account that is not allowed is refused here, before any call.
pub(crate) fn plan(request: &Request) -> Result<Plan, Failure> {
    let own = &request.chosen.identity;
    let has_roles = request.registries.iter().any(|wanted| wanted.role.is_some());
    let mut plan = Plan {
        base: has_roles.then(|| Identity { policy: SessionPolicy::default(), ..own.clone() }),
        identities: Vec::new(),
        asks: Vec::new(),
        hosts: Vec::new(),
    };
    if request.export_aws_env {
        plan.identities.push(own.clone());
    }
    for wanted in &request.registries {
        let step = wanted.role.clone().map(|role| request.chosen.extras.step(own.chain.len(), role));
        let identity = step.map_or_else(|| own.clone(), |step| own.clone().then(step));
        let ask = Ask {
            session: place_of(&mut plan.identities, identity),
            region: wanted.registry.region(&request.region).clone(),
            is_public: wanted.registry == Registry::Public,
        };
        let ask = place_of(&mut plan.asks, ask);
        let host = wanted.registry.host(&request.region, request.host_form);
        match plan.hosts.iter().find(|(known, _)| *known == host) {
            // Docker has one credential for a host.
            Some((_, other)) if *other != ask => {
                let text = format!("input `registries` names {host} twice, with different roles");
                return Err(Failure::new(&INVALID_INPUT, text));
            }
            Some(_) => {}
            None => plan.hosts.push((host, ask)),
        }
    }
    if plan.hosts.is_empty() {
        let session = place_of(&mut plan.identities, own.clone());
        plan.asks.push(Ask { session, region: request.region.clone(), is_public: false });
    }
    for account in plan.identities.iter().chain(&plan.base).filter_map(Identity::account) {
        check_account(account, &request.allowed_accounts)?;
    }
    Ok(plan)
}

/// Returns where `item` is, after adding it if it is nowhere.
fn place_of<T: PartialEq>(items: &mut Vec<T>, item: T) -> usize {
    let found = items.iter().position(|known| *known == item);
    found.unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    })
}

/// Refuses an account that is not listed; an empty list allows all.
pub(crate) fn check_account(account: &AccountId, allowed: &[AccountId]) -> Result<(), Failure> {
    if allowed.is_empty() || allowed.contains(account) {
        return Ok(());
    }
    let list: Vec<&str> = allowed.iter().map(AccountId::as_str).collect();
    Err(Failure::new(
        &codes::ACCOUNT_NOT_ALLOWED,
        format!("account {account} is not among `allowed-account-ids` ({})", list.join(", ")),
    ))
}

/// Returns the plan in words, for `dry-run`.
pub(crate) fn describe(plan: &Plan) -> Vec<String> {
    let further = plan.identities.iter().filter(|identity| plan.goes_on(identity));
    let mut lines: Vec<String> = further
        .filter_map(Identity::role)
        .map(|role| format!("would assume {role} with that session"))
        .collect();
    let of = |ask: &Ask| if ask.is_public { "the public gallery".to_owned() } else { ask.region.to_string() };
    let tokens: Vec<String> = plan.asks.iter().map(of).collect();
    let hosts: Vec<&str> = plan.hosts.iter().map(|(host, _)| host.as_str()).collect();
    let target = if hosts.is_empty() { "the account's own registry".to_owned() } else { hosts.join(", ") };
    lines.push(format!("would ask ECR for a token in {}", tokens.join(", ")));
    lines.push(format!("would write a Docker configuration with the credential for {target}"));
    lines
}

#[cfg(test)]
mod tests {
    use toolkit::Env;

    use super::*;
    use crate::{identity_args, tests::request};

    #[test]
    fn one_token_per_region_and_one_entry_per_host() {
        let request = request(
            &[
                "--role-to-assume=arn:aws:iam::123456789012:role/day2-dev",
                "--aws-region=eu-central-1",
                "--registries=123456789012,210987654321.dkr.ecr.us-east-1.amazonaws.com",
                "--registries=210987654321",
                "--registries=123456789012.dkr.ecr.eu-central-1.amazonaws.com",
            ],
            &Env::default(),
        )
        .unwrap();
        let plan = plan(&request).unwrap();
        let regions: Vec<&str> = plan.asks.iter().map(|ask| ask.region.as_str()).collect();
        assert_eq!((regions, plan.identities.len()), (vec!["eu-central-1", "us-east-1"], 1));
        let hosts: Vec<String> =
            plan.hosts.iter().map(|(host, ask)| format!("{host} {}", plan.asks[*ask].region)).collect();
        assert_eq!(
            hosts,
            [
                "123456789012.dkr.ecr.eu-central-1.amazonaws.com eu-central-1",
                "210987654321.dkr.ecr.us-east-1.amazonaws.com us-east-1",
                "210987654321.dkr.ecr.eu-central-1.amazonaws.com eu-central-1",
            ]
        );
        insta::assert_snapshot!(describe(&plan).join("\n"), @r"
        would ask ECR for a token in eu-central-1, us-east-1
        would write a Docker configuration with the credential for 123456789012.dkr.ecr.eu-central-1.amazonaws.com, 210987654321.dkr.ecr.us-east-1.amazonaws.com, 210987654321.dkr.ecr.eu-central-1.amazonaws.com
        ");
        insta::assert_snapshot!(identity_args::describe(&request.chosen), @"Identity: arn:aws:iam::123456789012:role/day2-dev, as session day2-actions for 900 s, by an OIDC token for sts.amazonaws.com");
    }

    #[test]
    fn a_role_of_a_registrys_own_has_a_session_of_its_own() {
        let argv = |registries: &'static str| {
            let role = "--role-to-assume=arn:aws:iam::123456789012:role/day2-dev";
            request(&[role, "--aws-region=eu-central-1", registries], &Env::default()).unwrap()
        };
        let role = "arn:aws:iam::210987654321:role/push";
        let request = argv(
            "--registries=public\n123456789012\n210987654321=arn:aws:iam::210987654321:role/push\n\
             210987654321/us-east-1=arn:aws:iam::210987654321:role/push",
        );
        let found = plan(&request).unwrap();
        assert_eq!(found.identities[1].role().unwrap().to_string(), role);
        assert_eq!(found.base.as_ref(), Some(&found.identities[0]));
        let asks: Vec<(usize, &str, bool)> =
            found.asks.iter().map(|ask| (ask.session, ask.region.as_str(), ask.is_public)).collect();
        let region = "eu-central-1";
        assert_eq!(
            asks,
            [(0, region, true), (0, region, false), (1, region, false), (1, "us-east-1", false)]
        );
        let twice = argv("--registries=210987654321,210987654321=arn:aws:iam::210987654321:role/push");
        assert!(plan(&twice).unwrap_err().cause.contains("twice"));
        let mut narrow = request;
        narrow.allowed_accounts = vec!["123456789012".parse().unwrap()];
        assert_eq!(plan(&narrow).unwrap_err().code.id, "account-not-allowed");
    }

    #[test]
    fn a_role_of_another_account_is_refused_before_any_call() {
        let request = request(
            &[
                "--role-to-assume=arn:aws:iam::123456789012:role/day2-dev",
                "--aws-region=eu-central-1",
                "--allowed-account-ids=111111111111,222222222222",
            ],
            &Env::default(),
        )
        .unwrap();
        let failure = plan(&request).unwrap_err();
        insta::assert_snapshot!(failure, @"account 123456789012 is not among `allowed-account-ids` (111111111111, 222222222222) (account-not-allowed)");
    }
}
