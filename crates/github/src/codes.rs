//! The failures that every call can have, and what to do about each.

mod permissions;

use model::{Code, Exit, Failure, codes as general};

use crate::{
    error::{ApiError, Rejection},
    graphql::GraphqlError,
};

/// There is no such branch. Not in [`ALL`]: only the actions that name a branch have it.
pub const BRANCH_NOT_FOUND: Code = Code {
    id: "branch-not-found",
    exit: Exit::Input,
    meaning: "The repository has no branch of that name, or the token cannot see it.",
    remedy: "Check `branch`, `repository`, and what the token may read; a branch is not created here.",
};
/// A rule forbids it. Not in [`ALL`] either.
pub const BRANCH_PROTECTED: Code = Code {
    id: "branch-protected",
    exit: Exit::Refused,
    meaning: "A rule of the branch's protection or ruleset does not let this token write to it directly.",
    remedy: "Use the token of a GitHub App that is on the bypass list of the rule that is named.",
};
/// 401: the token is no token.
pub const TOKEN_REJECTED: Code = Code {
    id: "token-rejected",
    exit: Exit::Input,
    meaning: "GitHub does not accept the token (401): it is malformed, expired or revoked.",
    remedy: "Pass a valid `token`; `${{ github.token }}` expires when its job ends.",
};
/// 403 "Resource not accessible by integration".
pub const PERMISSION_DENIED: Code = Code {
    id: "permission-denied",
    exit: Exit::Input,
    meaning: "The token is valid, but lacks a permission that a call needs (403).",
    remedy: "Add the permission that is named to the job's `permissions:`, or to the GitHub App.",
};
/// 404 on something that the caller named.
pub const REPOSITORY_NOT_FOUND: Code = Code {
    id: "repository-not-found",
    exit: Exit::Input,
    meaning: "GitHub answered 404: what was named does not exist, or the token cannot see it.",
    remedy: "Check the name, and that the token's App or user has access to the repository.",
};
/// 403 or 429 by a primary or secondary rate limit.
pub const RATE_LIMITED: Code = Code {
    id: "rate-limited",
    exit: Exit::Remote,
    meaning: "GitHub's rate limit is used up for longer than the action may wait.",
    remedy: "Run again after the time that is named; spread runs, or use a GitHub App's token.",
};
/// A change of `.github/workflows` with a token that must not do that.
pub const WORKFLOWS_PERMISSION: Code = Code {
    id: "workflows-permission",
    exit: Exit::Input,
    meaning: "The change touches `.github/workflows`, which the token may not; no `permissions:` key allows it.",
    remedy: "Use the token of a GitHub App that has *Workflows: write*, or merge by hand.",
};
/// 5xx that did not go away.
pub const GITHUB_UNAVAILABLE: Code = Code {
    id: "github-unavailable",
    exit: Exit::Remote,
    meaning: "GitHub answered with a server error (5xx) until the action gave up.",
    remedy: "Run again; see https://www.githubstatus.com.",
};

