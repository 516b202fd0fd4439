//! Who merged a pull request that is merged already: of several runs, only the one that merged goes on.

use github::{GitHub, commits, pulls::PullRequest, viewer};
use model::{CommitSha, Failure};

use crate::{
    message::mark,
    request::{Method, Request, WorkflowRun},
};

/// Who merged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Merger {
    /// This run, by an earlier attempt or by a call whose answer was lost.
    Us,
    /// Another run of this action; its id where its commit tells.
    AnotherRun(Option<String>),
    /// A person, or whoever: it does not show.
    #[default]
    Unknown,
}

/// Returns who merged the pull request as `sha`. `in_doubt` if a merge of this very process has no answer.
pub(crate) async fn find(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    sha: &CommitSha,
    in_doubt: bool,
) -> Result<Merger, Failure> {
    let Some(run) = &request.run else { return Ok(Merger::Unknown) };
    let doing = format!("find out who merged pull request #{}", pull.number);
    let method = request.method.of(&pull.base.branch);
    let found = if method.has_message() && *sha != pull.head.sha {
        let commit = commits::get(github, &request.repository, sha).await;
        let message = commit.map_err(|error| error.into_failure(&doing))?.message;
        by_mark(run, mark(&message))
    } else {
        without_mark(run, leaves_nothing(request, method), in_doubt)
    };
    if found == Merger::Unknown {
        return Ok(found);
    }
    // Whoever merges by hand chooses the message: only the token's own account speaks as a run.
    let account = viewer(github).await.map_err(|error| error.into_failure(&doing))?;
    let is_by_token = pull.merged_by.as_ref().is_some_and(|by| by.login.eq_ignore_ascii_case(&account));
    Ok(if is_by_token { found } else { Merger::Unknown })
}

/// Whether a run of this action merges so that its commit does not tell. A rebase by GitHub's own auto-merge is the
/// token's too, and no run goes on from it by itself.
fn leaves_nothing(request: &Request, method: Method) -> bool {
    match method {
        Method::FastForward => true,
        Method::Rebase => !request.fallback.auto_merge,
        Method::Merge | Method::Squash => false,
    }
}

fn by_mark(run: &WorkflowRun, mark: Option<&str>) -> Merger {
    match mark {
        Some(id) if id == run.id => Merger::Us,
        Some(id) => Merger::AnotherRun(Some(id.to_owned())),
        None => Merger::Unknown,
    }
}

/// A first attempt that is in no doubt has not merged it; a later one may follow one that has.
fn without_mark(run: &WorkflowRun, leaves_nothing: bool, in_doubt: bool) -> Merger {
    if leaves_nothing && run.is_first_attempt && !in_doubt {
        Merger::AnotherRun(None)
    } else {
        Merger::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_names_its_run() {
        let run = WorkflowRun { id: "42".to_owned(), workflow: None, job: None, is_first_attempt: true };
        assert_eq!(by_mark(&run, Some("42")), Merger::Us);
        assert_eq!(by_mark(&run, Some("41")), Merger::AnotherRun(Some("41".to_owned())));
        assert_eq!(by_mark(&run, None), Merger::Unknown);
    }

    #[test]
    fn without_a_mark_only_a_first_attempt_knows_that_it_was_not_it() {
        let run = |is_first_attempt| WorkflowRun {
            id: "42".to_owned(),
            workflow: None,
            job: None,
            is_first_attempt,
        };
        assert_eq!(without_mark(&run(true), true, false), Merger::AnotherRun(None));
        assert_eq!(without_mark(&run(true), true, true), Merger::Unknown);
        assert_eq!(without_mark(&run(false), true, false), Merger::Unknown);
        assert_eq!(without_mark(&run(true), false, false), Merger::Unknown);
    }
}
