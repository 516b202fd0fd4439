//! The action's public face.

use clap::Args as _;
use toolkit::{Output, Permission, Spec};

use crate::{args::Args, codes};

const OUTPUTS: &[Output] = &[
    Output { name: "updated", description: "`true` if the branch was moved" },
    Output {
        name: "result",
        description: "`fast-forwarded`, `up-to-date`, `back-merged`, `pull-request`, `pull-request-conflict`, `would-…` or `failed`",
    },
    Output { name: "from", description: "Where the branch was" },
    Output { name: "sha", description: "Where the branch is" },
    Output {
        name: "pull-request",
        description: "Number of the pull request that waits for a person, if one does",
    },
];

const PERMISSIONS: &[Permission] = &[
    Permission { scope: "contents", access: "write", why: "move the branch" },
    Permission { scope: "pull-requests", access: "write", why: "open a pull request on a conflict" },
];

const ABOUT: &str = "\
Brings a branch forward to a commit, through GitHub's API only: no checkout, and never by force.
A branch that has the commit, or is further on, is left alone. When it is no fast-forward, the commit is merged into the
branch; when that conflicts, there is one pull request from `day2/sync-<branch>`, to which later promotions are added.

`to` is a commit's full id, so that a branch that moved on meanwhile is not promoted by accident.";

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
        example: EXAMPLE,
    }
}
