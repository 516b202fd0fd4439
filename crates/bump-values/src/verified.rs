//! Whether the commit is shown as *Verified*: read from GitHub's reply, or asked for, never assumed.

use github::{GitHub, commits};
use model::{Failure, RepoSlug};

use crate::{codes::COMMIT_NOT_VERIFIED, request::Remote, way::Way};

/// Asks whether a commit is verified, where no reply has said so; none if there is no answer.
pub(crate) async fn asked(github: &GitHub, repository: &RepoSlug, commit: &str) -> Option<bool> {
    let commit = commit.parse().ok()?;
    let found = commits::get(github, repository, &commit).await.ok()?;
    found.verification.map(|verification| verification.verified)
}

/// Returns the failure of a commit that is on the branch without being verified, where that is required.
pub(crate) fn missing(way: &Way, remote: &Remote, commit: &str, verified: Option<bool>) -> Option<Failure> {
    let required = remote.require_verified.unwrap_or(way.signs());
    if !required || verified == Some(true) {
        return None;
    }
    let seen = if verified.is_some() {
        "GitHub does not show it as verified"
    } else {
        "GitHub did not say whether it is verified"
    };
    let failure = Failure::new(&COMMIT_NOT_VERIFIED, format!("commit {commit} is on {remote}, but {seen}"));
    Some(failure.with_note(reason(way)))
}

/// Why that happens, by the way that was taken.
fn reason(way: &Way) -> &'static str {
    match way {
        Way::Graphql(_) => {
            "GitHub signs every commit that is made by GraphQL; a GitHub Enterprise Server does so only if its \
             administrator has set up web commit signing."
        }
        Way::GitData(_) => {
            "GitHub signs commits in its Git database for the workflow's token and for GitHub Apps, not for a person's \
             token; a GitHub Enterprise Server only if its administrator has set up web commit signing."
        }
        Way::Git(_) => "Nobody signs the commits that Git makes here.",
    }
}