/// Workflows may not open pull requests. Not in [`ALL`]: only actions that open some have it.
pub const PULL_REQUEST_NOT_ALLOWED: Code = Code {
    id: "pull-request-not-allowed",
    exit: Exit::Input,
    meaning: "The repository does not allow its workflows to open pull requests.",
    remedy: "Turn on \"Allow GitHub Actions to create and approve pull requests\" in the settings under Actions, or use an App's token.",
};
/// The App's private key cannot be read. Not in [`ALL`], as no code of an App is: only actions that take one have them.
pub const APP_KEY_INVALID: Code = Code {
    id: "app-key-invalid",
    exit: Exit::Input,
    meaning: "`app-private-key` is no RSA private key in PEM form.",
    remedy: "Pass the whole `.pem` file that GitHub generated, from its BEGIN to its END line, as a secret.",
};
/// 401 about the claims `iat` and `exp`.
pub const APP_CLOCK_SKEW: Code = Code {
    id: "app-clock-skew",
    exit: Exit::Input,
    meaning: "GitHub does not accept the times in the App's JWT: the runner's clock is wrong.",
    remedy: "Set the runner's clock (NTP): it may be a minute ahead of GitHub's and some minutes behind it.",
};
/// 401 or 404 about the App itself.
pub const APP_REJECTED: Code = Code {
    id: "app-rejected",
    exit: Exit::Input,
    meaning: "GitHub knows no such App, or the private key is not one of this App's.",
    remedy: "Check that `app-id` and `app-private-key` are of the same App, and that the key was not deleted.",
};
/// 404 on the repository's installation.
pub const APP_NOT_INSTALLED: Code = Code {
    id: "app-not-installed",
    exit: Exit::Input,
    meaning: "The App is not installed on the repository.",
    remedy: "Install the App on the repository that is named; an installation can be for some repositories only.",
};
/// 403 on the installation's tokens.
pub const APP_SUSPENDED: Code = Code {
    id: "app-suspended",
    exit: Exit::Input,
    meaning: "The App's installation is suspended.",
    remedy: "An owner of the account can unsuspend the App in its list of installed GitHub Apps.",
};
/// 422 on the installation's tokens.
pub const APP_PERMISSION_MISSING: Code = Code {
    id: "app-permission-missing",
    exit: Exit::Input,
    meaning: "The App's installation was not granted a permission that is needed.",
    remedy: "Give the App the permission that is named, and accept it for the installation.",
};
/// The codes of [`crate::app`], for the lists of the actions that take an App.
pub const APP: &[&Code] = &[
    &APP_KEY_INVALID,
    &APP_CLOCK_SKEW,
    &APP_REJECTED,
    &APP_NOT_INSTALLED,
    &APP_SUSPENDED,
    &APP_PERMISSION_MISSING,
];
/// 403 on a repository that is archived.
pub const REPOSITORY_ARCHIVED: Code = Code {
    id: "repository-archived",
    exit: Exit::Input,
    meaning: "The repository is archived, which makes it read-only.",
    remedy: "Unarchive the repository, or write to another one.",
};

/// All of them, for docs/errors.md.
pub const ALL: &[&Code] = &[
    &TOKEN_REJECTED,
    &PERMISSION_DENIED,
    &REPOSITORY_NOT_FOUND,
    &RATE_LIMITED,
    &WORKFLOWS_PERMISSION,
    &REPOSITORY_ARCHIVED,
    &GITHUB_UNAVAILABLE,
];

impl ApiError {
    /// Gives the error a code and a remedy. `doing` completes "cannot …": `merge pull request 7 of org/x`.
    pub fn into_failure(self, doing: &str) -> Failure {
        match self {
            Self::Rejected(rejection) => rejected(&rejection, doing),
            Self::Unreachable { call, cause } => Failure::new(
                &general::UNREACHABLE,
                format!("cannot {doing}: no connection to GitHub: {cause}"),
            )
            .with_note(format!("call: {call}")),
            Self::Interrupted { call, cause } => Failure::new(
                &general::UNREACHABLE,
                format!("cannot {doing}: the connection to GitHub broke: {cause}"),
            )
            .with_note(format!("call: {call}")),
            Self::GivenUp { call, waited } => Failure::new(
                &general::DEADLINE_PASSED,
                format!(
                    "cannot {doing}: GitHub did not answer {call} within {:.1} s, and the `timeout` leaves no more",
                    waited.as_secs_f64()
                ),
            ),
            Self::Deadline { call } => Failure::new(
                &general::DEADLINE_PASSED,
                format!("cannot {doing}: GitHub did not answer {call} before the `timeout` passed"),
            ),
            Self::Malformed { call, cause } => {
                Failure::new(&general::UNEXPECTED_REPLY, format!("cannot {doing}: {call}: {cause}"))
            }
        }
    }
}

