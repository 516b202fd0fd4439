//! From an outcome to outputs, summary and log. Pure.

use toolkit::{Annotation, Level, Report, Summary};

use crate::{
    outcome::{Done, Outcome},
    request::Request,
};

/// Reports an end without failure. `timings` are rows of name and duration.
pub(crate) fn done(request: &Request, outcome: &Outcome, timings: &[Vec<String>]) -> Report {
    let number = match &outcome.done {
        Done::PullRequest { number, .. } | Done::PullRequestLacks { number, .. } => number.to_string(),
        _ => String::new(),
    };
    let rows = [
        ("branch", format!("`{}`", request.branch)),
        ("to", format!("`{}`", request.to)),
        ("was at", format!("`{}`", outcome.from)),
        ("is at", format!("`{}`", outcome.sha)),
    ];
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).chain(timings.to_vec()).collect();
    let summary =
        Summary::new().heading(&format!("fast-forward: {}", outcome.result())).table(&["", ""], &rows);
    let report = Report::new()
        .output("updated", outcome.is_updated().to_string())
        .output("result", outcome.result())
        .output("from", outcome.from.to_string())
        .output("sha", outcome.sha.to_string())
        .output("pull-request", number)
        .line(line(request, outcome))
        .summary(summary);
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

/// Reports a failure; what it was is said elsewhere.
pub(crate) fn failed() -> Report {
    Report::new().output("updated", "false").output("result", "failed")
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
        Done::Would(what) => {
            format!("{} `{branch}` ({}) with {to}", what.replace('-', " "), outcome.from.short())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use github::Endpoints;
    use model::{CommitSha, Secret};

    use super::*;
    use crate::request::OnDiverged;

    fn sha(digit: &str) -> CommitSha {
        digit.repeat(40).parse().unwrap()
    }

    fn report(at: &str, done: Done) -> Report {
        let request = Request {
            repository: "org/x".parse().unwrap(),
            branch: "dev".parse().unwrap(),
            sync_branch: "day2/sync-dev".parse().unwrap(),
            to: sha("a"),
            on_diverged: OnDiverged::BackMerge,
            dry_run: false,
            budget: Duration::from_secs(1),
            endpoints: Endpoints { api: String::new(), graphql: String::new() },
            token: Secret::new("t"),
        };
        super::done(&request, &Outcome { from: sha("b"), sha: sha(at), done }, &[])
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
            ("b", Done::Would("would-back-merge")),
        ]
        .into_iter()
        .flat_map(|(at, done)| report(at, done).lines)
        .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        `dev` is at aaaaaaa already
        `dev` has aaaaaaa already, and is further on at bbbbbbb
        fast-forwarded `dev` from bbbbbbb to aaaaaaa
        merged aaaaaaa into `dev`, which is at ccccccc now
        opened https://x/3 to bring aaaaaaa into `dev`
        https://x/3 waits already to bring aaaaaaa into `dev`
        https://x/3 waits and lacks aaaaaaa, with which `day2/sync-dev` conflicts
        would back merge `dev` (bbbbbbb) with aaaaaaa
        ");
    }

    #[test]
    fn outputs_are_as_declared() {
        let report = report("a", Done::FastForwarded);
        let names: Vec<&str> = crate::spec().outputs.iter().map(|output| output.name).collect();
        assert!(report.outputs.iter().map(|(name, _)| *name).eq(names));
        assert_eq!(report.outputs[0], ("updated", "true".to_owned()));
        assert!(report.annotations.is_empty());
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
