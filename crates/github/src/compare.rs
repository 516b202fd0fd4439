//! How two commits lie to each other (<https://docs.github.com/en/rest/commits/commits#compare-two-commits>).

use model::RepoSlug;
use serde::Deserialize;

use crate::{ApiError, GitHub, path};

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
