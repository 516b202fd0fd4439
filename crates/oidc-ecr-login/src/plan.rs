//! What will be done, worked out before the first call.

use aws::{AccountId, Region, codes};
use model::Failure;

use crate::request::Request;

/// The tokens to ask for, and the hosts that they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Regions to ask for a token, each once: one token opens every registry of its region that the identity may
    /// reach (API reference of `GetAuthorizationToken`, `registryIds`).
    pub(crate) regions: Vec<Region>,
    /// Hosts with their region; none means the identity's own registry in the only region.
    pub(crate) hosts: Vec<(String, Region)>,
}

/// Works out the plan. A role of an account that is not allowed is refused here, before any call.
pub(crate) fn plan(request: &Request) -> Result<Plan, Failure> {
    if let Some(account) = request.chosen.identity.account() {
        check_account(account, &request.allowed_accounts)?;
    }
    let mut regions: Vec<Region> = Vec::new();
    let mut hosts: Vec<(String, Region)> = Vec::new();
    for registry in &request.registries {
        let (host, region) = (registry.host(&request.region), registry.region(&request.region).clone());
        if !regions.contains(&region) {
            regions.push(region.clone());
        }
        if !hosts.iter().any(|(known, _)| *known == host) {
            hosts.push((host, region));
        }
    }
    if hosts.is_empty() {
        regions.push(request.region.clone());
    }
    Ok(Plan { regions, hosts })
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
    let regions: Vec<&str> = plan.regions.iter().map(Region::as_str).collect();
    let hosts: Vec<&str> = plan.hosts.iter().map(|(host, _)| host.as_str()).collect();
    let target = if hosts.is_empty() { "the account's own registry".to_owned() } else { hosts.join(", ") };
    vec![
        format!("would ask ECR for a token in {}", regions.join(", ")),
        format!("would write a Docker configuration of its own with the credential for {target}"),
    ]
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
        let regions: Vec<&str> = plan.regions.iter().map(Region::as_str).collect();
        assert_eq!(regions, ["eu-central-1", "us-east-1"]);
        let hosts: Vec<String> = plan.hosts.iter().map(|(host, region)| format!("{host} {region}")).collect();
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
        would write a Docker configuration of its own with the credential for 123456789012.dkr.ecr.eu-central-1.amazonaws.com, 210987654321.dkr.ecr.us-east-1.amazonaws.com, 210987654321.dkr.ecr.eu-central-1.amazonaws.com
        ");
        insta::assert_snapshot!(identity_args::describe(&request.chosen), @"Identity: arn:aws:iam::123456789012:role/day2-dev, as session day2-actions for 900 s, by an OIDC token for sts.amazonaws.com");
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
