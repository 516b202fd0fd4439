//! Which of two commits contains the other, asked of GitHub.

use std::collections::BTreeMap;

use github::{
    GitHub,
    compare::{self, Relation},
};
use model::{CommitSha, RepoSlug};
use toolkit::Host;

use crate::stale::Rival;

/// The commits that two values stand for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sources {
    /// That of the value that is there.
    pub(crate) theirs: CommitSha,
    /// That of the value that is wanted.
    pub(crate) ours: CommitSha,
}

/// What is known: where ours is, seen from theirs; none if GitHub could not tell. Commits never change their places, so
/// that nothing is asked twice.
#[derive(Debug, Default)]
pub(crate) struct Ancestry(BTreeMap<Sources, Option<Relation>>);

impl Ancestry {
    /// Returns where ours is, seen from theirs.
    pub(crate) fn relation(&self, sources: &Sources) -> Option<Relation> {
        self.0.get(sources).copied().flatten()
    }

    /// Asks for what is not known yet. An answer that does not come is none: the commits may be in a repository that the
    /// token cannot read, or be none of it at all.
    pub(crate) async fn learn(
        &mut self,
        github: &GitHub,
        repository: &RepoSlug,
        rivals: &[Rival],
        host: &Host,
    ) {
        for sources in rivals.iter().filter_map(|rival| rival.sources.as_ref()) {
            if self.0.contains_key(sources) {
                continue;
            }
            let Sources { theirs, ours } = sources;
            let relation = if theirs == ours {
                Some(Relation::Identical)
            } else {
                match compare::compare(github, repository, theirs.as_str(), ours.as_str()).await {
                    Ok(comparison) => Some(comparison.status),
                    Err(error) => {
                        let (theirs, ours) = (theirs.short(), ours.short());
                        host.info(&format!(
                            "{repository} cannot tell whether {ours} contains {theirs}, so the run numbers decide: {error}"
                        ));
                        None
                    }
                }
            };
            self.0.insert(sources.clone(), relation);
        }
    }
}

#[cfg(test)]
impl<const N: usize> From<[(Sources, Option<Relation>); N]> for Ancestry {
    fn from(known: [(Sources, Option<Relation>); N]) -> Self {
        Self(known.into())
    }
}
