//! What a caller and a reusable workflow say, as far as a runner has to know it before it starts a job.

use std::{collections::BTreeMap, path::Path};

use yaml_serde::Value;

/// The one job of a reusable workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledJob {
    /// `permissions:`, what the job's token may do.
    pub permissions: BTreeMap<String, String>,
    /// `environment:`, which is in the OIDC token's subject.
    pub environment: Option<String>,
    /// The names of its steps, in order.
    pub steps: Vec<String>,
}

/// The events of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    types: Vec<String>,
    branches: Vec<String>,
}

impl CalledJob {
    /// Reads a reusable workflow.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let document: Value = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
        let jobs = document["jobs"].as_mapping().ok_or("there are no jobs")?;
        let mut jobs = jobs.iter().map(|(_, job)| job);
        let (Some(job), None) = (jobs.next(), jobs.next()) else {
            return Err("there is not exactly one job".to_owned());
        };
        let permissions = job["permissions"].as_mapping().ok_or("the job has no permissions of its own")?;
        let pair =
            |(name, access): (&Value, &Value)| Some((name.as_str()?.to_owned(), access.as_str()?.to_owned()));
        let environment = job["environment"].as_str().or_else(|| job["environment"]["name"].as_str());
        let steps = job["steps"].as_sequence().ok_or("the job has no steps")?;
        Ok(Self {
            permissions: permissions.iter().filter_map(pair).collect(),
            environment: environment.map(str::to_owned),
            steps: steps.iter().filter_map(|step| step["name"].as_str().map(str::to_owned)).collect(),
        })
    }
}

impl Trigger {
    /// Reads a caller's `on: pull_request_target`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Value = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
        let on = &document["on"]["pull_request_target"];
        let list = |name: &str| -> Vec<String> {
            let items = on[name].as_sequence().map(Vec::as_slice).unwrap_or_default();
            items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let (types, branches) = (list("types"), list("branches"));
        if types.is_empty() || branches.is_empty() {
            return Err("it does not say on which pull requests it runs".to_owned());
        }
        Ok(Self { types, branches })
    }

    /// Whether GitHub would start it.
    pub fn fires(&self, action: &str, base: &str) -> bool {
        self.types.iter().any(|one| one == action) && self.branches.iter().any(|one| one == base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_tells_its_permissions_and_its_environment() {
        let text = "jobs:\n  a:\n    environment:\n      name: dev\n    permissions:\n      contents: write\n    steps:\n      - name: x\n        run: y\n";
        let job = CalledJob::parse(text).unwrap();
        assert_eq!(job.permissions, BTreeMap::from([("contents".to_owned(), "write".to_owned())]));
        assert_eq!(
            (job.environment.as_deref(), job.steps.as_slice()),
            (Some("dev"), ["x".to_owned()].as_slice())
        );
        assert_eq!(CalledJob::parse("jobs: {}\n").unwrap_err(), "there is not exactly one job");
    }

    #[test]
    fn our_own_workflows_are_understood_and_the_callers_grant_what_the_jobs_ask_for() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for name in ["dev", "prod"] {
            let ours = root.join(format!(".github/workflows/{name}.yml"));
            let job = CalledJob::read(&ours).unwrap();
            assert_eq!(job.environment.as_deref(), Some(name));
            let caller = root.join(format!("examples/product/.github/workflows/{name}.yml"));
            let text = std::fs::read_to_string(caller).unwrap();
            let trigger = Trigger::parse(&text).unwrap();
            assert!(trigger.fires("opened", name) && trigger.fires("labeled", name));
            assert!(!trigger.fires("unlabeled", name) && !trigger.fires("opened", "main"));
            let document: Value = yaml_serde::from_str(&text).unwrap();
            let (_, calling) = document["jobs"].as_mapping().unwrap().iter().next().unwrap();
            let granted: BTreeMap<String, String> =
                yaml_serde::from_value(calling["permissions"].clone()).unwrap();
            assert_eq!(granted, job.permissions, "{name}");
        }
    }
}
