//! Where an image goes, and under which tags.

use std::collections::HashSet;

use clap::Args;
use model::{ImageName, ImageRef, ParseError, Tag};
use toolkit::Check;

use super::given::is_given;
use crate::request::OnExisting;

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct DestinationArgs {
    /// The image to push to, `registry/repository` without a tag; one per line for several at once
    #[arg(long, value_name = "NAME")]
    image: Vec<String>,

    /// Tags that never move, one per line or separated by commas; the full commit id by default
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    tags: Vec<String>,

    /// Tags that are moved to the new image, such as `latest`
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    moving_tags: Vec<String>,

    /// What to do if a tag exists: `same-digest-ok`, `skip` (do not build, give all tags to the image that is there), `overwrite` or `fail`
    #[arg(long, value_name = "RULE")]
    on_existing: Option<String>,

    /// Whether to make a repository of ECR that is missing, with AWS's default settings; `false` by default
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    create_repository: Option<String>,

    /// Repositories of the same registry to take layers over from if it has them, one per line
    #[arg(long, value_name = "REPOSITORY")]
    mount_from: Vec<String>,
}

/// Where an image goes.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    /// The images' names; none if one was refused.
    pub(super) images: Option<Vec<ImageName>>,
    /// Tags that never move.
    pub(super) tags: Vec<Tag>,
    /// Tags that are moved.
    pub(super) moving_tags: Vec<Tag>,
    /// Repositories to take layers over from.
    pub(super) mount_from: Vec<String>,
    /// Whether a repository that is missing is made.
    pub(super) create_repository: bool,
    /// What to do if a tag exists.
    pub(super) on_existing: OnExisting,
}

impl DestinationArgs {
    /// Validates them.
    pub(super) fn check(&self, check: &mut Check<'_>) -> Destination {
        let mut images = check.list("image", &self.image, image_name);
        let lines = self.image.iter().filter(|image| !image.trim().is_empty()).count();
        if lines == 0 {
            check.problem("image", "is required and empty");
        }
        let is_whole = lines > 0 && images.len() == lines;
        let mut seen = HashSet::new();
        images.retain(|image| seen.insert(image.clone()));
        let create_repository = check.flag("create-repository", self.create_repository.as_deref(), false);
        let mount_from = check.list("mount-from", &self.mount_from, repository);
        let moving_tags = unique(check.list("moving-tags", &self.moving_tags, str::parse::<Tag>));
        let tags = self.tags(check, &moving_tags);
        let on_existing = check.optional("on-existing", self.on_existing.as_deref(), str::parse);
        Destination {
            images: is_whole.then_some(images),
            mount_from,
            create_repository,
            tags,
            moving_tags,
            on_existing: on_existing.unwrap_or(OnExisting::SameDigestOk),
        }
    }

    fn tags(&self, check: &mut Check<'_>, moving: &[Tag]) -> Vec<Tag> {
        let mut tags = check.list("tags", &self.tags, str::parse::<Tag>);
        if tags.is_empty() && !is_given(&self.tags) {
            match check.env().get("GITHUB_SHA").map(str::parse::<Tag>) {
                Some(Ok(tag)) => tags.push(tag),
                _ if !moving.is_empty() => {}
                _ => check.problem("tags", "is required where `GITHUB_SHA` is not set"),
            }
        }
        tags.retain(|tag| !moving.contains(tag));
        unique(tags)
    }
}

/// Keeps the first of each.
fn unique(mut tags: Vec<Tag>) -> Vec<Tag> {
    let mut seen = HashSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    tags
}

/// Reads an image name that says which registry: a push must not end at Docker Hub by mistake.
fn image_name(text: &str) -> Result<ImageName, String> {
    let expected = "expected `registry/repository`, such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev`";
    let host = text.split_once('/').map(|(host, _)| host);
    if host.is_none_or(|host| host != "localhost" && !host.contains(['.', ':'])) {
        return Err(format!("`{text}` names no registry: {expected}"));
    }
    if let Ok(ImageRef { name, tag, digest }) = text.parse()
        && (tag.is_some() || digest.is_some())
    {
        return Err(format!("`{text}` has a tag or digest: give `{name}`, and tags in `tags`"));
    }
    text.parse().map_err(|error: ParseError| error.to_string())
}

/// Reads a repository's name without its registry.
fn repository(text: &str) -> Result<String, String> {
    let name: Result<ImageName, ParseError> = format!("registry.invalid/{text}").parse();
    match name {
        Ok(name) if name.repository() == text => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is not a repository's name without its registry, such as `base/python`")),
    }
}
