//! From the platforms' configurations and files to an image that can be pushed.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use model::{Failure, Platform, codes::INTERNAL};
use toolkit::rfc3339;

use crate::{
    artifact::{Artifact, Blob, Child, Origin, document},
    image::{
        Assembly, Layer, LayerFiles, Maker, Variant,
        oci::{self, Descriptor, Index, Manifest},
    },
    marks::Marks,
};

/// How many layers are made at a time: each of them is read by one thread and compressed by all.
const AT_A_TIME: usize = 4;

/// One platform's image without its layers' bytes.
#[derive(Debug)]
pub(crate) struct Part {
    /// The platform.
    pub(crate) platform: Platform,
    /// What it is built on, none for `scratch`.
    pub(crate) base: Option<Variant>,
    /// Configuration and files.
    pub(crate) assembly: Assembly,
}

/// Makes the layers, the manifests and the index. `epoch` is the image's time.
pub(crate) async fn finish(
    parts: Vec<Part>,
    marks: &Marks,
    epoch: u64,
    maker: &Arc<Maker>,
) -> Result<Artifact, Failure> {
    let layers = made(&parts, maker).await?;
    let annotations = marks.of_index(parts.iter().map(|part| part.base.as_ref()));
    let children = parts
        .into_iter()
        .map(|part| child(part, marks, epoch, &layers, maker.compression().media_type()))
        .collect::<Result<Vec<_>, _>>()?;
    artifact(children, annotations)
}

/// Makes every layer once, though several platforms may have it.
async fn made(parts: &[Part], maker: &Arc<Maker>) -> Result<HashMap<LayerFiles, Layer>, Failure> {
    let unique: HashSet<&LayerFiles> = parts.iter().flat_map(|part| &part.assembly.layers).collect();
    stream::iter(unique.into_iter().cloned())
        .map(|files| {
            let maker = maker.clone();
            blocking(move || Ok((files.clone(), maker.make(files)?)))
        })
        .buffer_unordered(AT_A_TIME)
        .try_collect()
        .await
}

/// Runs work on files outside the threads that drive connections.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let finished = tokio::task::spawn_blocking(work).await;
    finished.unwrap_or_else(|error| Err(Failure::new(&INTERNAL, format!("assembling broke off: {error}"))))
}

/// Makes one platform's manifest.
fn child(
    part: Part,
    marks: &Marks,
    epoch: u64,
    layers: &HashMap<LayerFiles, Layer>,
    media_type: &str,
) -> Result<Child, Failure> {
    let Part { platform, base, assembly: Assembly { mut config, layers: files } } = part;
    let own: Vec<&Layer> = files.iter().filter_map(|files| layers.get(files)).collect();
    let (mut blobs, mut descriptors) = (Vec::new(), Vec::new());
    if let Some(base) = &base {
        for layer in &base.manifest.layers {
            let media_type = oci::oci_layer_type(&layer.media_type).to_owned();
            descriptors.push(Descriptor { media_type, platform: None, ..layer.clone() });
            let origin = Origin::Base(base.repository.clone());
            blobs.push(Blob { digest: layer.digest.clone(), size: layer.size, origin });
        }
    }
    for layer in &own {
        descriptors.push(descriptor(media_type, &layer.digest, layer.size));
        let origin = Origin::Layer(layer.file.clone());
        blobs.push(Blob { digest: layer.digest.clone(), size: layer.size, origin });
    }
    marks.label(&mut config, base.as_ref());
    let diff_ids: Vec<_> = own.iter().map(|layer| layer.diff_id.clone()).collect();
    let (bytes, digest) = config.finish(&rfc3339(epoch), &diff_ids);
    let size = bytes.len() as u64;
    let manifest = Manifest {
        schema_version: 2,
        media_type: oci::MANIFEST.to_owned(),
        config: descriptor(oci::CONFIG, &digest, size),
        layers: descriptors,
        annotations: marks.of_manifest(base.as_ref()),
    };
    blobs.push(Blob { digest, size, origin: Origin::Bytes(Bytes::from(bytes)) });
    Ok(Child { manifest: document(json(&manifest)?, oci::MANIFEST), platform: Some(platform), blobs })
}

fn artifact(children: Vec<Child>, annotations: BTreeMap<String, String>) -> Result<Artifact, Failure> {
    let manifests = children
        .iter()
        .map(|child| Descriptor {
            platform: child.platform.as_ref().map(Into::into),
            ..descriptor(oci::MANIFEST, &child.manifest.digest, child.manifest.bytes.len() as u64)
        })
        .collect();
    let index = Index { schema_version: 2, media_type: oci::INDEX.to_owned(), manifests, annotations };
    Ok(Artifact { index: document(json(&index)?, oci::INDEX), children, referrers: Vec::new() })
}

fn descriptor(media_type: &str, digest: &model::Digest, size: u64) -> Descriptor {
    let (media_type, digest) = (media_type.to_owned(), digest.clone());
    Descriptor { media_type, digest, size, platform: None, annotations: BTreeMap::new() }
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(value)
        .map_err(|error| Failure::new(&INTERNAL, format!("a manifest cannot be written: {error}")))
}
