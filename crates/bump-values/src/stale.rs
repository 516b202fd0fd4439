//! Never an older value over a newer one.

use github::snapshot::CommitNote;

use crate::{
    edit::EditedFile,
    message::{self, place},
    origin::Origin,
};

/// A newer run that has set a value before us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Newer {
    /// Its number.
    pub(crate) run: u64,
    /// Its commit.
    pub(crate) commit: String,
    /// Which value.
    pub(crate) place: String,
}

/// Finds a newer run among the branch's commits, newest first.
///
/// For each value that would change the last bump that set it counts. Run numbers are comparable only within one workflow of one
/// repository; a bump from elsewhere, or a person's commit, is never "newer".
pub(crate) fn newer(file: &EditedFile, history: &[CommitNote], origin: &Origin) -> Option<Newer> {
    let ours = origin.run?;
    file.changes.iter().filter(|change| change.changed).find_map(|change| {
        let place = place(&file.path, &change.path);
        let (commit, bump) = history
            .iter()
            .map(|commit| (commit, message::read(&commit.message)))
            .find(|(_, bump)| bump.places.contains(&place))?;
        let comparable = bump.repository == origin.repository && bump.workflow == origin.workflow;
        let run = bump.run.filter(|&run| comparable && run > ours)?;
        Some(Newer { run, commit: commit.oid.clone(), place })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::tests::request;

    fn commit(text: &str) -> CommitNote {
        CommitNote { oid: "0".repeat(40), message: format!("x\n\n{text}") }
    }

    #[test]
    fn only_a_greater_run_of_the_same_workflow_and_value_counts() {
        let request = request(&["v.yaml"], &["tag=v1"]);
        let newer = |messages: &[&str]| {
            let history: Vec<_> = messages.iter().map(|text| commit(text)).collect();
            let file = crate::edit::apply(
                &request.files[0],
                &mut crate::images::Search::new(&[]),
                b"tag: v0\n".to_vec(),
            )
            .unwrap();
            newer(&file, &history, &request.origin).map(|newer| newer.run)
        };
        let by = |run: u32, rest: &str| {
            format!("Bump-Source: org/product@abc\nBump-Workflow: dev\nBump-Run: {run}\n{rest}")
        };
        let eight = by(8, "Bump-Path: v.yaml:tag");
        let six = by(6, "Bump-Path: v.yaml:tag");
        assert_eq!(newer(&[&eight]), Some(8));
        assert_eq!(newer(&["a person's", &eight]), Some(8));
        assert_eq!(newer(&[&six, &eight]), None);
        assert_eq!(newer(&[&by(7, "Bump-Path: v.yaml:tag")]), None);
        assert_eq!(newer(&[&by(8, "Bump-Path: v.yaml:other")]), None);
        assert_eq!(newer(&[&by(8, "Bump-Path: v.yaml:other"), &eight]), Some(8));
        assert_eq!(newer(&["Bump-Source: org/other@abc\nBump-Run: 8\nBump-Path: v.yaml:tag"]), None);
        assert_eq!(
            newer(&["Bump-Source: org/product@abc\nBump-Workflow: prod\nBump-Run: 8\nBump-Path: v.yaml:tag"]),
            None
        );
    }
}
