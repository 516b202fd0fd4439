//! Base images in their registries.

use std::sync::Arc;

use model::{Digest, Failure, ImageRef, Platform, codes::UNEXPECTED_REPLY};

use super::{
    ImageConfig,
    oci::{self, Index, Manifest, same_platform},
};
use crate::{
    codes,
    registry::{Found, Lookup, Registry, Repository},
};

/// A base image: its repository, and which platforms it has.
#[derive(Debug)]
pub(crate) struct BaseImage {
    image: ImageRef,
    repository: Arc<Repository>,
    root: Found,
    /// The platforms of an index with the digests of their manifests; empty for an image of a single platform.
    children: Vec<(Platform, Digest)>,
}

/// A base image for one platform.
#[derive(Debug, Clone)]
pub(crate) struct Variant {
    /// What it was found by.
    pub(crate) image: ImageRef,
    /// Where its blobs are.
    pub(crate) repository: Arc<Repository>,
    /// The digest of its manifest.
    pub(crate) digest: Digest,
    /// The digest of what the name stands for: the index, or the manifest of an image of a single platform.
    pub(crate) root: Digest,
    /// Its manifest.
    pub(crate) manifest: Manifest,
    /// Its configuration.
    pub(crate) config: ImageConfig,
}

impl BaseImage {
    /// Looks an image up.
    pub(crate) async fn find(registry: &Arc<Registry>, image: &ImageRef) -> Result<Self, Failure> {
        let repository = Arc::new(registry.source(&image.name).await?);
        let reading = |failure: Failure| failure.with_note(format!("while reading the base image `{image}`"));
        let root = match repository.get_manifest(image.reference()).await.map_err(reading)? {
            Lookup::Found(found) => found,
            Lookup::Missing | Lookup::RepositoryMissing => {
                return Err(Failure::new(&codes::BASE_NOT_FOUND, format!("there is no image `{image}`")));
            }
        };
        let index: Index = match oci::is_index(&root.media_type) {
            true => parse(&root, image)?,
            false if oci::is_manifest(&root.media_type) => {
                return Ok(Self { image: image.clone(), repository, root, children: Vec::new() });
            }
            false => {
                let text = format!("`{image}` is `{}`, which is no image", root.media_type);
                return Err(Failure::new(&codes::BASE_NOT_FOUND, text));
            }
        };
        let children = index
            .manifests
            .iter()
            .filter_map(|child| {
                Some((child.platform.as_ref().filter(|p| p.is_known())?.to_platform(), child.digest.clone()))
            })
            .collect();
        Ok(Self { image: image.clone(), repository, root, children })
    }

    /// Returns the Linux platforms that it has; none if only its configuration would say.
    pub(crate) fn platforms(&self) -> Vec<Platform> {
        let linux = self.children.iter().filter(|(platform, _)| platform.os == "linux");
        let mut found: Vec<Platform> = Vec::new();
        for (platform, _) in linux {
            if !found.iter().any(|known| same_platform(known, platform)) {
                found.push(platform.clone());
            }
        }
        found
    }

    /// Reads the image for one platform; without one, the only image there is.
    pub(crate) async fn variant(&self, platform: Option<&Platform>) -> Result<Variant, Failure> {
        let found = match platform.filter(|_| !self.children.is_empty()) {
            None => self.root.clone(),
            Some(platform) => {
                let child = self.children.iter().find(|(has, _)| same_platform(has, platform));
                let (_, digest) = child.ok_or_else(|| self.lacks(platform, &self.platforms()))?;
                match self.repository.get_manifest(digest.as_str()).await? {
                    Lookup::Found(found) => found,
                    Lookup::Missing | Lookup::RepositoryMissing => {
                        let text =
                            format!("`{}` names {digest} for {platform}, which is not there", self.image);
                        return Err(Failure::new(&codes::BASE_NOT_FOUND, text));
                    }
                }
            }
        };
        let manifest: Manifest = parse(&found, &self.image)?;
        let digest = &manifest.config.digest;
        let unusable = || {
            let text = format!("the configuration {digest} of `{}` is not there or is none", self.image);
            Failure::new(&codes::BASE_NOT_FOUND, text)
        };
        let bytes = self.repository.get_blob(digest).await?.ok_or_else(unusable)?;
        let config = ImageConfig::of_base(&bytes).ok_or_else(unusable)?;
        if let (Some(wanted), Some(has)) = (platform, config.platform())
            && self.children.is_empty()
            && !same_platform(wanted, &has)
        {
            return Err(self.lacks(wanted, &[has]));
        }
        Ok(Variant {
            image: self.image.clone(),
            repository: self.repository.clone(),
            digest: found.digest,
            root: self.root.digest.clone(),
            manifest,
            config,
        })
    }

    fn lacks(&self, wanted: &Platform, has: &[Platform]) -> Failure {
        let has: Vec<String> = has.iter().map(ToString::to_string).collect();
        Failure::new(
            &codes::PLATFORM_NOT_IN_BASE,
            format!("the base image `{}` has no variant for {wanted}; it has {}", self.image, has.join(", ")),
        )
    }
}

fn parse<T: serde::de::DeserializeOwned>(found: &Found, image: &ImageRef) -> Result<T, Failure> {
    serde_json::from_slice(&found.bytes).map_err(|error| {
        Failure::new(&UNEXPECTED_REPLY, format!("the manifest of `{image}` is malformed: {error}"))
    })
}
