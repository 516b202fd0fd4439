//! What a bump says about itself in its message.

use model::{CommitSha, RepoSlug};

/// The trailers of a bump.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bump {
    pub(crate) repository: Option<RepoSlug>,
    pub(crate) sha: Option<CommitSha>,
    pub(crate) workflow: Option<String>,
    pub(crate) run: Option<u64>,
    pub(crate) places: Vec<String>,
    pub(crate) nonce: Option<String>,
}

/// Reads the trailers of a message. Lines count wherever they are, since a squash moves them.
pub(crate) fn read(message: &str) -> Bump {
    let mut bump = Bump::default();
    for line in message.lines() {
        let Some((key, value)) = line.split_once(": ") else { continue };
        let value = value.trim();
        match key {
            "Bump-Source" => {
                let (repository, sha) = value.rsplit_once('@').unwrap_or((value, ""));
                bump.repository = repository.parse().ok();
                bump.sha = sha.parse().ok();
            }
            "Bump-Workflow" => bump.workflow = Some(value.to_owned()),
            "Bump-Run" => bump.run = value.parse().ok(),
            "Bump-Path" => bump.places.push(value.to_owned()),
            "Bump-Nonce" => bump.nonce = Some(value.to_owned()),
            _ => {}
        }
    }
    bump
}
