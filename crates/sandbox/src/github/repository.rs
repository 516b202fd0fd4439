//! One repository: its Git directory and everything that GitHub keeps beside it.

use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
};

use serde_json::Value;

use super::{
    activity::Activity,
    git::{Change, Git},
    journal::WebhookEvent,
    pull::Pull,
    rules::BranchRules,
    user::Role,
};

/// A repository. Ref updates are made one after the other (`updates`); `data` is locked for moments only.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) id: u64,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) git: Git,
    pub(crate) updates: tokio::sync::Mutex<()>,
    pub(crate) data: std::sync::Mutex<Data>,
}

impl Repository {
    pub(crate) fn slug(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.git.directory().to_owned()
    }
}

/// What GitHub keeps beside the commits.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) public: bool,
    pub(crate) archived: bool,
    /// The repository that this one is a fork of.
    pub(crate) parent: Option<String>,
    /// New names of branches that were renamed, by the old ones.
    pub(crate) renamed: BTreeMap<String, String>,
    /// Whether runs may open pull requests.
    pub(crate) runs_open_pulls: bool,
    pub(crate) default_branch: String,
    pub(crate) created_at: String,
    pub(crate) pushed_at: String,
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) pulls: BTreeMap<u64, Pull>,
    pub(crate) labels: BTreeMap<String, Label>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) check_runs: Vec<CheckRun>,
    pub(crate) deployments: Vec<Deployment>,
    pub(crate) rules: Vec<BranchRules>,
    pub(crate) events: Vec<WebhookEvent>,
    /// What happened to branches, oldest first.
    pub(crate) activities: Vec<Activity>,
    /// Commits that carry GitHub's own signature.
    pub(crate) signed: HashSet<String>,
    /// Commits of somebody else that arrive right before the next update of their branch.
    pub(crate) races: Vec<Race>,
    pub(crate) merge_methods: BTreeMap<&'static str, bool>,
    pub(crate) allow_auto_merge: bool,
    pub(crate) delete_branch_on_merge: bool,
    /// How many reads of a pull request find its mergeability still being computed after it changed.
    pub(crate) unknown_reads: u32,
}

impl Data {
    pub(crate) fn new(default_branch: &str, now: String) -> Self {
        Self {
            public: false,
            archived: false,
            parent: None,
            renamed: BTreeMap::new(),
            runs_open_pulls: true,
            default_branch: default_branch.to_owned(),
            created_at: now.clone(),
            pushed_at: now,
            roles: BTreeMap::new(),
            pulls: BTreeMap::new(),
            labels: BTreeMap::new(),
            statuses: Vec::new(),
            check_runs: Vec::new(),
            deployments: Vec::new(),
            rules: Vec::new(),
            events: Vec::new(),
            activities: Vec::new(),
            signed: HashSet::new(),
            races: Vec::new(),
            merge_methods: BTreeMap::from([("merge", true), ("squash", true), ("rebase", true)]),
            allow_auto_merge: false,
            delete_branch_on_merge: false,
            unknown_reads: 1,
        }
    }

    pub(crate) fn visibility(&self) -> &'static str {
        if self.public { "public" } else { "private" }
    }

    /// The role of `login`, which for a public repository is at least `read`.
    pub(crate) fn role(&self, login: &str) -> Option<Role> {
        self.roles.get(login).copied().or_else(|| self.public.then_some(Role::Read))
    }

    /// The rules that hold on `branch` for `login`.
    pub(crate) fn rules_for(&self, branch: &str, login: &str) -> Vec<BranchRules> {
        self.rules.iter().filter(|rules| rules.binds(branch, login)).cloned().collect()
    }

    pub(crate) fn is_protected(&self, branch: &str) -> bool {
        self.rules.iter().any(|rules| rules.applies_to(branch))
    }
}

/// A label of the repository.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) color: String,
}

/// A commit status.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) id: u64,
    pub(crate) sha: String,
    pub(crate) state: String,
    pub(crate) context: String,
    pub(crate) description: Option<String>,
    pub(crate) target_url: Option<String>,
    pub(crate) creator: String,
    pub(crate) created_at: String,
}

/// A check run.
#[derive(Debug, Clone)]
pub(crate) struct CheckRun {
    pub(crate) id: u64,
    pub(crate) sha: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) details_url: Option<String>,
    pub(crate) external_id: String,
    pub(crate) output: Value,
    pub(crate) started_at: String,
    pub(crate) completed_at: Option<String>,
    /// The login of the App that made it.
    pub(crate) app: String,
}

/// A deployment with its statuses, oldest first.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    pub(crate) id: u64,
    pub(crate) sha: String,
    pub(crate) ref_: String,
    pub(crate) task: String,
    pub(crate) environment: String,
    pub(crate) description: Option<String>,
    pub(crate) payload: Value,
    pub(crate) transient: bool,
    pub(crate) production: bool,
    pub(crate) creator: String,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) statuses: Vec<DeploymentStatus>,
}

/// A status of a deployment.
#[derive(Debug, Clone)]
pub(crate) struct DeploymentStatus {
    pub(crate) id: u64,
    pub(crate) state: String,
    pub(crate) description: String,
    pub(crate) environment_url: String,
    pub(crate) log_url: String,
    pub(crate) creator: String,
    pub(crate) created_at: String,
}

/// A commit that is to arrive right before the next update of its branch.
#[derive(Debug, Clone)]
pub(crate) struct Race {
    pub(crate) branch: String,
    pub(crate) author: String,
    pub(crate) message: String,
    pub(crate) changes: Vec<Change>,
    /// Where the branch is forced to, instead of a new commit.
    pub(crate) forced_to: Option<String>,
}
