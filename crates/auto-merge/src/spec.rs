//! The action's public face.

use clap::Args as _;
use toolkit::{Output, Permission, Spec};

use crate::{
    args::{self, Args},
    codes,
};

const OUTPUTS: &[Output] = &[
    Output {
        name: "merged",
        description: "`true` if this run merged the pull request, or goes on from a merge by hand or of an earlier attempt",
    },
    Output { name: "sha", description: "The commit that the base got: build and deploy this one" },
    Output { name: "base-sha", description: "Where the base was before" },
    Output { name: "head-sha", description: "The commit that was merged" },
    Output { name: "pull-request", description: "The pull request's number" },
    Output { name: "author", description: "The pull request's author" },
    Output { name: "approver", description: "Who put the required label, or approved" },
    Output { name: "method", description: "How it was merged" },
    Output {
        name: "result",
        description: "`merged`, `already-merged`, `merged-by-another-run`, `branch-updated`, `enqueued`, `auto-merge-enabled`, `would-merge`, `would-wait`, `waiting`, `refused` or `failed`",
    },
    Output {
        name: "decision",
        description: "`done`; `wait`: somebody else comes first; `refuse`: by policy; `configuration`: settings, token or workflow have to change; `failed`",
    },
    Output {
        name: "reason",
        description: "Codes of the rules that do not hold, or of the failure, separated by commas",
    },
];

const PERMISSIONS: &[Permission] = &[
    Permission {
        scope: "contents",
        access: "write",
        when: "",
        why: "merge the pull request, delete its branch",
    },
    Permission {
        scope: "pull-requests",
        access: "read",
        when: "",
        why: "read the pull request, its files, who labelled and who approved",
    },
    Permission {
        scope: "pull-requests",
        access: "write",
        when: WITH_WRITES,
        why: "write the comment, take a stale label off, update the head, hand the merge over to GitHub",
    },
    Permission {
        scope: "checks",
        access: "read",
        when: WITH_CHECKS,
        why: "wait for checks and name those that fail",
    },
    Permission {
        scope: "statuses",
        access: "read",
        when: WITH_CHECKS,
        why: "do the same for commit statuses",
    },
];

/// When something is written besides the merge.
const WITH_WRITES: &str =
    "unless `comment` is `never`, with `on-new-commits: remove-label`, `update-branch` or a `fallback`";
/// When checks are a condition of the action's own; where GitHub requires them, reading them only explains.
const WITH_CHECKS: &str = "with `checks: all` or names";

const ABOUT: &str = "\
Merges a pull request when its gate holds: branches, labels and who put them, reviews, no fork, no draft, no conflict.
The commit that is merged is the one of the event; when the head has moved since, the run is refused. Everything is read
once more right before the merge, which starts over if anything was changed meanwhile. GitHub's merge takes the head's id along, and
nothing about the base: a base that is changed in the very moment of the merge is noticed afterwards, and a branch that has
to be safe from that needs a ruleset of its own.

GitHub's API only: nothing is checked out, so that it is safe on `pull_request_target`, which is where it belongs
when labels or reviews decide: a run of `pull_request` or `pull_request_review` takes its workflow from the pull request
itself, which the action warns of. The events `check_run`, `check_suite` and `workflow_run` name their pull request as well,
and the commit that was checked is the one that is merged; that of a review is the reviewed one. `issue_comment` names no
commit, so that it needs `head-sha`. Any other event, such as `workflow_dispatch`, needs `pull-request`, and without `head-sha`
it is the head at the time of the run that is merged.

A required label counts if a person put it last who has `labeller-permission`, is in one of `labeller-teams` where that is set, and
is not the author; and if neither a push nor another base came after it, by GitHub's own clock. A label or review by an App never counts,
and a pull request by an App (Dependabot, Renovate) is gated as any other. Of each reviewer the last review counts that approves
or asks for changes, if the reviewer is a person other than the author, has write access now, and did not approve it for another base;
a request for changes by someone with write access forbids the merge whenever approvals are asked for. Who pushed the head may put the
label or approve, unless that is the author: merging into the head is a push too, and who promotes `dev` has often done so. The branch rule
*Require approval of the most recent reviewable push* is GitHub's own way to ask for more.

`squash` and `rebase` give the base other commits than the head has, so that they are refused for a head that lives on: the
default branch, one that an input names without a wildcard, and, where no pattern of `head` or `delete-head` matches it, one
that is protected or the base of another pull request. `fast-forward` moves the base to the very commit; GitHub shows that as a merge some
moments later, which is waited for. A branch of `delete-head` is deleted if it is still at the merged commit, is not the
default branch, no other open pull request comes from it or goes into it, and no rule keeps it; it stays otherwise, and the log says why.

A pull request that changes `.github/workflows`, where this gate itself may be, is left to a person, whatever the token; `workflow-files:
allow` lets it be merged where a label or approvals gate it. `GITHUB_TOKEN` cannot do that in any case, cannot read teams, and bypasses no
rule; the first two are said before anything is tried. A merge by it starts no other workflow, so continue in the same job from the output `sha`. With `app-id` and
`app-private-key` of a GitHub App the token is made for this run and this repository, with *Contents* and *Pull requests: write*
(*read* is enough for a dry run) and only where they are needed *Checks* and *Commit statuses: read*, *Workflows: write* (with `workflow-files: allow`),
and the organization's *Members: read*;
it is revoked at the end, even of a run that is cancelled.

A run that was cut off can be started again: a pull request that it merged already is a success with the same outputs.
A merge commit names its run (`Merged-By-Run`), so that of several runs for one pull request exactly one continues;
for the others `merged` is `false`. `fast-forward` and `rebase` leave no such mark: there a first attempt knows that it was not the
one that merged, and a re-run goes on from a merge whose gate holds.

The merge is tried first; only when GitHub refuses it, the base's rules, protection and checks are read to say why.
Required checks that are not finished are waited for inside `timeout`, and one that fails ends the wait. The job that
does the merge is never waited for; a required check that is this job is named as what cannot work.

When a rule does not hold, the step fails and names every such rule and its remedy; `result`, `decision` and `reason`
are set nevertheless, and `fail-on` chooses which decisions are worth a failure. One comment on the pull request says
what is waited for, and is updated in place. With `dry-run` all is read and checked, and nothing is written.
[docs/merging.md](../../docs/merging.md) has the gate, the words of `result` and `decision`, and what tokens cannot do.";

const EXAMPLE: &str = "\
- id: merge
  uses: org/day2-actions/auto-merge@v1
  with:
    base: prod
    head: dev
    labels: approval,!do-not-merge
    on-new-commits: remove-label
- if: steps.merge.outputs.merged == 'true'
  env:
    SHA: ${{ steps.merge.outputs.sha }}
  run: echo \"deploying $SHA\"
";

/// Returns the action's public face.
pub fn spec() -> Spec {
    Spec {
        name: "auto-merge",
        summary: "Merge a pull request when its gate holds",
        about: ABOUT,
        command: || Args::augment_args(clap::Command::new("auto-merge")),
        outputs: OUTPUTS,
        codes: codes::ALL,
        permissions: PERMISSIONS,
        input_defaults: &[("token", "${{ github.token }}")],
        timeout: args::DEFAULT_TIMEOUT,
        example: EXAMPLE,
    }
}
