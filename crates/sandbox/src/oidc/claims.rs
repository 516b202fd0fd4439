//! The claims of a workflow job's token, as GitHub documents them
//! (<https://docs.github.com/en/actions/reference/security/oidc>).

use serde_json::{Value, json};

/// How long a token is valid; GitHub gives five minutes.
pub(crate) const LIFETIME: i64 = 300;
/// How far `nbf` lies before `iat`, as in GitHub's documented example.
const NOT_BEFORE: i64 = 600;

/// The job that a token speaks for.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// `owner/name`.
    pub repository: String,
    /// The repository's number.
    pub repository_id: u64,
    /// `private` or `public`.
    pub repository_visibility: String,
    /// The owner's number.
    pub owner_id: u64,
    /// The event that started the run.
    pub event_name: String,
    /// The deployment environment of the job.
    pub environment: Option<String>,
    /// The full name of the ref.
    pub ref_: String,
    /// The commit.
    pub sha: String,
    /// `pull_request` events only: the source branch.
    pub head_ref: String,
    /// `pull_request` events only: the target branch.
    pub base_ref: String,
    /// Who started the run.
    pub actor: String,
    /// The actor's number.
    pub actor_id: u64,
    /// The run's number across GitHub.
    pub run_id: u64,
    /// The run's number within its workflow.
    pub run_number: u64,
    /// Which attempt it is.
    pub run_attempt: u64,
    /// The workflow's name.
    pub workflow: String,
    /// `owner/name/.github/workflows/file@ref` of the workflow that was started.
    pub workflow_ref: String,
    /// The same for the workflow that defines the job: differs for reusable workflows.
    pub job_workflow_ref: String,
}

impl Subject {
    /// Returns the `sub` claim: the environment decides before the event, the event before the ref.
    ///
    /// With `immutable` both names carry their number, as GitHub does for repositories that were made, renamed or
    /// transferred since July 2026.
    pub fn sub(&self, immutable: bool) -> String {
        let repository = match self.repository.split_once('/') {
            Some((owner, name)) if immutable => {
                format!("{owner}@{}/{name}@{}", self.owner_id, self.repository_id)
            }
            _ => self.repository.clone(),
        };
        let context = match &self.environment {
            // A colon within the name would make the claim ambiguous: GitHub escapes it.
            Some(environment) => format!("environment:{}", environment.replace(':', "%3A")),
            None if self.event_name == "pull_request" => "pull_request".to_owned(),
            None => format!("ref:{}", self.ref_),
        };
        format!("repo:{repository}:{context}")
    }

    /// Returns all claims of a token issued at `now`, seconds since 1970.
    pub fn claims(&self, issuer: &str, audience: &str, immutable: bool, now: i64, lifetime: i64) -> Value {
        let owner = self.repository.split('/').next().unwrap_or_default();
        let workflow_sha = self.sha.clone();
        let ref_type = if self.ref_.starts_with("refs/tags/") { "tag" } else { "branch" };
        let mut claims = json!({
            "jti": super::uuid(),
            "sub": self.sub(immutable),
            "aud": audience,
            "ref": self.ref_,
            "sha": self.sha,
            "repository": self.repository,
            "repository_owner": owner,
            "repository_owner_id": self.owner_id.to_string(),
            "run_id": self.run_id.to_string(),
            "run_number": self.run_number.to_string(),
            "run_attempt": self.run_attempt.to_string(),
            "repository_visibility": self.repository_visibility,
            "repository_id": self.repository_id.to_string(),
            "actor_id": self.actor_id.to_string(),
            "actor": self.actor,
            "workflow": self.workflow,
            "head_ref": self.head_ref,
            "base_ref": self.base_ref,
            "event_name": self.event_name,
            "ref_protected": "false",
            "ref_type": ref_type,
            "workflow_ref": self.workflow_ref,
            "workflow_sha": workflow_sha,
            "job_workflow_ref": self.job_workflow_ref,
            "job_workflow_sha": workflow_sha,
            "runner_environment": "self-hosted",
            "iss": issuer,
            "nbf": now - NOT_BEFORE,
            "exp": now + lifetime,
            "iat": now,
        });
        if let (Some(environment), Value::Object(claims)) = (&self.environment, &mut claims) {
            claims.insert("environment".to_owned(), environment.as_str().into());
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject {
            repository: "org/day2-product".into(),
            repository_id: 456,
            owner_id: 123,
            event_name: "push".into(),
            ref_: "refs/heads/dev".into(),
            ..Subject::default()
        }
    }

    #[test]
    fn the_environment_decides_before_the_event_before_the_ref() {
        let push = subject();
        assert_eq!(push.sub(false), "repo:org/day2-product:ref:refs/heads/dev");
        assert_eq!(push.sub(true), "repo:org@123/day2-product@456:ref:refs/heads/dev");
        let pull = Subject { event_name: "pull_request".into(), ..subject() };
        assert_eq!(pull.sub(false), "repo:org/day2-product:pull_request");
        let target = Subject { event_name: "pull_request_target".into(), ..subject() };
        assert_eq!(target.sub(false), "repo:org/day2-product:ref:refs/heads/dev");
        let deploy = Subject { environment: Some("a:b".into()), ..pull };
        assert_eq!(deploy.sub(false), "repo:org/day2-product:environment:a%3Ab");
    }

    #[test]
    fn numbers_are_texts_and_times_are_numbers() {
        let claims = subject().claims("http://issuer", "sts.amazonaws.com", false, 1_000, LIFETIME);
        assert_eq!(claims["repository_id"], "456");
        assert_eq!(claims["exp"], 1_300);
        assert_eq!(claims["nbf"], 400);
        assert!(claims.get("environment").is_none());
    }
}
