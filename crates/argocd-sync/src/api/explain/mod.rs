//! From a call's error to a failure for people; asks Argo CD for what helps, only then.

mod denied;
mod repository;
mod sight;
mod window;

use model::{Failure, codes as general};
use toolkit::http::SendError;
use url::Url;

use self::denied::denied;
pub(super) use self::{
    sight::{CanI, Item, List},
    window::Project,
};
use super::{ApiError, ArgoCd, RefusalKind, Session};
use crate::codes;

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

impl Session {
    /// Explains why the applications could not be listed.
    pub(crate) async fn explain_listing(&self, error: ApiError) -> Failure {
        let url = self.transport.url();
        match (of_transport(&error, url), &error) {
            (Some(failure), _) => failure,
            (None, ApiError::Refused(refusal)) if refusal.kind() == RefusalKind::Unauthorized => {
                self.explain(&refusal.message).await
            }
            (None, _) => {
                let server = url.host_str().unwrap_or_default();
                let cause = format!("Argo CD at {server} refused to list applications: {error}");
                Failure::new(&general::UNEXPECTED_REPLY, cause)
            }
        }
    }
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
        if let ApiError::Refused(refusal) = &error
            && let Some(reason) = refusal.about_repository()
        {
            return Box::pin(self.unresolved(reason)).await;
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
                    return denied.explain();
                }
                let sight = self.sight().await;
                if sight.is_known {
                    sight.forbidden_or_missing(app, action, server)
                } else {
                    self.session.explain("it takes us for an anonymous user").await
                }
            }
            RefusalKind::SyncWindow => Box::pin(self.sync_window()).await,
            RefusalKind::NotFound => self.sight().await.missing(app, server),
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

fn web_page(server: &str, status: u16, location: Option<&str>) -> Failure {
    let leads = location.map(|host| format!(" that leads to {host}")).unwrap_or_default();
    Failure::new(&codes::AUTH_PROXY, format!("{server} answered HTTP {status} with a web page{leads}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_page_names_where_it_leads() {
        let failure = web_page("argocd.example.com", 302, Some("team.cloudflareaccess.com"));
        insta::assert_snapshot!(failure, @"argocd.example.com answered HTTP 302 with a web page that leads to team.cloudflareaccess.com (auth-proxy)");
    }
}
