//! Teams whose members may put a required label.

use std::{fmt, str::FromStr};

use github::{ApiError, GitHub, teams};
use model::{Failure, ParseError};

use crate::{codes, facts::Labelling, request::Request};

/// A team of an organization: `org/team`, as its address has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Team {
    org: String,
    slug: String,
}

impl fmt::Display for Team {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.org, self.slug)
    }
}

impl FromStr for Team {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let parts = text.trim_start_matches('@').split_once('/');
        let (org, slug) = parts.filter(|(org, slug)| is_name(org) && is_name(slug)).ok_or_else(|| {
            ParseError::new("a team", text, "`organization/team`, as in the address of the team's page")
        })?;
        Ok(Self { org: org.to_owned(), slug: slug.to_owned() })
    }
}

/// Notes whose label does not count because they are in none of the teams. Who may not label anyway is not asked for.
pub(crate) async fn check(
    github: &GitHub,
    request: &Request,
    labellings: &mut [Labelling],
) -> Result<(), Failure> {
    if request.labeller_teams.is_empty() {
        return Ok(());
    }
    for labelling in labellings.iter_mut().filter(|labelling| labelling.access >= request.labeller_access) {
        let Some(login) = labelling.by.as_ref().filter(|_| labelling.is_person) else { continue };
        labelling.is_outsider = !is_in_one(github, &request.labeller_teams, login).await?;
    }
    Ok(())
}

/// GitHub answers alike for who is no member and for a team that the token cannot see, which is no answer: the
/// difference is looked up before anybody is turned away.
async fn is_in_one(github: &GitHub, teams: &[Team], login: &str) -> Result<bool, Failure> {
    for team in teams {
        let member = teams::is_member(github, &team.org, &team.slug, login).await;
        if member.map_err(|error| unreadable(team, error))? {
            return Ok(true);
        }
    }
    for team in teams {
        if !teams::exists(github, &team.org, &team.slug).await.map_err(|error| unreadable(team, error))? {
            let cause = format!("there is no team `{team}`, or the token cannot see it");
            return Err(Failure::new(&codes::TEAMS_UNREADABLE, cause));
        }
    }
    Ok(false)
}

fn unreadable(team: &Team, error: ApiError) -> Failure {
    let is_denied = error.status() == Some(403) && error.rejection().is_some_and(|said| !said.rate_limited);
    let failure = error.into_failure(&format!("read the members of `{team}`"));
    if is_denied { Failure { code: &codes::TEAMS_UNREADABLE, ..failure } } else { failure }
}

/// The names for a message.
pub(crate) fn list(teams: &[Team]) -> String {
    teams.iter().map(|team| format!("`{team}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_has_its_organization() {
        assert_eq!("@Org/release-2".parse::<Team>().unwrap().to_string(), "Org/release-2");
        for text in ["release", "org/", "/team", "org/a/b", "org/a team", "org/../x"] {
            assert!(text.parse::<Team>().is_err(), "{text}");
        }
    }
}