impl GraphqlError {
    /// Gives the error a code and a remedy. `doing` completes "cannot …".
    pub fn into_failure(self, doing: &str) -> Failure {
        let rejection = match self {
            Self::Api(error) => return error.into_failure(doing),
            Self::Rejected(rejection) => rejection,
        };
        let as_rest = Rejection::from(rejection.as_ref());
        let code = code_of(&as_rest);
        let mut failure =
            Failure::new(code, format!("cannot {doing}: GitHub answered: {}", rejection.text()))
                .with_note(format!("call: {}", rejection.call));
        if *code == PERMISSION_DENIED {
            failure = failure.with_remedy(permissions::remedy(&as_rest));
        }
        with_request_id(with_wait(failure, &as_rest), as_rest.request_id.as_deref())
    }
}

fn rejected(rejection: &Rejection, doing: &str) -> Failure {
    let code = code_of(rejection);
    let cause = format!("cannot {doing}: GitHub answered {}: {}", rejection.status, rejection.text());
    let mut failure = Failure::new(code, cause);
    if *code == PERMISSION_DENIED {
        failure = failure.with_remedy(permissions::remedy(rejection));
    }
    let failure = with_wait(failure, rejection).with_note(format!("call: {}", rejection.call));
    with_request_id(failure, rejection.request_id.as_deref())
}

fn with_wait(failure: Failure, rejection: &Rejection) -> Failure {
    let Some(wait) = rejection.retry_after.filter(|_| rejection.rate_limited) else { return failure };
    failure
        .with_remedy(format!("Run again in {} s; spread runs, or use a GitHub App's token.", wait.as_secs()))
}

fn with_request_id(failure: Failure, id: Option<&str>) -> Failure {
    match id {
        Some(id) => failure.with_note(format!("request id: {id}")),
        None => failure,
    }
}

fn code_of(rejection: &Rejection) -> &'static Code {
    match rejection.status {
        401 => &TOKEN_REJECTED,
        _ if rejection.rate_limited => &RATE_LIMITED,
        _ if is_workflow_refusal(&rejection.text()) => &WORKFLOWS_PERMISSION,
        _ if rejection.says("archived so is read-only") => &REPOSITORY_ARCHIVED,
        403 => &PERMISSION_DENIED,
        404 => &REPOSITORY_NOT_FOUND,
        500.. => &GITHUB_UNAVAILABLE,
        _ => &general::UNEXPECTED_REPLY,
    }
}

