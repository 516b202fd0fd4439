//! Which of an application's revisions is ours, and how others lie to it.

mod place;

use std::collections::BTreeMap;

use model::Deadline;

use crate::{
    ancestry, hydration,
    repository::Repository,
    request::Request,
    wire::{Application, Revisions},
};

pub(crate) use place::{Place, place};

/// How another commit lies to ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lineage {
    /// It contains ours.
    After,
    /// Ours contains it.
    Before,
    /// Neither contains the other.
    Apart,
    /// Nobody can tell, and this is why, with what would help.
    Unknown(String),
}

/// What was found out besides the application's own state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// How commits other than ours lie to it.
    pub(crate) lineages: BTreeMap<String, Lineage>,
    /// The commit that was made from ours by the hydrator, once that was seen: a later one takes its place in the status.
    pub(crate) hydrated: Option<String>,
}

/// How a revision that the application shows stands to ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// It is another one, and not known to contain ours.
    Other,
    /// It is another one, and nobody has asked yet how it lies to ours.
    Unasked,
    /// There is none.
    Missing,
    /// It contains ours.
    After,
    /// It is ours.
    Ours,
}

/// Our revision in one application.
#[derive(Debug, Clone)]
pub(crate) struct Ours<'a> {
    pub(crate) request: &'a Request,
    /// What our operation carries.
    pub(crate) mark: &'a str,
    known: &'a Known,
    place: Place,
    /// None as long as the hydrator has made no commit from it.
    revision: Option<&'a str>,
}

impl<'a> Ours<'a> {
    /// Finds it. In an application without our repository nothing is ours.
    pub(crate) fn of(app: &'a Application, request: &'a Request, mark: &'a str, known: &'a Known) -> Self {
        let revision = match app.spec.source_hydrator {
            None => Some(request.revision.as_str()),
            Some(_) => known.hydrated.as_deref().or_else(|| hydration::hydrated(app, request, known)),
        };
        let place = place(&app.spec, &request.origin).unwrap_or(Place::Among(Vec::new()));
        Self { request, mark, known, place, revision }
    }

