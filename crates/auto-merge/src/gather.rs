//! Reads the facts.

use github::{
    ApiError, GitHub,
    access::{self, Access},
    activity::{self, Pushed},
    issues, pulls,
    pulls::PullRequest,
};
use model::Failure;

use crate::{
    facts::{Approval, Facts, Labelling, Put, Void, last_put, last_words},
    moment::{is_after, is_before},
    pace::pause,
    request::{OnNewCommits, Request},
    rules::has_label,
};

/// So often is all read again while GitHub does not list yet what it has done already: less than four seconds.
const MAX_REREADS: u32 = 4;

/// Reads the pull request, and only as much else as the request looks at. What GitHub lists some moments late is
/// waited for; the plan refuses what is not there by then.
pub(crate) async fn gather(github: &GitHub, request: &Request) -> Result<Facts, Failure> {
    let mut attempt = 0;
    loop {
        let facts = read(github, request).await?;
        let lags = facts.labellings.iter().any(Labelling::lags);
        if !lags || attempt == MAX_REREADS || !pause(github.deadline(), attempt).await {
            return Ok(facts);
        }
        attempt += 1;
    }
}

async fn read(github: &GitHub, request: &Request) -> Result<Facts, Failure> {
    let doing = || format!("read pull request #{} of {}", request.number, request.repository);
    let pull = pulls::get(github, &request.repository, request.number)
        .await
        .map_err(|error| error.into_failure(&doing()))?;
    let (labellings, (approvals, objectors)) =
        tokio::try_join!(labellings(github, request, &pull), verdicts(github, request))
            .map_err(|error| error.into_failure(&doing()))?;
    Ok(Facts { pull, labellings, approvals, objectors })
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
    let pushed = pushed(github, request, pull, &puts).await?;
    let mut labellings = Vec::new();
    for (label, put) in puts {
        let by = put.as_ref().and_then(|put| put.by);
        let access = match by {
            Some(login) => access::of(github, &request.repository, login).await?,
            None => Access::None,
        };
        labellings.push(Labelling {
            label: label.clone(),
            is_listed: put.is_some(),
            by: by.map(str::to_owned),
            is_person: put.as_ref().is_some_and(|put| put.is_person),
            access,
            void: put.and_then(|put| void(request, pull, label, &put, pushed.as_ref())),
        });
    }
    Ok(labellings)
}

/// The server's word on when the head was pushed. It is asked for only if the event is not itself the proof.
async fn pushed(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    puts: &[(&String, Option<Put<'_>>)],
) -> Result<Option<Pushed>, ApiError> {
    let is_proven = |(label, put): &(&String, Option<Put<'_>>)| {
        put.as_ref().is_some_and(|put| was_put_on_this_head(request, pull, label, put))
    };
    if puts.iter().all(is_proven) || request.on_new_commits == OnNewCommits::Ignore {
        return Ok(None);
    }
    activity::pushed(github, &request.repository, &pull.head.branch, &pull.head.sha).await.map(Some)
}

/// What came after the label, or may have. The timeline is no witness for pushes: it has commits at their own dates,
/// which their author chooses. Only the server's times of push and label count; times are in whole seconds, and a tie
/// is void, as is a label on a server that keeps no such times (there, only the label's own event proves it).
fn void(
    request: &Request,
    pull: &PullRequest,
    label: &str,
    put: &Put<'_>,
    pushed: Option<&Pushed>,
) -> Option<Void> {
    if put.base_changed {
        return Some(Void::Retargeted);
    }
    if was_put_on_this_head(request, pull, label, put) {
        return None;
    }
    match pushed? {
        // The head of a merged pull request stands still, and its branch goes on.
        Pushed::At { moment, is_latest } if *is_latest || pull.merged => {
            (!put.at.is_some_and(|put| is_before(moment, put))).then_some(Void::Pushed)
        }
        Pushed::At { .. } | Pushed::Unlisted => Some(Void::PushUnlisted),
        Pushed::Unsupported => Some(Void::PushesUnsupported),
    }
}

/// Whether the event that started the run is the label's last putting, on this very head. A run can be started again
/// weeks later with the payload of its first attempt: an author who put the label on a commit of their own could
/// otherwise come back to that commit after someone else had approved another one.
fn was_put_on_this_head(request: &Request, pull: &PullRequest, label: &str, put: &Put<'_>) -> bool {
    let Some(event) = &request.event else { return false };
    let same_person =
        event.sender.as_deref().zip(put.by).is_some_and(|(sender, by)| sender.eq_ignore_ascii_case(by));
    let no_later_one =
        put.at.zip(event.updated_at.as_deref()).is_some_and(|(put, seen)| !is_after(put, seen));
    event.put_label(label) && event.head == pull.head.sha && same_person && no_later_one
}

/// Who approves, and who asks for changes.
async fn verdicts(github: &GitHub, request: &Request) -> Result<(Vec<Approval>, Vec<String>), ApiError> {
    let (mut approvals, mut objectors) = (Vec::new(), Vec::new());
    if !request.needs_reviews() {
        return Ok((approvals, objectors));
    }
    let reviews = pulls::reviews(github, &request.repository, request.number).await?;
    for (user, review) in last_words(&reviews).into_iter().filter(|(_, review)| review.state != "DISMISSED") {
        let access = access::of(github, &request.repository, &user.login).await?;
        let (by, is_person) = (user.login.clone(), user.is_person());
        if review.state == "APPROVED" {
            approvals.push(Approval { by, is_person, access, commit: review.commit_id.clone() });
        } else if access >= Access::Write {
            objectors.push(by);
        }
    }
    Ok((approvals, objectors))
}
