//! Teams of an organization (<https://docs.github.com/en/rest/teams/members>).

use serde::Deserialize;

use crate::{ApiError, GitHub, path};

#[derive(Deserialize)]
struct Membership {
    state: String,
}

/// Whether `login` is an active member of a team, or of a team below it; an invitation that was not accepted is none.
/// `team` is the team's name in its address. GitHub answers alike for who is no member and for a team that does not
/// exist or that the token cannot see. Needs the organization's `members: read`, which `GITHUB_TOKEN` never has
/// (<https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user>).
pub async fn is_member(github: &GitHub, org: &str, team: &str, login: &str) -> Result<bool, ApiError> {
    let [org, team, login] = [org, team, login].map(path::part);
    match github.read(&format!("/orgs/{org}/teams/{team}/memberships/{login}")).await {
        Ok(reply) => Ok(reply.decode::<Membership>()?.state == "active"),
        Err(error) if error.status() == Some(404) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether there is such a team that the token can see: [`is_member`] does not tell. Needs the organization's
/// `members: read` (<https://docs.github.com/en/rest/teams/members#list-team-members>).
pub async fn exists(github: &GitHub, org: &str, team: &str) -> Result<bool, ApiError> {
    let [org, team] = [org, team].map(path::part);
    match github.read(&format!("/orgs/{org}/teams/{team}/members?per_page=1")).await {
        Ok(_) => Ok(true),
        Err(error) if error.status() == Some(404) => Ok(false),
        Err(error) => Err(error),
    }
}
