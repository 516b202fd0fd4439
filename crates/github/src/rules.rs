//! The rules of a branch that a workflow's token may read (<https://docs.github.com/en/rest/repos/rules>);
//! classic branch protection needs `administration: read`, which `GITHUB_TOKEN` never has.

use model::{Branch, RepoSlug};
use serde::Deserialize;
use serde_json::Value;

use crate::{ApiError, GitHub, pages, path};

/// A rule that is in force.
#[derive(Debug, Clone, Deserialize)]
pub struct Rule {
    /// `pull_request`, `required_status_checks`, `merge_queue`, `update`, `non_fast_forward`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The ruleset that has it.
    #[serde(default)]
    pub ruleset_id: Option<u64>,
    /// Where that ruleset is: `owner/name` of a repository, or an organization.
    #[serde(default)]
    pub ruleset_source: Option<String>,
    /// Its parameters, by kind.
    #[serde(default)]
    pub parameters: Value,
}

/// Lists the rules of a branch. Needs `metadata: read`.
pub async fn of_branch(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &Branch,
) -> Result<Vec<Rule>, ApiError> {
    // The branch is one part of the path, slashes encoded.
    pages::all(github, &path::repo(repository, &format!("/rules/branches/{}", path::part(branch.as_str()))))
        .await
}

/// A check that has to succeed before a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredCheck {
    /// The name of the check run, or the context of the status.
    pub context: String,
    /// The App whose check it has to be; anybody's if none.
    pub app_id: Option<u64>,
}

/// Whether one of the rules is of this `type`, such as `merge_queue`.
pub fn has(rules: &[Rule], kind: &str) -> bool {
    rules.iter().any(|rule| rule.kind == kind)
}

/// The checks that the rules require, each once.
pub fn required_checks(rules: &[Rule]) -> Vec<RequiredCheck> {
    let lists = of_checks(rules).filter_map(|rule| rule.parameters["required_status_checks"].as_array());
    let mut checks: Vec<RequiredCheck> = Vec::new();
    for entry in lists.flatten() {
        let Some(context) = entry["context"].as_str() else { continue };
        let check = RequiredCheck { context: context.to_owned(), app_id: entry["integration_id"].as_u64() };
        if !checks.contains(&check) {
            checks.push(check);
        }
    }
    checks
}

/// Whether the rules want the head to contain the base before a merge.
pub fn demands_up_to_date(rules: &[Rule]) -> bool {
    of_checks(rules).any(|rule| rule.parameters["strict_required_status_checks_policy"] == true)
}

fn of_checks(rules: &[Rule]) -> impl Iterator<Item = &Rule> {
    rules.iter().filter(|rule| rule.kind == "required_status_checks")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As in the documentation's example of a reply.
    fn rules() -> Vec<Rule> {
        let checks = json!([{ "context": "lint", "integration_id": 15368 }, { "context": "ci" }]);
        let parameters = |strict: bool| json!({ "required_status_checks": checks, "strict_required_status_checks_policy": strict });
        serde_json::from_value(json!([
            { "type": "deletion", "ruleset_id": 1 },
            { "type": "merge_queue", "ruleset_id": 1, "parameters": { "merge_method": "MERGE" } },
            { "type": "required_status_checks", "ruleset_id": 1, "parameters": parameters(false) },
            { "type": "required_status_checks", "ruleset_id": 2, "parameters": parameters(true) },
        ]))
        .unwrap()
    }

    #[test]
    fn each_required_check_is_named_once_with_its_app() {
        let check = |context: &str, app_id| RequiredCheck { context: context.to_owned(), app_id };
        assert_eq!(required_checks(&rules()), [check("lint", Some(15368)), check("ci", None)]);
        assert_eq!(required_checks(&rules()[..2]), []);
    }

    #[test]
    fn one_strict_ruleset_is_enough() {
        assert!(demands_up_to_date(&rules()));
        assert!(!demands_up_to_date(&rules()[..3]));
    }

    #[test]
    fn a_rule_is_known_by_its_type() {
        assert!(has(&rules(), "merge_queue"));
        assert!(!has(&rules(), "update"));
    }
}
