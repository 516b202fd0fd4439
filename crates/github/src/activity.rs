//! When a branch got a commit, by the server's own clock
//! (<https://docs.github.com/en/rest/repos/repos#list-repository-activities>). A commit's dates are its author's word.

use model::{CommitSha, RepoSlug};
use serde::Deserialize;

use crate::{ApiError, GitHub, de, path};

#[derive(Deserialize)]
struct Activity {
    #[serde(default, deserialize_with = "de::maybe")]
    after: Option<CommitSha>,
    #[serde(default)]
    timestamp: String,
}

/// What the server says about a branch and a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// The branch was moved to the commit.
    At {
        /// When it was for the last time that is listed, RFC 3339.
        moment: String,
        /// Whether no later move of the branch is listed. If the branch is at the commit and this is false, the list
        /// lags behind: the branch may have left the commit and come back to it.
        is_latest: bool,
    },
    /// The list does not have it: it lags behind, or it was long ago.
    Unlisted,
    /// The server keeps no such list: GitHub Enterprise Server before 3.9.
    Unsupported,
}

/// Returns when `branch` was last moved to `sha`. Needs `contents: read`.
pub async fn pushed(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &str,
    sha: &CommitSha,
) -> Result<Pushed, ApiError> {
    let query = format!("/activity?per_page=100&ref={}", path::part(&format!("refs/heads/{branch}")));
    match github.read(&path::repo(repository, &query)).await {
        Ok(reply) => Ok(find(&reply.decode::<Vec<Activity>>()?, sha)),
        Err(error) if error.status() == Some(404) => Ok(Pushed::Unsupported),
        Err(error) => Err(error),
    }
}

/// The newest activity comes first. Of a branch that is at `sha` the newest is the push in question, so that
/// further pages would help nobody.
fn find(activities: &[Activity], sha: &CommitSha) -> Pushed {
    let is_it = |activity: &Activity| activity.after.as_ref() == Some(sha);
    match activities
        .iter()
        .position(is_it)
        .and_then(|place| activities.get(place).map(|found| (place, found)))
    {
        Some((place, found)) if !found.timestamp.is_empty() => {
            Pushed::At { moment: found.timestamp.clone(), is_latest: place == 0 }
        }
        _ => Pushed::Unlisted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_that_lags_behind_is_told_apart() {
        let sha = |digit: &str| digit.repeat(40);
        let find = |after: &[&str]| {
            let list = after.iter().map(|digit| json!({ "after": sha(digit), "timestamp": "t" })).collect();
            super::find(&serde_json::from_value::<Vec<Activity>>(list).unwrap(), &sha("b").parse().unwrap())
        };
        let at = |is_latest| Pushed::At { moment: "t".to_owned(), is_latest };
        assert_eq!(find(&["b", "a", "b"]), at(true));
        assert_eq!(find(&["a", "b"]), at(false));
        assert_eq!(find(&["a"]), Pushed::Unlisted);
        assert_eq!(find(&[]), Pushed::Unlisted);
    }
}
