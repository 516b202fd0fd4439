//! What images say of themselves and how their layers are written; for all that is assembled in process.

use std::collections::BTreeMap;

use clap::Args;
use model::Platform;
use toolkit::Check;

use super::given::{Kind, given, pair, refuse_later};

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

    /// Not in this version: how layers are compressed; refused when given
    #[arg(long, value_name = "FORMAT")]
    compression: Option<String>,

    /// Not in this version: where compressed layers are kept for later runs; refused when given
    #[arg(long, value_name = "DIRECTORY")]
    layer_cache: Option<String>,

    /// Not in this version: files that go into a layer of their own, one pattern per line; refused when given
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
        } else {
            inputs.retain(|input| ["compression", "layer-cache", "dependencies"].contains(input));
            refuse_later(check, &inputs);
        }
        Content {
            platforms: check.list("platforms", &self.platforms, str::parse::<Platform>),
            labels: check.list("labels", &self.labels, pair),
            annotations: check.list("annotations", &self.annotations, pair).into_iter().collect(),
        }
    }
}
