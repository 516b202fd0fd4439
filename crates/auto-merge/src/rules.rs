//! The rules of the gate, one function each: nothing if it holds.

use github::{
    access::Access,
    pulls::{Account, PullRequest},
};
use model::CommitSha;

use crate::{
    codes,
    event::Event,
    facts::{Approval, Facts, Labelling, Void},
    long_lived,
    request::{Method, OnNewCommits, Request},
    rule::Rule,
    teams,
    workflows::{Changed, WorkflowFiles},
};

/// The head is the commit that the run was started for.
pub(crate) fn head_is_expected(expected: &CommitSha, pull: &PullRequest) -> Option<Rule> {
    let head = &pull.head.sha;
    (head != expected).then(|| {
        let cause = format!("its head is {}, and this run is for {}", head.short(), expected.short());
        Rule::new(&codes::MERGE_HEAD_MOVED, cause)
    })
}

/// The base is the one that the run was started for.
pub(crate) fn base_is_expected(request: &Request, pull: &PullRequest) -> Option<Rule> {
    let expected = request.event.as_ref()?.base.as_ref()?;
    let base = &pull.base.branch;
    (base != expected).then(|| {
        let cause = format!("its base is `{base}`, and this run is for `{expected}`");
        Rule::new(&codes::MERGE_BASE_CHANGED, cause)
    })
}

/// It is open, or was merged after the event that started this run.
pub(crate) fn is_open(request: &Request, pull: &PullRequest) -> Option<Rule> {
    let closed = |cause: &str| Some(Rule::new(&codes::PULL_REQUEST_CLOSED, cause));
    if pull.state != "open" && !pull.merged {
        return closed("it is closed");
    }
    let is_late = request.event.as_ref().is_some_and(Event::came_too_late);
    is_late.then(|| closed("it was closed before the event that started this run")).flatten()
}

/// It is no draft.
pub(crate) fn is_ready(pull: &PullRequest) -> Option<Rule> {
    pull.draft.then(|| Rule::new(&codes::PULL_REQUEST_DRAFT, "it is a draft"))
}

/// Its head lies in the repository itself.
pub(crate) fn is_from_here(pull: &PullRequest) -> Option<Rule> {
    let name = |side: &github::pulls::Side| side.repo.as_ref().map(|repo| repo.full_name.to_lowercase());
    let (head, base) = (name(&pull.head), name(&pull.base));
    (head.is_none() || head != base).then(|| {
        let cause = match &pull.head.repo {
            Some(repo) => format!("its head lies in `{}`, a fork", repo.full_name),
            None => "its head lies in a fork that is gone".to_owned(),
        };
        Rule::new(&codes::PULL_REQUEST_FROM_FORK, cause)
    })
}

/// Its base matches `base`.
pub(crate) fn base_is_allowed(request: &Request, pull: &PullRequest) -> Option<Rule> {
    let branch = &pull.base.branch;
    (!request.base.is_empty() && !request.base.has(branch)).then(|| {
        let cause = format!("its base `{branch}` matches none of {}", request.base.list());
        Rule::new(&codes::BASE_NOT_ALLOWED, cause)
    })
}

/// Its head matches `head`.
pub(crate) fn head_is_allowed(request: &Request, pull: &PullRequest) -> Option<Rule> {
    let branch = &pull.head.branch;
    (!request.head.is_empty() && !request.head.has(branch)).then(|| {
        let cause = format!("its head `{branch}` matches none of {}", request.head.list());
        Rule::new(&codes::HEAD_NOT_ALLOWED, cause)
    })
}

/// The method keeps a long-lived head and its base together.
pub(crate) fn method_is_safe(request: &Request, method: Method, facts: &Facts) -> Option<Rule> {
    let (head, base) = (&facts.pull.head.branch, &facts.pull.base.branch);
    let known = long_lived::is_known_to(request, &facts.pull).map(str::to_owned);
    let lives_on = known.or_else(|| facts.lives_on.clone()).filter(|_| method.rewrites())?;
    let cause = format!(
        "`{method}` would give `{base}` other commits than `{head}`, which lives on, since it {lives_on}: neither \
         could be fast-forwarded to the other ever again"
    );
    Some(Rule::new(&codes::METHOD_UNSAFE, cause))
}

