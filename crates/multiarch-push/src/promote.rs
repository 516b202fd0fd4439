//! Reading an image of a registry so that it can be written elsewhere as it is: raw bytes, all of its manifests, and
//! what refers to them. Blobs stay where they are until they are mounted or streamed to their destination.

use std::{collections::HashSet, sync::Arc};

use futures_util::future::{FutureExt, LocalBoxFuture, join_all, try_join_all};
use model::{Digest, Failure, ImageName, ImageRef, Platform, Tag, codes::UNEXPECTED_REPLY};
use serde::Deserialize;

use crate::{
    artifact::{Artifact, Blob, Child, Filing, Origin, Referrer},
    codes,
    image::{
        ImageConfig,
        oci::{self, Descriptor, PlatformSpec},
    },
    registry::{Found, Lookup, Registry, Repository, fallback_tag},
};

/// How deep manifests and referrers may be nested.
const DEPTH: usize = 8;

/// How cosign names the tags of what it attaches to an image
/// (<https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md>).
const SUFFIXES: [&str; 3] = ["sig", "att", "sbom"];

/// What manifests of all kinds refer to: images, indexes, and the artifacts of an early version of the specification.
#[derive(Debug, Deserialize)]
struct Parts {
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    blobs: Vec<Descriptor>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

/// An image that was found.
#[derive(Debug)]
pub(crate) struct Original {
    /// Where it is.
    source: Arc<Repository>,
    /// Its index, or its manifest if it is for one platform.
    root: Found,
}

impl Original {
    /// Finds the image; a tag is looked at once, and only its digest counts from then on.
    pub(crate) async fn find(registry: &Arc<Registry>, from: &ImageRef) -> Result<Self, Failure> {
        let source = Arc::new(registry.source(&from.name).await?);
        match source.get_manifest(from.reference()).await? {
            Lookup::Found(root) => Ok(Self { source, root }),
            Lookup::Missing | Lookup::RepositoryMissing => {
                Err(Failure::new(&codes::SOURCE_NOT_FOUND, format!("there is no image {from}")))
            }
        }
    }

    /// Returns its digest.
    pub(crate) fn digest(&self) -> &Digest {
        &self.root.digest
    }

    /// Reads all that the image leads to, for `destinations`. Where all of them are the repository that it is in,
    /// there is nothing to bring, and its tags are all that is written.
    pub(crate) async fn read(self, destinations: &[ImageName], referrers: bool) -> Result<Artifact, Failure> {
        if destinations.iter().all(|destination| destination == self.source.name()) {
            return Ok(Artifact { index: self.root, children: Vec::new(), referrers: Vec::new() });
        }
        let mut children = self.tree(&self.root, None, DEPTH).await?;
        if oci::is_index(&self.root.media_type) {
            // The root comes last of all, under its tags.
            children.pop();
        }
        let referrers = if referrers { self.all_referrers(&children).await? } else { Vec::new() };
        Ok(Artifact { index: self.root, children, referrers })
    }

