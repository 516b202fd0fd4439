//! The words in which branch protection and rulesets refuse. There is no code for them in GraphQL, REST or a push, so that
//! the text decides; one list serves all three.
//!
//! Sources: <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/troubleshooting-rules>
//! and what users have quoted of refused pushes (`GH006` is classic protection, `GH013` a ruleset).

/// In lower case; GitHub writes them with and without a capital.
const WORDS: &[&str] = &[
    "gh006",
    "gh013",
    "rule violation",
    "protected branch",
    "protected ref",
    "locked branch",
    "through a pull request",
    "must be made through",
    "not authorized to push",
    "force-push to this branch",
    "approving review",
    "required status check",
    "must be signed",
    "must have verified signatures",
    "must have valid signatures",
    "must not contain merge commits",
    "creations being restricted",
    "updates being restricted",
    "deletions being restricted",
];

/// Whether a rule of the branch speaks in `text`.
pub fn names_a_rule(text: &str) -> bool {
    let text = text.to_lowercase();
    WORDS.iter().any(|words| text.contains(words))
}

/// Takes out what stands in quotation marks: names of checks, which may be called anything.
pub(crate) fn without_names(text: &str) -> String {
    text.split('"').step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_rule_in_every_dress() {
        for text in [
            "You're not authorized to push to this branch. Visit the documentation for more information.",
            "Protected branch update failed for refs/heads/dev.\n\n- You're not authorized to push",
            "protected branch hook declined",
            "Cannot change this locked branch",
            "Cannot update this protected ref.",
            "Commits must have valid signatures.",
            "Commits must have verified signatures.",
            "Changes must be made through a pull request.",
            "Repository rule violations found",
            "Required status check \"build\" is expected.",
            "At least 1 approving review is required by reviewers with write access.",
            "This branch must not contain merge commits.",
            "Cannot create ref due to creations being restricted.",
            "error: GH006: x",
            "remote: error: GH013: x",
        ] {
            assert!(names_a_rule(text), "{text}");
        }
    }

    #[test]
    fn other_refusals_are_none() {
        for text in [
            "Resource not accessible by integration",
            "Update is not a fast forward",
            "Expected branch to point to \"a\" but it did not. Pull and try again.",
            "refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission",
            "pre-receive hook declined",
        ] {
            assert!(!names_a_rule(text), "{text}");
        }
    }
}
