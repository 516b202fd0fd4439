//! Arguments, and the request that they make once all of them are valid.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use clap::Parser;
use model::{CommitSha, Failure, ImageName, ParseError, Platform, Tag};
use toolkit::{Check, CommonArgs, Env, GitHubContext};

use crate::request::{BuilderChoice, DockerfileSource, OnExisting, Origin, Request, Source};

/// The time that a push has by default.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(300);

/// Push a multi-arch image, built in process from a Dockerfile without RUN, or as it is from an OCI layout
#[derive(Debug, Clone, Default, Parser)]
#[expect(clippy::struct_field_names, reason = "the input's name is that of docker/build-push-action")]
#[command(name = "multiarch-push", no_binary_name = false)]
pub(crate) struct Args {
    /// The image to push to, `registry/repository` without a tag
    #[arg(long, value_name = "NAME")]
    image: Option<String>,

    /// Tags that never move, one per line or separated by commas; the full commit id by default
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    tags: Vec<String>,

    /// Tags that are moved to the new image, such as `latest`
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    moving_tags: Vec<String>,

    /// The directory whose files the Dockerfile copies; `.` by default
    #[arg(long, value_name = "DIRECTORY")]
    context: Option<String>,

    /// The Dockerfile; `Dockerfile` in the context by default
    #[arg(long, value_name = "PATH")]
    file: Option<String>,

    /// Platforms such as `linux/amd64`, one per line or separated by commas; all of the base image by default
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',')]
    platforms: Vec<String>,

    /// Build arguments, one `NAME=VALUE` per line
    #[arg(long, value_name = "NAME=VALUE")]
    build_args: Vec<String>,

    /// The stage to build; the last by default
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,

    /// What builds a Dockerfile that needs it, for example because of RUN: `auto`, `none`, `buildx`, `buildctl` or `buildah`
    #[arg(long, value_name = "NAME")]
    builder: Option<String>,

    /// An OCI image layout (a directory or a tar file) to push as it is, instead of a Dockerfile
    #[arg(long, value_name = "PATH")]
    layout: Option<String>,

    /// Not in this version: the base image for files that are appended without a Dockerfile; refused when given
    #[arg(long, value_name = "IMAGE")]
    base: Option<String>,

    /// Not in this version: files to append to `base`, one per line; refused when given
    #[arg(long, value_name = "PATH")]
    append: Vec<String>,

    /// Not in this version: the entrypoint of an image made with `base`; refused when given
    #[arg(long, value_name = "WORD")]
    entrypoint: Vec<String>,

    /// Not in this version: an image to promote by its digest; refused when given
    #[arg(long, value_name = "IMAGE")]
    from: Option<String>,

    /// Labels for the image's configuration, one `NAME=VALUE` per line
    #[arg(long, value_name = "NAME=VALUE")]
    labels: Vec<String>,

    /// Annotations for the index and its manifests, one `NAME=VALUE` per line
    #[arg(long, value_name = "NAME=VALUE")]
    annotations: Vec<String>,

    /// What to do if a tag exists: `same-digest-ok`, `skip` (do not build, give all tags to the image that is there), `overwrite` or `fail`
    #[arg(long, value_name = "RULE")]
    on_existing: Option<String>,

    #[command(flatten)]
    common: CommonArgs,
}

impl Args {
    /// Validates all arguments at once.
    pub(crate) fn into_request(self, env: &Env) -> Result<Request, Failure> {
        let mut check = Check::new(env);
        let image = check.required("image", self.image.as_deref(), image_name);
        let moving_tags = check.list("moving-tags", &self.moving_tags, str::parse::<Tag>);
        let tags = self.tags(&mut check, &moving_tags);
        let source = self.source(&mut check);
        self.refuse_later_inputs(&mut check);
        let labels = check.list("labels", &self.labels, pair);
        let annotations = check.list("annotations", &self.annotations, pair).into_iter().collect();
        let on_existing = check.optional("on-existing", self.on_existing.as_deref(), str::parse);
        let timeout = self.common.budget(&mut check, TIMEOUT);
        let dry_run = self.common.dry_run(&mut check);
        let origin = origin(&mut check);
        let request = image.map(|image| Request {
            image,
            tags,
            moving_tags,
            source,
            labels,
            annotations,
            on_existing: on_existing.unwrap_or(OnExisting::SameDigestOk),
            timeout,
            dry_run,
            origin,
        });
        check.finish(request)
    }

