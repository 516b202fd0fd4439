//! The public face of the action.

use clap::{ArgMatches, CommandFactory, FromArgMatches};
use model::{Failure, codes::INVALID_INPUT};
use toolkit::{Host, Output, Spec};

use crate::{
    args::{self, Args},
    codes,
};

const ABOUT: &str = "\
A Dockerfile without `RUN` is assembled in process, for every platform of its multi-arch base image (or those in \
`platforms`), without a daemon, without emulation and reproducibly: the same commit gives the same digest. A \
Dockerfile with `RUN` goes to `docker buildx`, `buildctl` or `buildah` if one is on `PATH`; otherwise the error names \
the line. OCI layouts are pushed as they are: those of native builds become one image (`layout`). An image of a \
registry is promoted to another repository, registry or account with the same digest (`from`), and what refers to it \
goes along.

What the registry has is not sent again, layers of a base image in the same registry are mounted, the index is \
written last. A tag is never moved unless it is in `moving-tags`, and a second run for the same commit finds its \
work done and succeeds.

The credential is read from Docker's configuration, where `oidc-ecr-login` puts it. \
[docs/pushing.md](../../docs/pushing.md) has sources, promotion, bills of materials and provenance, ECR's ways, and \
what to do when it fails.";

const OUTPUTS: &[Output] = &[
    Output { name: "digest", description: "The digest of the index" },
    Output { name: "image", description: "The image by digest, `registry/repository@sha256:…`" },
    Output { name: "images", description: "The same at every destination, one per line" },
    Output { name: "tag", description: "The first tag" },
    Output { name: "digests", description: "JSON object from platform to the digest of its manifest" },
    Output { name: "changed", description: "Whether a tag was made or moved, `true` or `false`" },
    Output { name: "bytes-uploaded", description: "How many bytes were sent" },
    Output {
        name: "bytes-skipped",
        description: "How many bytes were there already or were taken over inside of the registry",
    },
    Output { name: "timings", description: "JSON object from phase to milliseconds" },
];

const EXAMPLE: &str = "\
- id: login
  uses: org/day2-actions/oidc-ecr-login@v1
  with:
    role-to-assume: arn:aws:iam::123456789012:role/day2-dev
    aws-region: eu-central-1
- uses: org/day2-actions/multiarch-push@v1
  with:
    image: ${{ steps.login.outputs.registry }}/product/dev
    platforms: linux/amd64,linux/arm64
";

/// Describes the action.
pub fn spec() -> Spec {
    Spec {
        name: "multiarch-push",
        summary: "Push a multi-arch image: assembled in process, from OCI layouts, or promoted by digest",
        about: ABOUT,
        command: Args::command,
        outputs: OUTPUTS,
        codes: codes::ALL,
        permissions: &[],
        input_defaults: &[],
        timeout: args::TIMEOUT,
        example: EXAMPLE,
    }
}

/// Runs the action.
pub async fn run(matches: &ArgMatches, host: &Host) -> Result<(), Failure> {
    let args = Args::from_arg_matches(matches)
        .map_err(|error| Failure::new(&INVALID_INPUT, error.to_string().trim().to_owned()))?;
    crate::run::run(args.into_request(host.env())?, host).await
}
