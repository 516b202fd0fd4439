//! From an outcome to outputs, summary and log. Pure.

use github::pulls::PullRequest;
use model::Code;
use toolkit::{Report, Summary};

use crate::{
    decision::Decision,
    outcome::{Done, Outcome},
    request::Request,
    rule::{self, Rule},
};

/// Reports a merge, or what a dry run would do. `timings` are rows of name and duration.
pub(crate) fn done(outcome: &Outcome, timings: &[Vec<String>]) -> Report {
    let landed = outcome.landed();
    let sha = landed.map(|landed| landed.sha.to_string()).unwrap_or_default();
    let base = landed.map_or(&outcome.pull.base.sha, |landed| &landed.base).to_string();
    let line = line(outcome);
    let rows = [
        ("pull request", format!("#{} {}", outcome.pull.number, outcome.pull.title)),
        ("branches", format!("{} → {}", outcome.pull.head.branch, outcome.pull.base.branch)),
        ("head", format!("`{}`", outcome.head)),
        ("commit", if sha.is_empty() { "–".to_owned() } else { format!("`{sha}`") }),
        ("method", outcome.method.to_string()),
        ("approved by", outcome.approver.clone().unwrap_or_else(|| "–".to_owned())),
    ];
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).chain(timings.to_vec()).collect();
    let summary =
        Summary::new().heading(&format!("auto-merge: {}", outcome.result())).table(&["", ""], &rows);
    let outputs = Outputs {
        merged: landed.is_some(),
        sha,
        base,
        head: outcome.head.to_string(),
        approver: outcome.approver.clone().unwrap_or_default(),
        method: outcome.method.as_str(),
        result: outcome.result(),
        decision: Decision::of_outcome(outcome),
        reason: String::new(),
    };
    outputs.into_report(&outcome.pull).line(line).summary(summary)
}

/// Reports that rules do not hold: the outputs are set on refusal too, so that later steps can act on them.
pub(crate) fn refused(request: &Request, pull: &PullRequest, rules: &[Rule]) -> Report {
    let decision = Decision::of_rules(rules);
    Outputs {
        merged: false,
        sha: String::new(),
        base: pull.base.sha.to_string(),
        head: request.head_sha.as_ref().unwrap_or(&pull.head.sha).to_string(),
        approver: String::new(),
        method: request.method.of(&pull.base.branch).as_str(),
        result: if decision <= Decision::Refuse { "refused" } else { "failed" },
        decision,
        reason: rule::ids(rules),
    }
    .into_report(pull)
}

/// Reports that it is not known, or does not matter, whether the rules hold.
pub(crate) fn failed(request: &Request, code: &Code) -> Report {
    let head = request.head_sha.as_ref().map(ToString::to_string).unwrap_or_default();
    Report::new()
        .output("merged", "false")
        .output("head-sha", head)
        .output("pull-request", request.number.to_string())
        .output("result", "failed")
        .output("decision", Decision::of(code).as_str())
        .output("reason", code.id)
}

struct Outputs {
    merged: bool,
    sha: String,
    base: String,
    head: String,
    approver: String,
    method: &'static str,
    result: &'static str,
    decision: Decision,
    reason: String,
}

impl Outputs {
    fn into_report(self, pull: &PullRequest) -> Report {
        let author = pull.user.as_ref().map(|user| user.login.clone()).unwrap_or_default();
        Report::new()
            .output("merged", self.merged.to_string())
            .output("sha", self.sha)
            .output("base-sha", self.base)
            .output("head-sha", self.head)
            .output("pull-request", pull.number.to_string())
            .output("author", author)
            .output("approver", self.approver)
            .output("method", self.method)
            .output("result", self.result)
            .output("decision", self.decision.as_str())
            .output("reason", self.reason)
    }
}

