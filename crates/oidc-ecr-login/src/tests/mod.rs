//! Inputs to requests, and whole runs against the sandbox.

mod job;
mod logins;
mod refusals;

use clap::{ArgMatches, FromArgMatches as _};
use model::Failure;
use toolkit::Env;

use crate::{
    args::Args,
    request::{Identity, Request},
    spec,
};

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
    let Identity::Oidc { role, audience, session_name, duration_seconds } = &request.identity else {
        panic!("{:?}", request.identity)
    };
    assert_eq!(role.as_str(), "arn:aws:iam::123456789012:role/day2-dev");
    assert_eq!((audience.as_str(), *duration_seconds), ("sts.amazonaws.com", 900));
    assert_eq!(session_name.as_str(), "day2-product-7-2");
    assert_eq!(request.region.as_str(), "eu-west-1");
    assert_eq!(request.budget.as_secs(), 10);
    assert!(!request.export_aws_env && !request.mask_account_id && !request.dry_run);
}

#[test]
fn inputs_win_over_the_environment() {
    let request = request(&[ROLE, "--aws-region=us-east-2", "--export-aws-env"], &keys()).unwrap();
    assert_eq!(request.region.as_str(), "us-east-2");
    assert!(request.export_aws_env);
    assert!(matches!(request.identity, Identity::Oidc { .. }), "a role means OIDC, whatever keys there are");
}

#[test]
fn keys_of_the_environment_are_used_without_a_role() {
    for args in [&[][..], &["--auth=env"]] {
        let request = request(args, &keys()).unwrap();
        assert!(matches!(&request.identity, Identity::Env(keys) if keys.access_key_id == "AKIAEXAMPLE"));
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
    input `auth`: `magic` is not a source of identity: expected `auto`, `oidc` or `env`
    input `aws-region`: `frankfurt` is not an AWS region: expected a name such as `eu-central-1`
    input `role-session-name`: `a b` is not a session name: expected 2 to 64 letters, digits, `_`, `+`, `=`, `,`, `.`, `@` or `-`
    input `role-duration-seconds`: `60` is not a session's duration: expected 900 to 43200 seconds
    input `role-to-assume`: `day2-dev` is not the ARN of a role: expected `arn:aws:iam::ACCOUNT:role/NAME` with the account's 12 digits
    input `registries`: `https://x.example/y` is not a registry: expected a host such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, or 12 digits of an account
    input `registries`: `12345` is not an account id: expected 12 digits, quoted in YAML so that leading zeros stay
    input `allowed-account-ids`: `1234` is not an account id: expected 12 digits, quoted in YAML so that leading zeros stay
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
            text(&["--auth=env", ROLE], &keys()),
            text(&["--aws-region=cn-north-1", ROLE], &region),
            text(&[ROLE], &Env::default()),
        ]
        .join("\n"),
        @r"
        input `role-to-assume` is required and empty
        input `role-to-assume` is required and empty
        input `auth`: `irsa` is not a source that this version has: expected `auto`, `oidc` or `env`; export the pod's keys into the environment and use `env` until then
        input `auth` is `env`, but `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are not both set
        input `role-to-assume` cannot be used with `auth: env`: the keys of the environment are used as they are
        input `role-to-assume` is in the partition `aws`, but `aws-region: cn-north-1` is in `aws-cn`
        input `aws-region` is required and empty
        "
    );
}

#[test]
fn the_command_is_consistent() {
    (spec().command)().debug_assert();
}

#[test]
fn what_is_not_in_this_version_is_refused() {
    let env = Env::from_pairs([("AWS_REGION", "eu-west-1")]);
    let argv =
        [ROLE, "--repositories=product/dev", "--access=push", "--registries=https://AWS:hunter2@x.example"];
    let failure = request(&argv, &env).unwrap_err();
    insta::assert_snapshot!(failure.notes.join("\n"), @r"
    input `registries` holds an `@` (not shown, since it may hold a password): write the host only
    input `repositories` is not in this version: the session has what the role's policy allows, so narrow that down
    input `access` is not in this version: the session has what the role's policy allows, so narrow that down
    ");
    // What a workflow's empty expression gives.
    assert!(request(&[ROLE, "--repositories=", "--access="], &env).is_ok());
}
