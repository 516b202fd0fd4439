//! What `POST /api/v1/applications/{name}/sync` is sent.

use serde::Serialize;

use crate::{
    course::MARK,
    ours::Ours,
    request::Request,
    wire::{Info, ResourceId},
};

/// `ApplicationSyncRequest`. What is left out (`syncOptions`, `retryStrategy`) is inherited from the application; options
/// that are sent replace the application's.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncBody<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a str>,
    /// Of several sources: those at `sourcePositions`, counted from 1. The others stay at their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    revisions: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    source_positions: Vec<usize>,
    dry_run: bool,
    prune: bool,
    strategy: Strategy,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_options: Option<Items<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<ResourceId>,
    infos: [Info; 1],
}

#[derive(Debug, Serialize)]
struct Items<'a> {
    items: &'a [String],
}

/// The hook strategy is the CLI's default; without it hooks would be skipped.
#[derive(Debug, Default, Serialize)]
struct Strategy {
    hook: Hook,
}

#[derive(Debug, Default, Serialize)]
struct Hook {
    force: bool,
}

impl<'a> SyncBody<'a> {
    /// Builds the body of a sync of `resources`, of all if there are none, to what its sources follow.
    pub(crate) fn new(request: &'a Request, resources: Vec<ResourceId>, mark: &str) -> Self {
        Self {
            name: &request.application.name,
            app_namespace: request.application.namespace.as_deref(),
            project: request.application.project.as_deref(),
            revision: None,
            revisions: Vec::new(),
            source_positions: Vec::new(),
            dry_run: false,
            prune: request.prune,
            strategy: Strategy::default(),
            sync_options: (!request.sync_options.is_empty())
                .then_some(Items { items: &request.sync_options }),
            resources,
            infos: [Info { name: MARK.to_owned(), value: mark.to_owned() }],
        }
    }

    /// Names a revision for our sources.
    pub(crate) fn to(mut self, revision: &'a str, ours: &Ours<'_>) -> Self {
        match ours.positions() {
            None => self.revision = Some(revision),
            Some(positions) => {
                self.revisions = vec![revision; positions.len()];
                self.source_positions = positions;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        fixtures::{MARK as VALUE, request, with},
        ours::Known,
        wire::Application,
    };

    fn body(request: &Request, app: &Application, resources: Vec<ResourceId>) -> Value {
        let known = Known::default();
        let ours = Ours::of(app, request, VALUE, &known);
        serde_json::to_value(SyncBody::new(request, resources, VALUE).to("abc", &ours)).unwrap()
    }

    #[test]
    fn only_what_was_asked_for_is_sent() {
        let mut request = request();
        request.prune = true;
        let body = serde_json::to_string_pretty(&body(&request, &with(&[]), Vec::new())).unwrap();
        insta::assert_snapshot!(body, @r#"
        {
          "name": "dev",
          "project": "default",
          "revision": "abc",
          "dryRun": false,
          "prune": true,
          "strategy": {
            "hook": {
              "force": false
            }
          },
          "infos": [
            {
              "name": "day2-run",
              "value": "org/day2-product/7/1/n0nce"
            }
          ]
        }
        "#);
        let bare = serde_json::to_string(&SyncBody::new(&request, Vec::new(), VALUE)).unwrap();
        assert!(!bare.contains("revision"), "{bare}");
    }

    #[test]
    fn our_sources_of_several_get_the_revision() {
        let source = |url: &str| json!({"repoURL": url});
        let sources = json!([source("https://h/a"), source("https://h/b"), source("git@h:a.git")]);
        let mut request = request();
        request.origin.repository = Some("https://h/a".parse().unwrap());
        request.sync_options = vec!["ServerSideApply=true".into()];
        let service = ResourceId { kind: "Service".into(), name: "web".into(), ..ResourceId::default() };
        let body = body(&request, &with(&[("/spec/sources", sources)]), vec![service]);
        assert_eq!(body.get("revision"), None);
        assert_eq!((&body["revisions"], &body["sourcePositions"]), (&json!(["abc", "abc"]), &json!([1, 3])));
        assert_eq!(body["syncOptions"], json!({"items": ["ServerSideApply=true"]}));
        assert_eq!(
            body["resources"],
            json!([{"group": "", "kind": "Service", "namespace": "", "name": "web"}])
        );
    }
}
