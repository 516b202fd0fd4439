//! The inputs, and their validation.

use std::time::Duration;

use github::{Endpoints, access::Access};
use model::{Failure, RepoSlug};
use toolkit::{AppArgs, Check, CommonArgs, Env, GitHubContext};

use crate::{
    comment::CommentPolicy,
    event::Event,
    fail_on::FailOn,
    globs::{Globs, glob},
    labels::Labels,
    message::{self, Wording},
    request::{Credentials, Method, Methods, OnNewCommits, Request, WorkflowRun},
    teams::Team,
    workflows::WorkflowFiles,
};

/// How long the whole may take, if nothing else is asked for.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(45);

/// The arguments as they are given.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {
    /// Number of the pull request; the event's if not given
    #[arg(long, value_name = "NUMBER")]
    pub pull_request: Option<String>,

    /// Full id of the commit that may be merged; the event's head if not given
    #[arg(long, value_name = "SHA")]
    pub head_sha: Option<String>,

    /// Branches that may be merged into, as patterns such as `release/*`; any if not given
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub base: Vec<String>,

    /// Branches that may be merged, as patterns such as `feature/*`; any if not given
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub head: Vec<String>,

    /// Labels that must be put, and with `!` those that must not: `approval,!wip`
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    pub labels: Vec<String>,

    /// Access that someone needs for their label to count: `triage`, `write` (the default), `maintain` or `admin`
    #[arg(long, value_name = "ACCESS")]
    pub labeller_permission: Option<String>,

    /// Teams as `organization/team`: who puts a required label has to be a member of one as well; needs an App's token with the organization's *Members: read*
    #[arg(long, value_name = "TEAM", value_delimiter = ',')]
    pub labeller_teams: Vec<String>,

    /// How to merge: `merge` (the default), `fast-forward`, `squash` or `rebase`; per base as `GLOB=METHOD`, one per line
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    pub method: Vec<String>,

    /// How many approving reviews by people with write access are needed (0)
    #[arg(long, value_name = "NUMBER")]
    pub required_approvals: Option<String>,

    /// Require at least one approving review, and of the very commit that is merged, even with `on-new-commits: ignore`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub require_review_on_head: Option<String>,

    /// What a push does to the labels and approving reviews from before: `remove-label` (the default; neither counts any more, and the label is taken off) or `ignore` (both still count)
    #[arg(long, value_name = "POLICY")]
    pub on_new_commits: Option<String>,

    /// What becomes of a pull request that changes `.github/workflows`, which can hold this gate: `refuse` (the default), so that a person merges it, or `allow`, where a label or approvals gate it
    #[arg(long, value_name = "POLICY")]
    pub workflow_files: Option<String>,

    /// Checks of the head to wait for: `required` (the default: GitHub's own), `all`, `none`, or names and patterns besides GitHub's own, such as `test*`
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub checks: Vec<String>,

    /// Merge the base into a head that lacks commits which the base's rules demand; the run ends there, and the new head is another run's
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub update_branch: Option<String>,

    /// What to do instead of a merge that GitHub does not allow now: `none` (the default), `merge-queue` where the base has one, `auto-merge` when the time is up
    #[arg(long, value_name = "FALLBACK", value_delimiter = ',')]
    pub fallback: Vec<String>,

    /// Branches to delete once they are merged, as patterns; none if not given
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub delete_head: Vec<String>,

    /// First line of the merge commit, with `{number}`, `{title}`, `{head}`, `{base}`, `{author}`, `{body}` and `{commits}`; GitHub's own if not given
    #[arg(long, value_name = "TEXT")]
    pub commit_title: Option<String>,

    /// Rest of the merge commit's message, with the same placeholders; one space for none. If not given: in a workflow the pull request's title, or the commits of a squash, whatever the repository's settings are; by hand GitHub's own. A workflow's run is named below it (`Merged-By-Run`)
    #[arg(long, value_name = "TEXT")]
    pub commit_body: Option<String>,

    /// Which decisions make the step fail: `wait`, `refuse`, `configuration` (all three if not given), or `none`; what failed always does
    #[arg(long, value_name = "DECISION", value_delimiter = ',')]
    pub fail_on: Vec<String>,

    /// When the pull request gets a comment, always the same one, that says what is waited for: `on-refusal` (the default), `always` or `never`
    #[arg(long, value_name = "POLICY")]
    pub comment: Option<String>,

    /// Repository of the pull request, `owner/name`; the workflow's if not given
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,

    /// Token that may merge; falls back to `GITHUB_TOKEN`, and gives way to an App
    #[arg(long, value_name = "env:NAME")]
    pub token: Option<String>,

    /// The App.
    #[command(flatten)]
    pub app: AppArgs,

    /// What every action has.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl Args {
    /// Validates all inputs at once. `events` are what the run's own says about each pull request that it is about.
    pub(crate) fn into_request(self, env: &Env, events: Vec<Event>) -> Result<Request, Failure> {
        let context = GitHubContext::from_env(env);
        let mut check = Check::new(env);
        let given = self.repository.as_deref().filter(|text| !text.trim().is_empty());
        if given.is_none() && context.repository.is_none() {
            check.problem("repository", "is required outside a workflow");
        }
        let repository = match given {
            Some(text) => check.optional("repository", Some(text), str::parse::<RepoSlug>),
            None => context.repository.clone(),
        };
        // The event says nothing about another repository, nor about another pull request of this one.
        let is_here = repository.is_none() || repository == context.repository;
        let mut events = if is_here { events } else { Vec::new() };
        let number = number(&mut check, self.pull_request.as_deref(), &events, &context);
        events.retain(|event| Some(event.number) == number);
        let event = events.pop();
        let given = check.optional("head-sha", self.head_sha.as_deref(), str::parse);
        let is_missing = self.head_sha.as_deref().is_none_or(|text| text.trim().is_empty());
        if is_missing && event.as_ref().is_some_and(|event| event.head.is_none()) {
            check.problem("head-sha", HEAD_UNKNOWN);
        }
        let head_sha = given.or_else(|| event.as_ref().and_then(|event| event.head.clone()));
        let labels = Labels::parse(&self.labels).unwrap_or_else(|problem| {
            check.problem("labels", &problem);
            Labels::default()
        });
        let labeller_access =
            check.optional("labeller-permission", self.labeller_permission.as_deref(), access);
        let labeller_teams = check.list("labeller-teams", &self.labeller_teams, str::parse::<Team>);
        if !labeller_teams.is_empty() && labels.required.is_empty() {
            check.problem("labeller-teams", "needs a label in `labels`, which its members put");
        }
        let required_approvals =
            check.optional("required-approvals", self.required_approvals.as_deref(), |text| {
                text.parse::<usize>().map_err(|_| format!("`{text}` is not a number of reviews"))
            });
        let method = methods(&mut check, &self.method);
        let base = Globs::new(check.list("base", &self.base, glob));
        let head = Globs::new(check.list("head", &self.head, glob));
        let review_on_head =
            check.flag("require-review-on-head", self.require_review_on_head.as_deref(), false);
        let on_new_commits = check
            .optional("on-new-commits", self.on_new_commits.as_deref(), str::parse)
            .unwrap_or(OnNewCommits::RemoveLabel);
        let workflow_files = check
            .optional("workflow-files", self.workflow_files.as_deref(), str::parse)
            .unwrap_or(WorkflowFiles::Refuse);
        let delete_head = Globs::new(check.list("delete-head", &self.delete_head, glob));
        let checks = waiting::checks(&mut check, &self.checks);
        let update_branch = check.flag("update-branch", self.update_branch.as_deref(), false);
        let fail_on = FailOn::parse(&self.fail_on).unwrap_or_else(|problem| {
            check.problem("fail-on", &problem);
            FailOn::default()
        });
        let comment = check
            .optional("comment", self.comment.as_deref(), str::parse)
            .unwrap_or(CommentPolicy::OnRefusal);
        let budget = self.common.budget(&mut check, DEFAULT_TIMEOUT);
        let dry_run = self.common.dry_run(&mut check);
        let credentials = self.credentials(&mut check);
        let wording = self.wording(&mut check);
        let has_gate = labels != Labels::default() || required_approvals.is_some_and(|needed| needed > 0);
        let fallback =
            waiting::fallback(&mut check, &self.fallback, has_gate || review_on_head || checks.is_ours());
        if fallback.is_any() && method.are_all(Method::FastForward) {
            check.problem("fallback", "does nothing with `method: fast-forward`: neither GitHub's queue nor its auto-merge has that");
        }
        let run_url = context.run_url();
        let request =
            number.zip(repository).zip(credentials).map(|((number, repository), credentials)| Request {
                repository,
                number,
                head_sha,
                event,
                base,
                head,
                labels,
                labeller_access: labeller_access.unwrap_or(Access::Write),
                labeller_teams,
                method,
                required_approvals: required_approvals.unwrap_or(0),
                review_on_head,
                on_new_commits,
                workflow_files,
                delete_head,
                wording,
                checks,
                update_branch,
                fallback,
                run: context.run_id.map(|id| WorkflowRun {
                    id,
                    workflow: env.get("GITHUB_WORKFLOW").map(str::to_owned),
                    job: env.get("GITHUB_JOB").map(str::to_owned),
                    is_first_attempt: context.run_attempt.as_deref() == Some("1"),
                }),
                comment,
                run_url,
                fail_on,
                dry_run,
                budget,
                endpoints: Endpoints { api: context.api_url, graphql: context.graphql_url },
                credentials,
            });
        check.finish(request)
    }

    fn credentials(&self, check: &mut Check<'_>) -> Option<Credentials> {
        if self.app.is_given() {
            return self.app.resolve(check).map(Credentials::App);
        }
        let token = check.secret("token", self.token.as_deref(), &["GITHUB_TOKEN"]);
        if token.is_none() && self.token.is_none() {
            check.problem("token", "is required: pass it, or set `GITHUB_TOKEN`");
        }
        token.map(Credentials::Token)
    }

    fn wording(&self, check: &mut Check<'_>) -> Wording {
        let body = self.commit_body.as_deref().filter(|text| !text.is_empty());
        Wording {
            title: check.optional("commit-title", self.commit_title.as_deref(), message::title),
            // White space counts here, so that it is not for the check to trim.
            body: body.and_then(|text| {
                message::body(text).map_err(|problem| check.problem("commit-body", &problem)).ok()
            }),
        }
    }
}

