//! The action's public face.

use clap::Args as _;
use toolkit::{Output, Permission, Spec};

use crate::{
    args::{self, Args},
    codes,
};

const OUTPUTS: &[Output] = &[
    Output { name: "updated", description: "`true` if the branch was moved" },
    Output {
        name: "result",
        description: "`fast-forwarded`, `up-to-date`, `back-merged`, `pull-request`, `pull-request-conflict`, `would-fast-forward`, `would-back-merge`, `would-open-pull-request`, `would-add-to-pull-request`, `refused` (by policy) or `failed`",
    },
    Output {
        name: "decision",
        description: "`done`; `wait`: a pull request waits for a person, or would; `refuse`: by policy; `configuration`: settings, token or workflow have to change; `failed`",
    },
    Output {
        name: "reason",
        description: "Why: how the branch lay to the commit (`identical`, `newer`, `behind`, `diverged`), or what needs a person (`conflict`, `branch-protected`, `workflows-permission`), or the code of the failure",
    },
    Output { name: "from", description: "Where the branch was; after a failure too, if that is known" },
    Output { name: "sha", description: "Where the branch is" },
    Output {
        name: "pull-request",
        description: "Number of the pull request that waits for a person, if one does",
    },
    Output {
        name: "closed-pull-requests",
        description: "Numbers of the pull requests that GitHub closed as merged because the branch has their commits now, separated by commas",
    },
];

/// When there may be a pull request.
const WITH_PULL_REQUEST: &str =
    "when a back-merge conflicts, or with `on-diverged: pull-request` or `on-protected: pull-request`";

/// When the open pull requests are listed. Without it the log says so, and nothing else changes.
const WITH_LISTING: &str = "for `closed-pull-requests`, and to tell in a dry run which one would be added to";

const PERMISSIONS: &[Permission] = &[
    Permission { scope: "contents", access: "write", when: "", why: "read and move the branch" },
    Permission {
        scope: "pull-requests",
        access: "read",
        when: WITH_LISTING,
        why: "list the open pull requests",
    },
    Permission {
        scope: "pull-requests",
        access: "write",
        when: WITH_PULL_REQUEST,
        why: "open a pull request, and find the one that is open",
    },
];

const ABOUT: &str = "\
Brings a branch forward to a commit, through GitHub's API only: no checkout, and never by force.
A branch that has the commit, or is further on, is left alone. When it is no fast-forward, the commit is merged into the
branch; when that conflicts, there is one pull request from `day2/sync-<branch>`, to which later promotions are added.

`to` is a commit's full id, so that a branch that moved on meanwhile is not promoted by accident. GitHub finds the commits of
forks by their ids too: where `to` can come from outside, name the branch that has to contain it in `source`.

The rules of the branch are read beside the comparison. What is sure to stop the workflow's own token, which cannot be let past any
rule, is said before anything is tried: the rule, its ruleset, and whom to let past it. With `on-protected: pull-request`, the
pull request is opened instead. A change of `.github/workflows` may need *Workflows: write*, which only an App can have: its
token is made without, and asked for again with it when GitHub refuses.

The pull request is to be merged with a merge commit. What people push to its branch stays as long as it is open; the branch of one
that was closed is used again for the next. It is not closed here: GitHub marks it as merged once the branch has all of it, by
whatever way, and its branch is left to the repository's setting \"Automatically delete head branches\".

Open pull requests whose commits the branch has now are closed by GitHub as merged; the action waits for that, 10 seconds at
most, and lists them. A pull request *from* the branch has another head afterwards, so that an approval of the old one does not
hold. Whatever is moved or opened with `GITHUB_TOKEN` starts no workflow: use an App where it has to.";

const EXAMPLE: &str = "\
- uses: org/day2-actions/fast-forward@v1
  with:
    branch: dev
    to: ${{ steps.merge.outputs.sha }}
    on-diverged: back-merge
";

/// Returns the action's public face.
pub fn spec() -> Spec {
    Spec {
        name: "fast-forward",
        summary: "Fast-forward a branch to a commit",
        about: ABOUT,
        command: || Args::augment_args(clap::Command::new("fast-forward")),
        outputs: OUTPUTS,
        codes: codes::ALL,
        permissions: PERMISSIONS,
        input_defaults: &[("token", "${{ github.token }}")],
        timeout: args::DEFAULT_TIMEOUT,
        example: EXAMPLE,
    }
}
