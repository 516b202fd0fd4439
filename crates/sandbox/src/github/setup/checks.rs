//! Check runs, as jobs of workflows report them.

use std::io;

use serde_json::Value;

use crate::{
    faults::lock,
    github::{State, repository::CheckRun},
};

/// The App whose check runs are the jobs of workflows.
const ACTIONS: &str = "github-actions[bot]";

impl State {
    /// Reports a job of a workflow on a commit: `success`, `failure`, `skipped`, …, or none while it runs. `run` is the
    /// workflow run that it is a part of.
    pub async fn set_check(
        &self,
        slug: &str,
        sha: &str,
        name: &str,
        conclusion: Option<&str>,
        run: u64,
    ) -> io::Result<()> {
        let repository = self.need(slug)?;
        let id = self.next_id();
        let now = self.clock.now();
        let check = CheckRun {
            id,
            sha: sha.to_owned(),
            name: name.to_owned(),
            status: if conclusion.is_some() { "completed" } else { "in_progress" }.to_owned(),
            conclusion: conclusion.map(str::to_owned),
            details_url: Some(format!("{}/{slug}/actions/runs/{run}/job/{id}", self.urls.github)),
            external_id: String::new(),
            output: Value::Null,
            started_at: now.clone(),
            completed_at: conclusion.map(|_| now),
            app: ACTIONS.to_owned(),
        };
        lock(&repository.data).check_runs.push(check);
        Ok(self.changed_checks(&repository, sha).await?)
    }
}
