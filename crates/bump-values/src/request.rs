//! What is to be done, validated.

use std::time::Duration;

use model::{Branch, ImageRef, RepoSlug, Secret};
use yaml_set::Edit;

use crate::origin::Origin;

/// A validated request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Each file with its edits, in the order of `files`.
    pub(crate) files: Vec<FileEdits>,
    /// Images to find and set in all files.
    pub(crate) images: Vec<ImageRef>,
    /// Where they are.
    pub(crate) target: Target,
    /// Why it is that target: a phrase for log and summary.
    pub(crate) why: &'static str,
    /// The commit message that was asked for.
    pub(crate) message: Option<String>,
    /// Further trailers, `Key: value`.
    pub(crate) trailers: Vec<String>,
    /// What to do if a newer value is there.
    pub(crate) on_stale: OnStale,
    /// Which run asks for it.
    pub(crate) origin: Origin,
    /// The time that there is for everything.
    pub(crate) timeout: Duration,
    /// Whether to stop after the plan.
    pub(crate) dry_run: bool,
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

/// A branch on GitHub and the way to it.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub(crate) repository: RepoSlug,
    pub(crate) branch: Branch,
    pub(crate) token: Secret,
    pub(crate) api_url: String,
    pub(crate) graphql_url: String,
    pub(crate) server_url: String,
}

/// How to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Method {
    #[default]
    Auto,
    Graphql,
    Worktree,
}

impl std::str::FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "graphql" => Ok(Self::Graphql),
            "worktree" => Ok(Self::Worktree),
            "git-data" | "git" => {
                Err(format!("`{text}` is not in this version: use `auto`, `graphql` or `worktree`"))
            }
            _ => Err(format!("`{text}` is no method: use `auto`, `graphql` or `worktree`")),
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
