//! What GitHub says of a repository (<https://docs.github.com/en/rest/repos/repos#get-a-repository>).

use model::RepoSlug;
use serde::Deserialize;

use crate::{ApiError, GitHub, path};

/// Reads the id that GraphQL's mutations take. Needs `metadata: read`.
pub async fn node_id(github: &GitHub, repository: &RepoSlug) -> Result<String, ApiError> {
    #[derive(Deserialize)]
    struct Reply {
        node_id: String,
    }
    Ok(github.read(&path::repo(repository, "")).await?.decode::<Reply>()?.node_id)
}