/// It changes no workflow file, or one that is allowed and that the token can merge. One that a person merged is theirs.
pub(crate) fn workflows_are_allowed(request: &Request, facts: &Facts) -> Option<Rule> {
    if facts.pull.merged {
        return None;
    }
    let names = match &facts.workflows {
        Changed::Files(files) if files.is_empty() => return None,
        Changed::Files(files) => files.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>().join(", "),
        Changed::Unlisted => {
            let cause = "it changes more files than GitHub lists, so that workflow files can be among them";
            return Some(Rule::new(&codes::WORKFLOW_FILES, cause));
        }
    };
    if request.workflow_files == WorkflowFiles::Refuse {
        return Some(Rule::new(&codes::WORKFLOW_FILES, format!("it changes {names}")));
    }
    facts.is_runs_own.then(|| {
        let cause = format!("it changes {names}, which the workflow's own token cannot merge");
        Rule::new(&github::codes::WORKFLOWS_PERMISSION, cause).with_remedy(
            "Set `app-id` and `app-private-key` of a GitHub App that has *Workflows: write*, or merge by hand.",
        )
    })
}

/// A required label is there.
pub(crate) fn label_is_there(request: &Request, label: &str, pull: &PullRequest) -> Option<Rule> {
    (!has_label(pull, label)).then(|| {
        Rule::new(&codes::LABEL_MISSING, format!("the label `{label}` is missing")).with_remedy(format!(
            "Have someone put `{label}` who has {} access and is not the author{}.",
            request.labeller_access,
            author(pull).map(|login| format!(" `{login}`")).unwrap_or_default()
        ))
    })
}

/// A blocking label is not there.
pub(crate) fn label_is_absent(label: &str, pull: &PullRequest) -> Option<Rule> {
    let there = pull.labels.iter().find(|there| there.name.eq_ignore_ascii_case(label))?;
    Some(Rule::new(&codes::LABEL_BLOCKING, format!("the label `{}` forbids it", there.name)))
}

/// A required label that is there was put by someone who may approve, after the last push.
pub(crate) fn labelling_counts(request: &Request, labelling: &Labelling, pull: &PullRequest) -> Vec<Rule> {
    let Labelling { label, is_listed, by, is_author, is_person, access, is_outsider, void } = labelling;
    if !is_listed {
        let cause = format!("GitHub does not list yet who put the label `{label}`");
        return vec![Rule::new(&codes::LABELLER_UNLISTED, cause)];
    }
    let mut rules = Vec::new();
    match by {
        Some(by) if *is_author => {
            let cause = format!("the label `{label}` was put by `{by}`, the author");
            rules.push(Rule::new(&codes::LABEL_BY_AUTHOR, cause).with_remedy(format!(
                "Have someone other than `{by}` with {} access take it off and put it again.",
                request.labeller_access
            )));
        }
        Some(by) if !is_person => {
            let cause = format!("the label `{label}` was put by `{by}`, which is no person's account");
            rules.push(Rule::new(&codes::LABEL_BY_BOT, cause).with_remedy(format!(
                "Have a person with {} access take it off and put it again.",
                request.labeller_access
            )));
        }
        Some(by) if *access < request.labeller_access => {
            let cause = format!("the label `{label}` was put by `{by}`, who has {access} access only");
            rules.push(Rule::new(&codes::LABELLER_PERMISSION, cause).with_remedy(format!(
                "Have someone with {} access take it off and put it again.",
                request.labeller_access
            )));
        }
        Some(by) if *is_outsider => {
            let teams = teams::list(&request.labeller_teams);
            let cause = format!("the label `{label}` was put by `{by}`, who is in none of {teams}");
            rules.push(Rule::new(&codes::LABELLER_TEAM, cause));
        }
        Some(_) => {}
        None => {
            let cause = format!("nobody is known who put the label `{label}`");
            rules.push(Rule::new(&codes::LABELLER_PERMISSION, cause));
        }
    }
    rules.extend(void.and_then(|void| label_is_void(request, label, void, pull)));
    rules
}

