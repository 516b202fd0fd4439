//! `GET collaborators/{login}/permission`.

use serde_json::{Value, json};

use super::{Context, Reply, Role, ok};
use crate::{
    faults::lock,
    github::{error::ApiError, render},
};

/// `permissions` of a collaborator or a repository.
pub(super) fn role_permissions(role: Option<Role>) -> Value {
    json!({
        "admin": role >= Some(Role::Admin),
        "maintain": role >= Some(Role::Maintain),
        "push": role >= Some(Role::Write),
        "triage": role >= Some(Role::Triage),
        "pull": role >= Some(Role::Read),
    })
}

pub(super) async fn permission(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let login = context.part("login");
    let user = context.github().known_user(login);
    let user = user.ok_or_else(|| ApiError::new(404, format!("{login} is not a user")))?;
    let role = lock(&repository.data).role(&user.login);
    let name = role.map_or("none", Role::name);
    let mut shown = render::user(context.github(), &user.login);
    shown["permissions"] = role_permissions(role);
    shown["role_name"] = Value::String(name.to_owned());
    ok(json!({
        "permission": role.map_or("none", Role::legacy_name),
        "user": shown,
        "role_name": name,
    }))
}
