//! The end of a run: the comment, the outputs and the run's page, and whether the step fails.

use github::Timed;
use model::Failure;
use toolkit::Host;

use crate::{
    comment::{self, CommentPolicy},
    decision::Decision,
    merging::{Run, Stop},
    outcome::Outcome,
    report::{self, Course},
    request::Request,
    rule,
};

impl Run<'_> {
    /// Says everywhere how it ended, and lets the step fail if it has to.
    pub(crate) async fn end(&self, ended: Result<Outcome, Stop>) -> Result<(), Failure> {
        self.comment(&ended).await;
        self.settle(ended)
    }

    /// Says on the pull request's page how it ended. A comment that cannot be written changes nothing else.
    async fn comment(&self, ended: &Result<Outcome, Stop>) {
        let request = &self.request;
        let (pull, statement, is_concern) = match ended {
            Ok(outcome) => (&outcome.pull, report::ending(outcome), true),
            Err(Stop::Refused(facts, rules)) => {
                (&facts.pull, Some(report::refusal(request, facts, rules)), comment::is_concern(rules))
            }
            Err(Stop::Failed(_)) => return,
        };
        let Some(statement) = statement.filter(|_| !request.dry_run) else { return };
        let may_create = match request.comment {
            CommentPolicy::Never => return,
            CommentPolicy::Always => is_concern,
            CommentPolicy::OnRefusal => is_concern && !statement.is_merged,
        };
        if !may_create && pull.comments == Some(0) {
            return;
        }
        let writing = comment::write(&self.github, request, &statement, may_create);
        if let Err(failure) = self.phases.time("comment", writing).await {
            let Failure { cause, remedy, .. } = failure;
            self.host
                .info(&format!("note: the pull request has no comment about this run: {cause}. {remedy}"));
        }
    }

    /// Publishes how it ended, and lets the step fail if it has to.
    fn settle(&self, ended: Result<Outcome, Stop>) -> Result<(), Failure> {
        let course = Course {
            timings: self.phases.rows(),
            calls: self.github.calls().iter().map(Timed::row).collect(),
        };
        match ended {
            Ok(outcome) => {
                let published = self.host.publish(&report::done(&outcome, &course));
                // What happened must not be hidden by outputs that cannot be written.
                outcome.failure().map_or(published, Err)
            }
            // Outputs that cannot be written must not hide why there is no merge.
            Err(Stop::Refused(facts, rules)) => {
                let _ = self.host.publish(&report::refused(&self.request, &facts, &rules, &course));
                let decisions: Vec<Decision> = rules.iter().map(|rule| Decision::of(rule.code)).collect();
                fail(&self.request, self.host, rule::failure(&facts.pull, &rules), &decisions)
            }
            Err(Stop::Failed(failure)) => failed(&self.request, self.host, failure, &course),
        }
    }
}

/// Publishes that it failed, and lets the step fail if it has to.
pub(crate) fn failed(
    request: &Request,
    host: &Host,
    failure: Failure,
    course: &Course,
) -> Result<(), Failure> {
    let _ = host.publish(&report::failed(request, failure.code, course));
    let decisions = [Decision::of(failure.code)];
    fail(request, host, failure, &decisions)
}

fn fail(request: &Request, host: &Host, failure: Failure, decisions: &[Decision]) -> Result<(), Failure> {
    if request.fail_on.fails(decisions) {
        return Err(failure);
    }
    host.publish(&report::notice(&failure))
}
