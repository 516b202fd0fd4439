//! Reads the facts.

use github::{
    ApiError, GitHub,
    issues::{self, TimelineEvent},
    pulls::{self, PullRequest},
};
use model::Failure;
use tokio::sync::OnceCell;

use crate::{
    facts::{Facts, Labelling},
    labelling, long_lived,
    merger::Merger,
    pace::pause,
    request::Request,
    teams, verdicts,
    workflows::{self, Changed, WorkflowFiles},
};

/// So often is all read again while GitHub does not list yet what it has done already: less than four seconds.
const MAX_REREADS: u32 = 4;

/// What is found out once: whose token it is does not change.
#[derive(Debug, Default)]
pub(crate) struct Known {
    is_runs_own: OnceCell<bool>,
}

impl Known {
    /// Only what an allowed change of workflow files comes to depends on it.
    async fn is_runs_own(&self, github: &GitHub, request: &Request, changed: &Changed) -> bool {
        let is_needed = request.workflow_files == WorkflowFiles::Allow
            && matches!(changed, Changed::Files(files) if !files.is_empty());
        is_needed && *self.is_runs_own.get_or_init(|| workflows::is_runs_own(github, request)).await
    }
}

/// Reads the pull request, and only as much else as the request looks at. What GitHub lists some moments late is
/// waited for; the plan refuses what is not there by then.
pub(crate) async fn gather(github: &GitHub, request: &Request, known: &Known) -> Result<Facts, Failure> {
    let mut attempt = 0;
    loop {
        let doing = || format!("read pull request #{} of {}", request.number, request.repository);
        let reading = Box::pin(read(github, request, known));
        let mut facts = reading.await.map_err(|error| error.into_failure(&doing()))?;
        let is_unlisted = facts.pull.merged && facts.merged_as.is_none();
        let lags = is_unlisted || facts.labellings.iter().any(Labelling::lags);
        if !lags || attempt == MAX_REREADS || !pause(github.deadline(), attempt).await {
            teams::check(github, request, &mut facts.labellings).await?;
            return Ok(facts);
        }
        attempt += 1;
    }
}

async fn read(github: &GitHub, request: &Request, known: &Known) -> Result<Facts, ApiError> {
    let pull = pulls::get(github, &request.repository, request.number).await?;
    let reviews = async {
        if !request.needs_reviews() {
            return Ok(Vec::new());
        }
        pulls::reviews(github, &request.repository, request.number).await
    };
    // The files are those of a head that is no older than `pull`; the last look finds any later change of it.
    let (timeline, reviews, lives_on, workflows) = tokio::try_join!(
        timeline(github, request, &pull),
        reviews,
        long_lived::reason(github, request, &pull),
        workflows::changed(github, request, &pull)
    )?;
    let is_runs_own = known.is_runs_own(github, request, &workflows).await;
    let (labellings, (approvals, objectors)) = tokio::try_join!(
        labelling::read(github, request, &pull, &timeline),
        verdicts::read(github, request, &pull, &timeline, &reviews)
    )?;
    let merged_as = issues::merged_as(&timeline).filter(|_| pull.merged).cloned();
    let merger = Merger::default();
    Ok(Facts { pull, labellings, approvals, objectors, lives_on, workflows, is_runs_own, merged_as, merger })
}

/// It knows who put a label, when the base was changed, and as what the pull request was merged.
async fn timeline(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
) -> Result<Vec<TimelineEvent>, ApiError> {
    if labelling::there(request, pull).is_empty() && !request.needs_reviews() && !pull.merged {
        return Ok(Vec::new());
    }
    issues::timeline(github, &request.repository, request.number).await
}