/// `refusing to allow a GitHub App to create or update workflow … without `workflows` permission`, or, of a person's
/// token, `… without `workflow` scope`.
pub(crate) fn is_workflow_refusal(text: &str) -> bool {
    text.contains("refusing to allow") && text.contains("workflow")
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, StatusCode};

    use super::*;
    use crate::Call;

    fn failure(method: Method, path: &str, status: u16, permissions: Option<&str>, message: &str) -> Failure {
        let mut headers = HeaderMap::new();
        if let Some(permissions) = permissions {
            headers.insert("x-accepted-github-permissions", permissions.parse().unwrap());
        }
        headers.insert("x-github-request-id", "AB:12".parse().unwrap());
        let call = Call { method, path: path.to_owned() };
        let body = serde_json::json!({ "message": message }).to_string();
        let status = StatusCode::from_u16(status).unwrap();
        let rejection = Rejection::read(call, status, &headers, body.as_bytes());
        ApiError::Rejected(Box::new(rejection)).into_failure("merge pull request 7 of org/x")
    }

    #[test]
    fn a_missing_permission_is_named_from_the_header() {
        let path = "/repos/org/x/pulls/7/merge";
        let failure = failure(
            Method::PUT,
            path,
            403,
            Some("contents=write; contents=write,workflows=write"),
            "Resource not accessible by integration",
        );
        insta::assert_snapshot!(failure, @"cannot merge pull request 7 of org/x: GitHub answered 403: Resource not accessible by integration (permission-denied)");
        insta::assert_snapshot!(failure.remedy, @"`PUT /repos/org/x/pulls/7/merge` needs `contents: write` in the job's `permissions:` (or the same permission of the GitHub App).");
        assert_eq!(failure.notes, ["call: PUT /repos/org/x/pulls/7/merge", "request id: AB:12"]);
    }

    #[test]
    fn a_missing_permission_is_known_without_the_header() {
        let failure = failure(
            Method::PATCH,
            "/repos/o/x/git/refs/heads/dev",
            403,
            None,
            "Resource not accessible by integration",
        );
        assert!(failure.remedy.contains("`contents: write`"), "{}", failure.remedy);
    }

    #[test]
    fn an_organization_s_permission_is_none_of_a_job() {
        let path = "/orgs/org/teams/release/memberships/maria";
        let said = "Resource not accessible by integration";
        for header in [Some("members=read"), None] {
            let failure = failure(Method::GET, path, 403, header, said);
            insta::allow_duplicates! {
                insta::assert_snapshot!(failure.remedy, @"`GET /orgs/org/teams/release/memberships/maria` needs `members: read` of the organization, which no `permissions:` key gives to `GITHUB_TOKEN`: use a GitHub App that has it.");
            }
        }
    }

    #[test]
    fn a_person_s_token_has_no_permissions_of_a_job() {
        let path = "/repos/o/x/git/refs/heads/dev";
        let said = "Resource not accessible by personal access token";
        let failure = failure(Method::PATCH, path, 403, Some("contents=write"), said);
        insta::assert_snapshot!(failure.remedy, @"`PATCH /repos/o/x/git/refs/heads/dev` needs `contents: write`: give it to the personal access token, for this repository.");
    }

    #[test]
    fn graphql_is_refused_with_the_same_codes() {
        for (kind, message, code) in [
            ("FORBIDDEN", "Resource not accessible by integration", "permission-denied"),
            ("NOT_FOUND", "Could not resolve to a Repository with the name 'o/x'.", "repository-not-found"),
            ("RATE_LIMITED", "API rate limit exceeded", "rate-limited"),
            ("", "You have exceeded a secondary rate limit", "rate-limited"),
            ("UNPROCESSABLE", "Repository was archived so is read-only.", "repository-archived"),
            ("", "Something went wrong while executing your query.", "github-unavailable"),
            ("UNPROCESSABLE", "odd", "unexpected-reply"),
        ] {
            let problem = crate::GraphqlProblem {
                kind: kind.to_owned(),
                message: message.to_owned(),
                path: String::new(),
            };
            let call = Call { method: Method::POST, path: "/graphql (mutation Commit)".to_owned() };
            let rejection = crate::GraphqlRejection {
                call,
                problems: vec![problem],
                data: serde_json::Value::Null,
                headers: HeaderMap::new(),
            };
            let failure = GraphqlError::Rejected(Box::new(rejection)).into_failure("commit");
            assert_eq!(failure.code.id, code, "{kind} {message}");
        }
    }

    #[test]
    fn each_status_has_its_code() {
        for (status, message, code) in [
            (401, "Bad credentials", "token-rejected"),
            (403, "Resource not accessible by integration", "permission-denied"),
            (403, "You have exceeded a secondary rate limit", "rate-limited"),
            (429, "slow down", "rate-limited"),
            (404, "Not Found", "repository-not-found"),
            (
                422,
                "refusing to allow a GitHub App to create or update workflow `a` without `workflows` permission",
                "workflows-permission",
            ),
            (
                403,
                "refusing to allow a Personal Access Token to create or update workflow `a` without `workflow` scope",
                "workflows-permission",
            ),
            (403, "Repository was archived so is read-only.", "repository-archived"),
            (502, "Bad gateway", "github-unavailable"),
            (418, "teapot", "unexpected-reply"),
        ] {
            let failure = failure(Method::GET, "/repos/org/x/pulls/7", status, None, message);
            assert_eq!(failure.code.id, code, "{status} {message}");
        }
    }
}