    /// The commit to sync; empty if there is none yet.
    pub(crate) fn revision(&self) -> &'a str {
        self.revision.unwrap_or_default()
    }

    /// The positions of our sources, counted from 1, if the application has several.
    pub(crate) fn positions(&self) -> Option<Vec<usize>> {
        match &self.place {
            Place::Only => None,
            Place::Among(indices) => Some(indices.iter().map(|index| index + 1).collect()),
        }
    }

    /// Returns the revision at our place; of several places the one that stands worst. Empty if there is none.
    pub(crate) fn at<'b>(&self, revisions: Revisions<'b>) -> &'b str {
        match &self.place {
            Place::Only => revisions.only,
            Place::Among(indices) => indices
                .iter()
                .map(|index| revisions.each.get(*index).map_or("", String::as_str))
                .min_by_key(|revision| self.standing(revision))
                .unwrap_or_default(),
        }
    }

    /// Tells how a revision stands to ours.
    pub(crate) fn standing(&self, revision: &str) -> Standing {
        if revision.is_empty() {
            return Standing::Missing;
        }
        if Some(revision) == self.revision {
            return Standing::Ours;
        }
        match self.known.lineages.get(revision) {
            None => Standing::Unasked,
            Some(Lineage::After) => Standing::After,
            Some(Lineage::Before | Lineage::Apart | Lineage::Unknown(_)) => Standing::Other,
        }
    }

    /// Whether a revision is ours or contains it.
    pub(crate) fn reaches(&self, revision: &str) -> bool {
        self.standing(revision) >= Standing::After
    }

    /// Whether ours contains a revision.
    pub(crate) fn is_older(&self, revision: &str) -> bool {
        self.known.lineages.get(revision) == Some(&Lineage::Before)
    }

    /// Whether what the branch holds is neither ours nor older.
    pub(crate) fn are_overtaken_by(&self, head: Revisions<'_>) -> bool {
        let head = self.at(head);
        match self.standing(head) {
            Standing::After => true,
            Standing::Other => !self.is_older(head),
            Standing::Unasked | Standing::Missing | Standing::Ours => false,
        }
    }

    /// Finds out how another commit lies to ours.
    pub(crate) async fn ask(&self, app: &Application, theirs: &str, deadline: Deadline) -> Lineage {
        self.ask_from(app, self.revision(), theirs, deadline).await
    }

    /// The same for another commit of ours, such as the one that is to be hydrated.
    pub(crate) async fn ask_from(
        &self,
        app: &Application,
        from: &str,
        theirs: &str,
        deadline: Deadline,
    ) -> Lineage {
        let index = match &self.place {
            Place::Only => 0,
            Place::Among(indices) => indices.first().copied().unwrap_or_default(),
        };
        let sources = app.spec.sources();
        let address = sources.get(index).map(|source| source.repo_url.as_str()).unwrap_or_default();
        let repository = Repository::of(address);
        // It is rarely asked for, and large.
        Box::pin(ancestry::lineage(&self.request.origin, &repository, (from, theirs), deadline)).await
    }

    /// Says how another revision lies to ours, to follow it: ", which is older than ours".
    pub(crate) fn describe(&self, revision: &str) -> String {
        match self.known.lineages.get(revision) {
            Some(Lineage::After) => ", which contains ours".to_owned(),
            Some(Lineage::Before) => ", which is older than ours".to_owned(),
            Some(Lineage::Apart) => ", which does not contain ours".to_owned(),
            Some(Lineage::Unknown(reason)) => format!("; whether it contains ours is not known: {reason}"),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixtures::{MARK, OTHER, SHA, request, with};

    #[test]
    fn a_head_that_is_neither_ours_nor_older_has_gone_on() {
        let head = Revisions { only: OTHER, each: &[] };
        for (lineage, expected) in [
            (Some(Lineage::After), true),
            (Some(Lineage::Apart), true),
            (Some(Lineage::Before), false),
            (None, false),
        ] {
            let lineages = lineage.clone().map(|lineage| (OTHER.to_owned(), lineage)).into_iter().collect();
            let known = Known { lineages, ..Known::default() };
            let (app, request) = (with(&[]), request());
            let ours = Ours::of(&app, &request, MARK, &known);
            assert_eq!(ours.are_overtaken_by(head), expected, "{lineage:?}");
            assert!(!ours.are_overtaken_by(Revisions { only: SHA, each: &[] }));
        }
    }

    #[test]
    fn of_several_places_the_worst_counts() {
        let source = |url: &str| json!({"repoURL": url});
        let sources = json!([
            source("https://github.com/org/x"),
            source("https://h/y"),
            source("git@github.com:org/x.git")
        ]);
        let app = with(&[("/spec/sources", sources)]);
        let known = Known { lineages: [("later".to_owned(), Lineage::After)].into(), ..Known::default() };
        let mut request = request();
        request.origin.repository = Some("https://github.com/org/x".parse().unwrap());
        let ours = Ours::of(&app, &request, MARK, &known);
        assert_eq!(ours.positions(), Some(vec![1, 3]));
        for (revisions, expected) in [
            ([SHA, OTHER, SHA], Standing::Ours),
            (["later", OTHER, SHA], Standing::After),
            // A second source of the same repository was left behind (argoproj/argo-cd#29716).
            ([SHA, OTHER, OTHER], Standing::Unasked),
            ([SHA, OTHER, ""], Standing::Missing),
        ] {
            let each = revisions.map(str::to_owned);
            let revision = ours.at(Revisions { only: "", each: &each });
            assert_eq!(ours.standing(revision), expected, "{each:?}");
        }
        assert_eq!(ours.at(Revisions { only: SHA, each: &[] }), "");
    }
}
