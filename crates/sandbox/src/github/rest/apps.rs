//! Apps: signing in with a JWT, installations, their tokens
//! (<https://docs.github.com/en/rest/apps/apps>).

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    RequestPartsExt as _,
    extract::{FromRequestParts, Path},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::request::Parts;
use jsonwebtoken::{Algorithm, Validation};
use serde_json::{Value, json};

use super::{Reply, created, input::Input, no_content, ok};
use crate::{
    World,
    github::{
        State,
        app::{App, Installation},
        clock,
        error::ApiError,
        render,
        token::Access,
    },
};

/// How far in the future a JWT may expire, in seconds.
const LONGEST: u64 = 600;

/// A request that an App has signed.
pub(super) struct AsApp {
    world: Arc<World>,
    app: App,
    path: BTreeMap<String, String>,
}

impl FromRequestParts<Arc<World>> for AsApp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, ApiError> {
        let header = parts.headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let jwt = header.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default().to_owned();
        let Path(path) = parts.extract().await.map_err(|_| ApiError::not_found())?;
        Ok(Self { world: world.clone(), app: verify(&world.github, &jwt)?, path })
    }
}

/// Checks a JWT as GitHub does, with its words.
fn verify(state: &State, jwt: &str) -> Result<App, ApiError> {
    let refuse = |text: &str| ApiError::new(401, text);
    let undecodable = || refuse("A JSON web token could not be decoded");
    let payload = jwt.split('.').nth(1).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Value =
        payload.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(undecodable)?;
    state.remember(jwt);
    let issuer = match &claims["iss"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let app = state.app(&issuer).ok_or_else(|| ApiError::new(404, "Integration not found"))?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Value>(jwt, &app.key, &validation).map_err(|_| undecodable())?;
    let now = state.clock.seconds();
    if claims["iat"].as_u64().is_none_or(|issued| issued > now) {
        return Err(refuse(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        ));
    }
    match claims["exp"].as_u64() {
        Some(expires) if expires > now + LONGEST => {
            Err(refuse("'Expiration time' claim ('exp') is too far in the future"))
        }
        Some(expires) if expires > now => Ok(app),
        _ => Err(refuse(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        )),
    }
}

pub(super) async fn installation(request: AsApp) -> Reply {
    let part = |name: &str| request.path.get(name).map_or("", String::as_str);
    let state = &request.world.github;
    let slug = format!("{}/{}", part("owner"), part("repo"));
    let known = state.repository(&slug).is_some();
    let found = state.installation_on(request.app.id, &slug).filter(|_| known);
    ok(shown(state, &request.app, &found.ok_or_else(ApiError::not_found)?))
}

/// `installation`.
fn shown(state: &State, app: &App, installation: &Installation) -> Value {
    let account = render::user(state, &installation.account);
    let (api, id) = (&state.urls.github, installation.id);
    json!({
        "id": id,
        "account": account,
        "repository_selection": selection(installation),
        "access_tokens_url": format!("{api}/app/installations/{id}/access_tokens"),
        "repositories_url": format!("{api}/installation/repositories"),
        "html_url": format!("{api}/organizations/{}/settings/installations/{id}", installation.account),
        "app_id": app.id,
        "client_id": app.client_id,
        "target_id": account["id"],
        "target_type": account["type"],
        "permissions": permissions(&installation.permissions),
        "events": [],
        "created_at": installation.created_at,
        "updated_at": installation.created_at,
        "single_file_name": null,
        "has_multiple_single_files": false,
        "single_file_paths": [],
        "app_slug": app.slug,
        "suspended_by": installation.suspended_at.as_ref().map(|_| account.clone()),
        "suspended_at": installation.suspended_at,
    })
}

fn selection(installation: &Installation) -> &'static str {
    if installation.repositories.is_empty() { "all" } else { "selected" }
}

fn permissions(permissions: &BTreeMap<String, Access>) -> Value {
    permissions.iter().map(|(name, access)| (name.clone(), json!(access.name()))).collect()
}

pub(super) async fn create_token(request: AsApp, input: Input) -> Reply {
    let state = &request.world.github;
    let id = request.path.get("id").and_then(|id| id.parse().ok()).ok_or_else(ApiError::not_found)?;
    let repositories = input.texts("repositories")?;
    let wanted = input.value("permissions").and_then(Value::as_object).map(|wanted| {
        let access = |value: &Value| value.as_str().and_then(Access::parse);
        wanted.iter().map(|(name, value)| (name.clone(), access(value))).collect()
    });
    let minted = state.mint(&request.app, id, repositories.as_deref(), wanted)?;
    let mut value = json!({
        "token": minted.token,
        "expires_at": clock::format(minted.expires_at),
        "permissions": permissions(&minted.permissions),
        "repository_selection": if repositories.is_some() { "selected" } else { "all" },
    });
    if repositories.is_some() {
        let token = state.token_by_text(&minted.token);
        let slugs = token.map(|token| token.slugs()).unwrap_or_default();
        let found = slugs.iter().filter_map(|slug| state.repository(slug));
        value["repositories"] = found.map(|repository| render::repository(state, &repository)).collect();
    }
    created(value)
}

/// `DELETE /installation/token`: the token that asks is worthless from now on.
pub(super) async fn revoke(context: super::Context) -> Reply {
    let expires = context.token.as_ref().is_some_and(|token| token.expires_at.is_some());
    if !expires {
        return Err(ApiError::new(403, "Resource not accessible by personal access token"));
    }
    context.github().revoke(&context.token_text);
    no_content()
}
