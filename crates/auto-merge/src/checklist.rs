//! The rules of the gate that a request asks for, each with its state. The plan decides by the same list, so that
//! what is shown and what is decided cannot differ.

mod show;

use github::pulls::PullRequest;
use model::Code;

use crate::{
    codes,
    facts::{Facts, Labelling},
    request::{Method, Request},
    rule::Rule,
    rules,
};

/// One rule: what it demands, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// What has to hold, in a few words.
    pub title: String,
    /// How it stands.
    pub state: State,
}

/// How a rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It holds.
    Met,
    /// It is not known yet, for this reason.
    Unknown(String),
    /// It does not hold, for these reasons.
    Unmet(Vec<Rule>),
}

impl Item {
    /// The same reason, if it is one of this rule's.
    fn known(&mut self, rule: &Rule) -> Option<&mut Rule> {
        match &mut self.state {
            State::Unmet(rules) => {
                rules.iter_mut().find(|known| known.code == rule.code && known.cause == rule.cause)
            }
            State::Met | State::Unknown(_) => None,
        }
    }
}

/// What GitHub demands when it refuses for a reason that is none of the gate's rules.
fn demand(code: &Code) -> &'static str {
    const CHECKS: &[&Code] = &[&codes::CHECKS_MISSING, &codes::CHECKS_FAILED, &codes::CHECKS_OWN_RUN];
    match code {
        code if CHECKS.contains(&code) => "the checks have succeeded",
        code if *code == codes::BRANCH_BEHIND => "the head has all commits of the base",
        code if *code == codes::MERGED_WITHOUT_GATE => "the gate holds for what was merged",
        _ => "GitHub lets it be merged",
    }
}

/// All rules that were asked for, in the order in which a person would work them off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Checklist(Vec<Item>);

impl Checklist {
    /// Adds a rule. One that was not asked for is left out while it holds.
    fn add(&mut self, is_asked: bool, title: impl Into<String>, unmet: impl IntoIterator<Item = Rule>) {
        let unmet: Vec<Rule> = unmet.into_iter().collect();
        if is_asked || !unmet.is_empty() {
            let state = if unmet.is_empty() { State::Met } else { State::Unmet(unmet) };
            self.0.push(Item { title: title.into(), state });
        }
    }

    /// Lays over it what a run came to: a remedy that is another one by now, and rules that are GitHub's own.
    pub(crate) fn with(mut self, rules: &[Rule]) -> Self {
        for rule in rules {
            let unknown = |item: &&mut Item| matches!(item.state, State::Unknown(_));
            if *rule.code == codes::MERGEABILITY_UNKNOWN
                && let Some(item) = self.0.iter_mut().find(unknown)
            {
                item.state = State::Unmet(vec![rule.clone()]);
                continue;
            }
            let known = self.0.iter_mut().find_map(|item| item.known(rule));
            match known {
                Some(known) => *known = rule.clone(),
                None => self.add(true, demand(rule.code), [rule.clone()]),
            }
        }
        self
    }

    /// Returns what does not hold.
    pub(crate) fn into_unmet(self) -> Vec<Rule> {
        let unmet = |item: Item| match item.state {
            State::Unmet(rules) => rules,
            State::Met | State::Unknown(_) => Vec::new(),
        };
        self.0.into_iter().flat_map(unmet).collect()
    }
}

/// Holds a pull request against the gate. What a push would make void comes last: first the branches, then the
/// conflict, then the reviews and the labels.
pub(crate) fn checklist(request: &Request, facts: &Facts) -> Checklist {
    let pull = &facts.pull;
    let (head, base) = (&pull.head.branch, &pull.base.branch);
    let expected = request.head_sha.as_ref().unwrap_or(&pull.head.sha);
    let event_base = request.event.as_ref().and_then(|event| event.base.as_ref());
    let method = request.method.of(base);
    let mut list = Checklist::default();
    let title = format!("the head is {}, as when this run was started", expected.short());
    list.add(request.head_sha.is_some(), title, rules::head_is_expected(expected, pull));
    let title = format!("the base is `{}`, as when this run was started", event_base.unwrap_or(base));
    list.add(event_base.is_some(), title, rules::base_is_expected(request, pull));
    list.add(true, "it is open", rules::is_open(request, pull));
    list.add(true, "it is no draft", rules::is_ready(pull));
    list.add(true, "it comes from no fork", rules::is_from_here(pull));
    let title = format!("the base `{base}` is one of {}", request.base.list());
    list.add(!request.base.is_empty(), title, rules::base_is_allowed(request, pull));
    let title = format!("the head `{head}` is one of {}", request.head.list());
    list.add(!request.head.is_empty(), title, rules::head_is_allowed(request, pull));
    let title = format!("`{method}` keeps `{head}` and `{base}` together");
    list.add(method.rewrites(), title, rules::method_is_safe(request, method, facts));
    list.add(false, "its workflow files may be merged", rules::workflows_are_allowed(request, facts));
    add_conflict(&mut list, method, pull);
    list.add(request.needs_reviews(), "nobody asks for changes", rules::nobody_objects(facts));
    let needed = request.approvals_needed();
    let title = format!(
        "{needed} {} by others with write access",
        if needed == 1 { "approval" } else { "approvals" }
    );
    list.add(request.needs_reviews(), title, rules::approvals_suffice(request, facts, expected));
    for label in &request.labels.blocking {
        list.add(true, format!("no label `{label}`"), rules::label_is_absent(label, pull));
    }
    for label in &request.labels.required {
        let title = format!("the label `{label}`, put by someone with {} access", request.labeller_access);
        let there = facts.labellings.iter().filter(|labelling| labelling.label == *label);
        let counts = |labelling: &Labelling| rules::labelling_counts(request, labelling, pull);
        list.add(
            true,
            title,
            rules::label_is_there(request, label, pull).into_iter().chain(there.flat_map(counts)),
        );
    }
    list
}

/// A fast-forward has no conflicts, and says itself whether it is one.
fn add_conflict(list: &mut Checklist, method: Method, pull: &PullRequest) {
    if pull.merged {
        return;
    }
    let title = format!("no conflict with `{}`", pull.base.branch);
    let unmet = rules::has_no_conflict(pull);
    if unmet.is_none() && pull.mergeable.is_none() && method != Method::FastForward {
        let state = State::Unknown("GitHub has not computed it yet".to_owned());
        list.0.push(Item { title, state });
    } else {
        list.add(method != Method::FastForward, title, unmet);
    }
}
