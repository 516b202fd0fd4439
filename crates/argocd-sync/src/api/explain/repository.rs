//! A source's repository in which Argo CD cannot look a revision up.

use std::collections::BTreeSet;

use model::Failure;

use super::super::{ArgoCd, Refresh};
use crate::{
    codes,
    repository::Repository,
    request::ApplicationName,
    wire::{Application, Source},
};

impl ArgoCd {
    /// Explains that no revision could be looked up; asks which repositories the application has.
    pub(super) async fn unresolved(&self, reason: &str) -> Failure {
        let app = self.read(Refresh::No).await.unwrap_or_default();
        explain(&self.application, &app, reason)
    }
}

/// Names the repositories that the reason is about; all of them if it names none. A reason may hold
/// `rpc error: code = … desc = `, which says nothing to people.
fn explain(name: &ApplicationName, app: &Application, reason: &str) -> Failure {
    let sources = app.spec.sources();
    let is_named = |source: &&&Source| reason.contains(source.repo_url.trim_end_matches(".git"));
    let named: Vec<&&Source> = sources.iter().filter(is_named).collect();
    let meant = if named.is_empty() { sources.iter().collect() } else { named };
    let repositories: BTreeSet<String> =
        meant.iter().map(|source| Repository::of(&source.repo_url).to_string()).collect();
    let of = match Vec::from_iter(repositories).join(", ") {
        none if none.is_empty() => "a repository".to_owned(),
        repositories => repositories,
    };
    let reason = reason.rsplit_once(" desc = ").map_or(reason, |(_, reason)| reason);
    let cause = format!("Argo CD cannot look up the revision of application {name} in {of}: {reason}");
    Failure::new(&codes::REPOSITORY_FAILED, cause)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixtures::{request, with};

    fn text(app: &Application, reason: &str) -> String {
        explain(&request().application, app, reason).to_string()
    }

    #[test]
    fn a_repository_that_cannot_be_reached_is_named_without_its_password() {
        let sources =
            json!([{"repoURL": "https://u:s3cret@h/a.git"}, {"repoURL": "https://charts.example/x"}]);
        let app = with(&[("/spec/sources", sources)]);
        insta::assert_snapshot!(text(&app, "rpc error: code = Unknown desc = Get \"https://charts.example/x/index.yaml\": no such host"), @r#"Argo CD cannot look up the revision of application dev in charts.example/x: Get "https://charts.example/x/index.yaml": no such host (repository-failed)"#);
        insta::assert_snapshot!(text(&app, "rpc error: code = Unavailable desc = connection refused"), @"Argo CD cannot look up the revision of application dev in charts.example/x, h/a: connection refused (repository-failed)");
        insta::assert_snapshot!(text(&Application::default(), "boom"), @"Argo CD cannot look up the revision of application dev in a repository: boom (repository-failed)");
    }
}