    fn tags(&self, check: &mut Check<'_>, moving: &[Tag]) -> Vec<Tag> {
        let mut tags = check.list("tags", &self.tags, str::parse::<Tag>);
        if tags.is_empty() && self.tags.iter().all(|tag| tag.trim().is_empty()) {
            match check.env().get("GITHUB_SHA").map(str::parse::<Tag>) {
                Some(Ok(tag)) => tags.push(tag),
                _ if !moving.is_empty() => {}
                _ => check.problem("tags", "is required where `GITHUB_SHA` is not set"),
            }
        }
        tags.retain(|tag| !moving.contains(tag));
        tags.dedup();
        tags
    }

    /// Refuses the sources that are announced and not there yet. They are declared, since GitHub only warns of inputs
    /// that an action does not know: another image than the wanted one would be pushed, without a word.
    fn refuse_later_inputs(&self, check: &mut Check<'_>) {
        const DOCKERFILE: &str = "is not in this version: give a Dockerfile (`context`, `file`) or an OCI layout (`layout`) until then";
        const LAYOUT: &str =
            "is not in this version: copy the image into an OCI layout and give that in `layout` until then";
        let one = |value: &Option<String>| is_given(value.as_slice());
        for (input, given, text) in [
            ("base", one(&self.base), DOCKERFILE),
            ("append", is_given(&self.append), DOCKERFILE),
            ("entrypoint", is_given(&self.entrypoint), DOCKERFILE),
            ("from", one(&self.from), LAYOUT),
        ] {
            if given {
                check.problem(input, text);
            }
        }
    }

