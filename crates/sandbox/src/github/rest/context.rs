//! Who asks, for which repository, and whether they may.

use std::{collections::HashMap, sync::Arc};

use axum::{
    RequestPartsExt as _,
    extract::{FromRequestParts, Path, RawPathParams},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, request::Parts};

use crate::{
    World,
    faults::lock,
    github::{
        State,
        error::ApiError,
        git::GitError,
        journal::Actor,
        policy::{self, Unmovable, Update},
        repository::Repository,
        token::{Access, Token},
        user::Role,
    },
};

/// What a call needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// Any one of these permissions will do.
    pub(crate) permissions: &'static [(&'static str, Access)],
    /// And a person has to have this role.
    pub(crate) role: Role,
}

/// The needs of the calls, from GitHub's table "Permissions required for GitHub Apps".
pub(crate) mod need {
    use super::{
        Access::{Read, Write},
        Need, Role,
    };

    macro_rules! needs {
        ($($name:ident: $role:ident, $($permission:literal $access:ident)|+;)*) => {
            $(pub(crate) const $name: Need =
                Need { permissions: &[$(($permission, $access)),+], role: Role::$role };)*
        };
    }

    needs! {
        METADATA: Read, "metadata" Read;
        READ_CONTENTS: Read, "contents" Read;
        WRITE_CONTENTS: Write, "contents" Write;
        READ_PULLS: Read, "pull_requests" Read | "contents" Read;
        READ_REVIEWS: Read, "pull_requests" Read;
        WRITE_PULLS: Read, "pull_requests" Write;
        READ_ISSUES: Read, "issues" Read | "pull_requests" Read;
        COMMENT: Read, "issues" Write | "pull_requests" Write;
        WRITE_LABELS: Triage, "issues" Write | "pull_requests" Write;
        READ_CHECKS: Read, "checks" Read;
        WRITE_CHECKS: Write, "checks" Write;
        READ_STATUSES: Read, "statuses" Read;
        WRITE_STATUSES: Write, "statuses" Write;
        READ_DEPLOYMENTS: Read, "deployments" Read;
        WRITE_DEPLOYMENTS: Write, "deployments" Write;
    }
}

/// One request, as the handlers see it.
pub(crate) struct Context {
    pub(crate) world: Arc<World>,
    /// `None` for an anonymous call.
    pub(crate) token: Option<Token>,
    /// Its text; empty for an anonymous call.
    pub(crate) token_text: String,
    path: HashMap<String, String>,
    pub(crate) query: HashMap<String, String>,
    /// The request's path, for `Link` headers.
    pub(crate) url: String,
}

impl Context {
    pub(crate) fn github(&self) -> &State {
        &self.world.github
    }