fn line(outcome: &Outcome) -> String {
    let Outcome { pull, method, head, .. } = outcome;
    let what = format!("#{} ({} → {}) at {}", pull.number, pull.head.branch, pull.base.branch, head.short());
    if let Done::MergedByAnotherRun { run, sha } = &outcome.done {
        return format!(
            "{what}: run {run} merged it as {} and goes on from there; nothing to do",
            sha.short()
        );
    }
    let base = &pull.base.branch;
    match (&outcome.done, outcome.landed()) {
        (Done::Merged(_), Some(landed)) => {
            let deleted =
                if landed.deleted_head { format!("; deleted `{}`", pull.head.branch) } else { String::new() };
            format!("merged {what} as {} by {method}{deleted}", landed.sha.short())
        }
        (_, Some(landed)) => format!("{what} is merged already, as {}", landed.sha.short()),
        (Done::WouldWait { why }, _) => format!("{what}: the gate holds; {why}"),
        (Done::BranchUpdated, _) => format!(
            "{what}: `{}` gets the commits of `{base}`, and is another commit then, which needs its own approval and run; \
             a push by `GITHUB_TOKEN` starts no run, one by an App's token does",
            pull.head.branch
        ),
        (Done::Enqueued(place), _) => {
            let at = place.position.map(|at| format!(" at place {at}")).unwrap_or_default();
            let page = place.url.as_ref().map(|url| format!(", {url}")).unwrap_or_default();
            format!("{what}: the gate holds; it is in the merge queue of `{base}`{at}{page}")
        }
        (Done::AutoMergeEnabled, _) => {
            format!("{what}: GitHub merges it when the rules of `{base}` hold, by its own auto-merge")
        }
        (_, None) => format!("{what}: the gate holds; would merge by {method}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{codes, outcome::Landed, request::Method};

    fn outcome(done: Done) -> Outcome {
        let pull = serde_json::from_value(json!({
            "number": 7, "state": "open", "title": "Promote",
            "head": { "ref": "dev", "sha": "a".repeat(40) },
            "base": { "ref": "prod", "sha": "b".repeat(40) },
            "user": { "login": "alice" },
        }))
        .unwrap();
        let head = "a".repeat(40).parse().unwrap();
        Outcome { pull, method: Method::Merge, head, approver: Some("maria".to_owned()), done }
    }

    fn landed() -> Landed {
        let sha = |digit: &str| digit.repeat(40).parse().unwrap();
        Landed { sha: sha("c"), base: sha("d"), deleted_head: true }
    }

    fn outputs(report: &Report) -> String {
        report.outputs.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
    }

    #[test]
    fn a_merge() {
        let report = done(&outcome(Done::Merged(landed())), &[]);
        assert_eq!(report.lines, ["merged #7 (dev → prod) at aaaaaaa as ccccccc by merge; deleted `dev`"]);
        insta::assert_snapshot!(outputs(&report), @"
        merged=true
        sha=cccccccccccccccccccccccccccccccccccccccc
        base-sha=dddddddddddddddddddddddddddddddddddddddd
        head-sha=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        pull-request=7
        author=alice
        approver=maria
        method=merge
        result=merged
        decision=done
        reason=
        ");
        let names: Vec<&str> = crate::spec().outputs.iter().map(|output| output.name).collect();
        assert!(report.outputs.iter().map(|(name, _)| *name).eq(names), "outputs are as declared");
    }

    #[test]
    fn a_merge_from_before_counts_as_merged() {
        let report = done(&outcome(Done::AlreadyMerged(landed())), &[]);
        assert_eq!(report.lines, ["#7 (dev → prod) at aaaaaaa is merged already, as ccccccc"]);
        assert!(
            outputs(&report).contains("merged=true\n")
                && outputs(&report).contains("result=already-merged\n")
        );
    }

    #[test]
    fn what_another_run_merged_is_left_to_it() {
        let merge = landed();
        let report = done(&outcome(Done::MergedByAnotherRun { run: "42".to_owned(), sha: merge.sha }), &[]);
        assert_eq!(
            report.lines,
            ["#7 (dev → prod) at aaaaaaa: run 42 merged it as ccccccc and goes on from there; nothing to do"]
        );
        assert!(outputs(&report).starts_with("merged=false\nsha=\n"));
        assert!(outputs(&report).contains("result=merged-by-another-run\n"));
    }

    #[test]
    fn a_dry_run_merges_nothing() {
        let report = done(&outcome(Done::WouldMerge), &[]);
        assert_eq!(report.lines, ["#7 (dev → prod) at aaaaaaa: the gate holds; would merge by merge"]);
        assert!(outputs(&report).starts_with("merged=false\nsha=\n"));
    }

    #[test]
    fn reasons_are_ids() {
        let rules = [Rule::new(&codes::LABEL_MISSING, "x"), Rule::new(&codes::PULL_REQUEST_DRAFT, "y")];
        assert_eq!(rule::ids(&rules), "label-missing,pull-request-draft");
    }
}
