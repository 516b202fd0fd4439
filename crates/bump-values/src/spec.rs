//! The public face of the action.

use clap::{Args as _, Command};
use toolkit::{Output, Permission, Spec};

use crate::{
    args::{self, Args},
    codes,
};

const OUTPUTS: &[Output] = &[
    Output {
        name: "changed",
        description: "Whether a value was changed: `true` or `false`; with `pull-request` set, in the pull request only",
    },
    Output {
        name: "commit",
        description: "Full id of the commit that has the values: the new one, or the head if nothing was to do",
    },
    Output {
        name: "previous",
        description: "Values before, as JSON: `{\"file\": {\"path\": \"value\"}}`, `null` where there was none",
    },
    Output { name: "superseded", description: "Whether a newer value was there already: `true` or `false`" },
    Output { name: "attempts", description: "How often it was tried to write" },
    Output { name: "diff", description: "Unified diff of the change, at most 200 kB of it" },
    Output {
        name: "pull-request",
        description: "Number of the pull request that has the values, if there is one",
    },
    Output { name: "method", description: "How it was written: `graphql`, `git-data`, `git` or `worktree`" },
    Output {
        name: "verified",
        description: "Whether GitHub shows the commit as verified: `true` or `false`; empty if there is none, or nobody signs it",
    },
];

const PERMISSIONS: &[Permission] = &[
    Permission { scope: "contents", access: "write", when: "", why: "read the files and commit" },
    Permission {
        scope: "pull-requests",
        access: "write",
        when: "with `on-protected: pull-request`",
        why: "open a pull request, and find the one that is open",
    },
];

const ABOUT: &str = "\
Two calls, no checkout: one query reads the files at the branch's head, one mutation commits the change if the head is still
there. The commit is signed by GitHub, and that it is shown as verified is read from the reply: one that is not is a failure unless
`require-verified` is `false`. What GraphQL cannot do goes through GitHub's Git database: files that are executable, and a `branch`
that is to be made from `base`. A symbolic link is followed inside the repository, and its target is edited.

A `repository` on another host (by URL), or one for which there is an `ssh-key`, is written by Git: the last commits of one branch
are fetched without their files, the files that are edited are read, and one commit is pushed if the branch is still where it was
read. There is no checkout, and no token or key in an argument, a URL or a configuration file. Nobody signs such a commit.

Another repository needs a token that reaches it: with `app-id` and `app-private-key` of a GitHub App that is installed there, the
action makes one for that repository and `contents: write` alone, and revokes it at the end.

Only the bytes of the values change. Comments, quotes, indentation, blank lines and line ends stay, and the result is parsed
again before it is written: what cannot be done exactly is refused with the reason. A value that some YAML reader would not
take for a string (`1.20`, `58467e65`, `yes`) gets quotes. Paths: `image.tag`, `a\\.b`, `[\"a.b/c\"]`, `list[0]`, `list[-1]`,
`list[*].tag`, `containers[name=web].image`, `@2.image.tag` for the second document of a file and
`@kind=Deployment,name=web.spec.replicas` for the one that is that.

With `images` the action finds the places by itself, in all files: Helm's `repository` (maybe with `registry`) with `tag` and
`digest`, entries of kustomize's `images`, and `image:` strings of containers; the log and the summary list them. A tag without a
digest empties the digest that is there, since that would win. A digest without a tag empties kustomize's `newTag`, drops the tag
of a string, and leaves the `tag` of Helm values, since charts take an empty one for their own version. With `create: true` a key
that is missing is added, and an image that is named nowhere gets an entry in each kustomization among the files.

The output `previous` leads back: give each of its pairs as `file:path=value` to `set`. If the value is of an older commit than the
one that is there, that also needs `on-stale: overwrite`, since the newer value is kept otherwise. A `null` is a value that was
created; it cannot be set back, only removed by hand.

When the branch has moved meanwhile, the edit is applied to the new bytes and tried again until `timeout` (30 seconds if not
given). A value that is there already is no commit. Each commit names its source and its run in trailers, so that a run
that comes late does not put an older value over a newer one: where both values are commit ids, or both sources are known, GitHub
is asked which commit contains the other (one more call, `contents: read` on the run's repository), else the later run of the same
workflow counts. A run that finds its value there already leaves no trace, so that an earlier run that comes after it is not known
to be late where only the runs' numbers could tell.

Where a rule of the branch forbids the commit, `on-protected: pull-request` opens a pull request instead, or joins the one that is
open: one for each branch and set of files, from `bump/<branch>/<id>` (the id is the first 8 digits of the SHA-256 of the sorted
paths, a line each). All bumps of these files wait in one commit on top of the branch, which is built anew when the branch has moved;
commits that people make there stay while it is open. Each bump writes its title and description anew. A pull request that was closed
is not opened again with its old values, and an older value that waits is withdrawn when a newer run wants what the branch has. Bumps
of other sets of files get a pull request of their own, even where these share a file. Where the output `pull-request` is set, `changed` says that the values
are in the pull request, not yet on the branch. A
pull request that is opened with `GITHUB_TOKEN` starts no workflows, so that checks that the branch requires never run: use an App
(`app-id`) there.";

const EXAMPLE: &str = "\
permissions:
  contents: write  # to read the values file and to commit

steps:
  - uses: org/day2-actions/bump-values@v1
    id: bump
    with:
      files: values/dev.values.yaml
      set: image.tag=${{ github.sha }}
      branch: dev
";

/// Describes the action.
pub fn spec() -> Spec {
    Spec {
        name: "bump-values",
        summary: "Set image tags and other values in YAML files of a Git repository",
        about: ABOUT,
        command: || Args::augment_args(Command::new("bump-values")),
        outputs: OUTPUTS,
        codes: codes::ALL,
        permissions: PERMISSIONS,
        input_defaults: &[("token", "${{ github.token }}")],
        timeout: args::DEFAULT_TIMEOUT,
        example: EXAMPLE,
    }
}
