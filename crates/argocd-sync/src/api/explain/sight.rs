//! What the token's subject may see: Argo CD says "permission denied" of an application that does not exist too, so that
//! nobody learns of what others have (server/application `getAppEnforceRBAC`).

use model::Failure;
use serde::Deserialize;

use super::{
    super::ArgoCd,
    denied::{subject, with_lines},
};
use crate::{codes, request::ApplicationName};

/// What the subject may see.
#[derive(Debug, Clone, Default)]
pub(super) struct Sight {
    /// Whom the policy knows the bearer of the token as.
    subject: String,
    /// Whether the token is one that Argo CD knows, and not just let in as anybody.
    pub(super) is_known: bool,
    /// Whether the subject may get an application of this name in whatever project.
    sees_all: bool,
    /// The applications that it may get; none if Argo CD did not say.
    visible: Option<Vec<Visible>>,
}

/// An application that the subject may get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Visible {
    name: String,
    namespace: String,
    project: String,
}

/// The answer to "can I", `yes` or `no`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct CanI {
    pub(in super::super) value: String,
}

/// A list of applications, as far as it was asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct List {
    items: Option<Vec<Item>>,
}

/// An application, as far as its place goes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Item {
    metadata: Metadata,
    pub(in super::super) spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
    namespace: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Spec {
    pub(in super::super) project: String,
}

impl ArgoCd {
    /// Asks what the subject may see. What Argo CD does not answer is taken as unknown.
    pub(super) async fn sight(&self) -> Sight {
        // Only a policy for every project matches this object.
        let every = ["*", self.application.name.as_str()];
        let (user, sees_all, list) = Box::pin(async {
            tokio::join!(self.user_info(), self.can_i("applications", "get", &every), self.visible())
        })
        .await;
        let is_known = user.as_ref().map_or(true, |user| user.logged_in);
        let claims = self.session.claims().await;
        let visible = |item: Item| Visible {
            name: item.metadata.name,
            namespace: item.metadata.namespace,
            project: item.spec.project,
        };
        Sight {
            subject: claims
                .as_ref()
                .and_then(subject)
                .unwrap_or_else(|| user.map(|user| user.username).unwrap_or_default()),
            is_known,
            sees_all: sees_all.is_ok_and(|answer| answer.value == "yes"),
            visible: list.ok().map(|list| list.items.unwrap_or_default().into_iter().map(visible).collect()),
        }
    }
}

impl Sight {
    /// Explains a bare `permission denied`.
    pub(super) fn forbidden_or_missing(&self, app: &ApplicationName, action: &str, server: &str) -> Failure {
        if self.sees_all || self.elsewhere(app).is_some() {
            return self.missing(app, server);
        }
        let subject = if self.subject.is_empty() { "SUBJECT" } else { &self.subject };
        let project = app.project.as_deref().unwrap_or("PROJECT");
        let object = format!("{project}/{app}");
        let failure = Failure::new(
            &codes::ARGOCD_FORBIDDEN,
            format!("`{subject}` may not {action} application {app} in Argo CD"),
        );
        let rights = ["get", "sync"].map(|action| format!("applications, {action}, {object}"));
        let mut failure = with_lines(failure, subject, &object, &rights.each_ref().map(String::as_str));
        if app.project.is_none() {
            failure.notes.push(
                "Argo CD says the same of an application that does not exist: set `project` to tell the two apart."
                    .to_owned(),
            );
        }
        failure.notes.extend(self.what_it_sees(subject));
        failure
    }

    /// Explains that there is no such application.
    pub(super) fn missing(&self, app: &ApplicationName, server: &str) -> Failure {
        let place = app.project.as_ref().map(|project| format!(" in project {project}")).unwrap_or_default();
        let mut failure = Failure::new(
            &codes::APPLICATION_NOT_FOUND,
            format!("Argo CD at {server} has no application {app}{place}"),
        );
        if let Some(other) = self.elsewhere(app) {
            return failure.with_remedy(format!(
                "Set `project: {}` and `app-namespace: {}`, where an application of that name is.",
                other.project, other.namespace
            ));
        }
        failure.notes.extend(self.what_it_sees(&self.subject));
        failure
    }

