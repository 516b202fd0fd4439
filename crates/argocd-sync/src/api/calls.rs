//! The calls.

use reqwest::{Method, Response};
use serde::Deserialize;

use super::{
    ApiError, ArgoCd, Session, SyncBody,
    explain::{CanI, Item, List, Project},
    transport,
};
use crate::{
    order::Scope,
    selector::Selector,
    wire::{Application, ApplicationList, ResourceTree},
};

/// What the stream sends of an application. A narrow list also removes events that change nothing of it, since the
/// server compares after filtering; a key stays if a wanted path has it as its beginning. An error is filtered like
/// everything else, so that it has to be asked for (argoproj/pkg grpc/http/forwarders.go).
const STREAM_FIELDS: &str = "error,result.type,result.application.metadata.resourceVersion,\
    result.application.metadata.deletionTimestamp,result.application.operation,result.application.status";

/// What tells applications apart. A list knows no finer fields than `spec`, and leaves them out without a word
/// (pkg/apiclient/application/forwarder_overwrite.go).
const LIST_FIELDS: &str =
    "items.metadata.name,items.metadata.namespace,items.metadata.deletionTimestamp,items.spec";

/// Whether a read makes the controller assess the application first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refresh {
    /// The state as it is known.
    No,
    /// The call returns when the controller has compared the application with Git again.
    Normal,
    /// The same, with manifests that are rendered anew: a failure to do so is kept for a while otherwise.
    Hard,
}

/// Who the token belongs to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct UserInfo {
    pub(crate) username: String,
    pub(crate) logged_in: bool,
}

/// A project's sync windows for the application.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct SyncWindows {
    pub(crate) active_windows: Option<Vec<SyncWindow>>,
    pub(crate) assigned_windows: Option<Vec<SyncWindow>>,
}

/// One window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct SyncWindow {
    pub(crate) kind: String,
    pub(crate) schedule: String,
    pub(crate) duration: String,
    pub(crate) manual_sync: bool,
}

impl Session {
    /// Lists the applications whose labels match, by name. Those that the token's subject may not get are left out.
    pub(crate) async fn list(
        &self,
        selector: &Selector,
        scope: &Scope,
    ) -> Result<Vec<Application>, ApiError> {
        let query = [
            ("selector", selector.as_str()),
            ("projects", scope.project.as_deref().unwrap_or_default()),
            ("appNamespace", scope.namespace.as_deref().unwrap_or_default()),
            ("fields", LIST_FIELDS),
        ];
        let request = self.transport.request(&Method::GET, &["api", "v1", "applications"], &query);
        let list: ApplicationList = transport::parse(&self.text(request).await?)?;
        Ok(list.items)
    }
}

impl ArgoCd {
    fn scope(&self) -> [(&str, &str); 2] {
        [
            ("appNamespace", self.application.namespace.as_deref().unwrap_or_default()),
            ("project", self.application.project.as_deref().unwrap_or_default()),
        ]
    }

    pub(super) fn app_path<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["api", "v1", "applications", &self.application.name], rest].concat()
    }

    pub(super) fn get<'a>(&'a self, rest: &[&'a str], query: &[(&str, &str)]) -> reqwest::RequestBuilder {
        self.request(&Method::GET, &self.app_path(rest), &[&self.scope()[..], query].concat())
    }

    /// Reads the application.
    pub(crate) async fn read(&self, refresh: Refresh) -> Result<Application, ApiError> {
        let refresh = match refresh {
            Refresh::No => "",
            Refresh::Normal => "normal",
            Refresh::Hard => "hard",
        };
        self.json(self.get(&[], &[("refresh", refresh)])).await
    }

    /// Asks for a sync. The returned application's resource version is where the stream begins.
    pub(crate) async fn sync(&self, body: &SyncBody<'_>) -> Result<Application, ApiError> {
        self.json(self.request(&Method::POST, &self.app_path(&["sync"]), &[]).json(body)).await
    }

    /// Asks for the end of the running operation, which comes later.
    pub(crate) async fn terminate(&self) -> Result<(), ApiError> {
        let request = self.request(&Method::DELETE, &self.app_path(&["operation"]), &self.scope());
        self.session.text(request).await.map(drop)
    }

    /// Opens the stream of events after a resource version.
    pub(crate) async fn stream(&self, resource_version: &str) -> Result<Response, ApiError> {
        let query = [
            ("name", self.application.name.as_str()),
            ("appNamespace", self.application.namespace.as_deref().unwrap_or_default()),
            ("projects", self.application.project.as_deref().unwrap_or_default()),
            ("resourceVersion", resource_version),
            ("fields", STREAM_FIELDS),
        ];
        let request = self.request(&Method::GET, &["api", "v1", "stream", "applications"], &query);
        self.session.stream(request).await
    }

    /// Reads all live objects of the application.
    pub(crate) async fn tree(&self) -> Result<ResourceTree, ApiError> {
        self.json(self.get(&["resource-tree"], &[])).await
    }

    /// Reads who the token belongs to.
    pub(super) async fn user_info(&self) -> Result<UserInfo, ApiError> {
        self.json(self.request(&Method::GET, &["api", "v1", "session", "userinfo"], &[])).await
    }

    /// Asks whether the subject may do something to an object, given by the parts of its name.
    pub(super) async fn can_i(
        &self,
        resource: &str,
        action: &str,
        object: &[&str],
    ) -> Result<CanI, ApiError> {
        let path = [&["api", "v1", "account", "can-i", resource, action], object].concat();
        self.json(self.request(&Method::GET, &path, &[])).await
    }

    /// Lists the applications that the subject may get, by their names and projects.
    pub(super) async fn visible(&self) -> Result<List, ApiError> {
        let fields = [("fields", LIST_FIELDS)];
        self.json(self.request(&Method::GET, &["api", "v1", "applications"], &fields)).await
    }

    /// Reads the name of the application's project.
    pub(super) async fn project(&self) -> Result<String, ApiError> {
        let item: Item = self.json(self.get(&[], &[])).await?;
        Ok(if item.spec.project.is_empty() { "default".to_owned() } else { item.spec.project })
    }

    /// Reads a project, which needs a right of its own.
    pub(super) async fn read_project(&self, name: &str) -> Result<Project, ApiError> {
        self.json(self.request(&Method::GET, &["api", "v1", "projects", name], &[])).await
    }

    /// Reads the sync windows.
    pub(super) async fn sync_windows(&self) -> Result<SyncWindows, ApiError> {
        self.json(self.get(&["syncwindows"], &[])).await
    }
}