    /// Reads a manifest and what it names; it comes last itself.
    fn tree<'a>(
        &'a self,
        manifest: &'a Found,
        platform: Option<Platform>,
        depth: usize,
    ) -> LocalBoxFuture<'a, Result<Vec<Child>, Failure>> {
        async move {
            let invalid = |why: String| {
                let text = format!("{} has the manifest {}: {why}", self.source.name(), manifest.digest);
                Failure::new(&UNEXPECTED_REPLY, text)
            };
            let depth = depth.checked_sub(1).ok_or_else(|| invalid("nested without end".to_owned()))?;
            let parts: Parts =
                serde_json::from_slice(&manifest.bytes).map_err(|error| invalid(error.to_string()))?;
            let inner = try_join_all(parts.manifests.iter().map(async |descriptor| {
                let found = self.manifest(&descriptor.digest).await?;
                let spec = descriptor.platform.as_ref().filter(|platform| platform.is_known());
                self.tree(&found, spec.map(PlatformSpec::to_platform), depth).await
            }))
            .await?;
            let mut seen = HashSet::new();
            let mut children: Vec<Child> = Vec::new();
            children.extend(
                inner.into_iter().flatten().filter(|child| seen.insert(child.manifest.digest.clone())),
            );
            let platform = match (&platform, &parts.config) {
                (None, Some(config))
                    if config.media_type.contains("config") && manifest.digest == self.root.digest =>
                {
                    self.platform(config).await?
                }
                _ => platform,
            };
            let parts = parts.config.into_iter().chain(parts.layers).chain(parts.blobs);
            let blobs = parts.filter(|part| !oci::is_foreign(&part.media_type)).map(|part| Blob {
                digest: part.digest,
                size: part.size,
                origin: Origin::Base(self.source.clone()),
            });
            children.push(Child { manifest: manifest.clone(), platform, blobs: blobs.collect() });
            Ok(children)
        }
        .boxed_local()
    }

    async fn manifest(&self, digest: &Digest) -> Result<Found, Failure> {
        match self.source.get_manifest(digest.as_str()).await? {
            Lookup::Found(found) => Ok(found),
            Lookup::Missing | Lookup::RepositoryMissing => {
                let text = format!("{} does not have {digest}, which its image names", self.source.name());
                Err(Failure::new(&codes::SOURCE_NOT_FOUND, text))
            }
        }
    }

    /// Reads for which platform an image without an index is.
    async fn platform(&self, config: &Descriptor) -> Result<Option<Platform>, Failure> {
        let bytes = self.source.get_blob(&config.digest).await?;
        Ok(bytes.and_then(|bytes| ImageConfig::of_base(&bytes)?.platform()))
    }

    /// Reads what refers to the image and to its manifests.
    async fn all_referrers(&self, children: &[Child]) -> Result<Vec<Referrer>, Failure> {
        let mut digests = vec![self.root.digest.clone()];
        digests.extend(children.iter().map(|child| child.manifest.digest.clone()));
        digests.dedup();
        let found = try_join_all(digests.iter().map(|digest| self.referrers(digest, DEPTH))).await?;
        let mut seen = HashSet::new();
        let is_new = |referrer: &Referrer| {
            seen.insert((referrer.child.manifest.digest.clone(), format!("{:?}", referrer.filing)))
        };
        Ok(found.into_iter().flatten().filter(is_new).collect())
    }

    /// Reads what refers to one manifest, and what refers to that in turn.
    fn referrers<'a>(
        &'a self,
        subject: &'a Digest,
        depth: usize,
    ) -> LocalBoxFuture<'a, Result<Vec<Referrer>, Failure>> {
        async move {
            let Some(depth) = depth.checked_sub(1) else { return Ok(Vec::new()) };
            let (listed, tagged) = tokio::try_join!(self.source.referrers(subject), self.tagged(subject))?;
            let listed = try_join_all(listed.iter().map(async |descriptor| {
                // What a list still names may have been deleted.
                let Lookup::Found(manifest) = self.source.get_manifest(descriptor.digest.as_str()).await?
                else {
                    return Ok(Vec::new());
                };
                let filing = Filing::Subject { digest: subject.clone(), is_ours: false };
                let mut referrers = self.filed(&manifest, filing).await?;
                referrers.extend(self.referrers(&manifest.digest, depth).await?);
                Ok::<_, Failure>(referrers)
            }))
            .await?;
            Ok(listed.into_iter().flatten().chain(tagged).collect())
        }
        .boxed_local()
    }

    /// Reads what cosign has attached by tags.
    async fn tagged(&self, subject: &Digest) -> Result<Vec<Referrer>, Failure> {
        let tags = SUFFIXES.map(|suffix| format!("{}.{suffix}", fallback_tag(subject)));
        let read = tags.iter().map(async |tag| {
            let Lookup::Found(manifest) = self.source.get_manifest(tag).await? else { return Ok(Vec::new()) };
            match tag.parse::<Tag>() {
                Ok(tag) => self.filed(&manifest, Filing::Tag(tag)).await,
                Err(_) => Ok(Vec::new()),
            }
        });
        let read: Result<Vec<_>, Failure> = join_all(read).await.into_iter().collect();
        Ok(read?.into_iter().flatten().collect())
    }

    /// Returns a referrer after all that it names.
    async fn filed(&self, manifest: &Found, filing: Filing) -> Result<Vec<Referrer>, Failure> {
        let mut children = self.tree(manifest, None, DEPTH).await?;
        let last = children.pop();
        let parts = children.into_iter().map(|child| Referrer { child, filing: Filing::Parent });
        Ok(parts.chain(last.map(|child| Referrer { child, filing })).collect())
    }
}
