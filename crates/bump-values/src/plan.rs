//! Decides what to do with the files as they are.

use github::snapshot::CommitNote;
use model::Failure;

use crate::{
    edit::{EditedFile, apply},
    images::Search,
    request::{OnStale, Request},
    stale::{Newer, newer},
};

/// The files as they were found.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// The bytes of each, in the order of the request's.
    pub(crate) files: Vec<Vec<u8>>,
    /// The branch's latest commits, newest first; empty where there are none to look at.
    pub(crate) history: Vec<CommitNote>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Every value is there already.
    Nothing(Vec<EditedFile>),
    /// A newer run was faster; its value stays.
    Superseded(Vec<EditedFile>, Newer),
    /// These files are to be written.
    Write(Vec<EditedFile>),
}

/// Decides.
pub(crate) fn plan(request: &Request, facts: Facts) -> Result<Plan, Failure> {
    let mut edited = Vec::with_capacity(facts.files.len());
    let mut images = Search::new(&request.images);
    let mut newest: Option<Newer> = None;
    for (file, bytes) in request.files.iter().zip(facts.files) {
        let file = apply(file, &mut images, bytes)?;
        newest = newest.or_else(|| newer(&file, &facts.history, &request.origin));
        edited.push(file);
    }
    images.finish()?;
    Ok(match newest {
        None if !edited.iter().any(EditedFile::changed) => Plan::Nothing(edited),
        Some(newer) if request.on_stale != OnStale::Overwrite => Plan::Superseded(edited, newer),
        _ => Plan::Write(edited),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::tests::request;

    fn found(texts: &[&str], history: &[&str]) -> Facts {
        let note = |text: &&str| CommitNote { oid: "0".repeat(40), message: (*text).to_owned() };
        let bytes = |text: &&str| text.as_bytes().to_vec();
        Facts { files: texts.iter().map(bytes).collect(), history: history.iter().map(note).collect() }
    }

    const NEWER: &str =
        "x\n\nBump-Source: org/product@a\nBump-Workflow: dev\nBump-Run: 9\nBump-Path: v.yaml:tag";

    #[test]
    fn nothing_if_the_value_is_there() {
        let request = request(&["v.yaml"], &["tag=v1"]);
        assert!(matches!(plan(&request, found(&["tag: v1\n"], &[NEWER])).unwrap(), Plan::Nothing(_)));
    }

    #[test]
    fn a_newer_value_stays_unless_it_may_be_overwritten() {
        let mut request = request(&["v.yaml"], &["tag=v1"]);
        let file = || found(&["tag: v2\n"], &[NEWER]);
        assert!(matches!(plan(&request, file()).unwrap(), Plan::Superseded(_, Newer { run: 9, .. })));
        request.on_stale = OnStale::Overwrite;
        assert!(matches!(plan(&request, file()).unwrap(), Plan::Write(_)));
    }

    #[test]
    fn one_bad_file_stops_all() {
        let request = request(&["v.yaml", "w.yaml"], &["tag=v1"]);
        assert!(plan(&request, found(&["tag: v0\n", "other: 1\n"], &[])).is_err());
    }
}
