//! The failures of this action.

pub use github::codes::{BRANCH_NOT_FOUND, BRANCH_PROTECTED, PULL_REQUEST_NOT_ALLOWED};
use model::{Code, Exit};

/// There is no such commit.
pub const COMMIT_NOT_FOUND: Code = Code {
    id: "commit-not-found",
    exit: Exit::Input,
    meaning: "The repository has no commit with the id that `to` gives.",
    remedy: "Pass the full id of a commit of this repository, such as an output `sha` of a step before.",
};
/// It is no fast-forward, and the policy is `fail`.
pub const BRANCH_DIVERGED: Code = Code {
    id: "branch-diverged",
    exit: Exit::Refused,
    meaning: "The branch has commits that the target lacks, and `on-diverged` is `fail`.",
    remedy: "Merge the target into the branch by hand, or set `on-diverged: back-merge`.",
};
/// Not even a merge would bring them together.
pub const HISTORIES_UNRELATED: Code = Code {
    id: "histories-unrelated",
    exit: Exit::Refused,
    meaning: "The branch and the commit have no commit in common: GitHub merges no unrelated histories.",
    remedy: "Check `to` and `branch`; if one of the histories was rewritten, pass a commit of the new one.",
};
/// `source` lacks the target.
pub const COMMIT_NOT_IN_SOURCE: Code = Code {
    id: "commit-not-in-source",
    exit: Exit::Refused,
    meaning: "The branch that `source` names does not contain the commit that `to` gives.",
    remedy: "Pass a commit of that branch; one that is found by its id alone can be a fork's.",
};
/// The branch moves faster than we do.
pub const BRANCH_CONTENDED: Code = Code {
    id: "branch-contended",
    exit: Exit::Remote,
    meaning: "The branch got new commits, or GitHub an error, at each attempt.",
    remedy: "Run again; the action does nothing if the branch has the commit by then.",
};

/// All of them, for docs/errors.md.
pub const ALL: &[&Code] = &[
    &BRANCH_NOT_FOUND,
    &COMMIT_NOT_FOUND,
    &COMMIT_NOT_IN_SOURCE,
    &BRANCH_DIVERGED,
    &HISTORIES_UNRELATED,
    &BRANCH_PROTECTED,
    &PULL_REQUEST_NOT_ALLOWED,
    &BRANCH_CONTENDED,
];
