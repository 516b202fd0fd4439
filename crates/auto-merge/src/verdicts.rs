//! Who approves, and who asks for changes.

use github::{
    ApiError, GitHub,
    access::{self, Access},
    issues::TimelineEvent,
    pulls::{PullRequest, Review},
};

use crate::{
    facts::{Approval, base_changed_since, last_words},
    request::Request,
    rules::is_author,
};

/// Sorts the reviewers by their last word. What they may do is asked now: who lost their access since decides nothing.
pub(crate) async fn read(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    timeline: &[TimelineEvent],
    reviews: &[Review],
) -> Result<(Vec<Approval>, Vec<String>), ApiError> {
    let (mut approvals, mut objectors) = (Vec::new(), Vec::new());
    for (user, review) in last_words(reviews).into_iter().filter(|(_, review)| review.state != "DISMISSED") {
        let access = access::of(github, &request.repository, &user.login).await?;
        let by = user.login.clone();
        if review.state == "APPROVED" {
            approvals.push(Approval {
                by,
                is_author: is_author(pull, user),
                is_person: user.is_person(),
                access,
                commit: review.commit_id.clone(),
                base_changed: base_changed_since(timeline, Some(&review.submitted_at)),
            });
        } else if access >= Access::Write {
            objectors.push(by);
        }
    }
    Ok((approvals, objectors))
}
