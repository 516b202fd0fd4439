//! Inputs to requests, and whole runs against the sandbox.

mod identities;
mod job;
mod logins;
mod refusals;
mod registry_roles;

use aws::{Identity, Source};
use clap::{ArgMatches, FromArgMatches as _};
use model::Failure;
use toolkit::Env;

use crate::{args::Args, request::Request, spec};

/// Parses arguments as the program does.
fn matches(args: &[&str]) -> ArgMatches {
    (spec().command)().try_get_matches_from(["oidc-ecr-login"].iter().chain(args)).unwrap()
}

/// The request that arguments make.
pub(crate) fn request(args: &[&str], env: &Env) -> Result<Request, Failure> {
    Args::from_arg_matches(&matches(args)).unwrap().into_request(env)
}

const ROLE: &str = "--role-to-assume=arn:aws:iam::123456789012:role/day2-dev";

fn keys() -> Env {
    Env::from_pairs([
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
        ("AWS_REGION", "eu-west-1"),
    ])
}

#[test]
fn defaults() {
    let env = Env::from_pairs([
        ("AWS_REGION", "eu-west-1"),
        ("GITHUB_REPOSITORY", "org/day2-product"),
        ("GITHUB_RUN_ID", "7"),
        ("GITHUB_RUN_ATTEMPT", "2"),
    ]);
    let request = request(&[ROLE], &env).unwrap();
    let Identity { source, session_name, duration_seconds, chain, policy } = &request.chosen.identity;
    let Source::Oidc { role, audience } = source else { panic!("{source:?}") };
    assert!(chain.is_empty() && policy.is_empty());
    assert_eq!(role.as_str(), "arn:aws:iam::123456789012:role/day2-dev");
    assert_eq!((audience.as_str(), *duration_seconds), ("sts.amazonaws.com", 900));
    assert_eq!(session_name.as_str(), "day2-product-7-2");
    assert_eq!(request.region.as_str(), "eu-west-1");
    assert_eq!(request.budget.as_secs(), 10);
    assert!(!request.export_aws_env && !request.mask_account_id && !request.dry_run);
}

#[test]
fn inputs_win_over_the_environment() {
    let argv = [ROLE, "--auth=oidc", "--aws-region=us-east-2", "--export-aws-env"];
    let request = request(&argv, &keys()).unwrap();
    assert_eq!(request.region.as_str(), "us-east-2");
    assert!(request.export_aws_env);
    assert!(matches!(request.chosen.identity.source, Source::Oidc { .. }));
    assert_eq!(request.chosen.unused, ["env"]);
}

#[test]
fn keys_of_the_environment_are_used_without_a_role() {
    for args in [&[][..], &["--auth=env"]] {
        let request = request(args, &keys()).unwrap();
        assert_eq!(request.chosen.identity.source, Source::Env);
        assert!(!format!("{request:?}").contains("s3cret"));
    }
}

