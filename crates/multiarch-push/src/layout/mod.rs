//! Reading OCI image layouts (<https://github.com/opencontainers/image-spec/blob/main/image-layout.md>), of which
//! several become one image: a build on a native runner for each platform writes one.

mod contents;
mod merge;
mod store;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::PathBuf};

use model::{Digest, Failure, Platform, codes::INTERNAL};

use self::{
    contents::{Companion, Contents},
    merge::{Conflict, Entry, merge},
};
use crate::{
    artifact::{Artifact, Child, Filing, Referrer, document},
    attest, codes,
    image::oci::{self, Descriptor, Index, PlatformSpec},
};

/// Layouts to read.
#[derive(Debug, Clone)]
pub(crate) struct Layouts {
    /// Directories or tar files.
    pub(crate) paths: Vec<PathBuf>,
    /// A directory for what has to be unpacked.
    pub(crate) spool: PathBuf,
    /// Annotations for the index.
    pub(crate) annotations: BTreeMap<String, String>,
    /// The order of the platforms in an index that is made here; those that it lacks come last, as they are found.
    pub(crate) platforms: Vec<Platform>,
    /// Whether attestations and signatures go along.
    pub(crate) referrers: bool,
}

/// What was read.
#[derive(Debug)]
pub(crate) struct Read {
    /// The image.
    pub(crate) artifact: Artifact,
    /// What a person should know.
    pub(crate) notes: Vec<String>,
}

/// Reads layouts. One index without attestations is kept byte by byte, unless it is to have annotations; otherwise an
/// index is made around the images, whose bytes are kept.
pub(crate) fn read(layouts: &Layouts) -> Result<Read, Failure> {
    let mut contents = Vec::new();
    for (number, path) in layouts.paths.iter().enumerate() {
        contents.push(Contents::read(path, &layouts.spool.join(format!("layout-{number}")))?);
    }
    let companions: Vec<Companion> =
        contents.iter_mut().flat_map(|layout| std::mem::take(&mut layout.companions)).collect();
    let is_whole = layouts.annotations.is_empty() && !companions.iter().any(|companion| companion.is_listed);
    let (index, children) = match contents.as_mut_slice() {
        [Contents { index: Some(index), children, .. }] if is_whole => {
            (index.clone(), std::mem::take(children))
        }
        _ => united(contents, layouts)?,
    };
    let mut artifact = Artifact { index, children, referrers: Vec::new() };
    let notes = attached(&mut artifact, companions, layouts.referrers);
    Ok(Read { artifact, notes })
}

/// Makes one index around the images of all layouts.
fn united(
    contents: Vec<Contents>,
    layouts: &Layouts,
) -> Result<(crate::registry::Found, Vec<Child>), Failure> {
    let mut annotations = inner(&contents);
    annotations.extend(layouts.annotations.clone());
    let mut entries = Vec::new();
    for Contents { layout, children, images, .. } in contents {
        let mut children: BTreeMap<Digest, Child> =
            children.into_iter().map(|child| (child.manifest.digest.clone(), child)).collect();
        for descriptor in images {
            if let Some(child) = children.remove(&descriptor.digest) {
                entries.push(Entry {
                    platform: descriptor.platform.clone(),
                    digest: descriptor.digest.clone(),
                    layout: layout.clone(),
                    item: (descriptor, child),
                });
            }
        }
    }
    let mut united = merge(entries).map_err(refused)?;
    united.sort_by_key(|entry| {
        let own = entry.platform.as_ref().map(PlatformSpec::to_platform);
        let is_own = |platform: &Platform| own.as_ref().is_some_and(|own| oci::same_platform(own, platform));
        layouts.platforms.iter().position(is_own).unwrap_or(usize::MAX)
    });
    let (manifests, children): (Vec<Descriptor>, Vec<Child>) =
        united.into_iter().map(|entry| entry.item).unzip();
    // Tools that know Docker's own types only do not look into an OCI index, which is the one to have annotations.
    let is_docker = annotations.is_empty()
        && manifests.iter().all(|manifest| manifest.media_type == oci::DOCKER_MANIFEST);
    let media_type = if is_docker { oci::DOCKER_LIST } else { oci::INDEX };
    let index = Index { schema_version: 2, media_type: media_type.to_owned(), manifests, annotations };
    let bytes = serde_json::to_vec(&index)
        .map_err(|error| Failure::new(&INTERNAL, format!("an index cannot be written: {error}")))?;
    Ok((document(bytes, media_type), children))
}

/// Returns the annotations of the only index that there is.
fn inner(contents: &[Contents]) -> BTreeMap<String, String> {
    match contents {
        [Contents { index: Some(index), .. }] => {
            serde_json::from_slice::<Index>(&index.bytes).map(|index| index.annotations).unwrap_or_default()
        }
        _ => BTreeMap::new(),
    }
}

fn refused(conflict: Conflict) -> Failure {
    match conflict {
        Conflict::Platform { platform, images: [(one, first), (other, second)] } => Failure::new(
            &codes::LAYOUT_CONFLICT,
            format!("for {platform} there are two images: {first} in `{one}` and {second} in `{other}`"),
        ),
        Conflict::Nameless { layout, digest } => Failure::new(
            &codes::LAYOUT_CONFLICT,
            format!("{digest} in `{layout}` does not say for which platform it is"),
        ),
    }
}

/// Turns what refers to the images into referrers if that is wanted, and says what was left out.
fn attached(artifact: &mut Artifact, companions: Vec<Companion>, wanted: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let mut left = 0;
    for companion in companions {
        let about = companion.about.as_ref();
        let subject = std::iter::once(&artifact.index)
            .chain(artifact.children.iter().map(|child| &child.manifest))
            .find(|manifest| Some(&manifest.digest) == about);
        match subject {
            Some(subject) if wanted && companion.is_listed => {
                artifact.referrers.extend(attest::from_attestation(
                    &companion.child,
                    &companion.layers,
                    subject,
                ));
            }
            Some(subject) if wanted => {
                let filing = Filing::Subject { digest: subject.digest.clone(), is_ours: false };
                artifact.referrers.push(Referrer { child: companion.child, filing });
            }
            _ => left += 1,
        }
    }
    if left > 0 {
        let why = if wanted {
            "they are about other images"
        } else {
            "set `referrers: true` to attach them to the image"
        };
        notes.push(format!("attestations and signatures of the layout are left out ({left}): {why}"));
    }
    if !artifact.referrers.is_empty() {
        notes.push(format!(
            "attestations and signatures of the layout are attached as referrers ({})",
            artifact.referrers.len()
        ));
    }
    notes
}
