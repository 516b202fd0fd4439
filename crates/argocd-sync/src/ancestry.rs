//! How another commit lies to ours: asked of GitHub, once for each.

use std::time::Duration;

use github::{GitHub, compare};
use model::Deadline;

use crate::{
    ours::Lineage,
    repository::Repository,
    request::{GitHubAccess, Origin},
};

/// An answer that takes longer is of no use.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks how `theirs` lies to `ours`. It never fails: without an answer nobody knows.
pub(crate) async fn lineage(
    origin: &Origin,
    repository: &Repository,
    (ours, theirs): (&str, &str),
    deadline: Deadline,
) -> Lineage {
    let Some(access) = &origin.github else {
        return Lineage::Unknown(format!(
            "`github-token` is empty; one with `contents: read` on {repository} tells"
        ));
    };
    match ask(access, repository, (ours, theirs), deadline).await {
        Ok(lineage) => lineage,
        Err(reason) => Lineage::Unknown(reason),
    }
}

async fn ask(
    access: &GitHubAccess,
    repository: &Repository,
    (ours, theirs): (&str, &str),
    deadline: Deadline,
) -> Result<Lineage, String> {
    let Some(slug) = repository.slug_on(&access.server) else {
        return Err(format!("{repository} is not on {}, which is all that can be asked", access.server));
    };
    let deadline = Deadline::after(deadline.cap(PATIENCE));
    let github =
        GitHub::new(access.endpoints.clone(), &access.token, deadline).map_err(|failure| failure.cause)?;
    let compared = compare::compare(&github, &slug, ours, theirs).await;
    let compared = compared.map_err(|error| {
        let failure = error.into_failure(&format!("compare {ours} with {theirs} in {slug}"));
        format!("{}; `github-token` needs `contents: read` there", failure.cause)
    })?;
    Ok(match compared.status {
        compare::Relation::Identical | compare::Relation::Ahead => Lineage::After,
        compare::Relation::Behind => Lineage::Before,
        compare::Relation::Diverged => Lineage::Apart,
    })
}
