//! Pull requests.

use std::sync::Arc;

use serde::Serialize;

use super::{git::Commit, repository::Repository};

/// A pull request, with what is hung on it as an issue.
#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) id: u64,
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) author: String,
    pub(crate) open: bool,
    pub(crate) draft: bool,
    /// The fork that the head is in; none if it is in the repository itself.
    pub(crate) fork: Option<Arc<Repository>>,
    pub(crate) head_ref: String,
    pub(crate) head_sha: String,
    pub(crate) base_ref: String,
    /// The base's tip when the pull request was opened or its head last moved, as GitHub reports it.
    pub(crate) base_sha: String,
    pub(crate) merged: Option<Merged>,
    pub(crate) labels: Vec<String>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) reviews: Vec<Review>,
    pub(crate) timeline: Vec<TimelineEvent>,
    pub(crate) auto_merge: Option<AutoMerge>,
    /// Its place in the base's merge queue.
    pub(crate) queued: Option<Queued>,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) closed_at: Option<String>,
    pub(crate) mergeability: Mergeability,
}

impl Mergeability {
    /// True once it may be shown.
    pub(crate) fn is_known(&self) -> bool {
        self.of.is_some() && self.hidden_reads == 0
    }
}

/// How it was merged.
#[derive(Debug, Clone)]
pub(crate) struct Merged {
    pub(crate) sha: String,
    pub(crate) by: String,
    pub(crate) at: String,
}

/// What `GET` found out in the background, and for which pair of commits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mergeability {
    /// Head and base that the rest is about.
    pub(crate) of: Option<(String, String)>,
    /// How many further reads are told that it is still being computed.
    pub(crate) hidden_reads: u32,
    /// The base has commits that the head has not.
    pub(crate) behind: bool,
    /// The test merge's commit; `None` in case of a conflict.
    pub(crate) test_merge: Option<String>,
    pub(crate) commits: u64,
    pub(crate) additions: u64,
    pub(crate) deletions: u64,
    pub(crate) changed_files: u64,
}

/// Auto-merge, once enabled.
#[derive(Debug, Clone)]
pub(crate) struct AutoMerge {
    pub(crate) by: String,
    pub(crate) method: String,
    pub(crate) title: Option<String>,
    pub(crate) message: Option<String>,
}

/// An entry of a merge queue; smaller ids come first.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    pub(crate) id: u64,
    pub(crate) by: String,
    pub(crate) at: String,
}

/// A comment.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
}

/// A review.
#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub(crate) id: u64,
    pub(crate) author: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`.
    pub(crate) state: String,
    pub(crate) body: String,
    pub(crate) commit_id: String,
    pub(crate) submitted_at: String,
}

/// One entry of the timeline.
#[derive(Debug, Clone)]
pub(crate) struct TimelineEvent {
    pub(crate) id: u64,
    pub(crate) actor: String,
    pub(crate) created_at: String,
    pub(crate) kind: TimelineKind,
}

/// What happened.
#[derive(Debug, Clone)]
pub(crate) enum TimelineKind {
    Labeled(String),
    Unlabeled(String),
    Commented(u64),
    Reviewed(u64),
    Committed(String),
    HeadForcePushed(String),
    HeadDeleted,
    Merged(String),
    Closed,
    Reopened,
    ReadyForReview,
    Renamed {
        from: String,
        to: String,
    },
    /// Another base was chosen.
    BaseChanged,
    /// A review was dismissed.
    ReviewDismissed(u64),
    AddedToQueue,
    RemovedFromQueue,
}

impl Pull {
    /// Whether its head is `branch` of the repository itself, or of the fork `slug`.
    pub(crate) fn comes_from(&self, slug: Option<&str>, branch: &str) -> bool {
        self.head_ref == branch && self.fork.as_ref().map(|fork| fork.slug()).as_deref() == slug
    }

    pub(crate) fn event(&mut self, id: u64, actor: &str, now: &str, kind: TimelineKind) {
        now.clone_into(&mut self.updated_at);
        self.timeline.push(TimelineEvent { id, actor: actor.to_owned(), created_at: now.to_owned(), kind });
    }

    /// A commit of the head stands in the timeline at its own date, which its author chooses.
    pub(crate) fn committed(&mut self, id: u64, actor: &str, now: &str, commit: &Commit) {
        self.event(id, actor, now, TimelineKind::Committed(commit.sha.clone()));
        if let Some(event) = self.timeline.last_mut() {
            event.created_at.clone_from(&commit.committer.date);
        }
    }

    /// The latest decisive review of each person: what counts for required approvals.
    pub(crate) fn verdicts(&self) -> Vec<&Review> {
        let mut latest: Vec<&Review> = Vec::new();
        for review in self.reviews.iter().filter(|review| review.state != "COMMENTED") {
            latest.retain(|one| one.author != review.author);
            latest.push(review);
        }
        latest
    }

    pub(crate) fn snapshot(&self) -> PullSnapshot {
        PullSnapshot {
            number: self.number,
            title: self.title.clone(),
            body: self.body.clone().unwrap_or_default(),
            author: self.author.clone(),
            open: self.open,
            draft: self.draft,
            head_ref: self.head_ref.clone(),
            head_sha: self.head_sha.clone(),
            base_ref: self.base_ref.clone(),
            merged: self.merged.is_some(),
            merge_commit_sha: self.merged.as_ref().map(|merged| merged.sha.clone()),
            merged_by: self.merged.as_ref().map(|merged| merged.by.clone()),
            labels: self.labels.clone(),
            comments: self.comments.iter().map(|comment| comment.body.clone()).collect(),
            auto_merge: self.auto_merge.as_ref().map(|auto| auto.method.clone()),
            queued: self.queued.is_some(),
        }
    }
}

/// What a test asserts about a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PullSnapshot {
    /// The number.
    pub number: u64,
    /// The title.
    pub title: String,
    /// The description; empty if there is none.
    pub body: String,
    /// Who opened it.
    pub author: String,
    /// Not closed and not merged.
    pub open: bool,
    /// Still a draft.
    pub draft: bool,
    /// The head's branch.
    pub head_ref: String,
    /// The head's commit.
    pub head_sha: String,
    /// The base's branch.
    pub base_ref: String,
    /// It was merged.
    pub merged: bool,
    /// The commit that the merge made on the base; of an indirect merge, the base's commit that contained it.
    pub merge_commit_sha: Option<String>,
    /// Who merged it.
    pub merged_by: Option<String>,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Bodies of its comments.
    pub comments: Vec<String>,
    /// The method of an enabled auto-merge.
    pub auto_merge: Option<String>,
    /// It is in the base's merge queue.
    pub queued: bool,
}
