//! What `POST /api/v1/applications/{name}/sync` is sent.

use serde::Serialize;

use crate::{course::MARK, request::Request, wire::Info};

/// `ApplicationSyncRequest`. What is left out (`syncOptions`, `retryStrategy`) is inherited from the application.
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
    dry_run: bool,
    prune: bool,
    strategy: Strategy,
    infos: [Info; 1],
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
    /// Builds the body; `revision` is none for an application with auto-sync.
    pub(crate) fn new(request: &'a Request, revision: Option<&'a str>, mark: &str) -> Self {
        Self {
            name: &request.application.name,
            app_namespace: request.application.namespace.as_deref(),
            project: request.application.project.as_deref(),
            revision,
            dry_run: false,
            prune: request.prune,
            strategy: Strategy::default(),
            infos: [Info { name: MARK.to_owned(), value: mark.to_owned() }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{MARK as VALUE, request};

    #[test]
    fn only_what_was_asked_for_is_sent() {
        let mut request = request();
        request.prune = true;
        let body = serde_json::to_string_pretty(&SyncBody::new(&request, Some("abc"), VALUE)).unwrap();
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
        assert!(!serde_json::to_string(&SyncBody::new(&request, None, VALUE)).unwrap().contains("revision"));
    }
}
