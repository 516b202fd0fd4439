//! The files of images that COPY takes from: their layers are fetched and laid over each other.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use model::{Failure, ImageRef, Platform, codes::UNEXPECTED_REPLY};

use super::{BuildArgs, ImageConfig, Variant, base_of, oci, unpack};
use crate::{
    context::Tree,
    dockerfile::{Copy, CopyFrom, Dockerfile, Error, Kind, needed_stages},
};

/// How many layers are fetched at a time, and how large those of one image may be, in bytes.
const AT_A_TIME: usize = 4;
const SIZE: u64 = 16 << 30;

/// An image by its name, for one platform.
pub(crate) type Origin = (ImageRef, Platform);

/// An image whose files are known.
#[derive(Debug)]
pub(crate) struct FileSystem {
    /// Its configuration.
    pub(crate) config: ImageConfig,
    /// Its files.
    pub(crate) tree: Tree,
}

/// Images by name and platform.
pub(crate) type FileSystems = BTreeMap<Origin, FileSystem>;

/// Finds what `COPY --from` names: an image, or an earlier stage that is built on one in the end.
pub(super) fn origin_of(
    file: &Dockerfile,
    name: &str,
    (before, line): (usize, usize),
    build: &BuildArgs<'_>,
) -> Result<Option<Origin>, Error> {
    if let Some(index) = file.earlier_stage(name, before) {
        let base = base_of(file, index, build)?;
        return Ok(base.image.map(|image| (image, base.platform)));
    }
    let image = name.parse().map_err(|error: model::ParseError| {
        Error::invalid(line, format!("`--from={name}` names no earlier stage, and {error}"))
    })?;
    Ok(Some((image, build.platform.clone())))
}

/// Returns the images whose files `target` needs for a platform, with the lines that need them.
pub(crate) fn needed(
    file: &Dockerfile,
    target: usize,
    build: &BuildArgs<'_>,
) -> Result<Vec<(usize, Origin)>, Error> {
    let mut found = Vec::new();
    for index in needed_stages(file, target) {
        for instruction in &file.stages[index].instructions {
            if let Kind::Copy(Copy { from: CopyFrom::Other(name), .. }) = &instruction.kind
                && let Some(origin) = origin_of(file, name, (index, instruction.line), build)?
            {
                found.push((instruction.line, origin));
            }
        }
    }
    Ok(found)
}

/// Fetches an image's layers into `spool`; a layer that several images have is fetched once.
pub(crate) async fn fetch(variant: &Variant, spool: &Path) -> Result<Vec<PathBuf>, Failure> {
    let layers = &variant.manifest.layers;
    let refused = |what: String| {
        Failure::new(&UNEXPECTED_REPLY, format!("the files of `{}` cannot be read: {what}", variant.image))
    };
    if let Some(foreign) = layers.iter().find(|layer| oci::is_foreign(&layer.media_type)) {
        return Err(refused(format!("its layer {} is not in the registry", foreign.digest)));
    }
    let size: u64 = layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.size));
    if size > SIZE {
        return Err(refused(format!("its layers have {size} bytes, and at most {SIZE} are read")));
    }
    stream::iter(layers)
        .map(async |layer| {
            let path = spool.join(format!("image-{}", layer.digest.hex()));
            if !path.exists() {
                let whole = spool.join(format!("image-{}.part", layer.digest.hex()));
                variant.repository.fetch_blob(&layer.digest, layer.size, &whole).await?;
                std::fs::rename(&whole, &path).map_err(|error| refused(error.to_string()))?;
            }
            Ok(path)
        })
        .buffered(AT_A_TIME)
        .try_collect()
        .await
}

/// Lays the layers of an image over each other, from the bottom.
pub(crate) fn laid(variant: Variant, layers: &[PathBuf]) -> Result<FileSystem, Failure> {
    let mut tree = Tree::new();
    for path in layers {
        unpack::layer(&mut tree, path, &path.with_extension("tar")).map_err(|error| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let digest = name.replace("image-", "sha256:");
            let text = format!("the layer {digest} of `{}` cannot be read: {error}", variant.image);
            Failure::new(&UNEXPECTED_REPLY, text)
        })?;
    }
    Ok(FileSystem { config: variant.config, tree })
}
