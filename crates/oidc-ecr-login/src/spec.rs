//! The public face of the action.

use clap::{Args as _, Command};
use toolkit::{Output, Permission, Spec};

use crate::{
    args::{self, Args},
    codes,
};

const OUTPUTS: &[Output] = &[
    Output { name: "registry", description: "Host of the registry; the first one if there are several" },
    Output { name: "registries", description: "Hosts of all registries, one per line" },
    Output { name: "account-id", description: "Account of the identity" },
    Output { name: "role-arn", description: "Role that was assumed, or the ARN of the environment's keys" },
    Output { name: "expires-at", description: "When the registry credential ends, RFC 3339" },
    Output { name: "docker-config", description: "Directory of the Docker configuration that was written" },
];

const PERMISSIONS: &[Permission] =
    &[Permission { scope: "id-token", access: "write", when: "", why: "ask for the job's OIDC token" }];

const ABOUT: &str = "\
Three calls: the job's OIDC token, `AssumeRoleWithWebIdentity`, `GetAuthorizationToken`. No AWS CLI and no Docker is
needed on the runner.

The AWS keys stay in the memory of the step. Only the registry credential is written: to a `config.json` (mode 0600) in
a directory of its own under `$RUNNER_TEMP`, which the runner empties after the job. `DOCKER_CONFIG` (Docker, buildx) and
`REGISTRY_AUTH_FILE` (podman, buildah, skopeo) point to it for the later steps. The user's plugins, contexts, builders and
credentials for other registries work there too. Another login in the same job adds to the same file. With
`docker-config: merge` the user's own file gets the credential instead, safely beside other jobs of the same user; a
credential helper is displaced for these registries only.

A composite action has no step that runs at the end by itself. On a machine that several jobs share, or with `merge`, end
the job with `logout: true` under `if: always()`: it takes out what this job's logins have written, and nothing else.

`auth` says where the identity comes from. `auto` takes the job's OIDC token if there is a role and the job may ask for a token, otherwise
the one source that the environment has; it prints its choice and refuses to choose between two. A role is named by its ARN, or
by its name alone if `allowed-account-ids` names the one account that it is in. `role-chain` goes on from there: AWS caps such sessions at one
hour.

`repositories` and `access` make a session policy, so that the registry credential can do no more than this job needs: a session
may do what its role allows and what the policy allows as well. A policy of more than 2,048 characters has its names collapsed to common
prefixes, which are printed.

When a role's trust policy refuses the job, the action prints the token's claims and the `Condition` that would match.
A refusal is never tried again; throttling and server errors are, within `timeout` (10 seconds if not given).";

const EXAMPLE: &str = "\
permissions:
  id-token: write  # to ask for the OIDC token

steps:
  - uses: org/day2-actions/oidc-ecr-login@v1
    id: ecr
    with:
      role-to-assume: arn:aws:iam::123456789012:role/day2-dev
      aws-region: eu-central-1

  - uses: org/day2-actions/multiarch-push@v1
    with:
      image: ${{ steps.ecr.outputs.registry }}/product/dev
      context: .

  - uses: org/day2-actions/oidc-ecr-login@v1
    if: always()
    with:
      logout: true
";

/// Describes the action.
pub fn spec() -> Spec {
    Spec {
        name: "oidc-ecr-login",
        summary: "Sign in to Amazon ECR with the job's OIDC token",
        about: ABOUT,
        command: || Args::augment_args(Command::new("oidc-ecr-login")),
        outputs: OUTPUTS,
        codes: codes::ALL,
        permissions: PERMISSIONS,
        input_defaults: &[],
        timeout: args::BUDGET,
        example: EXAMPLE,
    }
}
