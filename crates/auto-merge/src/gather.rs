//! Reads the facts.

use github::{
    ApiError, GitHub,
    access::{self, Access},
    activity, issues, pulls,
    pulls::PullRequest,
};
use model::Failure;

use crate::{
    facts::{Approval, Facts, Labelling, Put, Void, approving, last_put},
    moment::{is_after, is_before},
    request::{OnNewCommits, Request},
    rules::has_label,
};

/// Reads the pull request, and only as much else as the request looks at.
pub(crate) async fn gather(github: &GitHub, request: &Request) -> Result<Facts, Failure> {
    let doing = || format!("read pull request #{} of {}", request.number, request.repository);
    let pull = pulls::get(github, &request.repository, request.number)
        .await
        .map_err(|error| error.into_failure(&doing()))?;
    let (labellings, approvals) =
        tokio::try_join!(labellings(github, request, &pull), approvals(github, request))
            .map_err(|error| error.into_failure(&doing()))?;
    Ok(Facts { pull, labellings, approvals })
}

async fn labellings(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
) -> Result<Vec<Labelling>, ApiError> {
    let there: Vec<&String> = request.labels.required.iter().filter(|label| has_label(pull, label)).collect();
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let timeline = issues::timeline(github, &request.repository, request.number).await?;
    let puts: Vec<_> = there.into_iter().map(|label| (label, last_put(&timeline, label))).collect();
    let pushed_at = pushed_at(github, request, pull, &puts).await?;
    let mut labellings = Vec::new();
    for (label, put) in puts {
        let by = put.as_ref().and_then(|put| put.by);
        let access = match by {
            Some(login) => access::of(github, &request.repository, login).await?,
            None => Access::None,
        };
        let by = by.map(str::to_owned);
        let void = if put.as_ref().is_some_and(|put| put.base_changed) {
            Some(Void::Retargeted)
        } else {
            is_stale(request, pull, label, put.as_ref(), pushed_at.as_deref()).then_some(Void::Pushed)
        };
        labellings.push(Labelling { label: label.clone(), by, access, void });
    }
    Ok(labellings)
}

/// The server's word on when the head was pushed. It is asked for only if the event is not itself the proof.
async fn pushed_at(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    puts: &[(&String, Option<Put<'_>>)],
) -> Result<Option<String>, ApiError> {
    let is_proven = puts.iter().all(|(label, put)| was_put_on_this_head(request, pull, label, put.as_ref()));
    if is_proven || request.on_new_commits == OnNewCommits::Ignore {
        return Ok(None);
    }
    activity::pushed_at(github, &request.repository, &pull.head.branch, &pull.head.sha).await
}

/// Whether commits came after the label. A timeline places commits by their own dates, which their author chooses, so
/// that the times of push and label decide where the server has both; times are in whole seconds, and a tie is stale.
fn is_stale(
    request: &Request,
    pull: &PullRequest,
    label: &str,
    put: Option<&Put<'_>>,
    pushed_at: Option<&str>,
) -> bool {
    if was_put_on_this_head(request, pull, label, put) {
        return false;
    }
    let Some(put) = put else { return true };
    match (pushed_at, put.at) {
        (Some(pushed), Some(put)) => !is_before(pushed, put),
        _ => put.commits_followed,
    }
}

/// Whether the event that started the run is the label's last putting, on this very head. A run can be started again
/// weeks later with the payload of its first attempt: an author who put the label on a commit of their own could
/// otherwise come back to that commit after someone else had approved another one.
fn was_put_on_this_head(request: &Request, pull: &PullRequest, label: &str, put: Option<&Put<'_>>) -> bool {
    let (Some(event), Some(put)) = (&request.event, put) else { return false };
    let same_person =
        event.sender.as_deref().zip(put.by).is_some_and(|(sender, by)| sender.eq_ignore_ascii_case(by));
    let no_later_one =
        put.at.zip(event.updated_at.as_deref()).is_some_and(|(put, seen)| !is_after(put, seen));
    event.put_label(label) && event.head == pull.head.sha && same_person && no_later_one
}

async fn approvals(github: &GitHub, request: &Request) -> Result<Vec<Approval>, ApiError> {
    if !request.needs_reviews() {
        return Ok(Vec::new());
    }
    let reviews = pulls::reviews(github, &request.repository, request.number).await?;
    let mut approvals = Vec::new();
    for (login, commit) in approving(&reviews) {
        let access = access::of(github, &request.repository, login).await?;
        approvals.push(Approval { by: login.to_owned(), access, commit: commit.cloned() });
    }
    Ok(approvals)
}
