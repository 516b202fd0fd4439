//! What a bump leaves for people and for later steps.

use serde_json::{Map, Value};
use toolkit::{Annotation, Level, Report, Summary};
use yaml_set::Change;

use model::Failure;

use crate::{diff::unified, edit::EditedFile, method::Method, stale::Newer};

/// What has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Result {
    /// Every value was there already.
    Unchanged,
    /// A newer value is there.
    Superseded(Newer),
    /// The plan was wanted, and no more.
    Planned,
    /// Committed.
    Committed {
        /// The commit's page, if GitHub named one.
        url: String,
        /// Whether GitHub shows it as *Verified*.
        verified: Option<bool>,
    },
    /// Written to the work tree.
    Written,
}

/// The end of a bump.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) result: Result,
    /// The commit that has the values: ours, else the head that was read; empty outside a repository.
    pub(crate) commit: String,
    pub(crate) files: Vec<EditedFile>,
    /// How often it was tried to write.
    pub(crate) attempts: u32,
    /// How and where: `by GraphQL to branch dev of org/product`.
    pub(crate) way: String,
    /// The method that was taken in the end.
    pub(crate) method: Method,
    /// Why that one: a phrase.
    pub(crate) why: String,
    pub(crate) timings: Vec<Vec<String>>,
    /// What makes it a failure although it is done.
    pub(crate) failure: Option<Failure>,
}

/// Returns outputs, summary, annotations and the closing lines.
pub(crate) fn report(outcome: &Outcome) -> Report {
    let changed = matches!(outcome.result, Result::Committed { .. } | Result::Written);
    let superseded = matches!(outcome.result, Result::Superseded(_));
    let diff = if superseded { String::new() } else { unified(&outcome.files) };
    let mut report = Report::new()
        .line(headline(outcome))
        .output("changed", changed.to_string())
        .output("commit", outcome.commit.clone())
        .output("previous", previous(&outcome.files))
        .output("superseded", superseded.to_string())
        .output("attempts", outcome.attempts.to_string())
        .output("diff", diff.trim_end_matches('\n'))
        .output("method", outcome.method.name())
        .output("verified", verified(outcome))
        .summary(summary(outcome, &diff));
    if changed {
        for (file, change) in changes(outcome).filter(|(_, change)| change.changed) {
            let text = format!("{}: {} → {}", change.path, old(change), change.new);
            let annotation = Annotation::new(Level::Notice, "value set", text);
            report = report.annotation(annotation.at(&file.path, Some(change.line)));
        }
    }
    if let Result::Committed { verified: Some(false), .. } = outcome.result
        && outcome.failure.is_none()
    {
        let text = format!("GitHub does not show {} as verified", outcome.commit);
        report = report.annotation(Annotation::new(Level::Warning, "commit not verified", text));
    }
    report
}

/// `true` or `false`, or nothing where there is no commit of ours or nobody said.
fn verified(outcome: &Outcome) -> String {
    match outcome.result {
        Result::Committed { verified: Some(verified), .. } => verified.to_string(),
        _ => String::new(),
    }
}

fn headline(outcome: &Outcome) -> String {
    let commit = &outcome.commit;
    let names: Vec<&str> = outcome.files.iter().map(|file| file.path.as_str()).collect();
    let files = names.join(", ");
    match &outcome.result {
        Result::Unchanged => format!("Nothing to do: every value is in {files} already"),
        Result::Superseded(newer) => format!("Superseded: {newer}; its value stays"),
        Result::Planned => format!("Dry run: {files} would be changed {}", outcome.way),
        Result::Committed { .. } if outcome.attempts > 1 => {
            format!("Committed {commit} {} at attempt {}", outcome.way, outcome.attempts)
        }
        Result::Committed { .. } => format!("Committed {commit} {}", outcome.way),
        Result::Written => format!("Changed {files} {}", outcome.way),
    }
}

fn changes(outcome: &Outcome) -> impl Iterator<Item = (&EditedFile, &Change)> {
    outcome.files.iter().flat_map(|file| file.changes.iter().map(move |change| (file, change)))
}

fn old(change: &Change) -> &str {
    change.old.as_deref().unwrap_or("(empty)")
}

