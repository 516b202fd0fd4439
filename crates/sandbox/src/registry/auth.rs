//! Who may do what: `Basic AWS:<password>` as on ECR, or bearer tokens as on Docker Hub and public ECR.

use axum::http::{HeaderMap, Method, header};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    refusal::Refusal,
    route::Route,
    settings::{Auth, REGION},
};
use crate::World;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    /// Nobody in particular.
    Anonymous,
    /// Somebody with a password of the registry's own; may do everything.
    Local,
    /// The holder of a password that the ECR API made.
    Role(Box<crate::ecr::Access>),
}

/// Says whether the call may go on, and who makes it.
pub(super) fn authorize(
    world: &World,
    method: &Method,
    route: &Route<'_>,
    headers: &HeaderMap,
) -> Result<Caller, Refusal> {
    let challenge = || Refusal::Unauthorized(challenge(world, method, route));
    let caller = match world.registry.settings().auth {
        Auth::Basic => basic(world, headers)?,
        Auth::Bearer => {
            let token = bearer(headers).ok_or_else(challenge)?;
            let (caller, repository) = world.registry.token(token).ok_or_else(challenge)?;
            if route.repository().is_some_and(|name| name != repository) {
                return Err(challenge());
            }
            Some(caller)
        }
    };
    let reads = method == Method::GET || method == Method::HEAD;
    match (caller, route.repository()) {
        (Some(caller @ Caller::Local), _) | (Some(caller), None) => Ok(caller),
        (Some(Caller::Role(access)), Some(repository)) => {
            permitted(world, &access, action(method, route), repository)?;
            Ok(Caller::Role(access))
        }
        (_, Some(repository)) if reads && world.registry.is_public(repository) => Ok(Caller::Anonymous),
        _ => Err(challenge()),
    }
}

/// Whether a caller may mount blobs out of a repository, which is a way to read them.
pub(super) fn may_mount_from(world: &World, caller: &Caller, repository: &str) -> bool {
    match caller {
        Caller::Anonymous => false,
        Caller::Local => true,
        Caller::Role(access) => permitted(world, access, "ecr:GetDownloadUrlForLayer", repository).is_ok(),
    }
}

/// Reads Basic credentials; `None` if there are none that hold.
pub(super) fn basic(world: &World, headers: &HeaderMap) -> Result<Option<Caller>, Refusal> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let decoded =
        value.and_then(|value| value.strip_prefix("Basic ")).and_then(|text| STANDARD.decode(text).ok());
    let Some(decoded) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else { return Ok(None) };
    let Some(("AWS", password)) = decoded.split_once(':') else { return Ok(None) };
    if world.registry.is_local_password(password) {
        return Ok(Some(Caller::Local));
    }
    match world.ecr.is_valid_password(password) {
        Some(access) if opens(world, &access) => Ok(Some(Caller::Role(Box::new(access)))),
        // What ECR says to another region's password (jenkinsci/amazon-ecr-plugin#6).
        Some(_) => Err(Refusal::expired()),
        None if world.ecr.passwords().iter().any(|known| known == password) => Err(Refusal::expired()),
        None => Ok(None),
    }
}

/// Whether a password is for this registry: one of its region, or of the public gallery if that is what it plays.
fn opens(world: &World, access: &crate::ecr::Access) -> bool {
    match world.registry.settings().auth {
        Auth::Basic => access.region.as_deref() == Some(REGION),
        Auth::Bearer => access.region.is_none(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn challenge(world: &World, method: &Method, route: &Route<'_>) -> String {
    let base = &world.urls.registry;
    match world.registry.settings().auth {
        Auth::Basic => format!(r#"Basic realm="{base}/",service="ecr.amazonaws.com""#),
        Auth::Bearer => {
            let rights = if method == Method::GET || method == Method::HEAD { "pull" } else { "pull,push" };
            let scope = route.repository().map(|name| format!(r#",scope="repository:{name}:{rights}""#));
            format!(r#"Bearer realm="{base}/token",service="sandbox"{}"#, scope.unwrap_or_default())
        }
    }
}

/// A session of the sandbox's STS may do what its role's permissions include; other passwords are not limited.
fn permitted(
    world: &World,
    access: &crate::ecr::Access,
    action: &str,
    repository: &str,
) -> Result<(), Refusal> {
    let session = access.access_key_id.as_deref().and_then(|key| world.sts.session(key));
    match session {
        Some(session) if !world.sts.allows_on(&session, action, repository) => {
            Err(Refusal::not_permitted(&access.arn, action, repository, REGION))
        }
        _ => Ok(()),
    }
}

/// The IAM action behind a call.
fn action(method: &Method, route: &Route<'_>) -> &'static str {
    let reads = method == Method::GET || method == Method::HEAD;
    match route {
        Route::Ping => "ecr:GetAuthorizationToken",
        Route::Uploads(_) => "ecr:InitiateLayerUpload",
        Route::Upload(..) if method == Method::PUT => "ecr:CompleteLayerUpload",
        Route::Upload(..) => "ecr:UploadLayerPart",
        Route::Blob(..) if method == Method::HEAD => "ecr:BatchCheckLayerAvailability",
        Route::Blob(..) => "ecr:GetDownloadUrlForLayer",
        Route::Manifest(..) if reads => "ecr:BatchGetImage",
        Route::Manifest(..) => "ecr:PutImage",
        Route::Tags(_) => "ecr:ListImages",
        Route::Referrers(..) => "ecr:ListImageReferrers",
    }
}
