//! Why a trust policy may not match, for a person: STS says only "not authorized", and never which condition failed.

use serde_json::{Map, Value, json};

/// The claims that trust policies look at, in the order in which they are shown.
const SHOWN: &[&str] = &[
    "sub",
    "aud",
    "iss",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "environment",
    "ref",
    "event_name",
    "actor",
    "job_workflow_ref",
];

/// Returns the lines that explain a refusal: the token's claims, the condition that would match them, and what is
/// often wrong. `claims` holds the payload only, never the signed token.
pub(crate) fn explain(claims: &Value) -> Vec<String> {
    let mut notes = vec![claim_table(claims), condition(claims)];
    if claims["repository"].is_null() {
        // Another issuer's, such as a cluster's: what follows is GitHub's.
        return notes;
    }
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    notes.push(match (immutable(claims), plain_sub(claims)) {
        (true, Some(plain)) => format!(
            "`sub` has the immutable form, with the ids of owner and repository, which repositories get that were \
             made, renamed or transferred since 2026-07-15. A policy that was written for `{plain}` does not match \
             it."
        ),
        _ => format!(
            "If the role is for repositories made, renamed or transferred since 2026-07-15, their `sub` is `{}`.",
            immutable_sub(claims)
        ),
    });
    if text("environment").is_empty() {
        notes.push(
            "The job has no `environment:`; a policy for `…:environment:NAME` only matches jobs that have one."
                .to_owned(),
        );
    } else {
        notes.push(
            "The job has an `environment:`, so that `sub` names it instead of the branch; a policy for \
             `…:ref:refs/heads/…` does not match."
                .to_owned(),
        );
    }
    notes.push("`StringEquals` compares upper and lower case; `*` works in `StringLike` only.".to_owned());
    notes
}

/// Returns the `Condition` of a trust policy that exactly this job matches.
pub(crate) fn condition(claims: &Value) -> String {
    let issuer = claims["iss"].as_str().unwrap_or_default();
    let provider = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    let wanted: Map<String, Value> =
        ["aud", "sub"].iter().map(|name| (format!("{provider}:{name}"), one(&claims[*name]))).collect();
    let block = json!({ "Condition": { "StringEquals": wanted } });
    let text = serde_json::to_string_pretty(&block).unwrap_or_default();
    format!("The condition that matches this job:\n{text}")
}

/// A claim that is a list, as a cluster's `aud` is, matches by any of its values.
fn one(claim: &Value) -> Value {
    claim.as_array().and_then(|all| all.first()).unwrap_or(claim).clone()
}

fn claim_table(claims: &Value) -> String {
    let shown = SHOWN.iter().filter_map(|name| match &claims[*name] {
        Value::Null => None,
        Value::String(text) => Some(format!("  {name}: {text}")),
        other => Some(format!("  {name}: {other}")),
    });
    ["The token's claims:".to_owned()].into_iter().chain(shown).collect::<Vec<_>>().join("\n")
}

/// Whether `sub` is `repo:OWNER@ID/NAME@ID:…`.
fn immutable(claims: &Value) -> bool {
    let sub = claims["sub"].as_str().unwrap_or_default();
    sub.split(':').nth(1).is_some_and(|repository| repository.contains('@'))
}

/// Returns an immutable `sub` in the old form.
fn plain_sub(claims: &Value) -> Option<String> {
    let (_, rest) = claims["sub"].as_str()?.strip_prefix("repo:")?.split_once(':')?;
    Some(format!("repo:{}:{rest}", claims["repository"].as_str()?))
}

/// Returns an old `sub` in the immutable form.
fn immutable_sub(claims: &Value) -> String {
    let text = |name: &str| claims[name].as_str().unwrap_or("?");
    let (owner, name) = text("repository").split_once('/').unwrap_or(("?", "?"));
    let context = text("sub").splitn(3, ':').nth(2).unwrap_or("?");
    format!("repo:{owner}@{}/{name}@{}:{context}", text("repository_owner_id"), text("repository_id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(sub: &str) -> Value {
        json!({
            "sub": sub,
            "aud": "sts.amazonaws.com",
            "iss": "https://token.actions.githubusercontent.com",
            "repository": "org/day2-product",
            "repository_id": "456",
            "repository_owner_id": "123",
            "ref": "refs/heads/dev",
            "event_name": "push",
            "exp": 1_800_000_000,
        })
    }

    #[test]
    fn the_old_form() {
        insta::assert_snapshot!(explain(&claims("repo:org/day2-product:ref:refs/heads/dev")).join("\n"), @r#"
        The token's claims:
          sub: repo:org/day2-product:ref:refs/heads/dev
          aud: sts.amazonaws.com
          iss: https://token.actions.githubusercontent.com
          repository: org/day2-product
          repository_id: 456
          repository_owner_id: 123
          ref: refs/heads/dev
          event_name: push
        The condition that matches this job:
        {
          "Condition": {
            "StringEquals": {
              "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
              "token.actions.githubusercontent.com:sub": "repo:org/day2-product:ref:refs/heads/dev"
            }
          }
        }
        If the role is for repositories made, renamed or transferred since 2026-07-15, their `sub` is `repo:org@123/day2-product@456:ref:refs/heads/dev`.
        The job has no `environment:`; a policy for `…:environment:NAME` only matches jobs that have one.
        `StringEquals` compares upper and lower case; `*` works in `StringLike` only.
        "#);
    }

    #[test]
    fn the_immutable_form_is_flagged() {
        let mut claims = claims("repo:org@123/day2-product@456:environment:dev");
        claims["environment"] = "dev".into();
        insta::assert_snapshot!(explain(&claims)[2..].join("\n"), @r"
        `sub` has the immutable form, with the ids of owner and repository, which repositories get that were made, renamed or transferred since 2026-07-15. A policy that was written for `repo:org/day2-product:environment:dev` does not match it.
        The job has an `environment:`, so that `sub` names it instead of the branch; a policy for `…:ref:refs/heads/…` does not match.
        `StringEquals` compares upper and lower case; `*` works in `StringLike` only.
        ");
    }
}
