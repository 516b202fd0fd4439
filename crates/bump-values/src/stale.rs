//! Never an older value over a newer one.
//!
//! What is newer is decided by what the values stand for: of two commits the one that contains the other. Run numbers are
//! the order of events, not of merges (a pull request that was opened first may be merged last), so that they decide only
//! where the commits do not.

use std::fmt;

use github::{compare::Relation, snapshot::CommitNote};
use model::CommitSha;

use crate::{
    ancestry::{Ancestry, Sources},
    edit::EditedFile,
    message::{self, place},
    origin::Origin,
};

/// A value that is to be replaced, and what is known of where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rival {
    place: String,
    /// The bump that set it, if that is among the latest commits.
    commit: Option<String>,
    /// The run of that bump, if it is a later one of our workflow.
    run: Option<u64>,
    /// What it stands for, and ours.
    pub(crate) sources: Option<Sources>,
}

/// A newer value than ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Newer {
    /// Which value.
    pub(crate) place: String,
    /// The commit that set it, if it is known.
    pub(crate) commit: Option<String>,
    /// Why it is newer.
    pub(crate) why: Why,
}

/// What makes a value newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its commit contains ours.
    Contains(Sources),
    /// A later run of our workflow has set it.
    Run(u64),
    /// It is of the same image as this place, where the value is newer.
    Belongs(String),
}

impl fmt::Display for Newer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Contains(Sources { theirs, ours }) => {
                write!(formatter, "{} is for {theirs} already, which contains {ours}", self.place)?;
            }
            Why::Run(run) => write!(formatter, "run {run} has set {} already", self.place)?,
            Why::Belongs(other) => {
                write!(formatter, "{} belongs to {other}, which is newer", self.place)?;
            }
        }
        match &self.commit {
            Some(commit) => write!(formatter, " (commit {commit})"),
            None => Ok(()),
        }
    }
}

/// Lists the values that would change. For each the last bump that set it counts, among commits newest first.
///
/// Run numbers are comparable only within one workflow of one repository; a bump from elsewhere is never "newer".
pub(crate) fn rivals(files: &[EditedFile], history: &[CommitNote], origin: &Origin) -> Vec<Rival> {
    let id = |text: &str| text.parse::<CommitSha>().ok();
    let source = message::source(origin, files);
    let changes = files.iter().flat_map(|file| file.changes.iter().map(move |change| (file, change)));
    changes
        .filter(|(_, change)| change.changed)
        .map(|(file, change)| {
            let place = place(&file.path, &change.path);
            let last = history
                .iter()
                .map(|commit| (commit, message::read(&commit.message)))
                .find(|(_, bump)| bump.places.contains(&place));
            let is_elsewhere = last.as_ref().is_some_and(|(_, bump)| bump.repository != origin.repository);
            let of_values = change.old.as_deref().and_then(id).zip(id(&change.new));
            let of_trailers = || last.as_ref().and_then(|(_, bump)| bump.sha.clone()).zip(source.clone());
            let sources = of_values.or_else(of_trailers).filter(|_| !is_elsewhere);
            let run = last.as_ref().and_then(|(_, bump)| {
                let is_comparable = !is_elsewhere && bump.workflow == origin.workflow;
                bump.run.filter(|run| is_comparable && origin.run.is_some_and(|ours| *run > ours))
            });
            Rival {
                place,
                commit: last.map(|(commit, _)| commit.oid.clone()),
                run,
                sources: sources.map(|(theirs, ours)| Sources { theirs, ours }),
            }
        })
        .collect()
}

/// Finds the values that are newer than ours.
pub(crate) fn newer(rivals: Vec<Rival>, ancestry: &Ancestry) -> Vec<Newer> {
    let newer = |Rival { place, commit, run, sources }: Rival| {
        let relation = sources.as_ref().and_then(|sources| ancestry.relation(sources));
        let why = match (relation, sources) {
            (Some(Relation::Behind), Some(sources)) => Why::Contains(sources),
            (Some(Relation::Ahead), _) => return None,
            _ => Why::Run(run?),
        };
        Some(Newer { place, commit, why })
    };
    rivals.into_iter().filter_map(newer).collect()
}

#[cfg(test)]
mod tests;
