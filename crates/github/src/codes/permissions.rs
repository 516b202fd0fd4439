//! Which permission a refused call needs, in words.

use http::Method;

use super::PERMISSION_DENIED;
use crate::error::{Call, Rejection};

/// Names the `permissions:` lines, as GitHub's own header has them, else by what we know of the call.
pub(super) fn remedy(rejection: &Rejection) -> String {
    let call = &rejection.call;
    let needed = match &rejection.accepted_permissions {
        Some(header) if !header.trim().is_empty() => permission_lines(header),
        _ => known_permission(call).map(str::to_owned).unwrap_or_default(),
    };
    if needed.is_empty() {
        return PERMISSION_DENIED.remedy.to_owned();
    }
    if needed.starts_with("`members:") {
        // A permission of the organization: the header does not tell it from a repository's.
        return format!(
            "`{call}` needs {needed} of the organization, which no `permissions:` key gives to `GITHUB_TOKEN`: use a \
             GitHub App that has it."
        );
    }
    if rejection.says("by personal access token") {
        return format!(
            "`{call}` needs {needed}: give it to the personal access token, for this repository."
        );
    }
    format!("`{call}` needs {needed} in the job's `permissions:` (or the same permission of the GitHub App).")
}

/// `contents=write,workflows=write; pull_requests=write`: a semicolon separates alternatives, a comma what is needed
/// together. An alternative that holds a smaller one is for special cases only, and left out:
/// `contents=write; contents=write,workflows=write`.
fn permission_lines(header: &str) -> String {
    let line = |pair: &str| {
        let (scope, access) = pair.split_once('=').unwrap_or((pair, "read"));
        format!("`{}: {}`", scope.trim().replace('_', "-"), access.trim())
    };
    let sets: Vec<Vec<String>> = header.split(';').map(|set| set.split(',').map(line).collect()).collect();
    let holds = |set: &[String], other: &[String]| {
        other.len() < set.len() && other.iter().all(|one| set.contains(one))
    };
    let least = sets.iter().filter(|set| !sets.iter().any(|other| holds(set, other)));
    least.map(|set| set.join(" and ")).collect::<Vec<_>>().join(", or ")
}

/// For servers that do not send the header.
fn known_permission(call: &Call) -> Option<&'static str> {
    let has = |part: &str| call.path.contains(part);
    let reads = call.method == Method::GET;
    Some(if has("mutation Commit") || has("mutation MoveRef") {
        "`contents: write`"
    } else if has("query Snapshot") || has("query Files") {
        "`contents: read`"
    } else if has("mutation Enqueue") || has("mutation EnableAutoMerge") {
        "`contents: write` and `pull-requests: write`"
    } else if has("/orgs/") {
        "`members: read`"
    } else if has("/rules/") {
        "`metadata: read`"
    } else if has("/merge") || has("/git/") {
        if reads { "`contents: read`" } else { "`contents: write`" }
    } else if has("/pulls") || has("/issues/") {
        if reads { "`pull-requests: read`" } else { "`pull-requests: write`" }
    } else if has("/check-runs") {
        "`checks: read`"
    } else if has("/status") {
        "`statuses: read`"
    } else if has("/compare/") || has("/branches/") || has("/commits/") {
        "`contents: read`"
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::permission_lines;

    #[test]
    fn alternatives_are_told_and_special_cases_are_not() {
        for (header, lines) in [
            ("contents=write", "`contents: write`"),
            ("contents=read; pull_requests=read", "`contents: read`, or `pull-requests: read`"),
            ("pull_requests=write,contents=read", "`pull-requests: write` and `contents: read`"),
            ("contents=write; contents=write,workflows=write", "`contents: write`"),
        ] {
            assert_eq!(permission_lines(header), lines);
        }
    }
}