#[test]
fn bad_inputs_are_named_all_at_once() {
    let failure = request(
        &[
            "--role-to-assume=day2-dev",
            "--aws-region=frankfurt",
            "--registries=https://x.example/y,12345",
            "--auth=magic",
            "--role-session-name=a b",
            "--role-duration-seconds=60",
            "--allowed-account-ids=1234",
            "--docker-config=elsewhere",
            "--timeout=soon",
        ],
        &Env::default(),
    )
    .unwrap_err();
    insta::assert_snapshot!(failure.notes.join("\n"), @r"
    input `aws-region`: `frankfurt` is not an AWS region: expected a name such as `eu-central-1`
    input `registries`: `https://x.example/y` is not a registry: expected a host such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, 12 digits of an account, `ACCOUNT/REGION` or `public`
    input `registries`: `12345` is not an account id: expected 12 digits, quoted in YAML so that leading zeros stay
    input `allowed-account-ids`: `1234` is not an account id: expected 12 digits, quoted in YAML so that leading zeros stay
    input `role-session-name`: `a b` is not a session name: expected 2 to 64 letters, digits, `_`, `+`, `=`, `,`, `.`, `@` or `-`
    input `role-duration-seconds`: `60` is not a session's duration: expected 900 to 43200 seconds
    input `role-to-assume`: `day2-dev` is a name, not an ARN: write `arn:aws:iam::ACCOUNT:role/day2-dev`, or name the one account in `allowed-account-ids`
    input `auth`: `magic` is not a source of identity: expected `auto`, `oidc`, `irsa`, `pod-identity`, `env` or `chain`
    input `docker-config`: `elsewhere` is not a mode: expected `isolated` or `merge`
    input `timeout`: `soon` is not a duration: expected a number with a unit, such as `90s`, `1m30s` or `500ms`
    ");
}

#[test]
fn what_cannot_be_together_is_said() {
    let text = |args: &[&str], env: &Env| request(args, env).unwrap_err().cause;
    let region = Env::from_pairs([("AWS_REGION", "eu-west-1")]);
    insta::assert_snapshot!(
        [
            text(&[], &region),
            text(&["--auth=oidc"], &keys()),
            text(&["--auth=irsa", ROLE], &region),
            text(&["--auth=env"], &region),
            text(&["--auth=env", "--repositories=a"], &keys()),
            text(&["--external-id=x1", ROLE], &region),
            text(&["--role-to-assume=day2-dev"], &region),
            text(&["--inline-session-policy={}", ROLE], &region),
            text(&["--transitive-tag-keys=a", ROLE], &region),
            text(&["--aws-region=cn-north-1", ROLE], &region),
            text(&[ROLE], &Env::default()),
        ]
        .join("\n"),
        @r"
        input `role-to-assume` is required and empty
        input `role-to-assume` is required and empty
        input `auth` is `irsa`, but `AWS_WEB_IDENTITY_TOKEN_FILE` is not set
        input `auth` is `env`, but `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are not both set
        input `repositories` narrows down the session of a role, and there is none: the keys are used as they are
        input `external-id` has no effect here: AWS knows it only for roles that are assumed with keys (`role-chain`, or a role in `registries`)
        input `role-to-assume`: `day2-dev` is a name, not an ARN: write `arn:aws:iam::ACCOUNT:role/day2-dev`, or name the one account in `allowed-account-ids`
        input `inline-session-policy` has no `Statement`
        input `transitive-tag-keys`: `a` is the key of no session tag
        input `role-to-assume` is in the partition `aws`, but `aws-region: cn-north-1` is in `aws-cn`
        input `aws-region` is required and empty
        "
    );
}

#[test]
fn roles_are_chained_with_what_belongs_to_them() {
    let argv = [
        "--role-to-assume=hub",
        "--role-chain=arn:aws:iam::210987654321:role/deploy\narn:aws:iam::210987654321:role/ecr",
        "--allowed-account-ids=210987654321",
        "--external-id=ci",
        "--session-tags=team = a\nrun=7",
        "--transitive-tag-keys=team",
        "--repositories=product/dev\nbase/*=pull",
    ];
    let env = Env::from_pairs([("AWS_REGION", "eu-west-1")]);
    let Identity { source, chain, policy, .. } = request(&argv, &env).unwrap().chosen.identity;
    assert!(
        matches!(source, Source::Oidc { role, .. } if role.as_str() == "arn:aws:iam::210987654321:role/hub")
    );
    let tags: Vec<Vec<&str>> =
        chain.iter().map(|step| step.tags.iter().map(|(key, _)| key.as_str()).collect()).collect();
    assert_eq!(tags, [vec!["team", "run"], vec!["run"]], "a transitive tag is set once");
    assert!(chain.iter().all(|step| step.external_id.as_deref() == Some("ci")));
    assert!(policy.inline.unwrap().contains("repository/product/dev"));
}

#[test]
fn an_account_means_the_host_that_the_environment_asks_for() {
    let env = Env::from_pairs([("AWS_REGION", "us-west-2"), ("AWS_USE_FIPS_ENDPOINT", "true")]);
    let request = request(&[ROLE, "--registries=123456789012"], &env).unwrap();
    let host = request.registries[0].registry.host(&request.region, request.host_form);
    assert_eq!(host, "123456789012.dkr.ecr-fips.us-west-2.amazonaws.com");
}

#[test]
fn the_command_is_consistent() {
    (spec().command)().debug_assert();
}

#[test]
fn a_password_in_a_registry_is_not_repeated() {
    let env = Env::from_pairs([("AWS_REGION", "eu-west-1")]);
    let failure = request(&[ROLE, "--registries=https://AWS:hunter2@x.example"], &env).unwrap_err();
    assert!(failure.cause.contains("`registries`") && !failure.cause.contains("hunter2"), "{failure}");
    // What a workflow's empty expression gives.
    assert!(request(&[ROLE, "--repositories=", "--access=", "--role-chain="], &env).is_ok());
}
