//! From a call's error to a failure for people; asks Argo CD for what helps, only then.

use model::{Failure, codes as general};
use serde_json::Value;
use toolkit::http::SendError;
use url::Url;

use super::{
    ApiError, ArgoCd, RefusalKind,
    calls::{SyncWindow, SyncWindows},
};
use crate::{codes, request::ApplicationName};

/// Explains an error that has nothing to do with what was asked for, and none that has.
pub(super) fn of_transport(error: &ApiError, url: &Url) -> Option<Failure> {
    let server = url.host_str().unwrap_or_default();
    Some(match error {
        ApiError::Send(send) => send.clone().into(),
        ApiError::WebPage { status, location } => web_page(server, *status, location.as_deref()),
        ApiError::Gateway { .. } | ApiError::Cut(_) => {
            Failure::new(&general::UNREACHABLE, format!("Argo CD at {server} does not answer: {error}"))
        }
        ApiError::Malformed(_) => {
            Failure::new(&general::UNEXPECTED_REPLY, format!("Argo CD at {server} sent {error}"))
        }
        ApiError::SignIn(failure) => (**failure).clone(),
        ApiError::Refused(refusal) if refusal.kind() == RefusalKind::Unavailable => Failure::new(
            &general::UNREACHABLE,
            format!("Argo CD at {server} is not available: {}", refusal.message),
        ),
        ApiError::Refused(_) => return None,
    })
}

impl ArgoCd {
    /// Explains why `action` (`get` or `sync`, as RBAC calls it) did not work.
    pub(crate) async fn explain(&self, error: ApiError, action: &str) -> Failure {
        let app = &self.application;
        let url = self.session.transport.url();
        let server = url.host_str().unwrap_or_default();
        if let ApiError::Send(SendError::Timeout { .. }) = &error
            && !self.deadline().has_passed()
        {
            return Failure::new(&general::UNREACHABLE, error.to_string());
        }
        if let Some(failure) = of_transport(&error, url) {
            return failure;
        }
        let ApiError::Refused(refusal) = error else {
            return Failure::new(&general::UNEXPECTED_REPLY, error.to_string());
        };
        match refusal.kind() {
            RefusalKind::Unauthorized => self.session.explain(&refusal.message).await,
            RefusalKind::Forbidden => {
                if let Some(denied) = denied(&refusal.message) {
                    return forbidden(&denied);
                }
                let subject = self.session.claims().await.as_ref().and_then(subject);
                let subject = match subject {
                    Some(subject) => subject,
                    None => self.user_info().await.map(|user| user.username).unwrap_or_default(),
                };
                forbidden_or_missing(app, action, &subject)
            }
            RefusalKind::SyncWindow => {
                let windows = self.sync_windows().await.unwrap_or_default();
                sync_window(app, &windows)
            }
            RefusalKind::NotFound => Failure::new(&codes::APPLICATION_NOT_FOUND, not_found(app, server)),
            RefusalKind::Deleting => {
                Failure::new(&codes::APPLICATION_DELETED, format!("application {app} is being deleted"))
            }
            RefusalKind::Busy => {
                Failure::new(&codes::OPERATION_BUSY, format!("application {app}: {}", refusal.message))
            }
            RefusalKind::AutoSync
            | RefusalKind::NoOperation
            | RefusalKind::Unavailable
            | RefusalKind::Internal
            | RefusalKind::Other => Failure::new(
                &general::UNEXPECTED_REPLY,
                format!("Argo CD at {server} refused to {action} {app}: {}", refusal.message),
            ),
        }
    }
}

fn not_found(app: &ApplicationName, server: &str) -> String {
    match &app.project {
        Some(project) => format!("Argo CD at {server} has no application {app} in project {project}"),
        None => format!("Argo CD at {server} has no application {app}"),
    }
}

fn web_page(server: &str, status: u16, location: Option<&str>) -> Failure {
    let leads = location.map(|host| format!(" that leads to {host}")).unwrap_or_default();
    Failure::new(&codes::AUTH_PROXY, format!("{server} answered HTTP {status} with a web page{leads}"))
}

/// What RBAC denied, as the policy would name it.
struct Denied<'a> {
    what: &'a str,
    subject: &'a str,
}

/// Reads `permission denied: applications, sync, default/dev, sub: ci, iat: …` (util/rbac `EnforceErr`).
fn denied(message: &str) -> Option<Denied<'_>> {
    let (_, rest) = message.split_once("permission denied: ")?;
    let (what, rest) = rest.split_once(", sub: ")?;
    let subject = rest.split(", ").next()?;
    (!subject.is_empty()).then_some(Denied { what, subject })
}

/// The policy line, by <https://argo-cd.readthedocs.io/en/stable/operator-manual/rbac/>.
fn forbidden(denied: &Denied<'_>) -> Failure {
    let Denied { what, subject } = denied;
    Failure::new(&codes::ARGOCD_FORBIDDEN, format!("Argo CD's policy does not allow `{subject}`: {what}"))
        .with_note("policy.csv needs the line:")
        .with_note(format!("p, {subject}, {what}, allow"))
}

