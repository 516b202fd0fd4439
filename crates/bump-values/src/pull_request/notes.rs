//! What the bumps of a branch say about themselves. One commit can speak for several bumps: that of a pull request which
//! was rebuilt, or a squashed one. Each bump's lines end with its nonce.

use github::snapshot::CommitNote;

use crate::message::{self, Bump};

/// Splits a message into the parts of its bumps, oldest first; a message without any is one part.
fn parts(message: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in message.lines() {
        if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
        if line.starts_with("Bump-Nonce: ") {
            parts.push(String::new());
        }
    }
    // What comes after the last nonce is a part only if it is a bump's.
    let is_bump = |text: &str| !message::read(text).places.is_empty();
    if parts.len() > 1 && parts.last().is_some_and(|last| !is_bump(last)) {
        parts.pop();
    }
    parts
}

/// Gives each bump an entry of its own, newest first as the commits are.
pub(crate) fn each(history: &[CommitNote]) -> Vec<CommitNote> {
    let of_commit = |commit: &CommitNote| {
        let oid = commit.oid.clone();
        parts(&commit.message).into_iter().rev().map(move |message| CommitNote { oid: oid.clone(), message })
    };
    history.iter().flat_map(of_commit).collect()
}

/// Whether a commit is a bump's and nobody else's.
pub(super) fn is_bump(commit: &CommitNote) -> bool {
    parts(&commit.message).iter().all(|part| message::read(part).nonce.is_some())
}

/// Finds the commit that speaks for the bump with this nonce.
pub(super) fn with_nonce<'c>(commits: &'c [CommitNote], nonce: &str) -> Option<&'c CommitNote> {
    let has = |part: &String| message::read(part).nonce.as_deref() == Some(nonce);
    commits.iter().find(|commit| parts(&commit.message).iter().any(has))
}

/// Returns the bumps of commits, oldest first, each with the places that no later one has set.
pub(super) fn standing(commits: &[CommitNote]) -> Vec<Bump> {
    let mut bumps: Vec<Bump> = Vec::new();
    for part in commits.iter().flat_map(|commit| parts(&commit.message)) {
        let bump = message::read(&part);
        without(&mut bumps, &bump.places);
        if !bump.places.is_empty() {
            bumps.push(bump);
        }
    }
    bumps
}

/// Takes places away from bumps that a later one has set, and bumps that have none left.
pub(super) fn without(bumps: &mut Vec<Bump>, places: &[String]) {
    for bump in bumps.iter_mut() {
        bump.places.retain(|place| !places.contains(place));
    }
    bumps.retain(|bump| !bump.places.is_empty());
}

/// The lines that [`message::read`] reads.
pub(super) fn trailers(bump: &Bump) -> String {
    let mut lines: Vec<String> = Vec::new();
    if let Some(repository) = &bump.repository {
        let sha = bump.sha.as_ref().map(|sha| format!("@{sha}")).unwrap_or_default();
        lines.push(format!("Bump-Source: {repository}{sha}"));
    }
    lines.extend(bump.workflow.as_ref().map(|name| format!("Bump-Workflow: {name}")));
    lines.extend(bump.run.map(|run| format!("Bump-Run: {run}")));
    lines.extend(bump.places.iter().map(|place| format!("Bump-Path: {place}")));
    lines.extend(bump.nonce.as_ref().map(|nonce| format!("Bump-Nonce: {nonce}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(oid: &str, message: &str) -> CommitNote {
        CommitNote { oid: oid.to_owned(), message: message.to_owned() }
    }

    const TWO: &str = "bump: 2 values\n\nBump-Source: org/x@a94a8fe5ccb19ba61c4c0873d391e987982fbbd3\nBump-Workflow: dev\n\
                       Bump-Run: 1\nBump-Path: v:a\nBump-Path: v:b\nBump-Nonce: n1\n\nBump-Run: 2\nBump-Path: v:c\n\
                       Bump-Nonce: n2\nArgocd-reference-commit-sha: abc\n";

    #[test]
    fn a_commit_speaks_for_each_of_its_bumps() {
        let found = each(&[note("3", "by hand"), note("2", TWO)]);
        let shown: Vec<(&str, Option<u64>)> =
            found.iter().map(|one| (one.oid.as_str(), message::read(&one.message).run)).collect();
        assert_eq!(shown, [("3", None), ("2", Some(2)), ("2", Some(1))]);
        assert_eq!(with_nonce(&found, "n1").unwrap().oid, "2");
        assert!(is_bump(&note("2", TWO)) && !is_bump(&note("3", "by hand")));
        assert!(!is_bump(&note("4", "Merge branch 'dev'\n\nx")));
    }

    #[test]
    fn a_later_bump_takes_a_place_over() {
        let later = "bump\n\nBump-Run: 3\nBump-Path: v:a\nBump-Path: v:c\nBump-Nonce: n3";
        let found = standing(&[note("2", TWO), note("3", later)]);
        let shown: Vec<String> = found.iter().map(trailers).collect();
        insta::assert_snapshot!(shown.join("\n--\n"), @r"
        Bump-Source: org/x@a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
        Bump-Workflow: dev
        Bump-Run: 1
        Bump-Path: v:b
        Bump-Nonce: n1
        --
        Bump-Run: 3
        Bump-Path: v:a
        Bump-Path: v:c
        Bump-Nonce: n3
        ");
        // What was written is read again.
        for (text, bump) in shown.iter().zip(&found) {
            assert_eq!(message::read(text), *bump);
        }
    }
}
