//! What an image says about itself: labels of its configuration, annotations of its manifests and its index
//! (<https://github.com/opencontainers/image-spec/blob/main/annotations.md>).
//!
//! The same facts stand in all three, as tools look in different ones. What the user says is never overwritten.

use std::collections::BTreeMap;

use model::Digest;
use toolkit::rfc3339;

use crate::{
    image::{ImageConfig, Variant},
    request::{Origin, Request},
};

/// Labels and annotations of a run.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    own: Vec<(String, String)>,
    labels: Vec<(String, String)>,
    annotations: BTreeMap<String, String>,
}

impl Marks {
    /// Collects what is known without the base image. `epoch` is the image's time.
    pub(crate) fn new(request: &Request, origin: &Origin, epoch: u64) -> Self {
        let own = [
            ("created", Some(rfc3339(epoch))),
            ("revision", origin.revision.as_ref().map(ToString::to_string)),
            ("source", origin.repository.clone()),
            ("version", origin.version.clone()),
        ];
        let own = own.into_iter().filter_map(|(name, value)| Some((key(name), value?))).collect();
        Self { own, labels: request.labels.clone(), annotations: request.annotations.clone() }
    }

    /// Returns the labels for a builder, which knows the base image itself.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &(String, String)> {
        self.own.iter().chain(&self.labels)
    }

    /// Returns the annotations for a builder.
    pub(crate) fn annotations(&self) -> BTreeMap<String, String> {
        self.with([])
    }

    /// Labels a configuration that was made upon `base`. A label that the Dockerfile has set stays, one that only
    /// came with the base image tells about that, and not about this image.
    pub(crate) fn label(&self, config: &mut ImageConfig, base: Option<&Variant>) {
        for (name, value) in self.own.iter().cloned().chain(base.into_iter().flat_map(of_base)) {
            let inherited = base.and_then(|base| base.config.label(&name));
            if config.label(&name) == inherited {
                config.put("Labels", &name, value);
            }
        }
        for (name, value) in &self.labels {
            config.put("Labels", name, value.as_str());
        }
    }

    /// Returns the annotations of a platform's manifest.
    pub(crate) fn of_manifest(&self, base: Option<&Variant>) -> BTreeMap<String, String> {
        self.with(base.into_iter().flat_map(of_base))
    }

    /// Returns the annotations of the index. It names a base image if all platforms have the same.
    pub(crate) fn of_index<'a>(
        &self,
        bases: impl IntoIterator<Item = Option<&'a Variant>>,
    ) -> BTreeMap<String, String> {
        let mut bases = bases.into_iter();
        let first = bases.next().flatten();
        let is_same = |other: Option<&Variant>| other.map(|base| &base.root) == first.map(|base| &base.root);
        let common = first.filter(|_| bases.all(is_same));
        self.with(common.into_iter().flat_map(|base| named(base, &base.root)))
    }

    fn with(&self, base: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
        self.own.iter().cloned().chain(base).chain(self.annotations.clone()).collect()
    }
}

fn of_base(base: &Variant) -> [(String, String); 2] {
    named(base, &base.digest)
}

fn named(base: &Variant, digest: &Digest) -> [(String, String); 2] {
    [(key("base.name"), base.image.to_string()), (key("base.digest"), digest.to_string())]
}

fn key(name: &str) -> String {
    format!("org.opencontainers.image.{name}")
}