fn summary(outcome: &Outcome, diff: &str) -> Summary {
    let rows: Vec<Vec<String>> = changes(outcome)
        .map(|(file, change)| {
            let code = |text: &str| format!("`{text}`");
            vec![code(&file.path), code(&change.path.to_string()), code(old(change)), code(&change.new)]
        })
        .collect();
    let title = match &outcome.result {
        Result::Unchanged => "Values are up to date",
        Result::Superseded(_) => "Values left as they are",
        Result::Planned => "Values would be set",
        Result::Committed { .. } | Result::Written => "Values set",
    };
    let mut summary = Summary::new()
        .heading(title)
        .text(&format!("{}.", headline(outcome)))
        .table(&["File", "Path", "Before", "Wanted"], &rows);
    if !diff.is_empty() {
        summary = summary.code("diff", diff);
    }
    if let Result::Committed { url, .. } = &outcome.result
        && url.starts_with("http")
        && !url.contains(['(', ')', ' ', '<'])
    {
        summary = summary.markdown(&format!("[The commit on GitHub]({url})"));
    }
    let way = Summary::new()
        .text(&format!("Method: {}, {}.", outcome.way, outcome.why))
        .table(&["Phase", "Time"], &outcome.timings);
    summary.details("Way and timings", &way)
}

/// `{"file": {"path": "old value"}}`; null where nothing was written.
fn previous(files: &[EditedFile]) -> String {
    let of_file = |file: &EditedFile| {
        let values =
            file.changes.iter().map(|change| (change.path.to_string(), Value::from(change.old.clone())));
        (file.path.clone(), Value::Object(values.collect()))
    };
    Value::Object(files.iter().map(of_file).collect::<Map<_, _>>()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::tests::request;

    fn outcome(result: Result) -> Outcome {
        let request = request(&["values/dev.yaml"], &["image.tag=v2", "image.digest=x"]);
        let text = b"image:\n  tag: v1  # set by the pipeline\n  digest:\n".to_vec();
        let file = crate::edit::apply(&request.files[0], &mut crate::images::Search::new(&[]), text).unwrap();
        Outcome {
            result,
            commit: "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3".into(),
            files: vec![file],
            attempts: 2,
            way: "by GraphQL to branch dev of org/product".into(),
            method: Method::Graphql,
            why: "chosen because this is a workflow".into(),
            failure: None,
            timings: vec![vec!["read".into(), "120 ms".into()]],
        }
    }

    #[test]
    fn a_commit_is_shown_with_its_diff() {
        let url = "https://github.com/org/product/commit/a94a8fe".to_owned();
        let outcome = outcome(Result::Committed { url, verified: Some(true) });
        let report = report(&outcome);
        insta::assert_snapshot!(report.summary.as_str(), @r"
        ### Values set

        Committed a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 by GraphQL to branch dev of org/product at attempt 2.

        | File | Path | Before | Wanted |
        | --- | --- | --- | --- |
        | `values/dev.yaml` | `image.tag` | `v1` | `v2` |
        | `values/dev.yaml` | `image.digest` | `(empty)` | `x` |

        ```diff
        --- a/values/dev.yaml
        +++ b/values/dev.yaml
        @@ -1,3 +1,3 @@
         image:
        -  tag: v1  # set by the pipeline
        -  digest:
        +  tag: v2  # set by the pipeline
        +  digest: x
        ```

        [The commit on GitHub](https://github.com/org/product/commit/a94a8fe)

        <details><summary>Way and timings</summary>

        Method: by GraphQL to branch dev of org/product, chosen because this is a workflow.

        | Phase | Time |
        | --- | --- |
        | read | 120 ms |

        </details>
        ");
        insta::assert_snapshot!(report.lines.join("\n"), @"Committed a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 by GraphQL to branch dev of org/product at attempt 2");
        insta::assert_debug_snapshot!(report.outputs, @r#"
        [
            (
                "changed",
                "true",
            ),
            (
                "commit",
                "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
            ),
            (
                "previous",
                "{\"values/dev.yaml\":{\"image.tag\":\"v1\",\"image.digest\":null}}",
            ),
            (
                "superseded",
                "false",
            ),
            (
                "attempts",
                "2",
            ),
            (
                "diff",
                "--- a/values/dev.yaml\n+++ b/values/dev.yaml\n@@ -1,3 +1,3 @@\n image:\n-  tag: v1  # set by the pipeline\n-  digest:\n+  tag: v2  # set by the pipeline\n+  digest: x",
            ),
            (
                "method",
                "graphql",
            ),
            (
                "verified",
                "true",
            ),
        ]
        "#);
        assert_eq!(report.annotations[0].message, "image.tag: v1 → v2");
        assert_eq!(report.annotations[0].location.as_ref().unwrap().line, Some(2));
    }

    #[test]
    fn each_end_has_its_words() {
        let place = "values/dev.yaml:image.tag".to_owned();
        let newer = Newer { place, commit: None, why: crate::stale::Why::Run(9) };
        for result in [Result::Unchanged, Result::Superseded(newer), Result::Planned, Result::Written] {
            let outcome = outcome(result);
            let report = report(&outcome);
            assert_eq!(report.lines.len(), 1);
            assert_eq!(report.outputs[0].1 == "true", matches!(outcome.result, Result::Written));
            assert_eq!(report.outputs[3].1 == "true", matches!(outcome.result, Result::Superseded(_)));
        }
    }
}
