//! From an outcome to outputs, summary and log. Pure.

use std::collections::BTreeSet;

use model::{CommitSha, Failure};
use toolkit::{Annotation, Level, Report, Summary};

use crate::{
    closed::Closed,
    outcome::{self, Done, Outcome, Would},
    request::Request,
};

/// Reports an end without failure. `timings` are rows of name and duration, `calls` those of a table of calls.
pub(crate) fn done(
    request: &Request,
    outcome: &Outcome,
    timings: &[Vec<String>],
    calls: &[Vec<String>],
) -> Report {
    let closed = list(&outcome.closed.merged, false);
    let mut rows = vec![
        ("branch", format!("`{}`", request.branch)),
        ("to", format!("`{}`", request.to)),
        ("was at", format!("`{}`", outcome.from)),
        ("is at", format!("`{}`", outcome.sha)),
        ("because", format!("`{}`", outcome.reason)),
    ];
    if !closed.is_empty() {
        rows.push(("closed by it", list(&outcome.closed.merged, true)));
    }
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).chain(timings.to_vec()).collect();
    let summary = Summary::new()
        .heading(&format!("fast-forward: {}", outcome.result()))
        .table(&["", ""], &rows)
        .calls(calls);
    let report = Report::new()
        .output("updated", outcome.is_updated().to_string())
        .output("result", outcome.result())
        .output("decision", outcome.decision())
        .output("reason", outcome.reason)
        .output("from", outcome.from.to_string())
        .output("sha", outcome.sha.to_string())
        .output("pull-request", outcome.pull_request().map(|number| number.to_string()).unwrap_or_default())
        .output("closed-pull-requests", closed)
        .line(line(request, outcome))
        .summary(summary);
    let report = notes(request, outcome).into_iter().fold(report, Report::line);
    match &outcome.done {
        Done::PullRequest { url, .. } => {
            let message = format!(
                "`{}` could not be brought to {}: merge {url} with a merge commit.",
                request.branch,
                request.to.short()
            );
            report.annotation(Annotation::new(Level::Warning, "fast-forward: a pull request waits", message))
        }
        Done::PullRequestLacks { url, .. } => {
            let (sync, to) = (&request.sync_branch, &request.to);
            let message = format!(
                "`{sync}` conflicts with {}, so that {url} does not bring it into `{}`: merge {to} into `{sync}` by \
                 hand and push, or run again once the pull request is merged.",
                to.short(),
                request.branch
            );
            report.annotation(Annotation::new(Level::Warning, "fast-forward: a second conflict", message))
        }
        _ => report,
    }
}

/// Reports a failure; what it was is said elsewhere. `from` is where the branch was, if that is known.
pub(crate) fn failed(failure: &Failure, from: Option<&CommitSha>, calls: &[Vec<String>]) -> Report {
    let (result, decision) = outcome::of_failure(failure.code);
    let report = Report::new()
        .output("updated", "false")
        .output("result", result)
        .output("decision", decision)
        .output("reason", failure.code.id);
    let report = match from {
        Some(from) => report.output("from", from.to_string()),
        None => report,
    };
    report.summary(Summary::new().calls(calls))
}

/// Numbers for machines, or with a `#` for people.
fn list(numbers: &BTreeSet<u64>, for_people: bool) -> String {
    let (mark, between) = if for_people { ("#", ", ") } else { ("", ",") };
    numbers.iter().map(|number| format!("{mark}{number}")).collect::<Vec<_>>().join(between)
}

fn line(request: &Request, outcome: &Outcome) -> String {
    let (branch, to) = (&request.branch, request.to.short());
    match &outcome.done {
        Done::UpToDate if outcome.sha == request.to => format!("`{branch}` is at {to} already"),
        Done::UpToDate => {
            format!("`{branch}` has {to} already, and is further on at {}", outcome.sha.short())
        }
        Done::FastForwarded => format!("fast-forwarded `{branch}` from {} to {to}", outcome.from.short()),
        Done::BackMerged => format!("merged {to} into `{branch}`, which is at {} now", outcome.sha.short()),
        Done::PullRequest { url, is_new: true, .. } => format!("opened {url} to bring {to} into `{branch}`"),
        Done::PullRequest { url, .. } => format!("{url} waits already to bring {to} into `{branch}`"),
        Done::PullRequestLacks { url, .. } => {
            format!("{url} waits and lacks {to}, with which `{}` conflicts", request.sync_branch)
        }
        Done::Would(would) => {
            let from = outcome.from.short();
            match would {
                Would::FastForward => format!("would fast-forward `{branch}` from {from} to {to}"),
                Would::BackMerge => {
                    let otherwise = "; if that conflicts, a pull request would be opened";
                    format!("would merge {to} into `{branch}` ({from}){otherwise}")
                }
                Would::PullRequest(None) => {
                    format!("would open a pull request to bring {to} into `{branch}` ({from})")
                }
                Would::PullRequest(Some(number)) => {
                    format!("would add {to} to pull request {number}, which waits for `{branch}`")
                }
            }
        }
    }
}

