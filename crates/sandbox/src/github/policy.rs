//! What the rules of a branch refuse, and the texts of the refusals.

use super::{
    error::ApiError,
    git::GitError,
    pull::Pull,
    queue,
    repository::{Data, Repository},
};

/// A refusal by rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Classic protection words it otherwise than a ruleset.
    pub(crate) classic: bool,
    pub(crate) reasons: Vec<String>,
}

impl Refusal {
    /// The text of REST and GraphQL.
    pub(crate) fn message(&self) -> String {
        if self.classic {
            return self.reasons.first().cloned().unwrap_or_default();
        }
        format!("Repository rule violations found\n\n{}\n\n", self.reasons.join("\n"))
    }

    pub(crate) fn into_api(self, status: u16) -> ApiError {
        ApiError::new(status, self.message())
    }

    /// The lines that `git push` shows after `remote:`.
    pub(crate) fn push_text(&self, reference: &str) -> String {
        let list = self.reasons.iter().map(|reason| format!("- {reason}\n")).collect::<String>();
        if self.classic {
            format!("error: GH006: Protected branch update failed for {reference}.\n\n{list}")
        } else {
            format!("error: GH013: Repository rule violations found for {reference}.\n\n{list}")
        }
    }
}

/// A ref update as the rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Update<'a> {
    /// To this commit, which has the old one as ancestor; also the branch's creation.
    FastForward(&'a str),
    /// To this commit, which has not.
    Forced(&'a str),
    /// Away.
    Delete,
}

/// Why a token may not move a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmovable {
    /// The branch's rules.
    Rules(Refusal),
    /// This workflow file, which the token may not touch.
    Workflow(String),
}

/// Tells whether `login` may move `branch` directly, that is, without a pull request.
pub(crate) fn direct_update(data: &Data, branch: &str, login: &str, update: Update<'_>) -> Option<Refusal> {
    for rules in data.rules_for(branch, login) {
        let mut reasons = Vec::new();
        match update {
            Update::Delete if rules.refuse_force_push => {
                let text = if rules.classic {
                    "Cannot delete a protected branch"
                } else {
                    "Cannot delete this branch"
                };
                reasons.push(text.to_owned());
            }
            Update::Forced(_) if rules.refuse_force_push => {
                reasons.push("Cannot force-push to this branch".to_owned());
            }
            _ => {}
        }
        if rules.require_pull_request && update != Update::Delete {
            reasons.push("Changes must be made through a pull request.".to_owned());
        }
        if rules.merge_queue && update != Update::Delete {
            reasons.push(queue::ONLY.to_owned());
        }
        if let Update::FastForward(sha) | Update::Forced(sha) = update {
            reasons.extend(missing_checks(data, &rules.required_checks, sha));
        }
        if !reasons.is_empty() {
            return Some(Refusal { classic: rules.classic, reasons });
        }
    }
    None
}

/// Tells what a pull request still lacks before `login` may merge it.
pub(crate) fn unmet(data: &Data, pull: &Pull, login: &str) -> Option<Refusal> {
    for rules in data.rules_for(&pull.base_ref, login) {
        let mut reasons = Vec::new();
        let verdicts = pull.verdicts();
        let counts = |login: &str| data.role(login) >= Some(super::user::Role::Write);
        let of_state = |state: &str| {
            verdicts.iter().filter(|one| one.state == state && counts(&one.author)).count() as u64
        };
        if rules.required_approvals > of_state("APPROVED") {
            let (number, noun, verb) = match rules.required_approvals {
                1 => (1, "review", "is"),
                more => (more, "reviews", "are"),
            };
            reasons.push(format!(
                "At least {number} approving {noun} {verb} required by reviewers with write access."
            ));
        }
        if rules.required_approvals > 0 && of_state("CHANGES_REQUESTED") > 0 {
            reasons.push("Changes have been requested.".to_owned());
        }
        reasons.extend(missing_checks(data, &rules.required_checks, &pull.head_sha));
        if !reasons.is_empty() {
            return Some(Refusal { classic: rules.classic, reasons });
        }
    }
    None
}

/// The sentence about required checks that have not succeeded on `sha`.
fn missing_checks(data: &Data, required: &[String], sha: &str) -> Option<String> {
    let known = checks(data, sha);
    let passed = |name: &String| known.iter().any(|(one, passed)| one == name && *passed == Some(true));
    let missing: Vec<&String> = required.iter().filter(|name| !passed(name)).collect();
    match missing.as_slice() {
        [] => None,
        [one] => {
            let failed = known.iter().find(|(name, _)| name == *one).map(|(_, passed)| *passed);
            Some(match failed {
                Some(Some(false)) => format!("Required status check \"{one}\" is failing."),
                Some(_) => format!("Required status check \"{one}\" is in progress."),
                None => format!("Required status check \"{one}\" is expected."),
            })
        }
        more => Some(format!("{} of {} required status checks are expected.", more.len(), required.len())),
    }
}

/// The last result of every check run and status context of a commit: `None` while it is pending.
pub(crate) fn checks(data: &Data, sha: &str) -> Vec<(String, Option<bool>)> {
    let runs = data.check_runs.iter().filter(|run| run.sha == sha).map(|run| {
        let passed = run.conclusion.as_deref().map(|text| matches!(text, "success" | "neutral" | "skipped"));
        (run.name.clone(), passed)
    });
    let statuses = data.statuses.iter().filter(|status| status.sha == sha).map(|status| {
        let passed = match status.state.as_str() {
            "success" => Some(true),
            "pending" => None,
            _ => Some(false),
        };
        (status.context.clone(), passed)
    });
    let mut latest: Vec<(String, Option<bool>)> = Vec::new();
    for (name, passed) in runs.chain(statuses) {
        latest.retain(|(one, _)| *one != name);
        latest.push((name, passed));
    }
    latest
}

/// The text with which GitHub refuses a workflow file that the token may not touch.
pub(crate) fn workflow_text(path: &str) -> String {
    format!(
        "refusing to allow a GitHub App to create or update workflow `{path}` without `workflows` permission"
    )
}

const WORKFLOWS: &str = ".github/workflows";

impl Repository {
    /// Finds a workflow file that moving `branch` from `old` to `new` would change and that no other branch
    /// has in the very same form: such files GitHub lets pass without the `workflows` permission.
    pub(crate) async fn new_workflow_file(
        &self,
        branch: &str,
        old: Option<&str>,
        new: &str,
    ) -> Result<Option<String>, GitError> {
        const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        if old.is_none()
            && !self.git.text(&["for-each-ref", "--count=1", "--contains", new]).await?.is_empty()
        {
            return Ok(None);
        }
        let changed = self.git.changed_below(old.unwrap_or(EMPTY_TREE), new, WORKFLOWS).await?;
        for path in changed {
            let Some(entry) = self.git.entry(new, &path).await? else { continue };
            let mut elsewhere = false;
            for (name, sha) in self.git.refs("refs/heads/").await? {
                if name != format!("refs/heads/{branch}") {
                    elsewhere |=
                        self.git.entry(&sha, &path).await?.is_some_and(|other| other.oid == entry.oid);
                }
            }
            if !elsewhere {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// Finds a workflow file that a pull request changes. The head itself is no excuse here.
    pub(crate) async fn workflow_file_between(
        &self,
        base: &str,
        head: &str,
    ) -> Result<Option<String>, GitError> {
        let from = self.git.merge_base(base, head).await?.unwrap_or_else(|| base.to_owned());
        Ok(self.git.changed_below(&from, head, WORKFLOWS).await?.into_iter().next())
    }
}
