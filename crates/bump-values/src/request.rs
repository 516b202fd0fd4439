//! What is to be done, validated.

use std::{fmt, time::Duration};

use git::{RemoteUrl, Signature};
use model::{Branch, RepoSlug, Secret};
use toolkit::AppCredentials;
use yaml_set::{Edit, Path};

use crate::{
    images::Wanted,
    message::Words,
    method::{Method, Wish},
    origin::Origin,
};

/// A validated request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Each file with its edits, in the order of `files`.
    pub(crate) files: Vec<FileEdits>,
    /// Images to find and set in all files.
    pub(crate) images: Vec<Wanted>,
    /// What may be done beyond changing a scalar that is there.
    pub(crate) permit: Permit,
    /// Where they are.
    pub(crate) target: Target,
    /// How to write, as far as that is known before anything is read.
    pub(crate) method: Method,
    /// Why it is that method: a phrase for log and summary.
    pub(crate) why: &'static str,
    /// What the commit says.
    pub(crate) words: Words,
    /// What to do if a newer value is there.
    pub(crate) on_stale: OnStale,
    /// Which run asks for it.
    pub(crate) origin: Origin,
    /// The time that there is for everything.
    pub(crate) timeout: Duration,
    /// Whether to stop after the plan.
    pub(crate) dry_run: bool,
}

/// What an edit may do beyond changing a scalar that is there, in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Permit {
    /// Insert what is missing.
    pub(crate) create: bool,
    /// Change the value of an anchor, and with it all its users.
    pub(crate) follow_alias: bool,
}

impl Permit {
    /// Returns an edit with this permit.
    pub(crate) fn edit(self, path: Path, value: &str) -> Edit {
        Edit::new(path, value).creating(self.create).following_aliases(self.follow_alias)
    }
}

/// The edits of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileEdits {
    /// The file's path.
    pub(crate) path: String,
    /// What `set` says; may be none if there are images.
    pub(crate) edits: Vec<Edit>,
}

/// Where the files are.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A branch on GitHub.
    Branch(Box<Remote>),
    /// The directory that the action is started in.
    Worktree,
}

/// A branch of a repository, and what there is to reach it with.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub(crate) repository: Repository,
    /// Where Git finds it.
    pub(crate) git_url: RemoteUrl,
    pub(crate) branch: Branch,
    /// What the branch is made from if it does not exist.
    pub(crate) base: Option<Branch>,
    /// Whether the method may be changed by what is found.
    pub(crate) wish: Wish,
    /// The token for the repository's host.
    pub(crate) token: Option<Secret>,
    /// The workflow's token, or what else there is to ask GitHub about the run's own repository.
    pub(crate) token_of_run: Option<Secret>,
    /// Why the token that is there is not shown to the host, if it is not: a sentence for the log.
    pub(crate) held_back: Option<String>,
    /// Comes before the token.
    pub(crate) app: Option<AppCredentials>,
    /// Comes before both.
    pub(crate) ssh: Option<Ssh>,
    /// The author of commits that Git makes.
    pub(crate) author: Option<Signature>,
    /// Whether an unverified commit is a failure; none where that depends on who signs.
    pub(crate) require_verified: Option<bool>,
    pub(crate) on_protected: OnProtected,
    pub(crate) api_url: String,
    pub(crate) graphql_url: String,
    pub(crate) server_url: String,
}

/// Which repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Repository {
    /// One of the run's GitHub.
    Slug(RepoSlug),
    /// One of another host, or one that is reached by SSH.
    Url(RemoteUrl),
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slug(slug) => slug.fmt(formatter),
            Self::Url(url) => url.fmt(formatter),
        }
    }
}

/// A key for SSH.
#[derive(Debug, Clone)]
pub(crate) struct Ssh {
    /// The private key.
    pub(crate) key: Option<Secret>,
    /// Lines of a `known_hosts` file.
    pub(crate) known_hosts: Option<String>,
}

impl Remote {
    /// The repository's name on the run's GitHub, if it is there.
    pub(crate) fn slug(&self) -> Option<&RepoSlug> {
        match &self.repository {
            Repository::Slug(slug) => Some(slug),
            Repository::Url(_) => None,
        }
    }

    /// What is done, after "cannot".
    pub(crate) fn committing(&self) -> String {
        format!("commit to branch `{}` of {}", self.branch, self.repository)
    }

    /// A commit's page; empty where that is not known.
    pub(crate) fn commit_url(&self, commit: &str) -> String {
        self.slug().map_or_else(String::new, |slug| format!("{}/{slug}/commit/{commit}", self.server_url))
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "branch {} of {}", self.branch, self.repository)
    }
}

/// What to do if the branch takes no direct commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnProtected {
    /// End red, with the rule's name.
    #[default]
    Fail,
    /// Open a pull request, or bring the one that is open up to date.
    PullRequest,
}

impl std::str::FromStr for OnProtected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "fail" => Ok(Self::Fail),
            "pull-request" => Ok(Self::PullRequest),
            _ => Err(format!("`{text}` is neither `fail` nor `pull-request`")),
        }
    }
}

/// What to do if a newer value is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnStale {
    /// End green and leave the newer value.
    #[default]
    Skip,
    /// Put the older value over it.
    Overwrite,
    /// End red.
    Fail,
}

impl std::str::FromStr for OnStale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "skip" => Ok(Self::Skip),
            "overwrite" => Ok(Self::Overwrite),
            "fail" => Ok(Self::Fail),
            _ => Err(format!("`{text}` is none of `skip`, `overwrite` and `fail`")),
        }
    }
}
