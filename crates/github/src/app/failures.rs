//! How GitHub refuses an App, and what to do about each refusal. None of its texts has the key or a token in it.

use model::{Code, Failure, RepoSlug};
use serde_json::Value;

use crate::{
    ApiError,
    codes::{APP_CLOCK_SKEW, APP_NOT_INSTALLED, APP_PERMISSION_MISSING, APP_REJECTED, APP_SUSPENDED},
};

/// Who was refused what.
pub(super) struct Refused<'a> {
    pub(super) app_id: &'a str,
    pub(super) repository: &'a RepoSlug,
    pub(super) permissions: &'a [(&'a str, &'a str)],
}

impl Refused<'_> {
    /// `GET /repos/{owner}/{repo}/installation` failed.
    pub(super) fn lookup(&self, error: ApiError) -> Failure {
        // "Integration not found" is the answer to an App id that nobody has.
        let unknown = error.rejection().is_some_and(|rejection| rejection.says("integration not found"));
        if error.status() == Some(404) && !unknown {
            let failure = self.of(&APP_NOT_INSTALLED, &error).with_remedy(format!(
                "Check that there is a repository {}, and install the App on it (the App's settings page, *Install App*).",
                self.repository
            ));
            return failure;
        }
        self.common(error)
    }

    /// `POST /app/installations/{id}/access_tokens` failed; `granted` are the installation's permissions.
    pub(super) fn mint(&self, error: ApiError, granted: &Value) -> Failure {
        let says = |text: &str| error.rejection().is_some_and(|rejection| rejection.says(text));
        if error.status() == Some(422) && says("permissions requested are not granted") {
            let missing = self.missing(granted);
            return self.of(&APP_PERMISSION_MISSING, &error).with_remedy(format!(
                "Give the App {missing} (its settings page, *Permissions & events*), and let an owner accept \
                 the new permissions for the installation."
            ));
        }
        // "There is at least one repository that does not exist or is not accessible to the parent installation."
        if error.status() == Some(422) && says("not accessible to the parent installation") {
            return self.of(&APP_NOT_INSTALLED, &error);
        }
        self.common(error)
    }

    /// The installation says itself that it is suspended.
    pub(super) fn suspended(&self) -> Failure {
        Failure::new(&APP_SUSPENDED, self.cause("its installation is suspended"))
    }

    /// What both calls can be answered with.
    fn common(&self, error: ApiError) -> Failure {
        let status = error.status();
        let says = |text: &str| error.rejection().is_some_and(|rejection| rejection.says(text));
        if status == Some(401) && (says("claim ('iat')") || says("claim ('exp')")) {
            return self.of(&APP_CLOCK_SKEW, &error);
        }
        if status == Some(401) || says("integration not found") {
            return self.of(&APP_REJECTED, &error);
        }
        if status == Some(403) && says("suspended") {
            return self.of(&APP_SUSPENDED, &error);
        }
        error.into_failure(&self.doing())
    }

    fn of(&self, code: &'static Code, error: &ApiError) -> Failure {
        let said = match error.rejection() {
            Some(rejection) => format!("GitHub answered {}: {}", rejection.status, rejection.text()),
            None => error.to_string(),
        };
        let failure = Failure::new(code, self.cause(&said)).with_note(format!("call: {}", error.call()));
        match error.rejection().and_then(|rejection| rejection.request_id.as_deref()) {
            Some(id) => failure.with_note(format!("request id: {id}")),
            None => failure,
        }
    }

    fn doing(&self) -> String {
        format!("sign in as GitHub App {} on {}", self.app_id, self.repository)
    }

    fn cause(&self, why: &str) -> String {
        format!("cannot {}: {why}", self.doing())
    }

    /// The permissions that the installation lacks; all that were asked for if it does not say what it has.
    fn missing(&self, granted: &Value) -> String {
        let rank = |access: &str| match access {
            "read" => 1,
            "write" => 2,
            "admin" => 3,
            _ => 0,
        };
        let has = |name: &str| rank(granted[name.replace('-', "_")].as_str().unwrap_or(""));
        let lacks = |(name, access): &&(&str, &str)| rank(access) > has(name);
        let shown = |(name, access): &(&str, &str)| format!("`{}: {access}`", name.replace('_', "-"));
        let mut names: Vec<String> = self.permissions.iter().filter(lacks).map(shown).collect();
        if names.is_empty() {
            names = self.permissions.iter().map(shown).collect();
        }
        names.join(" and ")
    }
}
