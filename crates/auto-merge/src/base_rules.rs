//! What the rules of a base want besides checks, as a person reads it. Pure.

use github::{
    pulls::{PullRequest, Review},
    rules::Rule,
};

use crate::facts::last_words;

/// Rules that a merge of a pull request meets by itself.
const HARMLESS: &[&str] =
    &["deletion", "non_fast_forward", "creation", "pull_request", "required_status_checks"];

/// Returns one line for what the rules want of reviews, one for each reviewer who is against it, and one for the rules
/// that are in force besides.
pub(crate) fn tell(rules: &[Rule], reviews: &[Review], pull: &PullRequest) -> Vec<String> {
    let mut lines: Vec<String> = rules
        .iter()
        .filter(|rule| rule.kind == "pull_request")
        .map(|rule| of_reviews(rule, reviews))
        .collect();
    let objectors = last_words(reviews).into_iter().filter(|(_, review)| review.state == "CHANGES_REQUESTED");
    lines.extend(objectors.map(|(user, _)| format!("`{}` asks for changes", user.login)));
    let others: Vec<String> = rules
        .iter()
        .filter(|rule| !HARMLESS.contains(&rule.kind.as_str()))
        .map(|rule| format!("`{}`", rule.kind))
        .collect();
    if !others.is_empty() {
        lines.push(format!("`{}` also has the rules {}", pull.base.branch, others.join(", ")));
    }
    lines
}

fn of_reviews(rule: &Rule, reviews: &[Review]) -> String {
    let wants = |name: &str| rule.parameters[name].as_bool() == Some(true);
    let count = rule.parameters["required_approving_review_count"].as_u64().unwrap_or(0);
    let approvers: Vec<String> = last_words(reviews)
        .into_iter()
        .filter(|(_, review)| review.state == "APPROVED")
        .map(|(user, _)| format!("`{}`", user.login))
        .collect();
    let by = if approvers.is_empty() { String::new() } else { format!(" ({})", approvers.join(", ")) };
    let mut wishes = vec![format!("{count} approving reviews, of which there are {}{by}", approvers.len())];
    for (parameter, wish) in [
        ("require_code_owner_review", "a code owner's approval"),
        ("require_last_push_approval", "an approval by someone else than who pushed last"),
        ("required_review_thread_resolution", "every conversation resolved"),
        ("dismiss_stale_reviews_on_push", "approvals that are newer than the last push"),
    ] {
        if wants(parameter) {
            wishes.push(wish.to_owned());
        }
    }
    format!("the rules want {}", wishes.join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wishes_are_set_against_what_there_is() {
        let rules: Vec<Rule> = serde_json::from_value(json!([
            { "type": "deletion" },
            { "type": "pull_request", "parameters": {
                "required_approving_review_count": 2, "require_code_owner_review": true,
                "require_last_push_approval": false, "required_review_thread_resolution": true } },
            { "type": "required_status_checks", "parameters": {} },
            { "type": "required_signatures" },
            { "type": "workflows" },
        ]))
        .unwrap();
        let review = |login: &str, state: &str| json!({ "user": { "login": login }, "state": state });
        let reviews: Vec<Review> = serde_json::from_value(json!([
            review("maria", "APPROVED"),
            review("bob", "APPROVED"),
            review("bob", "CHANGES_REQUESTED"),
        ]))
        .unwrap();
        let sha = "a".repeat(40);
        let pull = serde_json::from_value(json!({ "number": 7, "state": "open",
            "head": { "ref": "dev", "sha": sha }, "base": { "ref": "prod", "sha": sha } }))
        .unwrap();
        insta::assert_snapshot!(tell(&rules, &reviews, &pull).join("\n"), @"
        the rules want 2 approving reviews, of which there are 1 (`maria`); a code owner's approval; every conversation resolved
        `bob` asks for changes
        `prod` also has the rules `required_signatures`, `workflows`
        ");
        assert!(tell(&[], &[], &pull).is_empty());
    }
}