    /// A part of the path.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A part of the path that is a number; anything else is nothing that GitHub has.
    pub(crate) fn number(&self, name: &str) -> Result<u64, ApiError> {
        self.part(name).parse().map_err(|_| ApiError::not_found())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// Who acts; only after [`Self::repository`] has let the call pass with a need to write.
    pub(crate) fn actor(&self) -> Actor {
        self.token.as_ref().map_or_else(
            || Actor::person("ghost"),
            |token| Actor { login: token.login.clone(), of_a_run: token.of_a_run },
        )
    }

    /// Returns the repository of the path if the caller may see it and has what the call needs.
    pub(crate) fn repository(&self, need: Need) -> Result<Arc<Repository>, ApiError> {
        let slug = format!("{}/{}", self.part("owner"), self.part("repo"));
        authorize(self.github(), self.token.as_ref(), &slug, need)
    }

    /// Tells what keeps the caller from moving `branch` from `old` to `new`, by whichever API.
    pub(crate) async fn may_move(
        &self,
        repository: &Repository,
        branch: &str,
        old: Option<&str>,
        update: Update<'_>,
        new: &str,
    ) -> Result<Option<Unmovable>, GitError> {
        let login = self.actor().login;
        if let Some(refusal) = policy::direct_update(&lock(&repository.data), branch, &login, update) {
            return Ok(Some(Unmovable::Rules(refusal)));
        }
        if self.may_change_workflows() {
            return Ok(None);
        }
        Ok(repository.new_workflow_file(branch, old, new).await?.map(Unmovable::Workflow))
    }

    /// May this token change workflow files? A person's token may here; an App needs the permission.
    pub(crate) fn may_change_workflows(&self) -> bool {
        self.token.as_ref().is_some_and(|token| !token.is_app() || token.allows("workflows", Access::Write))
    }
}

/// Returns the repository if `token` may see it and has what is needed.
pub(crate) fn authorize(
    state: &State,
    token: Option<&Token>,
    slug: &str,
    need: Need,
) -> Result<Arc<Repository>, ApiError> {
    let repository = state.repository(slug).ok_or_else(ApiError::not_found)?;
    let public = lock(&repository.data).public;
    let archived = lock(&repository.data).archived;
    let reading = need.permissions.iter().all(|(_, access)| *access == Access::Read);
    let Some(token) = token else {
        let answer = if public && reading { Ok(repository) } else { Err(ApiError::not_found()) };
        let needs_login = public && !reading;
        return if needs_login { Err(ApiError::new(401, "Requires authentication")) } else { answer };
    };
    let role = if token.is_app() { Some(Role::Admin) } else { lock(&repository.data).role(&token.login) };
    let reaches = token.reaches(&repository.slug());
    if !(public || (reaches && role.is_some())) {
        return Err(ApiError::not_found());
    }
    let permitted = reaches && need.permissions.iter().any(|(name, access)| token.allows(name, *access));
    // A public repository is readable by whoever has an account.
    if (permitted && role >= Some(need.role)) || (public && reading) {
        if archived && !reading {
            return Err(ApiError::new(403, "Repository was archived so is read-only."));
        }
        return Ok(repository);
    }
    Err(forbidden(token, need))
}

/// GitHub's refusal of a token that lacks a permission.
fn forbidden(token: &Token, need: Need) -> ApiError {
    let holder = if token.is_app() { "integration" } else { "personal access token" };
    let accepted: Vec<String> =
        need.permissions.iter().map(|(name, access)| format!("{name}={}", access.name())).collect();
    ApiError {
        accepted_permissions: Some(accepted.join("; ")),
        ..ApiError::new(403, format!("Resource not accessible by {holder}"))
    }
}

/// Reads the token of a request: `Bearer`, `token`, or the password of Basic authentication.
pub(crate) fn token_of(state: &State, headers: &HeaderMap) -> Result<Option<Token>, ApiError> {
    let Some(secret) = token_text(headers) else { return Ok(None) };
    state.token_by_text(&secret).map(Some).ok_or_else(ApiError::bad_credentials)
}

/// The text of a request's token.
fn token_text(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(http::header::AUTHORIZATION)?;
    let text = header.to_str().unwrap_or_default();
    let (scheme, value) = text.split_once(' ').unwrap_or((text, ""));
    Some(match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => value.trim().to_owned(),
        "basic" => {
            let decoded = BASE64_STANDARD.decode(value.trim()).unwrap_or_default();
            let decoded = String::from_utf8(decoded).unwrap_or_default();
            let (user, password) = decoded.split_once(':').unwrap_or((&decoded, ""));
            // A token is also taken as the user name.
            if password.is_empty() { user.to_owned() } else { password.to_owned() }
        }
        _ => String::new(),
    })
}

impl FromRequestParts<Arc<World>> for Context {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, ApiError> {
        let token = token_of(&world.github, &parts.headers)?;
        let path = match parts.extract::<RawPathParams>().await {
            Ok(_) => parts.extract::<Path<HashMap<String, String>>>().await.map(|Path(path)| path),
            Err(_) => Ok(HashMap::new()),
        };
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self {
            world: world.clone(),
            token,
            token_text: token_text(&parts.headers).unwrap_or_default(),
            path: path.unwrap_or_default(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            url: format!("{}{}", world.urls.github, parts.uri.path()),
        })
    }
}
