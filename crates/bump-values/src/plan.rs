//! Decides what to do with the files as they are.

use model::Failure;

use crate::{
    ancestry::Ancestry,
    edit::{self, EditedFile},
    request::{OnStale, Request},
    stale::{Newer, Rival, newer},
};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Every value is there already.
    Nothing(Vec<EditedFile>),
    /// A newer value is there; it stays.
    Superseded(Vec<EditedFile>, Newer),
    /// These files are to be written.
    Write(Vec<EditedFile>),
}

/// Applies the request to the bytes of its files, which are in its order.
pub(crate) fn edit(request: &Request, files: Vec<Vec<u8>>) -> Result<Vec<EditedFile>, Failure> {
    edit::all(request, files)
}

/// Decides. `rivals` are the values that would be replaced, none where nothing is known of them.
pub(crate) fn plan(
    request: &Request,
    edited: Vec<EditedFile>,
    rivals: Vec<Rival>,
    ancestry: &Ancestry,
) -> Plan {
    if !edited.iter().any(EditedFile::changed) {
        return Plan::Nothing(edited);
    }
    match newer(rivals, ancestry) {
        Some(newer) if request.on_stale != OnStale::Overwrite => Plan::Superseded(edited, newer),
        _ => Plan::Write(edited),
    }
}

#[cfg(test)]
mod tests {
    use github::snapshot::CommitNote;

    use super::*;
    use crate::{
        args::tests::request,
        stale::{Why, rivals},
    };

    fn planned(request: &Request, text: &str) -> Plan {
        let note = CommitNote { oid: "0".repeat(40), message: NEWER.to_owned() };
        let edited = edit(request, vec![text.into()]).unwrap();
        let rivals = rivals(&edited, &[note], &request.origin);
        plan(request, edited, rivals, &Ancestry::default())
    }

    const NEWER: &str =
        "x\n\nBump-Source: org/product@a\nBump-Workflow: dev\nBump-Run: 9\nBump-Path: v.yaml:tag";

    #[test]
    fn nothing_if_the_value_is_there() {
        let request = request(&["v.yaml"], &["tag=v1"]);
        assert!(matches!(planned(&request, "tag: v1\n"), Plan::Nothing(_)));
    }

    #[test]
    fn a_newer_value_stays_unless_it_may_be_overwritten() {
        let mut request = request(&["v.yaml"], &["tag=v1"]);
        let stays = planned(&request, "tag: v2\n");
        assert!(matches!(stays, Plan::Superseded(_, Newer { why: Why::Run(9), .. })));
        request.on_stale = OnStale::Overwrite;
        assert!(matches!(planned(&request, "tag: v2\n"), Plan::Write(_)));
    }

    #[test]
    fn one_bad_file_stops_all() {
        let request = request(&["v.yaml", "w.yaml"], &["tag=v1"]);
        assert!(edit(&request, vec!["tag: v0\n".into(), "other: 1\n".into()]).is_err());
    }
}
