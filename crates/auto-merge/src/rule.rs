//! A rule that does not hold.

use github::pulls::PullRequest;
use model::{Code, Failure};

use crate::codes::MERGE_REFUSED;

/// Which rule, why it does not hold, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Its code; the id is what `reason` shows.
    pub code: &'static Code,
    /// One sentence without a full stop.
    pub cause: String,
    /// One sentence.
    pub remedy: String,
    /// The label that it is about.
    pub label: Option<String>,
    /// Further lines: each check with its state, other rules of the base, what could not be read.
    pub notes: Vec<String>,
}

impl Rule {
    /// Builds a rule with the code's own remedy.
    pub(crate) fn new(code: &'static Code, cause: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), remedy: code.remedy.to_owned(), label: None, notes: Vec::new() }
    }

    /// Takes a failure for the reason why there is no merge.
    pub(crate) fn of(failure: &Failure) -> Self {
        let Failure { code, cause, remedy, notes, .. } = failure.clone();
        Self { code, cause, remedy, label: None, notes }
    }

    /// Replaces the remedy by a more exact one.
    #[must_use]
    pub(crate) fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// Adds lines that help to understand it.
    #[must_use]
    pub(crate) fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// Names the label.
    #[must_use]
    pub(crate) fn about(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }
}

/// Returns the codes' ids, separated by commas, for `reason`.
pub(crate) fn ids(rules: &[Rule]) -> String {
    let mut ids: Vec<&str> = rules.iter().map(|rule| rule.code.id).collect();
    ids.dedup();
    ids.join(",")
}

/// Makes one failure of them: a single rule speaks for itself, several are listed.
pub(crate) fn failure(pull: &PullRequest, rules: &[Rule]) -> Failure {
    let what = format!("#{} ({} → {})", pull.number, pull.head.branch, pull.base.branch);
    if let [rule] = rules {
        let is = if pull.merged { "" } else { " is not merged" };
        let cause = format!("pull request {what}{is}: {}", rule.cause);
        let mut failure = Failure::new(rule.code, cause).with_remedy(rule.remedy.clone());
        failure.notes.clone_from(&rule.notes);
        return failure;
    }
    let cause = format!("pull request {what} is not merged: {} rules do not hold", rules.len());
    let mut failure = Failure::new(&MERGE_REFUSED, cause);
    for rule in rules {
        failure.notes.push(format!("{}: {}. {}", rule.code.id, rule.cause, rule.remedy));
        failure.notes.extend(rule.notes.iter().cloned());
    }
    failure
}
