//! A sandbox, and a repository in it for each history.

use sandbox::{
    Config, Sandbox,
    github::{BranchRules, Role, State},
    turnstile::Turnstile,
};

use crate::steps::{Setup, Who};

/// The branch that fast-forward's pull requests come from.
pub(crate) const SYNC: &str = "day2/sync-dev";
/// The files that are changed: few, with few contents, so that commits conflict now and then.
pub(crate) const FILES: [&str; 2] = ["app.py", "values.yaml"];
/// When each history begins, in seconds since 1970.
const BEGIN: u64 = 1_800_000_000;

/// What several histories share.
pub(crate) struct Home {
    pub sandbox: Sandbox,
    pub events: tempfile::TempDir,
}

impl Home {
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        Self { sandbox, events: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn github(&self) -> &State {
        &self.sandbox.world().github
    }

    /// The repository anew, with `dev`, `prod`, `stage` and the head's branch at one commit, whose every call is held.
    pub(crate) async fn repository(&self, setup: Setup) -> (String, Turnstile) {
        let slug = "org/day2-product".to_owned();
        let (github, faults) = (self.github(), &self.sandbox.world().faults);
        faults.clear();
        faults.forget_calls();
        github.stop_clock(BEGIN);
        let files: Vec<(&str, &[u8])> = FILES.iter().map(|&path| (path, &b"0\n"[..])).collect();
        let mut branches = vec!["dev", "prod", "stage"];
        branches.extend((setup.head != "dev").then_some(setup.head));
        github.create_repository(&slug, &files, &branches).await.unwrap();
        for who in [Who::Alice, Who::Bob, Who::Maria, Who::Mallory, Who::Bot] {
            github.add_user(who.login(), &slug, role(who, true));
        }
        if setup.checks {
            let required_checks = vec!["ci".to_owned()];
            let rules = BranchRules { pattern: "prod".to_owned(), required_checks, ..BranchRules::default() };
            github.add_rules(&slug, rules);
        }
        github.set_unknown_reads(&slug, u32::from(setup.slow));
        (slug, faults.hold_each("github"))
    }
}

/// The role of a person; maria has hers only as long as nobody takes it.
pub(crate) fn role(who: Who, maria_writes: bool) -> Role {
    match who {
        Who::Alice | Who::Bob | Who::Bot => Role::Write,
        Who::Maria if maria_writes => Role::Maintain,
        Who::Maria | Who::Mallory => Role::Triage,
    }
}
