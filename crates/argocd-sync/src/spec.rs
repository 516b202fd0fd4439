//! The public face of the action.

use clap::{Args as _, Command};
use toolkit::{Output, Permission, Spec};

use crate::{
    args::{self, Args},
    codes,
};

const OUTPUTS: &[Output] = &[
    Output { name: "revision", description: "Commit that the operation synced" },
    Output { name: "phase", description: "How the operation ended: Succeeded, Failed or Error" },
    Output { name: "health", description: "Health of the application" },
    Output { name: "images", description: "Images of the live pods, one per line" },
    Output { name: "operation-id", description: "What the operation carries in its infos as `day2-run`" },
    Output {
        name: "paused",
        description: "Rollouts that are paused before their cutover, so that old pods serve, as `Rollout namespace/name`, one per line",
    },
    Output {
        name: "rolled-back",
        description: "`true` if `rollback` aborted what failed, and the old pods serve",
    },
    Output {
        name: "rollback",
        description: "After a failure, the inputs of bump-values that restore the images that were live before: a JSON object with `files`, `images`, `repository`, `branch` and `on-stale`, each as the input takes it; for several applications one such object for each, by name",
    },
    Output {
        name: "timings",
        description: "Milliseconds of each phase, a JSON object: `sign-in`, `operation` (until it began), `apply` (until it ended), `ready`, `cutover`, `old-pods-gone`, `settle`, as far as they were waited for; for several applications one such object for each, by name",
    },
];

const PERMISSIONS: &[Permission] = &[
    Permission {
        scope: "id-token",
        access: "write",
        when: "with `auth: oidc`",
        why: "ask for the job's OIDC token",
    },
    Permission {
        scope: "contents",
        access: "read",
        when: "when another revision shows up",
        why: "find out whether it contains `revision`",
    },
];

const ABOUT: &str = "\
Asks Argo CD to sync one application to one commit, and ends well only when it is proven that this commit is what serves:
our own operation (told from others by a mark that it carries) succeeded with the options that were asked for, it synced
this very commit, Argo CD assessed the application after it, which is Synced and Healthy, pods run the expected `images`, and,
with `wait-for: old-pods-gone`, no older pod is left. All of it has to hold for `settle`. Each condition that does not hold when
the action fails is named, with the reasons, events and logs of pods that do not get ready.

It speaks HTTP/1.1, JSON and server-sent events, so that it needs no gRPC through a load balancer, and continues a stream that
breaks off. An operation of somebody else for the same commit is followed instead of starting another one, so that a
run that was cut off can be run again. On an application with auto-sync it asks for the branch's head and proves the commit
afterwards. The token's subject needs `applications, get` and `applications, sync`.

With `auth: oidc` no secret is needed at all: the job's own OIDC token is used directly where Argo CD's `oidc.config` trusts
GitHub's issuer, and exchanged at Argo CD's Dex otherwise; the policy then knows the job by its `sub`, such as
`repo:org/product:ref:refs/heads/main`. With `auth: service-account` a runner in Kubernetes does the same with a projected token.
Where something is missing for that, the action prints the lines for `argocd-cm` and `policy.csv`.

With `selector` all applications whose labels match are synced at the same time, each to the same commit and with the same conditions.
One that fails does not stop the others: each is followed to its end. The failure is then the gravest one, and says for each
application that failed why it did. An output that is not the same for all of them has a line `APPLICATION VALUE` for each.

If somebody pushes on top of `revision` and that is synced instead, it counts as well, provided that it contains `revision` (GitHub's
comparison says so, for which there is `github-token`) and the expected images are live; if it deploys others the failure is `revision-superseded`. Without `images`, and with a `wait-for` below
`promoted`, they are not looked at, so that a revert on top counts too: a warning says so. An older revision, or one
of which nobody knows, never counts.

Of several sources, `revision` belongs to those from `repository-url`: by default this workflow's own repository. With a source hydrator
`revision` is a commit of the dry source: its hydration is asked for and waited for, and the commit that was made from it is synced and proven.

After a blue/green cutover the old pods live on for the Rollout's `scaleDownDelaySeconds` (30 if not set) and their grace period:
`wait-for: promoted` does not wait for that. A Rollout that pauses before its cutover is waited for until somebody promotes it,
or treated as `paused` says: with `success` its new pods are proven to be ready while the old ones serve, and the output `paused`
names it. Whatever else is Suspended, such as a CronJob, is so because Git says it.

A failure names one pod of each workload that does not get ready, with its events, its containers and the last 50 lines of their
logs, for which the subject needs `logs, get`. What was Degraded before and was not changed, and pods from before the operation,
are told as such: they fail the action only once nothing else is waited for, and are no reason for a roll-back.

When what was deployed does not serve, the output `rollback` holds the inputs of bump-values that restore the images that were live.
They overwrite what Git holds by then, so that they are for a run that keeps later ones from bumping meanwhile, such as one of a
`concurrency` group; where the branch is known to have gone on, `on-stale` is `skip`, which keeps newer images. With `rollback: true`
Rollouts that are not promoted are aborted too; of those, when pods are in error or resources Degraded, the ones that are so. That
needs `applications, action/argoproj.io/Rollout/abort`, as `paused: promote` needs `applications, action/argoproj.io/Rollout/promote-full`. The application's syncPolicy is never touched.

All in all the action takes 5 minutes at most, if `timeout` does not say otherwise; after a failure the reasons of pods may take
3 seconds more, and a roll-back 15.";

const EXAMPLE: &str = "\
steps:
  - uses: org/day2-actions/argocd-sync@v1
    with:
      server: argocd.example.com
      token: ${{ secrets.ARGOCD_TOKEN }}
      application: dev
      project: default
      revision: ${{ steps.bump.outputs.commit }}
      images: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev:${{ github.sha }}
      wait-for: old-pods-gone
      timeout: 50s
";

/// Describes the action.
pub fn spec() -> Spec {
    Spec {
        name: "argocd-sync",
        summary: "Sync an Argo CD application to a commit and prove that its pods serve",
        about: ABOUT,
        command: || Args::augment_args(Command::new("argocd-sync")),
        outputs: OUTPUTS,
        codes: codes::ALL,
        permissions: PERMISSIONS,
        input_defaults: &[("github-token", "${{ github.token }}")],
        timeout: args::DEFAULT_TIMEOUT,
        example: EXAMPLE,
    }
}