/// Of a comment it is only known when it was written, and a push can come just before.
const HEAD_UNKNOWN: &str =
    "is required: this run's event does not say which commit it is about, and any later one would be merged";

fn number(
    check: &mut Check<'_>,
    given: Option<&str>,
    events: &[Event],
    context: &GitHubContext,
) -> Option<u64> {
    let parse = |text: &str| match text.trim_start_matches('#').parse::<u64>() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("`{text}` is not the number of a pull request")),
    };
    if given.is_some_and(|text| !text.trim().is_empty()) {
        return check.optional("pull-request", given, parse);
    }
    match events {
        [only] => return Some(only.number),
        [] => {
            let event = context.event_name.as_ref().map(|name| format!(", `{name}`,")).unwrap_or_default();
            let problem = format!("is required: the event that started this run{event} has no pull request");
            check.problem("pull-request", &problem);
        }
        several => {
            let numbers: Vec<String> = several.iter().map(|event| format!("#{}", event.number)).collect();
            let problem = format!("is required: the event is about several, {}", numbers.join(" and "));
            check.problem("pull-request", &problem);
        }
    }
    None
}

/// `none` and `read` would let everyone approve.
fn access(text: &str) -> Result<Access, String> {
    match text.parse::<Access>() {
        Ok(access) if access >= Access::Triage => Ok(access),
        _ => Err(format!(
            "`{text}` is not a level of access: expected `triage`, `write`, `maintain` or `admin`"
        )),
    }
}

fn methods(check: &mut Check<'_>, values: &[String]) -> Methods {
    let mut methods = Methods { by_base: Vec::new(), default: Method::Merge };
    for value in values {
        match value.split_once('=') {
            Some((base, method)) => {
                let base = check.required("method", Some(base), glob);
                let method = check.required("method", Some(method), str::parse);
                methods.by_base.extend(base.zip(method));
            }
            None => {
                if let Some(method) = check.optional("method", Some(value), str::parse) {
                    methods.default = method;
                }
            }
        }
    }
    methods
}

#[cfg(test)]
mod tests;
mod waiting;