/// What else is worth knowing.
fn notes(request: &Request, outcome: &Outcome) -> Vec<String> {
    let mut notes = Vec::new();
    let Closed { merged, unmerged, open, waited } = &outcome.closed;
    let seconds = waited.as_secs_f64();
    for (numbers, what) in [
        (merged, "which GitHub closed as merged".to_owned()),
        (unmerged, "which was closed without being marked as merged".to_owned()),
        (open, format!("but GitHub has not closed it within {seconds:.1} s")),
    ] {
        if !numbers.is_empty() {
            notes.push(format!("`{}` has all of {} now, {what}", request.branch, list(numbers, true)));
        }
    }
    if outcome.is_workflow_token {
        match &outcome.done {
            Done::FastForwarded | Done::BackMerged => notes.push(format!(
                "The workflow's own token moved `{}`, which starts no workflow: use a GitHub App (`app-id`) if it has to",
                request.branch
            )),
            Done::PullRequest { is_new: true, .. } => notes.push(
                "A pull request that the workflow's own token opens starts no workflow, so that required checks never \
                 run: use a GitHub App (`app-id`) there"
                    .to_owned(),
            ),
            _ => {}
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use github::Endpoints;
    use model::Secret;

    use super::*;
    use crate::request::{Credentials, OnDiverged, OnProtected};

    fn sha(digit: &str) -> CommitSha {
        digit.repeat(40).parse().unwrap()
    }

    fn report(at: &str, done: Done) -> Report {
        let request = Request {
            repository: "org/x".parse().unwrap(),
            branch: "dev".parse().unwrap(),
            sync_branch: "day2/sync-dev".parse().unwrap(),
            to: sha("a"),
            source: None,
            on_diverged: OnDiverged::BackMerge,
            on_protected: OnProtected::Fail,
            dry_run: false,
            budget: Duration::from_secs(1),
            endpoints: Endpoints { api: String::new(), graphql: String::new() },
            credentials: Credentials::Token(Secret::new("t")),
        };
        let closed = Closed {
            merged: BTreeSet::from([3, 12]),
            unmerged: BTreeSet::from([5]),
            open: BTreeSet::from([4]),
            waited: Duration::from_millis(2_900),
        };
        let closed = if at == "a" && done == Done::FastForwarded { closed } else { Closed::default() };
        let is_workflow_token = at != "b";
        let outcome =
            Outcome { from: sha("b"), sha: sha(at), done, reason: "behind", closed, is_workflow_token };
        let call = ["`PATCH …/git/refs/heads/dev`", "200", "1 ms", "2 ms"].map(str::to_owned);
        super::done(&request, &outcome, &[], &[call.to_vec()])
    }

    #[test]
    fn every_end_has_its_line() {
        let pull = |is_new| Done::PullRequest { number: 3, url: "https://x/3".to_owned(), is_new };
        let lines: Vec<String> = [
            ("a", Done::UpToDate),
            ("b", Done::UpToDate),
            ("a", Done::FastForwarded),
            ("c", Done::BackMerged),
            ("b", pull(true)),
            ("b", pull(false)),
            ("b", Done::PullRequestLacks { number: 3, url: "https://x/3".to_owned() }),
            ("d", pull(true)),
            ("b", Done::Would(Would::FastForward)),
            ("b", Done::Would(Would::BackMerge)),
            ("b", Done::Would(Would::PullRequest(None))),
            ("b", Done::Would(Would::PullRequest(Some(3)))),
        ]
        .into_iter()
        .flat_map(|(at, done)| report(at, done).lines)
        .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        `dev` is at aaaaaaa already
        `dev` has aaaaaaa already, and is further on at bbbbbbb
        fast-forwarded `dev` from bbbbbbb to aaaaaaa
        `dev` has all of #3, #12 now, which GitHub closed as merged
        `dev` has all of #5 now, which was closed without being marked as merged
        `dev` has all of #4 now, but GitHub has not closed it within 2.9 s
        The workflow's own token moved `dev`, which starts no workflow: use a GitHub App (`app-id`) if it has to
        merged aaaaaaa into `dev`, which is at ccccccc now
        The workflow's own token moved `dev`, which starts no workflow: use a GitHub App (`app-id`) if it has to
        opened https://x/3 to bring aaaaaaa into `dev`
        https://x/3 waits already to bring aaaaaaa into `dev`
        https://x/3 waits and lacks aaaaaaa, with which `day2/sync-dev` conflicts
        opened https://x/3 to bring aaaaaaa into `dev`
        A pull request that the workflow's own token opens starts no workflow, so that required checks never run: use a GitHub App (`app-id`) there
        would fast-forward `dev` from bbbbbbb to aaaaaaa
        would merge aaaaaaa into `dev` (bbbbbbb); if that conflicts, a pull request would be opened
        would open a pull request to bring aaaaaaa into `dev` (bbbbbbb)
        would add aaaaaaa to pull request 3, which waits for `dev`
        ");
    }

    #[test]
    fn outputs_are_as_declared() {
        let report = report("a", Done::FastForwarded);
        let names: Vec<&str> = crate::spec().outputs.iter().map(|output| output.name).collect();
        assert!(report.outputs.iter().map(|(name, _)| *name).eq(names));
        assert_eq!(report.outputs[0], ("updated", "true".to_owned()));
        assert!(report.annotations.is_empty());
        assert!(report.summary.as_str().contains("<summary>1 call</summary>"));
        assert!(report.outputs.contains(&("closed-pull-requests", "3,12".to_owned())));
        let failure = Failure::new(&crate::codes::BRANCH_DIVERGED, "x");
        let outputs = failed(&failure, Some(&sha("b")), &[]).outputs;
        for (name, value) in [
            ("result", "refused"),
            ("decision", "refuse"),
            ("reason", "branch-diverged"),
            ("from", &"b".repeat(40)),
        ] {
            assert!(outputs.contains(&(name, value.to_owned())), "{outputs:?}");
        }
    }

    #[test]
    fn a_waiting_pull_request_is_a_warning() {
        let done = Done::PullRequest { number: 3, url: "https://x/3".to_owned(), is_new: true };
        let report = report("b", done);
        assert_eq!(report.annotations.len(), 1);
        assert!(report.outputs.contains(&("pull-request", "3".to_owned())));
        assert_eq!(report.outputs[0], ("updated", "false".to_owned()));
    }
}
