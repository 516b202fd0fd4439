//! How two commits lie to each other (<https://docs.github.com/en/rest/commits/commits#compare-two-commits>).

use model::{CommitSha, RepoSlug};
use serde::Deserialize;

use crate::{
    ApiError, GitHub, de,
    pages::{self, PER_PAGE},
    path,
    snapshot::CommitNote,
};

/// Where `head` is, seen from `base`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// They are the same commit.
    Identical,
    /// Head has commits that base lacks, and all of base's.
    Ahead,
    /// Base has commits that head lacks, and all of head's.
    Behind,
    /// Each has commits that the other lacks.
    Diverged,
}

/// The answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Comparison {
    /// Where head is.
    pub status: Relation,
    /// How many commits head has that base lacks.
    #[serde(default)]
    pub ahead_by: u64,
    /// How many commits base has that head lacks.
    #[serde(default)]
    pub behind_by: u64,
}

/// Compares two branches or commits. Needs `contents: read`.
pub async fn compare(
    github: &GitHub,
    repository: &RepoSlug,
    base: &str,
    head: &str,
) -> Result<Comparison, ApiError> {
    // One entry is enough: only the counts are of interest.
    let range = format!("/compare/{}...{}?per_page=1", path::ref_name(base), path::ref_name(head));
    github.read(&path::repo(repository, &range)).await?.decode()
}

/// What head has that base lacks.
#[derive(Debug, Clone)]
pub struct Lead {
    /// How many commits base has that head lacks.
    pub behind_by: u64,
    /// Their latest common commit.
    pub merge_base: CommitSha,
    /// The commits that head has and base lacks, oldest first.
    pub commits: Vec<CommitNote>,
    /// Whether these are all of them: GitHub names 250 at most.
    pub is_complete: bool,
}

#[derive(Deserialize)]
struct LeadReply {
    #[serde(default)]
    ahead_by: usize,
    #[serde(default)]
    behind_by: u64,
    merge_base_commit: Id,
    #[serde(default)]
    commits: Vec<Listed>,
}

#[derive(Deserialize)]
struct Id {
    #[serde(deserialize_with = "de::parsed")]
    sha: CommitSha,
}

#[derive(Deserialize)]
struct Listed {
    sha: String,
    commit: Text,
}

#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    message: String,
}

/// Lists the commits that `head` has and `base` lacks. Needs `contents: read`.
pub async fn lead(
    github: &GitHub,
    repository: &RepoSlug,
    base: &CommitSha,
    head: &CommitSha,
) -> Result<Lead, ApiError> {
    let route = path::repo(repository, &format!("/compare/{base}...{head}"));
    let reply: LeadReply = github.read(&route).await?.decode()?;
    let is_complete = reply.commits.len() == reply.ahead_by;
    let note = |listed: Listed| CommitNote { oid: listed.sha, message: listed.commit.message };
    Ok(Lead {
        behind_by: reply.behind_by,
        merge_base: reply.merge_base_commit.sha,
        commits: reply.commits.into_iter().map(note).collect(),
        is_complete,
    })
}

/// Lists every commit that `head` has and `base` lacks, oldest first, however many pages that takes.
/// Needs `contents: read`.
pub async fn commits(
    github: &GitHub,
    repository: &RepoSlug,
    base: &CommitSha,
    head: &CommitSha,
) -> Result<Vec<CommitNote>, ApiError> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        commits: Vec<Listed>,
    }
    let mut all = Vec::new();
    for number in 1_u32.. {
        let range = format!("/compare/{base}...{head}?per_page={PER_PAGE}&page={number}");
        let reply = github.read(&path::repo(repository, &range)).await?;
        let headers = reply.headers.clone();
        let page: Page = reply.decode()?;
        let is_last = pages::is_last(&headers, page.commits.len());
        let note = |listed: Listed| CommitNote { oid: listed.sha, message: listed.commit.message };
        all.extend(page.commits.into_iter().map(note));
        if is_last {
            break;
        }
    }
    Ok(all)
}

/// What a branch would gain by a commit.
#[derive(Debug, Clone)]
pub struct Gain {
    /// The commit that the branch was at when it was compared.
    pub tip: CommitSha,
    /// Where the commit is, seen from the branch.
    pub relation: Relation,
    /// The commits that the branch lacks, at most the latest 250.
    pub commits: Vec<CommitSha>,
    /// The parents of those among these that are merge commits.
    pub merges: Vec<Vec<CommitSha>>,
    /// The paths that they change since the two had a commit in common, at most 300.
    pub files: Vec<String>,
}

/// Compares a commit with what is at `base`, a branch or a commit. Needs `contents: read`.
pub async fn gain(
    github: &GitHub,
    repository: &RepoSlug,
    base: &str,
    head: &CommitSha,
) -> Result<Gain, ApiError> {
    #[derive(Deserialize)]
    struct Reply {
        base_commit: Id,
        status: Relation,
        #[serde(default)]
        commits: Vec<WithParents>,
        #[serde(default)]
        files: Vec<File>,
    }
    #[derive(Deserialize)]
    struct WithParents {
        #[serde(flatten)]
        id: Id,
        #[serde(default)]
        parents: Vec<Id>,
    }
    #[derive(Deserialize)]
    struct File {
        filename: String,
        #[serde(default)]
        previous_filename: Option<String>,
    }
    // Without limits for a page GitHub names the latest commits rather than the oldest.
    let route = path::repo(repository, &format!("/compare/{}...{head}", path::ref_name(base)));
    let reply: Reply = github.read(&route).await?.decode()?;
    let merges = reply.commits.iter().filter(|commit| commit.parents.len() > 1);
    Ok(Gain {
        tip: reply.base_commit.sha,
        relation: reply.status,
        merges: merges.map(|merge| merge.parents.iter().map(|parent| parent.sha.clone()).collect()).collect(),
        commits: reply.commits.into_iter().map(|commit| commit.id.sha).collect(),
        files: reply
            .files
            .into_iter()
            .flat_map(|file| std::iter::once(file.filename).chain(file.previous_filename))
            .collect(),
    })
}
