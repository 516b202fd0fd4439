//! What one layout holds: images, perhaps under an index, and what refers to them.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use model::{Digest, Failure};
use serde::Deserialize;

use super::store::Store;
use crate::{
    artifact::{Blob, Child},
    image::{
        ImageConfig,
        oci::{self, Descriptor, Index, Manifest, PlatformSpec},
    },
    registry::Found,
};

/// How deep indexes may be nested.
const DEPTH: usize = 8;

/// The annotations by which BuildKit marks an attestation and names its image
/// (<https://docs.docker.com/build/metadata/attestations/attestation-storage/>).
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
const REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";

/// What one layout holds.
#[derive(Debug)]
pub(super) struct Contents {
    /// The path as it was given.
    pub(super) layout: String,
    /// The index, if the layout has one around all of its images.
    pub(super) index: Option<Found>,
    /// Images and nested indexes, each after what it names.
    pub(super) children: Vec<Child>,
    /// The images among them, with their platforms.
    pub(super) images: Vec<Descriptor>,
    /// What refers to them.
    pub(super) companions: Vec<Companion>,
}

/// A manifest that says something about another one.
#[derive(Debug)]
pub(super) struct Companion {
    /// The manifest.
    pub(super) child: Child,
    /// Its layers.
    pub(super) layers: Vec<Descriptor>,
    /// What it is about, if that can be told.
    pub(super) about: Option<Digest>,
    /// Whether it stands in the index, as BuildKit's attestations do, and not by itself with a `subject`.
    pub(super) is_listed: bool,
}

#[derive(Deserialize)]
struct WithSubject {
    subject: Option<Descriptor>,
}

impl Contents {
    /// Reads the layout at `path`; `spool` is a directory for what has to be unpacked.
    pub(super) fn read(path: &Path, spool: &Path) -> Result<Self, Failure> {
        let store = Store::open(path, spool)?;
        let top = store.document("index.json")?;
        let top: Index =
            serde_json::from_slice(&top).map_err(|error| store.invalid(format!("`index.json`: {error}")))?;
        let mut contents = Self {
            layout: store.shown(),
            index: None,
            children: Vec::new(),
            images: Vec::new(),
            companions: Vec::new(),
        };
        let mut seen = HashSet::new();
        // One index may be listed under several names.
        let unique: Vec<&Descriptor> =
            top.manifests.iter().filter(|descriptor| seen.insert(&descriptor.digest)).collect();
        match unique.as_slice() {
            [] => return Err(store.invalid("its index names no image")),
            [one] if oci::is_index(&one.media_type) => {
                let bytes = store.checked(one)?;
                let inner = parse::<Index>(&store, &bytes, &one.digest)?;
                contents.walk(&store, &inner.manifests, DEPTH)?;
                contents.index = Some(found(bytes, one));
            }
            several => {
                // Annotations in `index.json` are names that only the layout's writer knows.
                let plain =
                    several.iter().map(|one| Descriptor { annotations: BTreeMap::new(), ..(*one).clone() });
                contents.walk(&store, &plain.collect::<Vec<_>>(), DEPTH)?;
                contents.children.retain(|child| !oci::is_index(&child.manifest.media_type));
            }
        }
        if contents.images.is_empty() {
            return Err(store.invalid("its index names no image"));
        }
        Ok(contents)
    }

    fn walk(&mut self, store: &Store, descriptors: &[Descriptor], depth: usize) -> Result<(), Failure> {
        for descriptor in descriptors {
            let digest = &descriptor.digest;
            if self.children.iter().any(|child| child.manifest.digest == *digest) {
                continue;
            }
            if oci::is_index(&descriptor.media_type) {
                let depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| store.invalid("its indexes are nested without end"))?;
                let bytes = store.checked(descriptor)?;
                let inner = parse::<Index>(store, &bytes, digest)?;
                self.walk(store, &inner.manifests, depth)?;
                self.children.push(Child {
                    manifest: found(bytes, descriptor),
                    platform: None,
                    blobs: Vec::new(),
                });
            } else if oci::is_manifest(&descriptor.media_type) {
                self.manifest(store, descriptor)?;
            } else {
                let why = format!("{digest} is `{}`, not an image manifest", descriptor.media_type);
                return Err(store.invalid(why));
            }
        }
        Ok(())
    }

    fn manifest(&mut self, store: &Store, descriptor: &Descriptor) -> Result<(), Failure> {
        let bytes = store.checked(descriptor)?;
        let manifest = parse::<Manifest>(store, &bytes, &descriptor.digest)?;
        let subject = parse::<WithSubject>(store, &bytes, &descriptor.digest)?.subject;
        let mut blobs = Vec::new();
        for part in std::iter::once(&manifest.config).chain(&manifest.layers) {
            if !oci::is_foreign(&part.media_type) {
                let origin = store.blob(part)?;
                blobs.push(Blob { digest: part.digest.clone(), size: part.size, origin });
            }
        }
        let said = descriptor.platform.as_ref();
        let is_listed = said.is_some_and(|platform| !platform.is_known())
            || descriptor.annotations.contains_key(REFERENCE_TYPE);
        let child = |platform| Child { manifest: found(bytes, descriptor), platform, blobs };
        if is_listed || subject.is_some() {
            let named = descriptor.annotations.get(REFERENCE_DIGEST).and_then(|digest| digest.parse().ok());
            let about = subject.map(|subject| subject.digest).or(named);
            let child = child(None);
            self.companions.push(Companion { child, layers: manifest.layers, about, is_listed });
            return Ok(());
        }
        let spec = match said {
            Some(platform) => Some(platform.clone()),
            None => platform_of(&store.checked(&manifest.config)?),
        };
        let platform = spec.as_ref().map(PlatformSpec::to_platform);
        self.images.push(Descriptor { platform: spec, ..descriptor.clone() });
        self.children.push(child(platform));
        Ok(())
    }
}

fn platform_of(config: &[u8]) -> Option<PlatformSpec> {
    ImageConfig::of_base(config)?.platform().as_ref().map(Into::into)
}

fn parse<T: serde::de::DeserializeOwned>(store: &Store, bytes: &[u8], digest: &Digest) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|error| store.invalid(format!("the blob {digest}: {error}")))
}

fn found(bytes: Vec<u8>, descriptor: &Descriptor) -> Found {
    Found {
        bytes: bytes.into(),
        media_type: descriptor.media_type.clone(),
        digest: descriptor.digest.clone(),
    }
}
