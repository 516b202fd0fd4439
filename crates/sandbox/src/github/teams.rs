//! Teams of organizations.

use std::collections::BTreeMap;

use super::State;
use crate::faults::lock;

/// The members by organization and team, both in lower case; `false` for who has not accepted the invitation.
pub(crate) type Teams = BTreeMap<(String, String), BTreeMap<String, bool>>;

impl State {
    /// Puts `login` into a team, or, with `active: false`, only invites.
    pub fn add_team_member(&self, org: &str, team: &str, login: &str, active: bool) {
        self.user(login);
        let key = (org.to_lowercase(), team.to_lowercase());
        lock(&self.teams).entry(key).or_default().insert(login.to_lowercase(), active);
    }

    /// Returns the logins of a team's members, if there is such a team.
    pub(crate) fn team(&self, org: &str, team: &str) -> Option<Vec<String>> {
        let teams = lock(&self.teams);
        let members = teams.get(&(org.to_lowercase(), team.to_lowercase()))?.iter();
        Some(members.filter(|(_, active)| **active).map(|(login, _)| login.clone()).collect())
    }

    pub(crate) fn membership(&self, org: &str, team: &str, login: &str) -> Option<bool> {
        let key = (org.to_lowercase(), team.to_lowercase());
        lock(&self.teams).get(&key)?.get(&login.to_lowercase()).copied()
    }
}
