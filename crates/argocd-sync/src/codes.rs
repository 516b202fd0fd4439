//! The failures that only this action has.

use model::{Code, Exit};

/// Argo CD does not accept the token.
pub const ARGOCD_UNAUTHORIZED: Code = Code {
    id: "argocd-unauthorized",
    exit: Exit::Remote,
    meaning: "Argo CD does not accept the token: it is missing, malformed, expired or revoked.",
    remedy: "Make a new token (`argocd account generate-token`, or a project role's token) and put it into the secret that `token` reads.",
};
/// Neither Argo CD nor its Dex accepts the identity token.
pub const SIGN_IN_REFUSED: Code = Code {
    id: "sign-in-refused",
    exit: Exit::Input,
    meaning: "Argo CD, or its Dex, does not accept the identity token that `auth: oidc` or `auth: service-account` signs in with.",
    remedy: "Put the lines that are printed into the ConfigMaps argocd-cm and argocd-rbac-cm.",
};
/// The token's subject may not do what was asked.
pub const ARGOCD_FORBIDDEN: Code = Code {
    id: "argocd-forbidden",
    exit: Exit::Remote,
    meaning: "Argo CD knows the token's subject, but its RBAC policy does not allow the call.",
    remedy: "Add the policy line that is printed to `policy.csv` in the ConfigMap argocd-rbac-cm, or to the project role.",
};
/// There is no such application.
pub const APPLICATION_NOT_FOUND: Code = Code {
    id: "application-not-found",
    exit: Exit::Input,
    meaning: "Argo CD has no application of that name in the given project and namespace.",
    remedy: "Check `application`, `project`, `app-namespace` and `server`.",
};
/// The application is being deleted.
pub const APPLICATION_DELETED: Code = Code {
    id: "application-deleted",
    exit: Exit::Remote,
    meaning: "The application is being deleted, or was deleted during the sync.",
    remedy: "Create the application again, then run this again.",
};
/// None of the application's sources is from the repository of the revision.
pub const SOURCE_NOT_FOUND: Code = Code {
    id: "source-not-found",
    exit: Exit::Input,
    meaning: "It is not clear which of the application's sources `revision` is a commit of: none is from the Git repository that was named, or from the workflow's own.",
    remedy: "Set `repository-url` to the one of the listed Git repositories that `revision` is a commit of.",
};
/// A source's repository does not tell which commit is to be synced.
pub const REPOSITORY_FAILED: Code = Code {
    id: "repository-failed",
    exit: Exit::Remote,
    meaning: "Argo CD could not look up in the repository of a source which commit its revision is: it did not reach the repository, or has no such revision.",
    remedy: "Check the repository in Argo CD (`argocd repo get URL`): its address and credentials, and that the source's branch, tag or version exists.",
};
/// The hydrator could not make a commit from ours.
pub const HYDRATION_FAILED: Code = Code {
    id: "hydration-failed",
    exit: Exit::Remote,
    meaning: "Argo CD's source hydrator could not render our commit, or not push what it rendered.",
    remedy: "Correct what the message names: the manifests, or the write credentials of the repository (a Secret with the label `argocd.argoproj.io/secret-type: repository-write`).",
};
/// A later revision was synced, without our images.
pub const SUPERSEDED: Code = Code {
    id: "revision-superseded",
    exit: Exit::Remote,
    meaning: "A later revision that contains ours was synced, and it deploys other images than the expected ones.",
    remedy: "Nothing has to be done if the later revision is wanted: its own pipeline proves it.",
};
/// Another operation is running.
pub const OPERATION_BUSY: Code = Code {
    id: "operation-busy",
    exit: Exit::Remote,
    meaning: "Another operation runs on the application, and `on-busy` is `fail`.",
    remedy: "Wait for it and run this again, or set `on-busy: wait` or `on-busy: terminate`.",
};
/// A sync window forbids the sync.
pub const SYNC_WINDOW: Code = Code {
    id: "sync-window",
    exit: Exit::Refused,
    meaning: "A sync window of the project forbids a manual sync now.",
    remedy: "Run this again when the window is open, or let the project's owner allow manual syncs in it.",
};
/// Argo CD does not clear an operation that has ended.
pub const OPERATION_STUCK: Code = Code {
    id: "operation-stuck",
    exit: Exit::Remote,
    meaning: "An operation has ended, and Argo CD has not recorded it for 30 seconds, so that no other one can begin: a known fault of some versions.",
    remedy: "Terminate the operation (`argocd app terminate-op`), or remove `operation` from the Application by `kubectl edit`; then update Argo CD.",
};
/// Argo CD cannot compare the application with Git.
pub const COMPARISON_ERROR: Code = Code {
    id: "comparison-error",
    exit: Exit::Remote,
    meaning: "Argo CD cannot render or compare the application's manifests.",
    remedy: "Correct what the message names: the chart, its values, or the application's source.",
};
/// The sync operation failed.
pub const SYNC_FAILED: Code = Code {
    id: "sync-failed",
    exit: Exit::Remote,
    meaning: "The sync operation ended as Failed or Error: some resources were not applied.",
    remedy: "Correct the manifests that the messages name, then run this again.",
};
/// Resources are left that Git no longer has.
pub const PRUNE_REQUIRED: Code = Code {
    id: "prune-required",
    exit: Exit::Remote,
    meaning: "Everything was applied, but resources are left that Git no longer has, so that the application stays OutOfSync.",
    remedy: "Set `prune: true`, or annotate the resources to keep with `argocd.argoproj.io/compare-options: IgnoreExtraneous`.",
};
/// Somebody terminated our operation.
pub const OPERATION_TERMINATED: Code = Code {
    id: "operation-terminated",
    exit: Exit::Remote,
    meaning: "Our sync operation was terminated before it ended: by somebody, or by Argo CD's own sync timeout.",
    remedy: "Ask who terminated it, then run this again.",
};
/// Our operation was replaced by another one.
pub const OPERATION_REPLACED: Code = Code {
    id: "operation-replaced",
    exit: Exit::Remote,
    meaning: "Another operation, for another revision, took the place of ours before ours was seen to end.",
    remedy: "Find out who else syncs this application (the initiator is named), then run this again.",
};
/// The operation did not do what was asked, or at another revision.
pub const REVISION_MISMATCH: Code = Code {
    id: "revision-mismatch",
    exit: Exit::Remote,
    meaning: "The operation succeeded, but for another revision or with other options than were asked for.",
    remedy: "Check the application's targetRevision, and whether somebody pushed on top of `revision`.",
};
/// The application is Degraded.
pub const DEGRADED: Code = Code {
    id: "degraded",
    exit: Exit::Remote,
    meaning: "The new pods do not get ready: the application stayed Degraded, or its newest pods in error, for `degraded-grace`.",
    remedy: "See the pods' reasons, events and logs; then correct the image or the values and deploy again.",
};
/// A Rollout is paused.
pub const PAUSED: Code = Code {
    id: "paused",
    exit: Exit::Remote,
    meaning: "A Rollout of the application is paused before its cutover, so that the old pods serve, and `paused: fail` was asked for.",
    remedy: "Promote the Rollout, or set `paused` to `wait`, `success` or `promote`.",
};
/// The expected image is not what runs.
pub const IMAGE_NOT_LIVE: Code = Code {
    id: "image-not-live",
    exit: Exit::Remote,
    meaning: "Everything is Synced and Healthy, but for `degraded-grace` no pod ran the expected image.",
    remedy: "Check that the values at `revision` name exactly the image in `images`, host included.",
};
/// Something in front of Argo CD answered.
pub const AUTH_PROXY: Code = Code {
    id: "auth-proxy",
    exit: Exit::Input,
    meaning: "A web page came instead of Argo CD's JSON: a sign-in proxy, or another server at this address.",
    remedy: "Check `server` and `root-path`; for a proxy such as Cloudflare Access or IAP, give its credentials in `headers`.",
};

/// All of them, for docs/errors.md.
pub const ALL: &[&Code] = &[
    &ARGOCD_UNAUTHORIZED,
    &SIGN_IN_REFUSED,
    &ARGOCD_FORBIDDEN,
    &APPLICATION_NOT_FOUND,
    &APPLICATION_DELETED,
    &SOURCE_NOT_FOUND,
    &REPOSITORY_FAILED,
    &HYDRATION_FAILED,
    &SUPERSEDED,
    &OPERATION_BUSY,
    &OPERATION_STUCK,
    &SYNC_WINDOW,
    &COMPARISON_ERROR,
    &SYNC_FAILED,
    &PRUNE_REQUIRED,
    &OPERATION_TERMINATED,
    &OPERATION_REPLACED,
    &REVISION_MISMATCH,
    &DEGRADED,
    &PAUSED,
    &IMAGE_NOT_LIVE,
    &AUTH_PROXY,
];
