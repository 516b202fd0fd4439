//! What is asked for, valid.

use std::{fmt, str::FromStr, time::Duration};

use github::{Endpoints, access::Access};
use globset::GlobMatcher;
use model::{CommitSha, ParseError, RepoSlug, Secret};
use toolkit::AppCredentials;

use crate::{
    checks::{Demand, Own},
    comment::CommentPolicy,
    event::Event,
    fail_on::FailOn,
    globs::Globs,
    labels::Labels,
    message::Wording,
    teams::Team,
    workflows::WorkflowFiles,
};

/// A validated request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The repository of the pull request.
    pub repository: RepoSlug,
    /// The pull request.
    pub number: u64,
    /// The commit that is merged; none means whatever the head is, for a run by hand.
    pub head_sha: Option<CommitSha>,
    /// The event that started the run, if it is about this pull request.
    pub event: Option<Event>,
    /// Branches that may be merged into; empty means any.
    pub base: Globs,
    /// Branches that may be merged; empty means any.
    pub head: Globs,
    /// Labels that decide.
    pub labels: Labels,
    /// What the person who put a required label may do at least.
    pub labeller_access: Access,
    /// Teams of which that person has to be in one; empty means none has to.
    pub labeller_teams: Vec<Team>,
    /// How to merge.
    pub method: Methods,
    /// How many approving reviews are needed.
    pub required_approvals: usize,
    /// Whether there has to be a review of the merged commit, and no other counts.
    pub review_on_head: bool,
    /// Whether a push makes an earlier label or approval void.
    pub on_new_commits: OnNewCommits,
    /// What becomes of a change of workflow files.
    pub workflow_files: WorkflowFiles,
    /// Branches that are deleted once they are merged.
    pub delete_head: Globs,
    /// The merge commit's message.
    pub wording: Wording,
    /// The checks that have to succeed besides those that GitHub requires.
    pub checks: Demand,
    /// Whether a head that lacks commits of the base may get them.
    pub update_branch: bool,
    /// What is done instead of a merge that GitHub does not allow now.
    pub fallback: Fallback,
    /// The run of a workflow that this is a part of; none by hand.
    pub run: Option<WorkflowRun>,
    /// When a comment says how it ended.
    pub comment: CommentPolicy,
    /// The run's page; none outside a workflow.
    pub run_url: Option<String>,
    /// Which decisions make the step fail.
    pub fail_on: FailOn,
    /// Stop after the plan.
    pub dry_run: bool,
    /// How long the whole may take.
    pub budget: Duration,
    /// Where GitHub is.
    pub endpoints: Endpoints,
    /// What merges.
    pub credentials: Credentials,
}

/// What merges.
#[derive(Debug, Clone)]
pub(crate) enum Credentials {
    /// This token.
    Token(Secret),
    /// A GitHub App, by a token that is made for the run.
    App(AppCredentials),
}

impl Credentials {
    /// Whether it acts as an App, of which the workflow's own token is one
    /// (<https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>).
    pub(crate) fn is_app(&self) -> bool {
        match self {
            Self::Token(token) => token.expose().starts_with("ghs_"),
            Self::App(_) => true,
        }
    }
}

/// A run of a workflow: its attempts are one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkflowRun {
    /// Its id.
    pub id: String,
    /// The workflow's name, of the caller of a reusable one.
    pub workflow: Option<String>,
    /// The key of this job in the workflow file.
    pub job: Option<String>,
    /// Whether it was not started again, so that no earlier attempt can have merged.
    pub is_first_attempt: bool,
}

/// What is done instead of a merge that GitHub does not allow now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fallback {
    /// Join the base's merge queue, where it has one.
    pub merge_queue: bool,
    /// Turn on GitHub's own auto-merge.
    pub auto_merge: bool,
}

impl Fallback {
    /// Whether there is one.
    pub(crate) fn is_any(self) -> bool {
        self.merge_queue || self.auto_merge
    }
}

impl Request {
    /// Whether reviews have to be read.
    pub(crate) fn needs_reviews(&self) -> bool {
        self.approvals_needed() > 0
    }

    /// Whether a run may write to the pull request besides merging it.
    pub(crate) fn may_write_on_pull(&self) -> bool {
        self.comment != CommentPolicy::Never
            || self.on_new_commits == OnNewCommits::RemoveLabel && !self.labels.required.is_empty()
            || self.update_branch
            || self.fallback != Fallback::default()
    }

    /// This run, as it can be found among the checks of a commit.
    pub(crate) fn own(&self) -> Option<Own> {
        let run = self.run.as_ref()?;
        Some(Own { run: run.id.parse().ok()?, job: run.job.clone() })
    }

    /// Whether an approval counts for the commit only that was reviewed.
    pub(crate) fn binds_approvals(&self) -> bool {
        self.review_on_head || self.on_new_commits == OnNewCommits::RemoveLabel
    }

    /// How many approvals have to count.
    pub(crate) fn approvals_needed(&self) -> usize {
        self.required_approvals.max(usize::from(self.review_on_head))
    }
}

/// How a pull request becomes part of its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// A merge commit.
    Merge,
    /// The base is moved to the head.
    FastForward,
    /// One new commit with all changes.
    Squash,
    /// Each commit anew on top of the base.
    Rebase,
}

impl Method {
    /// Returns the input's word, which is GitHub's word too except for `fast-forward`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::FastForward => "fast-forward",
            Self::Squash => "squash",
            Self::Rebase => "rebase",
        }
    }

    /// Whether the base gets a commit whose message is ours to write.
    pub(crate) fn has_message(self) -> bool {
        matches!(self, Self::Merge | Self::Squash)
    }

    /// Whether the base gets other commits than the head has, so that the two diverge for ever.
    pub(crate) fn rewrites(self) -> bool {
        matches!(self, Self::Squash | Self::Rebase)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Method {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        [Self::Merge, Self::FastForward, Self::Squash, Self::Rebase]
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or_else(|| {
                ParseError::new("a merge method", text, "`merge`, `fast-forward`, `squash` or `rebase`")
            })
    }
}

/// A method per base: the first pattern that matches, else the default.
#[derive(Debug, Clone)]
pub(crate) struct Methods {
    /// Patterns of bases with their methods.
    pub by_base: Vec<(GlobMatcher, Method)>,
    /// The method of all other bases.
    pub default: Method,
}

impl Methods {
    /// Returns the method for a base.
    pub(crate) fn of(&self, base: &str) -> Method {
        self.by_base.iter().find(|(glob, _)| glob.is_match(base)).map_or(self.default, |(_, method)| *method)
    }

    /// Whether there is no other method than this one.
    pub(crate) fn are_all(&self, method: Method) -> bool {
        self.default == method && self.by_base.iter().all(|(_, one)| *one == method)
    }

    /// Whether a branch has a method of its own by its plain name.
    pub(crate) fn names(&self, branch: &str) -> bool {
        self.by_base.iter().any(|(glob, _)| glob.glob().glob() == branch)
    }
}

/// What a push means for a label that was put, or a review that was given, before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnNewCommits {
    /// They are void, and the label is taken away by the run that the push starts.
    RemoveLabel,
    /// They stay valid.
    Ignore,
}

impl FromStr for OnNewCommits {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "remove-label" => Ok(Self::RemoveLabel),
            "ignore" => Ok(Self::Ignore),
            _ => Err(ParseError::new("a policy for new commits", text, "`remove-label` or `ignore`")),
        }
    }
}
