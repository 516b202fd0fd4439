//! What images say of themselves and how their layers are written; for all that is assembled in process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::Args;
use model::Platform;
use toolkit::Check;

use super::given::{Kind, given, pair, text};
use crate::{
    image::{Dependencies, compress::Compression},
    request::LayerOptions,
};

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ContentArgs {
    /// Platforms such as `linux/amd64`, one per line or separated by commas; all of the base image by default
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',')]
    platforms: Vec<String>,

    /// Labels for the image's configuration, one `NAME=VALUE` per line
    #[arg(long, value_name = "NAME=VALUE")]
    labels: Vec<String>,

    /// Annotations for the index and its manifests, one `NAME=VALUE` per line
    #[arg(long, value_name = "NAME=VALUE")]
    annotations: Vec<String>,

    /// How layers are compressed: `gzip`, or `zstd`, which is smaller and which Docker reads since 23.0; `gzip` by default
    #[arg(long, value_name = "FORMAT")]
    compression: Option<String>,

    /// Where layers are kept for later runs, or `off`; by default a directory of this repository below `RUNNER_TOOL_CACHE`
    #[arg(long, value_name = "DIRECTORY")]
    layer_cache: Option<String>,

    /// Files that go into a layer of their own, which stays the same from commit to commit, as patterns of paths in the image, one per line; `none` for none; by default the directories of package managers with `append`, and none with a Dockerfile
    #[arg(long, value_name = "PATTERN")]
    dependencies: Vec<String>,
}

/// What images say of themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    /// The platforms; none for all of the base image.
    pub(super) platforms: Vec<Platform>,
    /// Labels for the configuration.
    pub(super) labels: Vec<(String, String)>,
    /// Annotations for the index and the manifests.
    pub(super) annotations: BTreeMap<String, String>,
    /// How layers are written.
    pub(super) layers: LayerOptions,
}

impl ContentArgs {
    /// Validates them. What is pushed as it is cannot be given any of them, except that the index around layouts is
    /// made here and so may have annotations.
    pub(super) fn check(&self, check: &mut Check<'_>, kind: Kind) -> Content {
        let mut inputs = given([
            ("platforms", &self.platforms),
            ("labels", &self.labels),
            ("annotations", &self.annotations),
            ("compression", self.compression.as_slice()),
            ("layer-cache", self.layer_cache.as_slice()),
            ("dependencies", &self.dependencies),
        ]);
        let source = match kind {
            Kind::Dockerfile | Kind::Append => None,
            Kind::Layout => {
                inputs.retain(|input| *input != "annotations");
                Some("layout")
            }
            Kind::Promote => Some("from"),
        };
        if let Some(source) = source {
            for input in inputs {
                let text = format!("cannot be given with `{source}`, whose images are pushed as they are");
                check.problem(input, &text);
            }
        }
        let compression =
            check.optional("compression", self.compression.as_deref(), str::parse::<Compression>);
        let layers = LayerOptions {
            compression: compression.unwrap_or_default(),
            cache: self.cache(check),
            dependencies: self.dependencies(check),
        };
        Content {
            platforms: check.list("platforms", &self.platforms, str::parse::<Platform>),
            labels: check.list("labels", &self.labels, pair),
            annotations: check.list("annotations", &self.annotations, pair).into_iter().collect(),
            layers,
        }
    }

    fn cache(&self, check: &mut Check<'_>) -> Option<PathBuf> {
        // Each repository has its own: what one of them keeps is not for another one to replace.
        let env = check.env();
        let usual = env.get("RUNNER_TOOL_CACHE").zip(env.get("GITHUB_REPOSITORY_ID"));
        let usual = usual.map(|(cache, id)| Path::new(cache).join("day2-actions/layers").join(id));
        match text(self.layer_cache.as_ref()).as_deref() {
            Some("off") => None,
            Some(path) => Some(PathBuf::from(path)),
            None => usual,
        }
    }

    fn dependencies(&self, check: &mut Check<'_>) -> Option<Dependencies> {
        let patterns: Vec<&str> = self
            .dependencies
            .iter()
            .map(|pattern| pattern.trim())
            .filter(|pattern| !pattern.is_empty())
            .collect();
        match patterns.as_slice() {
            [] => None,
            ["none"] => Some(Dependencies::default()),
            patterns => {
                let parsed = Dependencies::parse(patterns);
                parsed.map_err(|error| check.problem("dependencies", &error)).ok()
            }
        }
    }
}