    /// An application of the same name in another project or namespace.
    fn elsewhere(&self, app: &ApplicationName) -> Option<&Visible> {
        self.visible.iter().flatten().find(|visible| visible.name == app.name)
    }

    fn what_it_sees(&self, subject: &str) -> Option<String> {
        const SHOWN: usize = 10;
        let visible = self.visible.as_ref()?;
        let names: Vec<String> =
            visible.iter().take(SHOWN).map(|one| format!("{}/{}", one.project, one.name)).collect();
        Some(match (names.as_slice(), visible.len().saturating_sub(SHOWN)) {
            ([], _) => format!("`{subject}` may get no application at all."),
            (names, 0) => format!("`{subject}` may get: {}", names.join(", ")),
            (names, more) => format!("`{subject}` may get: {} and {more} more", names.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(project: Option<&str>) -> ApplicationName {
        ApplicationName { name: "dev".into(), project: project.map(Into::into), namespace: None }
    }

    fn sight(subject: &str, visible: &[&str]) -> Sight {
        let visible = visible
            .iter()
            .filter_map(|text| text.split_once('/'))
            .map(|(project, name)| Visible {
                name: name.into(),
                namespace: "argocd".into(),
                project: project.into(),
            })
            .collect();
        Sight { subject: subject.into(), is_known: true, visible: Some(visible), sees_all: false }
    }

    fn text(failure: &Failure) -> String {
        format!("{failure}\n{}\n{}", failure.remedy, failure.notes.join("\n"))
    }

    #[test]
    fn without_a_project_a_missing_application_may_look_the_same() {
        let failure = sight("ci", &[]).forbidden_or_missing(&app(None), "get", "argocd.example.com");
        insta::assert_snapshot!(text(&failure), @r"
        `ci` may not get application dev in Argo CD (argocd-forbidden)
        Add the policy line that is printed to `policy.csv` in the ConfigMap argocd-rbac-cm, or to the project role.
        policy.csv needs the lines:
        p, ci, applications, get, PROJECT/dev, allow
        p, ci, applications, sync, PROJECT/dev, allow
        Argo CD says the same of an application that does not exist: set `project` to tell the two apart.
        `ci` may get no application at all.
        ");
        // With a project Argo CD says 404 where the subject may look.
        let failure = sight("proj:team:ci", &["team/a", "team/b"]).forbidden_or_missing(
            &app(Some("default")),
            "get",
            "x",
        );
        insta::assert_snapshot!(text(&failure), @r"
        `proj:team:ci` may not get application dev in Argo CD (argocd-forbidden)
        Use a token that is not of project team, whose roles can have access to nothing else; default/dev is of another one.
        `proj:team:ci` may get: team/a, team/b
        ");
    }

    #[test]
    fn what_argo_cd_did_not_say_is_not_told() {
        let sight = Sight { is_known: true, ..Sight::default() };
        for failure in [
            sight.forbidden_or_missing(&app(Some("team")), "get", "x"),
            sight.missing(&app(Some("team")), "x"),
        ] {
            assert!(!failure.notes.iter().any(|note| note.contains("may get")), "{:?}", failure.notes);
        }
    }

    #[test]
    fn who_sees_all_is_told_that_it_does_not_exist() {
        let sight = Sight { sees_all: true, ..sight("admin", &["default/prod"]) };
        let failure = sight.forbidden_or_missing(&app(None), "get", "argocd.example.com");
        insta::assert_snapshot!(text(&failure), @r"
        Argo CD at argocd.example.com has no application dev (application-not-found)
        Check `application`, `project`, `app-namespace` and `server`.
        `admin` may get: default/prod
        ");
    }

    #[test]
    fn an_application_of_another_project_is_named() {
        for failure in [
            sight("ci", &["team/dev"]).missing(&app(Some("default")), "argocd.example.com"),
            sight("ci", &["team/dev"]).forbidden_or_missing(
                &app(Some("default")),
                "get",
                "argocd.example.com",
            ),
        ] {
            assert_eq!(failure.code.id, "application-not-found");
            assert!(failure.remedy.starts_with("Set `project: team`"), "{}", failure.remedy);
        }
    }
}
