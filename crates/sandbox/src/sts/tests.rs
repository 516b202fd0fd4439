//! What `AssumeRoleWithWebIdentity` refuses, and in which words.

use std::collections::BTreeMap;

use super::{State, assume::assume};
use crate::oidc::{self, Subject};

const ROLE: &str = "arn:aws:iam::123456789012:role/ci/day2-dev";

struct World {
    sts: State,
    oidc: oidc::State,
}

impl World {
    fn new() -> Self {
        let sts = State::new();
        sts.add_role_for(ROLE, "org/x");
        Self { sts, oidc: oidc::State::with_issuer("http://127.0.0.1:80") }
    }

    fn token(&self, audience: &str) -> String {
        let subject =
            Subject { repository: "org/x".into(), ref_: "refs/heads/dev".into(), ..Subject::default() };
        self.oidc.issue(&subject, audience).unwrap()
    }

    /// Assumes the role with these parameters changed; an empty value leaves one out.
    fn assume(&self, token: &str, changes: &[(&str, &str)]) -> Result<String, String> {
        let mut form =
            BTreeMap::from([("RoleArn", ROLE), ("RoleSessionName", "name"), ("WebIdentityToken", token)]);
        form.extend(changes.iter().copied());
        let form = form.into_iter().filter(|(_, value)| !value.is_empty());
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        match assume(&self.sts, self.oidc.issuer(), &form) {
            Ok(assumed) => Ok(assumed.session.arn),
            Err(error) => Err(format!("{} {}: {}", error.status, error.code, error.message)),
        }
    }
}

#[test]
fn a_session_is_named_after_role_and_session() {
    let world = World::new();
    let arn = world.assume(&world.token("sts.amazonaws.com"), &[]).unwrap();
    assert_eq!(arn, "arn:aws:sts::123456789012:assumed-role/day2-dev/name");
}

#[test]
fn parameters_are_checked_first() {
    let world = World::new();
    for (change, expected) in [
        (("RoleArn", ""), "Value null at 'roleArn' failed to satisfy constraint: Member must not be null"),
        (("RoleArn", "day2-dev"), "400 ValidationError: day2-dev is invalid"),
        (("RoleSessionName", "a b"), "regular expression pattern: [\\w+=,.@-]*"),
        (("RoleSessionName", "a"), "length greater than or equal to 2"),
        (("DurationSeconds", "60"), "Value '60' at 'durationSeconds'"),
        (("DurationSeconds", "43201"), "less than or equal to 43200"),
        (("DurationSeconds", "3601"), "exceeds the MaxSessionDuration set for this role"),
    ] {
        let error = world.assume(&world.token("sts.amazonaws.com"), &[change]).unwrap_err();
        assert!(error.contains("400 ValidationError") && error.contains(expected), "{error}");
    }
}

#[test]
fn tokens_are_verified() {
    let world = World::new();
    let good = world.token("sts.amazonaws.com");
    let refused = |token: &str| world.assume(token, &[]).unwrap_err();
    assert!(refused("nonsense").contains("is not a valid JWT"));
    assert!(refused(&world.token("other")).ends_with("InvalidIdentityToken: Incorrect token audience"));
    // Somebody else's claims under our signature.
    let parts: Vec<&str> = good.split('.').collect();
    let other = world.token("sts.amazonaws.com");
    let forged = [parts[0], other.split('.').nth(1).unwrap(), parts[2]].join(".");
    assert!(refused(&forged).contains("could not be validated"), "{}", refused(&forged));
    world.oidc.set_lifetime(-1);
    assert!(
        refused(&world.token("sts.amazonaws.com")).starts_with("400 ExpiredTokenException: Token expired")
    );
    world.sts.set_provider(None);
    assert!(
        refused(&good).contains("No OpenIDConnect provider found in your account for http://127.0.0.1:80")
    );
}

#[test]
fn a_missing_role_and_a_policy_that_does_not_match_look_the_same() {
    let world = World::new();
    let denied = "403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity";
    let missing = [("RoleArn", "arn:aws:iam::123456789012:role/none")];
    assert_eq!(world.assume(&world.token("sts.amazonaws.com"), &missing).unwrap_err(), denied);
    world.oidc.set_immutable_sub(true);
    assert_eq!(world.assume(&world.token("sts.amazonaws.com"), &[]).unwrap_err(), denied);
}
