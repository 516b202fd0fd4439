//! Finding an application and asking RBAC: `getAppEnforceRBAC` of server/application/application.go.

use axum::http::HeaderMap;

use super::Parameters;
use crate::{
    World,
    argocd::{
        account::Account,
        app::App,
        refusal::{Code, Refusal},
    },
};

/// Which application a call is for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Target<'a> {
    pub(super) name: &'a str,
    pub(super) project: &'a str,
    pub(super) namespace: &'a str,
}

impl<'a> Target<'a> {
    /// Reads `project` and `appNamespace`.
    pub(super) fn new(name: &'a str, query: &'a Parameters) -> Result<Self, Refusal> {
        let projects = query.projects();
        if projects.len() > 1 {
            let text = "multiple projects specified - the get endpoint accepts either zero or one project";
            return Err(Refusal::new(Code::InvalidArgument, text));
        }
        let project = projects.first().copied().unwrap_or_default();
        Ok(Self { name, project, namespace: query.text("appNamespace") })
    }

    /// Reads them from the body of a POST.
    pub(super) fn in_body(name: &'a str, body: &'a serde_json::Value) -> Self {
        let text = |field: &str| body[field].as_str().unwrap_or_default();
        Self { name, project: text("project"), namespace: text("appNamespace") }
    }
}

/// Returns the caller and the application if the caller may do `action` to it. Whoever names no project gets 403
/// for an application that is not there, as for one that is not theirs.
pub(super) fn application(
    world: &World,
    headers: &HeaderMap,
    target: Target<'_>,
    action: &str,
) -> Result<(Account, App), Refusal> {
    let account = world.argocd.accounts.caller(headers, &world.urls.argocd)?;
    let Target { name, project, namespace } = target;
    let namespace = if namespace.is_empty() { "argocd" } else { namespace };
    if !project.is_empty() {
        let object = if namespace == "argocd" {
            format!("{project}/{name}")
        } else {
            format!("{project}/{namespace}/{name}")
        };
        if !account.may("applications", action, &object) {
            return Err(Refusal::denied());
        }
    }
    let hidden = || if project.is_empty() { Refusal::denied() } else { Refusal::no_application(name) };
    let app =
        world.argocd.store.get(name).filter(|app| app.spec.namespace == namespace).ok_or_else(hidden)?;
    if !account.may("applications", action, &app.spec.rbac_name()) {
        return Err(hidden());
    }
    if !project.is_empty() && project != app.spec.project {
        return Err(Refusal::no_application(name));
    }
    Ok((account, app))
}
