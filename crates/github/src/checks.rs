//! The results that hang on a commit: check runs of Apps and statuses of anybody.

use model::{CommitSha, RepoSlug};
use serde::Deserialize;

use crate::{ApiError, GitHub, de, pages, path};

/// One result, the latest of its name and source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The name of the check run, or the context of the status. Two sources can have the same.
    pub name: String,
    /// Who reports it.
    pub source: Source,
    /// How it stands.
    pub state: CheckState,
    /// The page that explains it.
    pub url: Option<String>,
}

/// Who reports a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A check run of an App.
    App {
        /// The App's number; 0 if GitHub does not say.
        id: u64,
        /// The App's name in its address: `github-actions` for jobs of workflows.
        slug: String,
        /// The workflow run whose job it is, for jobs of workflows.
        run: Option<u64>,
    },
    /// A commit status.
    Status,
}

/// How a check stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckState {
    /// Not finished.
    Pending,
    /// Successful.
    Passed,
    /// Finished without a verdict, which counts as successful.
    Neutral,
    /// Not run, which counts as successful.
    Skipped,
    /// Anything else, in GitHub's word: `failure`, `cancelled`, `timed_out`, `action_required`, `stale`, `error`, …
    Failed(String),
}

/// <https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference>
#[derive(Deserialize)]
struct Run {
    name: String,
    #[serde(default, deserialize_with = "de::or_default")]
    status: String,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    details_url: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default, deserialize_with = "de::or_default")]
    app: App,
}

#[derive(Default, Deserialize)]
struct App {
    #[serde(default)]
    id: u64,
    #[serde(default, deserialize_with = "de::or_default")]
    slug: String,
}

/// <https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference>
#[derive(Deserialize)]
struct Status {
    context: String,
    state: String,
    #[serde(default)]
    target_url: Option<String>,
}

/// Lists the latest check runs and statuses of a commit. Needs `checks: read` and `statuses: read`.
pub async fn of_commit(
    github: &GitHub,
    repository: &RepoSlug,
    sha: &CommitSha,
) -> Result<Vec<Check>, ApiError> {
    let runs = path::repo(repository, &format!("/commits/{sha}/check-runs?filter=latest"));
    let statuses = path::repo(repository, &format!("/commits/{sha}/status"));
    let (runs, statuses): (Vec<Run>, Vec<Status>) = tokio::try_join!(
        pages::all_of(github, &runs, "check_runs"),
        pages::all_of(github, &statuses, "statuses")
    )?;
    Ok(runs.into_iter().map(Check::from).chain(statuses.into_iter().map(Check::from)).collect())
}

impl From<Run> for Check {
    fn from(run: Run) -> Self {
        let state = match (run.status.as_str(), run.conclusion) {
            ("completed", Some(conclusion)) => match conclusion.as_str() {
                "success" => CheckState::Passed,
                "neutral" => CheckState::Neutral,
                "skipped" => CheckState::Skipped,
                _ => CheckState::Failed(conclusion),
            },
            ("completed", None) => CheckState::Failed("no conclusion".to_owned()),
            _ => CheckState::Pending,
        };
        let run_of = if run.app.slug == ACTIONS { run.details_url.as_deref().and_then(run_id) } else { None };
        Self {
            name: run.name,
            source: Source::App { id: run.app.id, slug: run.app.slug, run: run_of },
            state,
            url: run.details_url.or(run.html_url),
        }
    }
}

impl From<Status> for Check {
    fn from(status: Status) -> Self {
        let state = match status.state.as_str() {
            "success" => CheckState::Passed,
            "pending" => CheckState::Pending,
            _ => CheckState::Failed(status.state),
        };
        Self { name: status.context, source: Source::Status, state, url: status.target_url }
    }
}

/// The App whose check runs are the jobs of workflows.
const ACTIONS: &str = "github-actions";

/// The workflow run in the page of a job: `https://github.com/org/x/actions/runs/123/job/456`.
fn run_id(url: &str) -> Option<u64> {
    let (_, rest) = url.split_once("/actions/runs/")?;
    rest.split(['/', '?', '#']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(status: &str, conclusion: Option<&str>, slug: &str) -> Check {
        let url = "https://github.com/org/x/actions/runs/123/job/456";
        let run = json!({
            "name": "ci", "status": status, "conclusion": conclusion, "details_url": url,
            "app": { "id": 15368, "slug": slug },
        });
        serde_json::from_value::<Run>(run).unwrap().into()
    }

    #[test]
    fn every_state_of_a_check_run_has_its_meaning() {
        let failed = |word: &str| CheckState::Failed(word.to_owned());
        for (status, conclusion, state) in [
            ("queued", None, CheckState::Pending),
            ("in_progress", None, CheckState::Pending),
            ("waiting", None, CheckState::Pending),
            ("requested", None, CheckState::Pending),
            ("pending", None, CheckState::Pending),
            ("completed", Some("success"), CheckState::Passed),
            ("completed", Some("neutral"), CheckState::Neutral),
            ("completed", Some("skipped"), CheckState::Skipped),
            ("completed", Some("failure"), failed("failure")),
            ("completed", Some("cancelled"), failed("cancelled")),
            ("completed", Some("timed_out"), failed("timed_out")),
            ("completed", Some("action_required"), failed("action_required")),
            ("completed", Some("stale"), failed("stale")),
            ("completed", Some("startup_failure"), failed("startup_failure")),
            ("completed", Some("something new"), failed("something new")),
            ("completed", None, failed("no conclusion")),
            ("something new", Some("success"), CheckState::Pending),
        ] {
            assert_eq!(run(status, conclusion, "x").state, state, "{status} {conclusion:?}");
        }
    }

    #[test]
    fn only_jobs_of_workflows_have_a_run() {
        let source = |slug: &str| run("queued", None, slug).source;
        let app = |slug: &str, run| Source::App { id: 15368, slug: slug.to_owned(), run };
        assert_eq!(source("github-actions"), app("github-actions", Some(123)));
        assert_eq!(source("other"), app("other", None));
        assert_eq!(run_id("https://ghes.example/org/x/actions/runs/7"), Some(7));
        assert_eq!(run_id("https://ghes.example/org/x/actions/runs/7?pr=1"), Some(7));
        assert_eq!(run_id("https://ci.example/123"), None);
    }

    #[test]
    fn a_check_run_without_an_app_is_read() {
        let run: Run =
            serde_json::from_value(json!({ "name": "ci", "status": "queued", "app": null })).unwrap();
        let source = Source::App { id: 0, slug: String::new(), run: None };
        assert_eq!(Check::from(run).source, source);
    }

    #[test]
    fn every_state_of_a_status_has_its_meaning() {
        for (word, state) in [
            ("success", CheckState::Passed),
            ("pending", CheckState::Pending),
            ("failure", CheckState::Failed("failure".to_owned())),
            ("error", CheckState::Failed("error".to_owned())),
            ("something new", CheckState::Failed("something new".to_owned())),
        ] {
            let status: Status =
                serde_json::from_value(json!({ "context": "ci", "state": word, "target_url": null }))
                    .unwrap();
            let check = Check::from(status);
            assert_eq!((check.state, check.source, check.url), (state, Source::Status, None), "{word}");
        }
    }
}
