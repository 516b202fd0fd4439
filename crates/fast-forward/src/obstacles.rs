//! Which rules of a branch forbid that it is moved directly. Pure.
//!
//! The rules that a workflow's token can read say what is demanded, not who may pass. They are certain to stop only the
//! workflow's own token, which no list of bypass actors takes
//! (<https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets>).

use std::{collections::BTreeSet, fmt};

use github::{pulls::PullRequest, rules::Rule};
use model::{CommitSha, Failure};

use crate::{codes, look::Place, look::Survey, request::Request};

/// How the branch is to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// To the target itself.
    FastForward,
    /// To a new merge commit.
    BackMerge,
}

/// A rule that may stand in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Obstacle {
    /// GitHub's name: `pull_request`.
    kind: String,
    /// `ruleset 7 of org/x`; none for classic protection.
    ruleset: Option<String>,
    /// What the rule demands; empty if that is not known.
    demand: &'static str,
    /// Whether it holds for this very move, for whom it binds.
    pub(crate) is_certain: bool,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` of {}", self.kind, self.ruleset.as_deref().unwrap_or(CLASSIC))?;
        if self.demand.is_empty() { Ok(()) } else { write!(formatter, ": {}", self.demand) }
    }
}

const CLASSIC: &str = "the branch protection rule";

/// Lists the rules that concern the move.
pub(crate) fn obstacles(survey: &Survey, place: &Place, target: &CommitSha, way: Move) -> Vec<Obstacle> {
    // Moving the base to the head of an approved pull request can count as its merge.
    let is_head = |open: &Vec<PullRequest>| open.iter().any(|pull| pull.head.sha == *target);
    let may_have_pull = survey.open.as_ref().is_none_or(is_head);
    let facts =
        Facts { is_merge: way == Move::BackMerge, may_have_pull, has_merges: !place.gain.merges.is_empty() };
    let mut found: Vec<Obstacle> = survey.rules.iter().filter_map(|rule| facts.obstacle(rule)).collect();
    let has_checks = found.iter().any(|obstacle| obstacle.kind == CHECKS);
    if !place.branch.required.is_empty() && !has_checks {
        let (demand, is_certain) = facts.checks();
        found.push(Obstacle { kind: CHECKS.to_owned(), ruleset: None, demand, is_certain });
    }
    found
}

const CHECKS: &str = "required_status_checks";

struct Facts {
    is_merge: bool,
    /// Whether the target is the head of an open pull request, or could be one.
    may_have_pull: bool,
    has_merges: bool,
}

impl Facts {
    fn obstacle(&self, rule: &Rule) -> Option<Obstacle> {
        let (demand, is_certain) = match rule.kind.as_str() {
            "creation" | "deletion" | "non_fast_forward" | "branch_name_pattern" | "copilot_code_review" => {
                return None;
            }
            "pull_request" => ("changes need a pull request", self.is_merge || !self.may_have_pull),
            "merge_queue" => ("changes come from the merge queue", true),
            "update" => ("nobody else may update the branch", true),
            CHECKS => self.checks(),
            "required_deployments" if self.is_merge => {
                ("a commit has to be deployed first, which a new merge commit cannot be", true)
            }
            "required_deployments" => ("the commit has to be deployed first", false),
            "required_linear_history" if self.is_merge => ("merge commits are not allowed", true),
            "required_linear_history" if !self.has_merges => return None,
            "required_linear_history" => ("merge commits are not allowed, and the target brings some", false),
            "required_signatures" => ("every commit needs a verified signature", false),
            _ => ("", false),
        };
        let ruleset = rule.ruleset_id.map(|id| match &rule.ruleset_source {
            Some(source) => format!("ruleset {id} of {source}"),
            None => format!("ruleset {id}"),
        });
        Some(Obstacle { kind: rule.kind.clone(), ruleset, demand, is_certain })
    }

    fn checks(&self) -> (&'static str, bool) {
        if self.is_merge {
            ("checks have to succeed first, and a new merge commit has none", true)
        } else {
            ("checks have to succeed on the commit first", false)
        }
    }
}

/// Refuses what cannot succeed, before it is tried.
pub(crate) fn forbids(survey: &Survey, obstacles: &[Obstacle]) -> bool {
    survey.is_workflow_token && obstacles.iter().any(|obstacle| obstacle.is_certain)
}

/// Says what forbids the move, and what would let it pass. `said` is what GitHub said, if it was tried; `doing` completes
/// "cannot …".
pub(crate) fn failure(
    request: &Request,
    doing: &str,
    said: Option<&str>,
    place: &Place,
    obstacles: &[Obstacle],
) -> Failure {
    let branch = &request.branch;
    let certain = obstacles.iter().filter(|obstacle| obstacle.is_certain);
    let (cause, named) = if let Some(said) = said {
        (format!("cannot {doing}: GitHub says: {}", in_one_line(said)), obstacles.iter().collect())
    } else {
        let certain: Vec<&Obstacle> = certain.collect();
        let rules: Vec<String> = certain.iter().map(ToString::to_string).collect();
        (format!("cannot {doing} with the workflow's own token: {}", rules.join("; ")), certain)
    };
    let rulesets: BTreeSet<&str> = named.into_iter().filter_map(|one| one.ruleset.as_deref()).collect();
    let rulesets: Vec<&str> = rulesets.into_iter().collect();
    let past = if rulesets.is_empty() {
        format!(
            "Let a GitHub App push to `{branch}` past its protection (Settings, Branches: it has to be allowed to bypass \
             required pull requests, and to push)"
        )
    } else {
        format!(
            "Let a GitHub App bypass {} (Settings, Rules: its bypass list, *Always allow*)",
            rulesets.join(" and ")
        )
    };
    let mut failure = Failure::new(&codes::BRANCH_PROTECTED, cause).with_remedy(format!(
        "{past}, and pass its `app-id` and `app-private-key`; `GITHUB_TOKEN` cannot be let past. Or set `on-protected: \
         pull-request`."
    ));
    if !obstacles.is_empty() {
        let list: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
        failure = failure.with_note(format!("rules of `{branch}`: {}", list.join("; ")));
    } else if place.branch.protected {
        failure = failure.with_note(format!(
            "`{branch}` has a branch protection rule, which nobody without `administration: read` can see"
        ));
    }
    failure
}

/// Names the workflow files for which GitHub refuses the move.
pub(crate) fn workflows(failure: Failure, place: &Place) -> Failure {
    let files = place.gain.files.iter().filter(|file| file.starts_with(".github/workflows/"));
    let files: Vec<&str> = files.map(String::as_str).collect();
    let failure = failure.with_remedy(
        "Pass `app-id` and `app-private-key` of a GitHub App that has *Workflows: write* (no `permissions:` gives that to \
         `GITHUB_TOKEN`), or set `on-protected: pull-request` for a person to merge.",
    );
    if files.is_empty() { failure } else { failure.with_note(format!("they change {}", files.join(", "))) }
}

/// GitHub's text, whose reasons are lines.
pub(crate) fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use github::{
        branches::BranchInfo,
        compare::{Gain, Relation},
    };
    use model::Secret;

    use super::*;
    use crate::request::{Credentials, OnDiverged, OnProtected};

    fn sha(digit: char) -> CommitSha {
        digit.to_string().repeat(40).parse().unwrap()
    }

    fn rule(kind: &str, ruleset_id: u64) -> Rule {
        let ruleset_source = Some("org/x".to_owned());
        Rule {
            kind: kind.to_owned(),
            ruleset_id: Some(ruleset_id),
            ruleset_source,
            parameters: serde_json::Value::Null,
        }
    }

    fn survey(rules: &[&str]) -> Survey {
        Survey {
            rules: (1..).zip(rules).map(|(id, kind)| rule(kind, id)).collect(),
            open: Some(Vec::new()),
            unlisted: None,
            is_workflow_token: true,
        }
    }

    fn place() -> Place {
        let gain = Gain {
            tip: sha('b'),
            relation: Relation::Ahead,
            commits: vec![sha('a')],
            merges: Vec::new(),
            files: Vec::new(),
        };
        Place { branch: BranchInfo { sha: sha('b'), protected: true, required: Vec::new() }, gain }
    }

    /// Whether the rule forbids it for certain; none if it is no obstacle at all.
    fn verdict(kind: &str, way: Move) -> Option<bool> {
        let found = obstacles(&survey(&[kind]), &place(), &sha('a'), way);
        found.first().map(|obstacle| obstacle.is_certain)
    }

    #[test]
    fn each_rule_has_its_verdict() {
        for (kind, forward, merge) in [
            ("pull_request", Some(true), Some(true)),
            ("merge_queue", Some(true), Some(true)),
            ("update", Some(true), Some(true)),
            ("required_status_checks", Some(false), Some(true)),
            ("required_deployments", Some(false), Some(true)),
            ("required_linear_history", None, Some(true)),
            ("required_signatures", Some(false), Some(false)),
            ("file_path_restriction", Some(false), Some(false)),
            ("of_tomorrow", Some(false), Some(false)),
            ("non_fast_forward", None, None),
            ("deletion", None, None),
            ("creation", None, None),
        ] {
            assert_eq!(verdict(kind, Move::FastForward), forward, "{kind}");
            assert_eq!(verdict(kind, Move::BackMerge), merge, "{kind}");
        }
    }

    #[test]
    fn only_the_workflows_own_token_is_stopped_before_it_tries() {
        let mut survey = survey(&["pull_request"]);
        let found = obstacles(&survey, &place(), &sha('a'), Move::FastForward);
        assert!(forbids(&survey, &found));
        survey.is_workflow_token = false;
        assert!(!forbids(&survey, &found));
    }

    #[test]
    fn the_head_of_an_open_pull_request_may_be_let_in() {
        let side = |sha: CommitSha| serde_json::json!({ "ref": "x", "sha": sha.as_str() });
        let pull = serde_json::json!({
            "number": 1, "state": "open", "head": side(sha('a')), "base": side(sha('b')),
        });
        let pull: PullRequest = serde_json::from_value(pull).unwrap();
        let survey = Survey { open: Some(vec![pull]), ..survey(&["pull_request"]) };
        assert!(!obstacles(&survey, &place(), &sha('a'), Move::FastForward)[0].is_certain);
        assert!(obstacles(&survey, &place(), &sha('a'), Move::BackMerge)[0].is_certain);
        // That they could not be listed makes nothing certain.
        let unknown = Survey { open: None, ..survey };
        assert!(!obstacles(&unknown, &place(), &sha('a'), Move::FastForward)[0].is_certain);
        assert!(obstacles(&unknown, &place(), &sha('a'), Move::BackMerge)[0].is_certain);
    }

    #[test]
    fn classic_checks_and_merges_in_the_range_count() {
        let mut place = place();
        place.gain.merges = vec![vec![sha('c'), sha('d')]];
        let check = github::rules::RequiredCheck { context: "ci".to_owned(), app_id: None };
        place.branch.required = vec![check];
        let found = obstacles(&survey(&["required_linear_history"]), &place, &sha('a'), Move::FastForward);
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(texts.join("\n"), @"
        `required_linear_history` of ruleset 1 of org/x: merge commits are not allowed, and the target brings some
        `required_status_checks` of the branch protection rule: checks have to succeed on the commit first
        ");
        assert!(found.iter().all(|obstacle| !obstacle.is_certain));
    }

    #[test]
    fn rule_ruleset_and_way_out_are_named() {
        let request = Request {
            repository: "org/x".parse().unwrap(),
            branch: "dev".parse().unwrap(),
            sync_branch: "day2/sync-dev".parse().unwrap(),
            to: sha('a'),
            source: None,
            on_diverged: OnDiverged::BackMerge,
            on_protected: OnProtected::Fail,
            dry_run: false,
            budget: std::time::Duration::from_secs(1),
            endpoints: github::Endpoints { api: String::new(), graphql: String::new() },
            credentials: Credentials::Token(Secret::new("t")),
        };
        let (survey, place) = (survey(&["pull_request", "required_signatures"]), place());
        let found = obstacles(&survey, &place, &request.to, Move::FastForward);
        let text =
            |failure: Failure| format!("{}\n{}\n{}", failure.cause, failure.remedy, failure.notes.join("\n"));
        let before = failure(&request, "fast-forward `dev` to aaaaaaa", None, &place, &found);
        insta::assert_snapshot!(text(before), @"
        cannot fast-forward `dev` to aaaaaaa with the workflow's own token: `pull_request` of ruleset 1 of org/x: changes need a pull request
        Let a GitHub App bypass ruleset 1 of org/x (Settings, Rules: its bypass list, *Always allow*), and pass its `app-id` and `app-private-key`; `GITHUB_TOKEN` cannot be let past. Or set `on-protected: pull-request`.
        rules of `dev`: `pull_request` of ruleset 1 of org/x: changes need a pull request; `required_signatures` of ruleset 2 of org/x: every commit needs a verified signature
        ");
        let said = Some("Repository rule violations found\n\nCommits must have verified signatures.\n\n");
        let after = failure(&request, "fast-forward `dev` to aaaaaaa", said, &place, &found);
        insta::assert_snapshot!(text(after), @"
        cannot fast-forward `dev` to aaaaaaa: GitHub says: Repository rule violations found Commits must have verified signatures.
        Let a GitHub App bypass ruleset 1 of org/x and ruleset 2 of org/x (Settings, Rules: its bypass list, *Always allow*), and pass its `app-id` and `app-private-key`; `GITHUB_TOKEN` cannot be let past. Or set `on-protected: pull-request`.
        rules of `dev`: `pull_request` of ruleset 1 of org/x: changes need a pull request; `required_signatures` of ruleset 2 of org/x: every commit needs a verified signature
        ");
        let said = Some("Cannot change this locked branch");
        let classic = failure(&request, "fast-forward `dev` to aaaaaaa", said, &place, &[]);
        insta::assert_snapshot!(text(classic), @"
        cannot fast-forward `dev` to aaaaaaa: GitHub says: Cannot change this locked branch
        Let a GitHub App push to `dev` past its protection (Settings, Branches: it has to be allowed to bypass required pull requests, and to push), and pass its `app-id` and `app-private-key`; `GITHUB_TOKEN` cannot be let past. Or set `on-protected: pull-request`.
        `dev` has a branch protection rule, which nobody without `administration: read` can see
        ");
    }
}
