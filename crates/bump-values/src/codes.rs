//! The failures that only this action has.

pub use github::codes::{BRANCH_NOT_FOUND, BRANCH_PROTECTED, PULL_REQUEST_NOT_ALLOWED};
use model::{Code, Exit};

/// The path leads nowhere.
pub const PATH_NOT_FOUND: Code = Code {
    id: "path-not-found",
    exit: Exit::Input,
    meaning: "A path of `set` matches nothing in the file.",
    remedy: "Correct the path (the nearest part that exists and what is below it are printed), or set `create: true` to insert it.",
};
/// The branch has no such file.
pub const FILE_NOT_FOUND: Code = Code {
    id: "file-not-found",
    exit: Exit::Input,
    meaning: "A file of `files` is not on the branch, or not in the work tree.",
    remedy: "Check the path, which is relative to the root of the repository, and `branch`.",
};
/// No file names the image.
pub const IMAGE_NOT_FOUND: Code = Code {
    id: "image-not-found",
    exit: Exit::Input,
    meaning: "An image of `images` is named in none of the files.",
    remedy: "Correct the image's registry and repository, or `files` (what the files name is printed); `create: true` adds an entry to a kustomization.",
};
/// The image is named, but not all of it can be set.
pub const IMAGE_INCOMPLETE: Code = Code {
    id: "image-incomplete",
    exit: Exit::Input,
    meaning: "A file names the image, but has no scalar for the tag or the digest that was given.",
    remedy: "Set `create: true` to add the key (`tag:`, `newTag:` or `digest:`), or leave that part out of `images`.",
};
/// The file is no YAML.
pub const YAML_INVALID: Code = Code {
    id: "yaml-invalid",
    exit: Exit::Input,
    meaning: "A file is not valid YAML in UTF-8, so nothing in it can be located.",
    remedy: "Mend the file at the place that is named.",
};
/// The file is a template.
pub const HELM_TEMPLATE: Code = Code {
    id: "helm-template",
    exit: Exit::Input,
    meaning: "A file has template actions outside quotes, so it is YAML only after Helm has rendered it.",
    remedy: "Put the value into a values file and let the template read it from there.",
};
/// The edit cannot be made without touching something else.
pub const YAML_REFUSED: Code = Code {
    id: "yaml-refused",
    exit: Exit::Input,
    meaning: "The value cannot be set so that nothing else in the file changes.",
    remedy: "Give the value a place of its own, or a path that leads to exactly one scalar.",
};
/// The file is a program.
pub const FILE_MODE: Code = Code {
    id: "file-mode-unsupported",
    exit: Exit::Input,
    meaning: "The file is executable, which a commit by GraphQL would lose, and `method` is `graphql`.",
    remedy: "Use `method: auto` or `method: git-data`, which keep the mode, or make it an ordinary file.",
};
/// A link leads nowhere.
pub const LINK_UNUSABLE: Code = Code {
    id: "link-unusable",
    exit: Exit::Input,
    meaning: "A file of `files` is a symbolic link that leads out of the repository, to nothing, or in a circle.",
    remedy: "Correct the link, or name the file that it should lead to.",
};
/// The commit is there, but not signed.
pub const COMMIT_NOT_VERIFIED: Code = Code {
    id: "commit-not-verified",
    exit: Exit::Refused,
    meaning: "The commit is on the branch, but GitHub does not show it as verified, and `require-verified` holds.",
    remedy: "Use a token that GitHub signs for (the workflow's, or a GitHub App's), or set `require-verified: false`.",
};
/// There is no usable git.
pub const GIT_MISSING: Code = Code {
    id: "git-missing",
    exit: Exit::Input,
    meaning: "`method` is `git`, and the runner has no git, or one that is older than 2.30.",
    remedy: "Install git on the runner; a repository on the run's own GitHub needs none with `method: auto`.",
};
/// The host lets nobody in.
pub const GIT_ACCESS_DENIED: Code = Code {
    id: "git-access-denied",
    exit: Exit::Input,
    meaning: "The repository's host does not accept the token or the SSH key, or not for writing.",
    remedy: "Pass a `token` or an `ssh-key` that may write there; a deploy key needs *Allow write access*.",
};
/// The host has no such repository.
pub const GIT_REPOSITORY_NOT_FOUND: Code = Code {
    id: "git-repository-not-found",
    exit: Exit::Input,
    meaning: "The host has no such repository, or does not show it to this token or key.",
    remedy: "Check `repository`, and what the token or key has access to.",
};
/// The host is not who it says.
pub const HOST_NOT_TRUSTED: Code = Code {
    id: "host-not-trusted",
    exit: Exit::Input,
    meaning: "The host's SSH key is not among those that are trusted, or its TLS certificate is signed by nobody that is.",
    remedy: "Compare the key with the one that its owner publishes, and pass its line as `ssh-known-hosts`.",
};
/// A hook refuses the commit.
pub const PUSH_REJECTED: Code = Code {
    id: "push-rejected",
    exit: Exit::Refused,
    meaning: "The repository's host refused the pushed commit by a hook of its own, whose words are printed.",
    remedy: "Do what the host's words ask for; it refuses the same commit by hand, too.",
};
/// Git failed in another way.
pub const GIT_FAILED: Code = Code {
    id: "git-failed",
    exit: Exit::Remote,
    meaning: "A git command failed in a way that is not known here; its own words are printed.",
    remedy: "Read git's words; `RUNNER_DEBUG=1` shows every command.",
};
/// A newer value is there.
pub const SUPERSEDED: Code = Code {
    id: "superseded",
    exit: Exit::Refused,
    meaning: "The value that is there is newer, by its commit or else by the run that set it, and `on-stale` is `fail`.",
    remedy: "Nothing, if the newer value is right; set `on-stale: overwrite` to put this one over it.",
};

/// All of them, for docs/errors.md.
pub const ALL: &[&Code] = &[
    &PATH_NOT_FOUND,
    &FILE_NOT_FOUND,
    &BRANCH_NOT_FOUND,
    &IMAGE_NOT_FOUND,
    &IMAGE_INCOMPLETE,
    &YAML_INVALID,
    &HELM_TEMPLATE,
    &YAML_REFUSED,
    &FILE_MODE,
    &LINK_UNUSABLE,
    &COMMIT_NOT_VERIFIED,
    &BRANCH_PROTECTED,
    &PULL_REQUEST_NOT_ALLOWED,
    &GIT_MISSING,
    &GIT_ACCESS_DENIED,
    &GIT_REPOSITORY_NOT_FOUND,
    &HOST_NOT_TRUSTED,
    &PUSH_REJECTED,
    &GIT_FAILED,
    &SUPERSEDED,
];