/// A label that approves something else. New commits may be allowed to, by `on-new-commits`; a new base never is.
fn label_is_void(request: &Request, label: &str, void: Void, pull: &PullRequest) -> Option<Rule> {
    let base = &pull.base.branch;
    match void {
        Void::Retargeted => {
            let cause = format!("the base became `{base}` after the label `{label}` was put");
            let remedy =
                format!("Look at what `{base}` would get, then take `{label}` off and put it again.");
            Some(Rule::new(&codes::LABEL_BEFORE_BASE, cause).with_remedy(remedy))
        }
        _ if request.on_new_commits == OnNewCommits::Ignore => None,
        Void::Pushed => {
            let cause = format!("commits were pushed after the label `{label}` was put");
            Some(Rule::new(&codes::LABEL_BEFORE_PUSH, cause).about(label))
        }
        Void::PushUnlisted | Void::PushesUnsupported => {
            let yet = if void == Void::PushUnlisted { " yet" } else { "" };
            let cause = format!(
                "GitHub does not say{yet} when {} was pushed, so that the label `{label}` may be older",
                pull.head.sha.short()
            );
            let remedy = format!("Look at that commit, then take `{label}` off and put it again.");
            Some(Rule::new(&codes::LABEL_BEFORE_PUSH, cause).with_remedy(remedy))
        }
    }
}

/// Nobody with write access asks for changes: approvals by others do not outvote that, as on GitHub itself.
pub(crate) fn nobody_objects(facts: &Facts) -> Vec<Rule> {
    let rule = |by: &String| {
        Rule::new(&codes::CHANGES_REQUESTED, format!("`{by}` asks for changes"))
            .with_remedy(format!("Have `{by}` approve it, or dismiss that review."))
    };
    facts.objectors.iter().map(rule).collect()
}

/// There are as many approvals as needed.
pub(crate) fn approvals_suffice(request: &Request, facts: &Facts, head: &CommitSha) -> Option<Rule> {
    let needed = request.approvals_needed();
    let count = counting(request, facts, head).count();
    (count < needed).then(|| {
        let of_head = if request.binds_approvals() { format!(" of {}", head.short()) } else { String::new() };
        let of_no_use = facts.approvals.iter().filter_map(|approval| {
            let why = counts_not(request, approval, head, &facts.pull)?;
            Some(format!("; that of `{}` does not count: {why}", approval.by))
        });
        let of_no_use: String = of_no_use.collect();
        let plural = if needed == 1 { "approval" } else { "approvals" };
        Rule::new(
            &codes::APPROVALS_MISSING,
            format!("it has {count} of {needed} {plural}{of_head} by people with write access{of_no_use}"),
        )
    })
}

/// Why an approval is of no use, if so.
fn counts_not(
    request: &Request,
    approval: &Approval,
    head: &CommitSha,
    pull: &PullRequest,
) -> Option<String> {
    if approval.is_author {
        Some("it is the author's own".to_owned())
    } else if !approval.is_person {
        Some("that is no person's account".to_owned())
    } else if approval.access < Access::Write {
        Some(format!("that person has {} access", approval.access))
    } else if approval.base_changed {
        Some(format!("the base became `{}` since", pull.base.branch))
    } else if request.binds_approvals() && approval.commit.as_ref() != Some(head) {
        let commit = approval.commit.as_ref().map_or("an unknown commit", |commit| commit.short());
        Some(format!("it is of {commit}"))
    } else {
        None
    }
}

/// There is no conflict.
pub(crate) fn has_no_conflict(pull: &PullRequest) -> Option<Rule> {
    (pull.mergeable == Some(false) || pull.mergeable_state == "dirty").then(|| {
        Rule::new(&codes::MERGE_CONFLICT, format!("it conflicts with `{}`", pull.base.branch)).with_remedy(
            format!(
                "Merge `{}` into `{}`, solve the conflict, and push.",
                pull.base.branch, pull.head.branch
            ),
        )
    })
}

/// Returns who approves so that it counts.
pub(crate) fn counting<'a>(
    request: &'a Request,
    facts: &'a Facts,
    head: &'a CommitSha,
) -> impl Iterator<Item = &'a str> {
    let counts = move |approval: &&Approval| counts_not(request, approval, head, &facts.pull).is_none();
    facts.approvals.iter().filter(counts).map(|approval| approval.by.as_str())
}

/// Whether the pull request has a label.
pub(crate) fn has_label(pull: &PullRequest, label: &str) -> bool {
    pull.labels.iter().any(|has| has.name.eq_ignore_ascii_case(label))
}

/// Whether an account is the author's.
pub(crate) fn is_author(pull: &PullRequest, account: &Account) -> bool {
    pull.user.as_ref().is_some_and(|author| author.is_same_as(account))
}

fn author(pull: &PullRequest) -> Option<&str> {
    pull.user.as_ref().map(|user| user.login.as_str())
}
