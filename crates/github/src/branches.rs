//! What GitHub says of one branch (<https://docs.github.com/en/rest/branches/branches#get-a-branch>).

use model::{Branch, CommitSha, RepoSlug};
use serde::Deserialize;
use serde_json::Value;

use crate::{ApiError, GitHub, de, path, rules::RequiredCheck};

/// A branch.
#[derive(Debug, Clone)]
pub struct BranchInfo {
    /// Its commit.
    pub sha: CommitSha,
    /// Whether classic protection or a ruleset holds on it.
    pub protected: bool,
    /// The checks that classic protection requires, which nothing else tells a workflow's token.
    pub required: Vec<RequiredCheck>,
}

#[derive(Deserialize)]
struct Reply {
    name: String,
    commit: Commit,
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    protection: Value,
}

#[derive(Deserialize)]
struct Commit {
    #[serde(deserialize_with = "de::parsed")]
    sha: CommitSha,
}

/// Reads a branch; `None` if there is none of this name. Needs `contents: read`.
pub async fn get(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &Branch,
) -> Result<Option<BranchInfo>, ApiError> {
    // The branch is one part of the path, slashes encoded.
    let route = path::repo(repository, &format!("/branches/{}", path::part(branch.as_str())));
    let reply: Reply = match github.read(&route).await {
        Ok(reply) => reply.decode()?,
        Err(error) if error.status() == Some(404) => return Ok(None),
        Err(error) => return Err(error),
    };
    // GitHub redirects from the old name of a branch that was renamed: that is another branch to us.
    Ok((reply.name == branch.as_str()).then(|| BranchInfo {
        sha: reply.commit.sha,
        protected: reply.protected,
        required: required(&reply.protection["required_status_checks"]),
    }))
}

/// `checks` says which App each check is of; servers that are older have `contexts` alone.
fn required(checks: &Value) -> Vec<RequiredCheck> {
    if checks["enforcement_level"] == "off" {
        return Vec::new();
    }
    let entry = |entry: &Value| {
        // An App of -1 means any.
        Some(RequiredCheck {
            context: entry["context"].as_str()?.to_owned(),
            app_id: entry["app_id"].as_u64(),
        })
    };
    let context =
        |context: &Value| Some(RequiredCheck { context: context.as_str()?.to_owned(), app_id: None });
    let list = |name: &str| checks[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut required: Vec<RequiredCheck> = list("checks").iter().filter_map(entry).collect();
    for named in list("contexts").iter().filter_map(context) {
        if !required.iter().any(|one| one.context == named.context) {
            required.push(named);
        }
    }
    required
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_app_is_named_where_github_names_it() {
        let check = |context: &str, app_id| RequiredCheck { context: context.to_owned(), app_id };
        let told = json!({
            "enforcement_level": "non_admins", "contexts": ["ci", "lint", "old"],
            "checks": [{ "context": "ci", "app_id": 15368 }, { "context": "lint", "app_id": null }],
        });
        assert_eq!(required(&told), [check("ci", Some(15368)), check("lint", None), check("old", None)]);
        let any = json!({ "contexts": ["ci"], "checks": [{ "context": "ci", "app_id": -1 }] });
        assert_eq!(required(&any), [check("ci", None)]);
        assert_eq!(required(&json!({ "enforcement_level": "off", "contexts": ["ci"], "checks": [] })), []);
        assert_eq!(required(&Value::Null), []);
    }
}