/// A bare `permission denied`, which is also what Argo CD says of an application that does not exist.
fn forbidden_or_missing(app: &ApplicationName, action: &str, subject: &str) -> Failure {
    let subject = if subject.is_empty() { "SUBJECT" } else { subject };
    let project = app.project.as_deref().unwrap_or("PROJECT");
    let mut failure = Failure::new(
        &codes::ARGOCD_FORBIDDEN,
        format!("`{subject}` may not {action} application {app} in Argo CD"),
    )
    .with_note("policy.csv needs the lines:")
    .with_note(format!("p, {subject}, applications, get, {project}/{app}, allow"))
    .with_note(format!("p, {subject}, applications, sync, {project}/{app}, allow"));
    if app.project.is_none() {
        failure = failure.with_note(
            "Argo CD says the same of an application that does not exist: set `project` to tell the two apart.",
        );
    }
    failure
}

/// Returns whom the policy knows the bearer of a token as (util/jwt `GetUserIdentifier`). The name that
/// `session/userinfo` gives may be another one: the mail address.
fn subject(claims: &Value) -> Option<String> {
    let federated = claims["federated_claims"]["user_id"].as_str().filter(|id| !id.is_empty());
    let subject = federated.or_else(|| claims["sub"].as_str()).filter(|subject| !subject.is_empty())?;
    // An account's token says what it is for; a project role's is `proj:<project>:<role>` (util/session `Parse`).
    let is_own = claims["iss"] == "argocd" && !subject.starts_with("proj:");
    let account = if is_own { subject.split(':').next()? } else { subject };
    Some(account.to_owned())
}

fn sync_window(app: &ApplicationName, windows: &SyncWindows) -> Failure {
    let mut failure = Failure::new(
        &codes::SYNC_WINDOW,
        format!("a sync window of the project blocks a manual sync of application {app}"),
    );
    let describe = |window: &SyncWindow| {
        let manual = if window.manual_sync { ", manual syncs allowed" } else { "" };
        format!("{} from `{}` for {}{manual}", window.kind, window.schedule, window.duration)
    };
    let (active, assigned) = (&windows.active_windows, &windows.assigned_windows);
    failure.notes.extend(active.iter().flatten().map(|window| format!("active: {}", describe(window))));
    failure.notes.extend(assigned.iter().flatten().map(|window| format!("assigned: {}", describe(window))));
    failure
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn app(project: Option<&str>, namespace: Option<&str>) -> ApplicationName {
        ApplicationName {
            name: "dev".into(),
            project: project.map(Into::into),
            namespace: namespace.map(Into::into),
        }
    }

    fn text(failure: &Failure) -> String {
        format!("{failure}\n{}", failure.notes.join("\n"))
    }

    #[test]
    fn a_missing_permission_is_printed() {
        let message = "permission denied: applications, sync, team/apps/dev, sub: proj:team:ci, iat: 2026-01-01T00:00:00Z";
        let failure = forbidden(&denied(message).unwrap());
        insta::assert_snapshot!(text(&failure), @r"
        Argo CD's policy does not allow `proj:team:ci`: applications, sync, team/apps/dev (argocd-forbidden)
        policy.csv needs the line:
        p, proj:team:ci, applications, sync, team/apps/dev, allow
        ");
    }

    #[test]
    fn without_a_project_a_missing_application_looks_the_same() {
        assert!(denied("permission denied").is_none());
        let failure = forbidden_or_missing(&app(None, None), "get", "ci");
        insta::assert_snapshot!(text(&failure), @r"
        `ci` may not get application dev in Argo CD (argocd-forbidden)
        policy.csv needs the lines:
        p, ci, applications, get, PROJECT/dev, allow
        p, ci, applications, sync, PROJECT/dev, allow
        Argo CD says the same of an application that does not exist: set `project` to tell the two apart.
        ");
    }

    #[test]
    fn the_policy_knows_a_token_by_its_claims() {
        for (claims, expected) in [
            (json!({"iss": "argocd", "sub": "ci:apiKey"}), Some("ci")),
            (json!({"iss": "argocd", "sub": "admin"}), Some("admin")),
            (json!({"iss": "argocd", "sub": "proj:team:ci"}), Some("proj:team:ci")),
            (
                json!({"iss": "https://i.example", "sub": "repo:o/r:ref:refs/heads/dev"}),
                Some("repo:o/r:ref:refs/heads/dev"),
            ),
            (
                json!({"iss": "https://a.example/api/dex", "sub": "CgVy", "federated_claims": {"connector_id": "github-actions", "user_id": "repo:o/r:pull_request"}}),
                Some("repo:o/r:pull_request"),
            ),
            (json!({"iss": "argocd"}), None),
        ] {
            assert_eq!(subject(&claims).as_deref(), expected, "{claims}");
        }
    }

    #[test]
    fn windows_are_listed() {
        let windows = serde_json::from_str(
            r#"{"canSync":false,"activeWindows":null,"assignedWindows":[{"kind":"allow","schedule":"0 22 * * *","duration":"1h"}]}"#,
        );
        let failure = sync_window(&app(None, None), &windows.unwrap());
        assert_eq!(failure.notes, ["assigned: allow from `0 22 * * *` for 1h"]);
    }

    #[test]
    fn a_sign_in_page_names_where_it_leads() {
        let failure = web_page("argocd.example.com", 302, Some("team.cloudflareaccess.com"));
        insta::assert_snapshot!(failure, @"argocd.example.com answered HTTP 302 with a web page that leads to team.cloudflareaccess.com (auth-proxy)");
    }
}
