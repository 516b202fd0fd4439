//! Rules on branches.

use serde::{Deserialize, Serialize};

/// The rules of one branch, or of all that a glob matches (`*` within one part of the name).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BranchRules {
    /// `prod`, `release/*`.
    pub pattern: String,
    /// Changes only through a pull request.
    pub require_pull_request: bool,
    /// How many approvals a pull request needs.
    pub required_approvals: u64,
    /// Contexts of statuses or names of check runs that must have succeeded.
    pub required_checks: Vec<String>,
    /// The head must contain the base before a merge.
    pub strict_checks: bool,
    /// No merge commits.
    pub linear_history: bool,
    /// Changes only through the merge queue.
    pub merge_queue: bool,
    /// Merge methods that are allowed; all when empty.
    pub merge_methods: Vec<String>,
    /// Refuse updates that are no fast-forward, and removal. On for every protected branch by default.
    pub refuse_force_push: bool,
    /// Logins that none of this holds for; `github-actions[bot]` can be one of them.
    pub bypass: Vec<String>,
    /// Classic branch protection rather than a ruleset: the same rules with other texts.
    pub classic: bool,
}

impl Default for BranchRules {
    fn default() -> Self {
        Self {
            pattern: String::new(),
            require_pull_request: false,
            required_approvals: 0,
            required_checks: Vec::new(),
            strict_checks: false,
            linear_history: false,
            merge_queue: false,
            merge_methods: Vec::new(),
            refuse_force_push: true,
            bypass: Vec::new(),
            classic: false,
        }
    }
}

impl BranchRules {
    /// A branch that changes only through pull requests.
    pub fn pull_requests_only(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), require_pull_request: true, ..Self::default() }
    }

    /// A branch that changes only through a merge queue.
    pub fn merge_queue(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), merge_queue: true, ..Self::default() }
    }

    /// Lets these logins pass.
    #[must_use]
    pub fn bypassed_by(mut self, logins: &[&str]) -> Self {
        self.bypass = logins.iter().map(ToString::to_string).collect();
        self
    }

    pub(crate) fn applies_to(&self, branch: &str) -> bool {
        matches(&self.pattern, branch)
    }

    pub(crate) fn binds(&self, branch: &str, login: &str) -> bool {
        self.applies_to(branch) && !self.bypass.iter().any(|one| one == login)
    }
}

/// Matches `*` against anything but `/`.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            let part = rest.find('/').unwrap_or(rest.len());
            (0..=part).filter(|&at| rest.is_char_boundary(at)).any(|at| matches(after, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_one_part() {
        assert!(matches("release/*", "release/1.2"));
        assert!(!matches("release/*", "release/1/2"));
        assert!(matches("prod", "prod"));
        assert!(!matches("prod", "prod2"));
        assert!(matches("*-hotfix", "a-hotfix"));
    }

    #[test]
    fn a_bypass_is_by_login() {
        let rules = BranchRules::pull_requests_only("prod").bypassed_by(&["deploy[bot]"]);
        assert!(rules.binds("prod", "alice"));
        assert!(!rules.binds("prod", "deploy[bot]"));
        assert!(!rules.binds("dev", "alice"));
    }
}
