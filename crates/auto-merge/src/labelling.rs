//! Who put each required label, and whether it is for this head and this base.

use github::{
    ApiError, GitHub,
    access::{self, Access},
    activity::{self, Pushed},
    issues::TimelineEvent,
    pulls::{Account, PullRequest},
};

use crate::{
    facts::{Labelling, Put, Void, last_put},
    moment::{is_after, is_before},
    request::{OnNewCommits, Request},
    rules::{has_label, is_author},
};

/// Returns each required label that is there.
pub(crate) fn there<'a>(request: &'a Request, pull: &PullRequest) -> Vec<&'a str> {
    let required = request.labels.required.iter().map(String::as_str);
    required.filter(|label| has_label(pull, label)).collect()
}

/// Finds out about labels that are there.
pub(crate) async fn read(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    timeline: &[TimelineEvent],
) -> Result<Vec<Labelling>, ApiError> {
    let labels = there(request, pull).into_iter();
    let puts: Vec<_> = labels.map(|label| (label, last_put(timeline, label))).collect();
    let accesses = async {
        let mut accesses = Vec::new();
        for (_, put) in &puts {
            accesses.push(access(github, request, put.as_ref().and_then(|put| put.by)).await?);
        }
        Ok(accesses)
    };
    let (pushed, accesses) = tokio::try_join!(pushed(github, request, pull, &puts), accesses)?;
    let labelling = |((label, put), access): ((&str, Option<Put<'_>>), Access)| {
        let by = put.as_ref().and_then(|put| put.by);
        Labelling {
            label: label.to_owned(),
            is_listed: put.is_some(),
            by: by.map(|by| by.login.clone()),
            is_author: by.is_some_and(|by| is_author(pull, by)),
            is_person: by.is_some_and(Account::is_person),
            access,
            is_outsider: false,
            void: put.and_then(|put| void(request, pull, label, &put, pushed.as_ref())),
        }
    };
    Ok(puts.into_iter().zip(accesses).map(labelling).collect())
}

async fn access(github: &GitHub, request: &Request, by: Option<&Account>) -> Result<Access, ApiError> {
    match by {
        Some(by) => access::of(github, &request.repository, &by.login).await,
        None => Ok(Access::None),
    }
}

/// The server's word on when the head was pushed. It is asked for only if the event is not itself the proof.
async fn pushed(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    puts: &[(&str, Option<Put<'_>>)],
) -> Result<Option<Pushed>, ApiError> {
    let is_proven = |(label, put): &(&str, Option<Put<'_>>)| {
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
    let same_person = event.sender.as_ref().zip(put.by).is_some_and(|(sender, by)| sender.is_same_as(by));
    let no_later_one =
        put.at.zip(event.updated_at.as_deref()).is_some_and(|(put, seen)| !is_after(put, seen));
    event.put_label(label) && event.head.as_ref() == Some(&pull.head.sha) && same_person && no_later_one
}
