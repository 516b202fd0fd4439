//! Members of teams.

use serde_json::json;

use super::{Context, Reply, ok, page};
use crate::github::{error::ApiError, render};

/// `GET /orgs/{org}/teams/{team_slug}/members`.
pub(super) async fn members(context: Context) -> Reply {
    context.organization()?;
    let team = context.github().team(context.part("org"), context.part("team"));
    let missing = || ApiError::not_found().documented("teams/members#list-team-members");
    let members = team.ok_or_else(missing)?;
    Ok(page::paged(&context, members.iter().map(|login| render::user(context.github(), login)).collect()))
}

/// `GET /orgs/{org}/teams/{team_slug}/memberships/{username}`. A `GITHUB_TOKEN` has no permission of an organization.
pub(super) async fn membership(context: Context) -> Reply {
    context.organization()?;
    let (org, team, login) = (context.part("org"), context.part("team"), context.part("login"));
    let missing = || ApiError::not_found().documented("teams/members#get-team-membership-for-a-user");
    let active = context.github().membership(org, team, login).ok_or_else(missing)?;
    let api = &context.world.urls.github;
    ok(json!({
        "state": if active { "active" } else { "pending" },
        "role": "member",
        "url": format!("{api}/organizations/1/team/1/memberships/{login}"),
    }))
}
