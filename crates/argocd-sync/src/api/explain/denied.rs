//! What Argo CD's policy (<https://argo-cd.readthedocs.io/en/stable/operator-manual/rbac/>) does not allow, and the
//! line that would.

use model::Failure;
use serde_json::Value;

use crate::codes;

/// A refusal that names what was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Denied<'a> {
    /// `applications, sync, default/dev`
    what: &'a str,
    /// Whom the policy knows the bearer of the token as.
    subject: &'a str,
}

/// Reads `permission denied: applications, sync, default/dev, sub: ci, iat: …` (util/rbac `EnforceErr`).
pub(super) fn denied(message: &str) -> Option<Denied<'_>> {
    let (_, rest) = message.split_once("permission denied: ")?;
    let (what, rest) = rest.split_once(", sub: ")?;
    let subject = rest.split(", iat: ").next()?;
    (!subject.is_empty()).then_some(Denied { what, subject })
}

impl Denied<'_> {
    /// Names the line that is missing.
    pub(super) fn explain(&self) -> Failure {
        let Self { what, subject } = self;
        let failure = Failure::new(
            &codes::ARGOCD_FORBIDDEN,
            format!("Argo CD's policy does not allow `{subject}`: {what}"),
        );
        let object = what.rsplit(", ").next().unwrap_or_default();
        with_lines(failure, subject, object, &[what])
    }
}

/// Adds the lines of the policy that are missing, where they have to be written: those of a project's role stand in the
/// project itself, and reach nothing outside of it. Each of `rights` is `resource, action, object`.
pub(super) fn with_lines(mut failure: Failure, subject: &str, object: &str, rights: &[&str]) -> Failure {
    // The policy is CSV.
    let field = if subject.contains(',') { format!("\"{subject}\"") } else { subject.to_owned() };
    let line = |right: &&str| format!("p, {field}, {right}, allow");
    match subject.strip_prefix("proj:").and_then(|role| role.split_once(':')) {
        None => {
            failure.notes.push(if rights.len() == 1 {
                "policy.csv needs the line:".to_owned()
            } else {
                "policy.csv needs the lines:".to_owned()
            });
            failure.notes.extend(rights.iter().map(line));
        }
        Some((project, _)) if object.split('/').next().is_some_and(|of| of != project && of != "PROJECT") => {
            failure.remedy = format!(
                "Use a token that is not of project {project}, whose roles can have access to nothing else; {object} is of another one."
            );
        }
        Some((project, role)) => {
            failure = failure.with_remedy("Add the policies that are printed to the project's role.");
            failure.notes.push(format!("AppProject {project} needs in `spec.roles`:"));
            let policies: String = rights.iter().map(|right| format!("\n      - {}", line(right))).collect();
            failure.notes.push(format!("  - name: {role}\n    policies:{policies}"));
        }
    }
    failure
}

/// Returns whom the policy knows the bearer of a token as (util/jwt `GetUserIdentifier`). The name that
/// `session/userinfo` gives may be another one: the mail address.
pub(super) fn subject(claims: &Value) -> Option<String> {
    let federated = claims["federated_claims"]["user_id"].as_str().filter(|id| !id.is_empty());
    let subject = federated.or_else(|| claims["sub"].as_str()).filter(|subject| !subject.is_empty())?;
    // An account's token says what it is for; a project role's is `proj:<project>:<role>` (util/session `Parse`).
    let is_own = claims["iss"] == "argocd" && !subject.starts_with("proj:");
    let account = if is_own { subject.split(':').next()? } else { subject };
    Some(account.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(message: &str) -> String {
        let failure = denied(message).unwrap().explain();
        format!("{failure}\n{}\n{}", failure.remedy, failure.notes.join("\n"))
    }

    #[test]
    fn a_missing_permission_is_printed() {
        insta::assert_snapshot!(
            text("permission denied: applications, sync, team/apps/dev, sub: ci, iat: 2026-01-01T00:00:00Z"),
            @r"
            Argo CD's policy does not allow `ci`: applications, sync, team/apps/dev (argocd-forbidden)
            Add the policy line that is printed to `policy.csv` in the ConfigMap argocd-rbac-cm, or to the project role.
            policy.csv needs the line:
            p, ci, applications, sync, team/apps/dev, allow
            "
        );
        insta::assert_snapshot!(
            text("permission denied: applications, action/argoproj.io/Rollout/abort, team/dev, sub: repo:o/r:ref:refs/heads/a, b, iat: 2026-01-01T00:00:00Z"),
            @r#"
            Argo CD's policy does not allow `repo:o/r:ref:refs/heads/a, b`: applications, action/argoproj.io/Rollout/abort, team/dev (argocd-forbidden)
            Add the policy line that is printed to `policy.csv` in the ConfigMap argocd-rbac-cm, or to the project role.
            policy.csv needs the line:
            p, "repo:o/r:ref:refs/heads/a, b", applications, action/argoproj.io/Rollout/abort, team/dev, allow
            "#
        );
        assert!(denied("permission denied").is_none());
    }

    #[test]
    fn a_project_role_is_given_its_policy_in_the_project() {
        insta::assert_snapshot!(text("permission denied: applications, sync, team/dev, sub: proj:team:ci, iat: x"), @r"
        Argo CD's policy does not allow `proj:team:ci`: applications, sync, team/dev (argocd-forbidden)
        Add the policies that are printed to the project's role.
        AppProject team needs in `spec.roles`:
          - name: ci
            policies:
              - p, proj:team:ci, applications, sync, team/dev, allow
        ");
        insta::assert_snapshot!(text("permission denied: logs, get, other/dev, sub: proj:team:ci, iat: x"), @r"
        Argo CD's policy does not allow `proj:team:ci`: logs, get, other/dev (argocd-forbidden)
        Use a token that is not of project team, whose roles can have access to nothing else; other/dev is of another one.
        ");
    }

    #[test]
    fn the_policy_knows_a_token_by_its_claims() {
        for (claims, expected) in [
            (json!({"iss": "argocd", "sub": "ci:apiKey"}), Some("ci")),
            (json!({"iss": "argocd", "sub": "admin"}), Some("admin")),
            (json!({"iss": "argocd", "sub": "proj:team:ci"}), Some("proj:team:ci")),
            (
                json!({"iss": "https://i.example", "sub": "repo:o/r:ref:refs/heads/dev"}),
                Some("repo:o/r:ref:refs/heads/dev"),
            ),
            (
                json!({"iss": "https://a.example/api/dex", "sub": "CgVy", "federated_claims": {"connector_id": "github-actions", "user_id": "repo:o/r:pull_request"}}),
                Some("repo:o/r:pull_request"),
            ),
            (json!({"iss": "argocd"}), None),
        ] {
            assert_eq!(subject(&claims).as_deref(), expected, "{claims}");
        }
    }
}
