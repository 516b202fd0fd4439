//! How a checklist is shown.

use toolkit::Summary;

use super::{Checklist, Item, State};
use crate::{
    decision::Decision,
    rule::{self, Rule},
};

impl Checklist {
    /// Returns the list as Markdown. No task list: everyone with write access could tick its boxes.
    pub(crate) fn summary(&self) -> Summary {
        let items: Vec<(String, Vec<String>)> =
            self.0.iter().map(|item| (item.text(), item.notes())).collect();
        Summary::new().list(&items)
    }

    /// Returns one short line each for the log.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.iter().map(Item::line).collect()
    }
}

impl Item {
    fn text(&self) -> String {
        let title = &self.title;
        let details = match &self.state {
            State::Met => String::new(),
            State::Unknown(cause) => format!(" – {cause}."),
            State::Unmet(rules) => rules.iter().map(details).collect(),
        };
        format!("{} {title}{details}", self.sign())
    }

    fn notes(&self) -> Vec<String> {
        match &self.state {
            State::Unmet(rules) => rules.iter().flat_map(|rule| rule.notes.clone()).collect(),
            State::Met | State::Unknown(_) => Vec::new(),
        }
    }

    fn line(&self) -> String {
        let ids = match &self.state {
            State::Unmet(rules) => format!(" ({})", rule::ids(rules)),
            State::Met | State::Unknown(_) => String::new(),
        };
        format!("{} {}{ids}", self.sign(), self.title)
    }

    fn sign(&self) -> &'static str {
        match &self.state {
            State::Met => "✅",
            State::Unknown(_) => "⏳",
            State::Unmet(rules) if Decision::of_rules(rules) == Decision::Wait => "⏳",
            State::Unmet(_) => "❌",
        }
    }
}

fn details(rule: &Rule) -> String {
    format!(" – {}. {} (`{}`)", rule.cause, rule.remedy, rule.code.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checklist::checklist,
        codes,
        plan::tests::{facts, request},
        request::Request,
    };

    #[test]
    fn a_gate_that_holds() {
        insta::assert_snapshot!(checklist(&request(), &facts(|_| ())).lines().join("\n"), @"
        ✅ the head is aaaaaaa, as when this run was started
        ✅ it is open
        ✅ it is no draft
        ✅ it comes from no fork
        ✅ the base `prod` is one of `prod`
        ✅ the head `dev` is one of `dev`
        ✅ no conflict with `prod`
        ✅ no label `wip`
        ✅ the label `approval`, put by someone with write access
        ");
    }

    #[test]
    fn what_is_missing_and_what_is_not_known_yet() {
        let mut facts = facts(|pull| {
            pull["labels"] = serde_json::json!([{ "name": "WIP" }]);
            pull["mergeable"] = serde_json::Value::Null;
        });
        facts.labellings.clear();
        facts.objectors = vec!["bob".to_owned()];
        let request = Request { required_approvals: 2, ..request() };
        let list = checklist(&request, &facts);
        insta::assert_snapshot!(list.summary().as_str(), @"
        - ✅ the head is aaaaaaa, as when this run was started
        - ✅ it is open
        - ✅ it is no draft
        - ✅ it comes from no fork
        - ✅ the base `prod` is one of `prod`
        - ✅ the head `dev` is one of `dev`
        - ⏳ no conflict with `prod` – GitHub has not computed it yet.
        - ❌ nobody asks for changes – `bob` asks for changes. Have `bob` approve it, or dismiss that review. (`changes-requested`)
        - ⏳ 2 approvals by others with write access – it has 0 of 2 approvals of aaaaaaa by people with write access. Get the reviews; only those by people with write access who are not the author count. (`approvals-missing`)
        - ❌ no label `wip` – the label `WIP` forbids it. Take the label off when its reason is gone. (`label-blocking`)
        - ⏳ the label `approval`, put by someone with write access – the label `approval` is missing. Have someone put `approval` who has write access and is not the author `alice`. (`label-missing`)
        ");
        insta::assert_snapshot!(list.lines().join("\n"), @"
        ✅ the head is aaaaaaa, as when this run was started
        ✅ it is open
        ✅ it is no draft
        ✅ it comes from no fork
        ✅ the base `prod` is one of `prod`
        ✅ the head `dev` is one of `dev`
        ⏳ no conflict with `prod`
        ❌ nobody asks for changes (changes-requested)
        ⏳ 2 approvals by others with write access (approvals-missing)
        ❌ no label `wip` (label-blocking)
        ⏳ the label `approval`, put by someone with write access (label-missing)
        ");
    }

    #[test]
    fn a_rule_of_githubs_stands_at_the_end() {
        let rule = Rule::new(&codes::METHOD_DISABLED, "`merge` is turned off; GitHub says: <!-- @all");
        let list = checklist(&request(), &facts(|_| ())).with(&[rule]);
        let shown = list.summary();
        let last = shown.as_str().trim_end().lines().last().unwrap();
        insta::assert_snapshot!(last.replace('\u{200b}', "(no mention)"), @"- ❌ GitHub lets it be merged – `merge` is turned off; GitHub says: &lt;!-- @(no mention)all. Set another `method`, or turn it on in the repository's settings. (`method-disabled`)");
    }

    #[test]
    fn what_is_never_computed_is_listed_once() {
        let unknown = facts(|pull| pull["mergeable"] = serde_json::Value::Null);
        let rule = Rule::new(&codes::MERGEABILITY_UNKNOWN, "GitHub has not computed it within the time");
        let lines = checklist(&request(), &unknown).with(&[rule]).lines();
        let waiting: Vec<&String> = lines.iter().filter(|line| line.starts_with('⏳')).collect();
        assert_eq!(waiting, ["⏳ no conflict with `prod` (mergeability-unknown)"]);
    }

    #[test]
    fn checks_are_named_below_their_rule() {
        let notes = ["required check `ci`: pending".to_owned(), "check `<b>`: @all failed".to_owned()];
        let rule = Rule::new(&codes::CHECKS_FAILED, "the check `<b>` did not succeed").with_notes(notes);
        let shown = checklist(&request(), &facts(|_| ())).with(&[rule]).summary();
        let last: Vec<&str> = shown.as_str().trim_end().lines().rev().take(3).collect();
        insta::assert_snapshot!(last.join("\n").replace('\u{200b}', "(no mention)"), @"
          - check `<b>`: @(no mention)all failed
          - required check `ci`: pending
        - ❌ the checks have succeeded – the check `<b>` did not succeed. See the check; mend what it found and push, or run it again. (`checks-failed`)
        ");
    }

    #[test]
    fn a_remedy_that_became_another_one_is_shown() {
        let mut facts = facts(|_| ());
        facts.labellings[0].void = Some(crate::facts::Void::Pushed);
        let list = checklist(&request(), &facts);
        let rules: Vec<Rule> =
            list.clone().into_unmet().into_iter().map(|rule| rule.with_remedy("Put it again.")).collect();
        let shown = list.with(&rules).summary();
        assert!(shown.as_str().contains("Put it again. (`label-before-push`)"), "{}", shown.as_str());
        assert_eq!(shown.as_str().matches('❌').count(), 1);
    }
}
