//! Arguments, and the request that they make once all of them are valid.
//!
//! One file for each kind of input; a source is asked for by giving one of its inputs.

mod append;
mod attest;
mod content;
mod destination;
mod dockerfile;
mod given;
mod layout;
mod promote;
#[cfg(test)]
mod tests;

use std::time::Duration;

use clap::Parser;
use model::{CommitSha, Failure};
use toolkit::{Check, CommonArgs, Env, GitHubContext};

use self::{
    append::AppendArgs,
    attest::AttestArgs,
    content::{Content, ContentArgs},
    destination::{Destination, DestinationArgs},
    dockerfile::DockerfileArgs,
    given::{Kind, one_kind},
    layout::LayoutArgs,
    promote::PromoteArgs,
};
use crate::request::{Origin, Request, Source};

/// The time that a push has by default.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(300);

/// Push a multi-arch image: built in process from a Dockerfile without RUN, or as it is from OCI layouts or a registry
#[derive(Debug, Clone, Default, Parser)]
#[command(name = "multiarch-push", no_binary_name = false)]
pub(crate) struct Args {
    #[command(flatten)]
    destination: DestinationArgs,

    #[command(flatten)]
    dockerfile: DockerfileArgs,

    #[command(flatten)]
    append: AppendArgs,

    #[command(flatten)]
    layout: LayoutArgs,

    #[command(flatten)]
    promote: PromoteArgs,

    #[command(flatten)]
    content: ContentArgs,

    #[command(flatten)]
    attest: AttestArgs,

    #[command(flatten)]
    common: CommonArgs,
}

impl Args {
    /// Validates all arguments at once.
    pub(crate) fn into_request(self, env: &Env) -> Result<Request, Failure> {
        let mut check = Check::new(env);
        let Destination { images, tags, moving_tags, mount_from, create_repository, on_existing } =
            self.destination.check(&mut check);
        let kind = self.kind(&mut check);
        let Content { platforms, labels, annotations, layers } = self.content.check(&mut check, kind);
        let source = match kind {
            Kind::Promote => self.promote.check(&mut check).map(Source::Promote),
            Kind::Layout => Some(Source::Layouts(self.layout.paths())),
            Kind::Append => self.append.check(&mut check, platforms).map(Source::Append),
            Kind::Dockerfile => Some(Source::Dockerfile(self.dockerfile.check(&mut check, platforms))),
        };
        let attest = self.attest.check(&mut check, kind);
        let timeout = self.common.budget(&mut check, TIMEOUT);
        let dry_run = self.common.dry_run(&mut check);
        let origin = origin(&mut check);
        let request = images.zip(source).map(|(images, source)| Request {
            images,
            tags,
            moving_tags,
            mount_from,
            create_repository,
            source,
            labels,
            annotations,
            layers,
            on_existing,
            timeout,
            dry_run,
            origin,
            attest,
        });
        check.finish(request)
    }

    fn kind(&self, check: &mut Check<'_>) -> Kind {
        let kinds = [
            (Kind::Promote, self.promote.given()),
            (Kind::Layout, self.layout.given()),
            (Kind::Append, self.append.given()),
            (Kind::Dockerfile, self.dockerfile.given()),
        ];
        one_kind(check, &kinds)
    }
}

/// Reads from the environment where the image comes from.
fn origin(check: &mut Check<'_>) -> Origin {
    let env = check.env();
    let context = GitHubContext::from_env(env);
    let repository = context.repository.as_ref().map(|slug| format!("{}/{slug}", context.server_url));
    let epoch = env.get("SOURCE_DATE_EPOCH").map(str::parse::<u64>);
    if let Some(Err(_)) = epoch {
        check.problem(
            "SOURCE_DATE_EPOCH",
            "(a variable of the environment) is no number of seconds since 1970",
        );
    }
    Origin {
        epoch: epoch.and_then(Result::ok),
        revision: context.sha.and_then(|sha| sha.parse::<CommitSha>().ok()),
        repository,
        version: env
            .get("GITHUB_REF_NAME")
            .filter(|_| env.get("GITHUB_REF_TYPE") == Some("tag"))
            .map(str::to_owned),
    }
}
