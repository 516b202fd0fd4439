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
        permissions::{self, Line},
        policy::{self, Unmovable, Update},
        repository::Repository,
        token::{Access, Token},
        user::Role,
    },
};

/// What a call outside REST needs: GitHub publishes no table for GraphQL and Git, so that it is what its REST
/// counterpart needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// The counterpart, as [`permissions`] names it.
    pub(crate) call: &'static str,
    /// And a person has to have this role.
    pub(crate) role: Role,
}

/// The needs of GraphQL's fields and mutations, and of Git.
pub(crate) mod need {
    use super::{Need, Role};

    macro_rules! needs {
        ($($name:ident: $role:ident, $call:literal;)*) => {
            $(pub(crate) const $name: Need = Need { call: $call, role: Role::$role };)*

            #[cfg(test)]
            pub(crate) const ALL: &[Need] = &[$($name),*];
        };
    }

    needs! {
        METADATA: Read, "GET /repos/{owner}/{repo}";
        READ_CONTENTS: Read, "GET /repos/{owner}/{repo}/commits/{ref}";
        WRITE_CONTENTS: Write, "POST /repos/{owner}/{repo}/git/commits";
        READ_PULL: Read, "GET /repos/{owner}/{repo}/pulls/{pull_number}";
        LIST_PULLS: Read, "GET /repos/{owner}/{repo}/pulls";
        WRITE_PULLS: Read, "PATCH /repos/{owner}/{repo}/pulls/{pull_number}";
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
    /// What GitHub's table says that the call needs.
    permissions: Option<&'static Line>,
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

    /// Returns the repository of the path if the caller may see it, has what GitHub's table says that the call needs,
    /// and, being a person, has this role at least.
    pub(crate) fn repository(&self, role: Role) -> Result<Arc<Repository>, ApiError> {
        let slug = format!("{}/{}", self.part("owner"), self.part("repo"));
        let line = self.permissions.ok_or_else(|| unlisted(&self.url))?;
        admit(self.github(), self.token.as_ref(), &slug, line, role)
    }

    /// Lets a call pass that is about an organization, which no permission of a repository is enough for.
    pub(crate) fn organization(&self) -> Result<(), ApiError> {
        let token = self.token.as_ref().ok_or_else(|| ApiError::new(401, "Requires authentication"))?;
        let line = self.permissions.ok_or_else(|| unlisted(&self.url))?;
        if line.allows(token) { Ok(()) } else { Err(inaccessible(token)) }
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
    let line = permissions::named(need.call).ok_or_else(|| unlisted(need.call))?;
    admit(state, token, slug, line, need.role)
}

/// What is not in the table is refused, so that nothing is answered without a need.
fn unlisted(call: &str) -> ApiError {
    ApiError::new(500, format!("the sandbox's permissions.txt has no line for {call}"))
}

fn admit(
    state: &State,
    token: Option<&Token>,
    slug: &str,
    line: &Line,
    role: Role,
) -> Result<Arc<Repository>, ApiError> {
    let repository = state.repository(slug).ok_or_else(ApiError::not_found)?;
    let public = lock(&repository.data).public;
    let archived = lock(&repository.data).archived;
    let open = public && line.is_open();
    let Some(token) = token else {
        return match (public, open) {
            (false, _) => Err(ApiError::not_found()),
            (true, false) => Err(ApiError::new(401, "Requires authentication")),
            (true, true) => Ok(repository),
        };
    };
    let has = if token.is_app() { Some(Role::Admin) } else { lock(&repository.data).role(&token.login) };
    let reaches = token.reaches(&repository.slug());
    if !(public || (reaches && has.is_some())) {
        return Err(ApiError::not_found());
    }
    let permitted = reaches && line.allows(token) && has >= Some(role);
    if permitted || open {
        if archived && !line.only_reads() {
            return Err(ApiError::new(403, "Repository was archived so is read-only."));
        }
        return Ok(repository);
    }
    Err(inaccessible(token))
}

/// GitHub's refusal of a token that lacks a permission.
fn inaccessible(token: &Token) -> ApiError {
    let holder = if token.is_app() { "integration" } else { "personal access token" };
    ApiError::new(403, format!("Resource not accessible by {holder}"))
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
            permissions: permissions::of(&parts.method, parts.uri.path()),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            url: format!("{}{}", world.urls.github, parts.uri.path()),
        })
    }
}
