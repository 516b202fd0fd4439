//! Decides what to do with the files as they are.

use github::{GitHub, snapshot::CommitNote};
use model::{Failure, RepoSlug};
use toolkit::{Host, Phases};

use crate::{
    ancestry::Ancestry,
    edit::{self, EditedFile, without},
    request::{OnStale, Request},
    stale::{Newer, Rival, newer, rivals},
};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Every value is there already.
    Nothing(Vec<EditedFile>),
    /// Newer values are there, of which this is the first; they stay, and there is nothing else to do.
    Superseded(Vec<EditedFile>, Newer),
    /// These files are to be written, without the values that are left.
    Write(Vec<EditedFile>),
}

/// Decides what to do with the files of a branch, whichever way they are written.
pub(crate) struct Planner<'a> {
    pub(crate) request: &'a Request,
    /// Who is asked which of two commits contains the other.
    pub(crate) judge: Option<&'a GitHub>,
    /// The repository that is written to. The values' commits are of the run's own, if there is one.
    pub(crate) repository: Option<&'a RepoSlug>,
    pub(crate) host: &'a Host,
    pub(crate) phases: &'a Phases,
}

impl Planner<'_> {
    /// Decides; `history` are the branch's latest bumps, newest first.
    pub(crate) async fn plan(
        &self,
        files: Vec<EditedFile>,
        history: &[CommitNote],
        ancestry: &mut Ancestry,
    ) -> Result<Plan, Failure> {
        let rivals = rivals(&files, history, &self.request.origin);
        if let (Some(judge), Some(sources)) =
            (self.judge, self.request.origin.repository.as_ref().or(self.repository))
            && self.request.on_stale != OnStale::Overwrite
        {
            let learn = ancestry.learn(judge, sources, &rivals, self.host);
            self.phases.time("compare", learn).await;
        }
        plan(self.request, files, rivals, ancestry)
    }
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
) -> Result<Plan, Failure> {
    if !edited.iter().any(EditedFile::changed) {
        return Ok(Plan::Nothing(edited));
    }
    let newer = match request.on_stale {
        OnStale::Overwrite => Vec::new(),
        OnStale::Skip | OnStale::Fail => newer(rivals, ancestry),
    };
    let Some(first) = newer.first() else { return Ok(Plan::Write(edited)) };
    let rest = without(edited.clone(), &newer, request.permit)?;
    if request.on_stale == OnStale::Skip && rest.iter().any(EditedFile::changed) {
        return Ok(Plan::Write(rest));
    }
    let marked = edited.into_iter().zip(rest).map(|(file, rest)| EditedFile { left: rest.left, ..file });
    Ok(Plan::Superseded(marked.collect(), first.clone()))
}

#[cfg(test)]
mod tests {
    use github::snapshot::CommitNote;

    use super::*;
    use crate::{args::tests::request, edit::left, stale::Why};

    fn planned(request: &Request, text: &str) -> Plan {
        let note = CommitNote { oid: "0".repeat(40), message: NEWER.to_owned() };
        let edited = edit(request, vec![text.into()]).unwrap();
        let rivals = rivals(&edited, &[note], &request.origin);
        plan(request, edited, rivals, &Ancestry::default()).unwrap()
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
    fn only_what_is_newer_stays() {
        let mut request = request(&["v.yaml"], &["tag=v1", "other=v1"]);
        let text = "tag: v2\nother: v0\n";
        let Plan::Write(files) = planned(&request, text) else { panic!("the other value is lost") };
        assert_eq!(files[0].after, "tag: v2\nother: v1\n");
        assert_eq!((files[0].changes.len(), left(&files).len()), (1, 1));
        // There is nothing else to do.
        let all = planned(&request, "tag: v2\nother: v1\n");
        assert!(matches!(all, Plan::Superseded(files, _) if left(&files).len() == 1));
        request.on_stale = OnStale::Fail;
        assert!(matches!(planned(&request, text), Plan::Superseded(..)), "all or nothing");
    }

    #[test]
    fn one_bad_file_stops_all() {
        let request = request(&["v.yaml", "w.yaml"], &["tag=v1"]);
        assert!(edit(&request, vec!["tag: v0\n".into(), "other: 1\n".into()]).is_err());
    }
}