    fn source(&self, check: &mut Check<'_>) -> Source {
        let text = |value: &Option<String>| {
            value.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let (context, file, target) = (text(&self.context), text(&self.file), text(&self.target));
        let platforms = check.list("platforms", &self.platforms, str::parse::<Platform>);
        let build_args: BTreeMap<_, _> =
            check.list("build-args", &self.build_args, pair).into_iter().collect();
        let builder = check.optional("builder", self.builder.as_deref(), str::parse::<BuilderChoice>);
        if let Some(layout) = text(&self.layout) {
            let others = [
                ("context", context.is_some()),
                ("file", file.is_some()),
                ("platforms", is_given(&self.platforms)),
                ("build-args", is_given(&self.build_args)),
                ("target", target.is_some()),
                ("builder", text(&self.builder).is_some()),
            ];
            for (other, _) in others.iter().filter(|(_, given)| *given) {
                check.problem(
                    "layout",
                    &format!(
                        "and input `{other}` are two kinds of source: give a layout or a Dockerfile, not both"
                    ),
                );
            }
            if is_given(&self.labels) {
                check.problem("labels", "cannot be added to a layout, which is pushed as it is");
            }
            return Source::Layout(PathBuf::from(layout));
        }
        Source::Dockerfile(DockerfileSource {
            context: PathBuf::from(context.unwrap_or_else(|| ".".to_owned())),
            file: file.map(PathBuf::from),
            platforms,
            build_args,
            target,
            builder: builder.unwrap_or(BuilderChoice::Auto),
        })
    }
}

/// Whether an input has a value: one that is empty counts as left out, as GitHub has it.
fn is_given(values: &[String]) -> bool {
    values.iter().any(|value| !value.trim().is_empty())
}

/// Reads an image name that says which registry: a push must not end at Docker Hub by mistake.
fn image_name(text: &str) -> Result<ImageName, String> {
    let expected = "expected `registry/repository`, such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev`";
    let host = text.split_once('/').map(|(host, _)| host);
    if host.is_none_or(|host| host != "localhost" && !host.contains(['.', ':'])) {
        return Err(format!("`{text}` names no registry: {expected}"));
    }
    if let Ok(model::ImageRef { name, tag, digest }) = text.parse()
        && (tag.is_some() || digest.is_some())
    {
        return Err(format!("`{text}` has a tag or digest: give `{name}`, and tags in `tags`"));
    }
    text.parse().map_err(|error: ParseError| error.to_string())
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not of the form `NAME=VALUE`")),
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";

    fn request(argv: &[&str], env: &[(&str, &str)]) -> Result<Request, Failure> {
        let argv = ["multiarch-push"].iter().chain(argv);
        let env = Env::from_pairs(env.iter().copied());
        Args::try_parse_from(argv).unwrap().into_request(&env)
    }

    #[test]
    fn an_image_is_enough_in_a_workflow() {
        let request = request(
            &["--image=127.0.0.1:5000/product/dev"],
            &[("GITHUB_SHA", SHA), ("GITHUB_REPOSITORY", "org/product"), ("SOURCE_DATE_EPOCH", "5")],
        )
        .unwrap();
        assert_eq!(request.tags[0].as_str(), SHA);
        assert_eq!(request.timeout, TIMEOUT);
        assert_eq!(request.origin.epoch, Some(5));
        assert_eq!(request.origin.repository.as_deref(), Some("https://github.com/org/product"));
        assert!(
            matches!(request.source, Source::Dockerfile(source) if source.builder == BuilderChoice::Auto)
        );
    }

    #[test]
    fn lists_are_split() {
        let request = request(
            &[
                "--image=a.example/b",
                "--tags=v1,v1.2",
                "--tags=v1.2.3",
                "--moving-tags=latest",
                "--platforms=linux/amd64,linux/arm64",
                "--build-args=A=1,2",
                "--labels=a=b=c",
            ],
            &[],
        )
        .unwrap();
        assert_eq!(request.tags.len(), 3);
        assert_eq!(request.labels, [("a".to_owned(), "b=c".to_owned())]);
        let Source::Dockerfile(source) = request.source else { panic!("not a Dockerfile") };
        assert_eq!((source.platforms.len(), source.build_args["A"].as_str()), (2, "1,2"));
    }

    #[test]
    fn every_problem_is_listed() {
        let failure = request(
            &[
                "--image=product/dev",
                "--tags=feature/x",
                "--layout=out",
                "--context=.",
                "--platforms=amd64",
                "--builder=make",
                "--base=a.example/python:3",
                "--append=dist",
                "--entrypoint=python3",
                "--from=a.example/product/dev",
                "--labels=x",
                "--on-existing=maybe",
                "--timeout=1x",
            ],
            &[("SOURCE_DATE_EPOCH", "now")],
        )
        .unwrap_err();
        insta::assert_snapshot!(failure.notes.join("\n"), @r#"
        input `image`: `product/dev` names no registry: expected `registry/repository`, such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev`
        input `tags`: `feature/x` is not an image tag: expected 1 to 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`
        input `platforms`: `amd64` is not a platform: expected `os/architecture[/variant]`, such as `linux/amd64`
        input `builder`: `make` is not a builder: expected `auto`, `none`, `buildx`, `buildctl` or `buildah`
        input `layout` and input `context` are two kinds of source: give a layout or a Dockerfile, not both
        input `layout` and input `platforms` are two kinds of source: give a layout or a Dockerfile, not both
        input `layout` and input `builder` are two kinds of source: give a layout or a Dockerfile, not both
        input `labels` cannot be added to a layout, which is pushed as it is
        input `base` is not in this version: give a Dockerfile (`context`, `file`) or an OCI layout (`layout`) until then
        input `append` is not in this version: give a Dockerfile (`context`, `file`) or an OCI layout (`layout`) until then
        input `entrypoint` is not in this version: give a Dockerfile (`context`, `file`) or an OCI layout (`layout`) until then
        input `from` is not in this version: copy the image into an OCI layout and give that in `layout` until then
        input `labels`: `x` is not of the form `NAME=VALUE`
        input `on-existing`: `maybe` is not a rule: expected `same-digest-ok`, `skip`, `overwrite` or `fail`
        input `timeout`: `1x` is not a duration: expected a number with a unit, such as `90s`, `1m30s` or `500ms`
        input `SOURCE_DATE_EPOCH` (a variable of the environment) is no number of seconds since 1970
        "#);
    }

    #[test]
    fn inputs_of_later_versions_are_refused_unless_empty() {
        for input in ["base", "append", "entrypoint", "from"] {
            let given = |value: &str| {
                request(&["--image=a.example/b", "--tags=v1", &format!("--{input}={value}")], &[])
            };
            let failure = given("a.example/x").unwrap_err();
            let expected = format!("input `{input}` is not in this version: ");
            assert!(failure.cause.starts_with(&expected), "{failure}");
            assert!(given("").is_ok() && given(" ").is_ok(), "{input}");
        }
    }

    #[test]
    fn images_name_their_registry() {
        for (image, expected) in [
            ("product/dev", "names no registry"),
            ("dev", "names no registry"),
            ("a.example/dev:v1", "has a tag or digest: give `a.example/dev`"),
            ("a.example/Dev", "is not an image name"),
        ] {
            let failure = request(&[&format!("--image={image}"), "--tags=v1"], &[]).unwrap_err();
            assert!(failure.cause.contains(expected), "{failure}");
        }
        assert!(request(&["--image=localhost/dev", "--tags=v1"], &[]).is_ok());
        let failure = request(&["--image=a.example/dev"], &[]).unwrap_err();
        insta::assert_snapshot!(failure.cause, @"input `tags` is required where `GITHUB_SHA` is not set");
    }
}
