//! Assembling an image for all its platforms in this process.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future::try_join_all, stream};
use model::{Failure, ImageRef, Platform, codes::INTERNAL, codes::INVALID_INPUT};

use crate::{
    artifact::{Artifact, Blob, Child, Origin, document},
    context::Tree,
    image::{
        Assembly, BaseImage, ImageConfig, Inputs, Layer, Variant, assemble,
        oci::{self, Descriptor, Index, Manifest},
        write_layer,
    },
    job::Job,
    registry::Registry,
};

/// One platform and the image that it is built on, none for `scratch`.
type Target = (Platform, Option<Variant>);

/// Assembles the image. Layers are written below `spool`.
pub(crate) async fn build(
    job: Arc<Job>,
    registry: &Arc<Registry>,
    spool: &Path,
) -> Result<Artifact, Failure> {
    let targets = targets(&job, registry).await?;
    let (job, targets, assemblies) = blocking(move || {
        let assemblies =
            targets.iter().map(|target| assembled(&job, target)).collect::<Result<Vec<_>, _>>()?;
        Ok((job, targets, assemblies))
    })
    .await?;
    let layers = written(&assemblies, job.epoch, spool).await?;
    let mut children = Vec::new();
    for ((platform, base), assembly) in targets.into_iter().zip(assemblies) {
        children.push(child(&job, platform, base, assembly, &layers)?);
    }
    artifact(&job, children)
}

/// Finds the platforms and reads what each is built on.
async fn targets(job: &Job, registry: &Arc<Registry>) -> Result<Vec<Target>, Failure> {
    let mut bases: BTreeMap<ImageRef, BaseImage> = BTreeMap::new();
    let mut platforms: Vec<Platform> = Vec::new();
    for platform in &job.source.platforms {
        if !platforms.iter().any(|known| oci::same_platform(known, platform)) {
            platforms.push(platform.clone());
        }
    }
    let first = job.base(platforms.first().unwrap_or(&job.build_platform))?;
    let located = |failure: Failure| failure.at(job.shown.clone(), Some(first.line));
    if let Some(image) = &first.image {
        let base = BaseImage::find(registry, image).await.map_err(located)?;
        if platforms.is_empty() {
            platforms = base.platforms();
        }
        if platforms.is_empty() {
            let has = base.variant(None).await.map_err(located)?.config.platform();
            platforms.extend(has);
        }
        bases.insert(image.clone(), base);
    }
    if platforms.is_empty() {
        let text =
            "input `platforms` is required: FROM scratch does not say for which platforms the image is";
        return Err(located(Failure::new(&INVALID_INPUT, text)));
    }
    let mut wanted = Vec::new();
    for platform in platforms {
        let base = job.base(&platform)?;
        if let Some(image) = base.image.as_ref().filter(|image| !bases.contains_key(*image)) {
            // FROM may differ by platform: `FROM base-$TARGETARCH`.
            bases.insert(image.clone(), BaseImage::find(registry, image).await.map_err(located)?);
        }
        wanted.push((platform, base));
    }
    let read = wanted.into_iter().map(|(platform, base)| {
        let found = base.image.as_ref().and_then(|image| bases.get(image));
        async move {
            let variant = match found {
                Some(found) => Some(found.variant(Some(&base.platform)).await.map_err(located)?),
                None => None,
            };
            Ok((platform, variant))
        }
    });
    try_join_all(read).await
}

fn assembled(job: &Job, (platform, base): &Target) -> Result<Assembly, Failure> {
    let build = job.build_args(platform);
    let created = job.created();
    let inputs = Inputs {
        file: &job.file,
        stage: job.stage,
        context: &job.context,
        build: &build,
        base: base.as_ref().map(|base| &base.config),
        created: &created,
    };
    assemble(inputs).map_err(|error| job.failure(error))
}

/// Writes every layer once, though several platforms may have it, as many at a time as there are processors.
async fn written(assemblies: &[Assembly], epoch: u64, spool: &Path) -> Result<HashMap<Tree, Layer>, Failure> {
    let mut unique: HashMap<Tree, std::path::PathBuf> = HashMap::new();
    for tree in assemblies.iter().flat_map(|assembly| &assembly.layers) {
        let file = spool.join(format!("layer-{}", unique.len()));
        unique.entry(tree.clone()).or_insert(file);
    }
    let width = std::thread::available_parallelism().map_or(2, usize::from);
    stream::iter(unique)
        .map(|(tree, file)| {
            blocking(move || {
                let layer = write_layer(&tree, epoch, &file)?;
                Ok((tree, layer))
            })
        })
        .buffer_unordered(width)
        .try_collect()
        .await
}

/// Runs work on files outside the threads that drive connections.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let finished = tokio::task::spawn_blocking(work).await;
    finished.unwrap_or_else(|error| Err(Failure::new(&INTERNAL, format!("assembling broke off: {error}"))))
}

/// Makes one platform's manifest.
fn child(
    job: &Job,
    platform: Platform,
    base: Option<Variant>,
    assembly: Assembly,
    layers: &HashMap<Tree, Layer>,
) -> Result<Child, Failure> {
    let own: Vec<&Layer> = assembly.layers.iter().filter_map(|tree| layers.get(tree)).collect();
    let (mut blobs, mut descriptors, mut annotations) = (Vec::new(), Vec::new(), job.annotations.clone());
    if let Some(base) = base {
        annotations.insert("org.opencontainers.image.base.name".to_owned(), base.image.to_string());
        annotations.insert("org.opencontainers.image.base.digest".to_owned(), base.digest.to_string());
        for layer in &base.manifest.layers {
            let media_type = oci::oci_layer_type(&layer.media_type).to_owned();
            descriptors.push(Descriptor { media_type, platform: None, ..layer.clone() });
            let origin = Origin::Base(base.repository.clone());
            blobs.push(Blob { digest: layer.digest.clone(), size: layer.size, origin });
        }
    }
    for layer in &own {
        descriptors.push(descriptor(oci::LAYER_GZIP, &layer.digest, layer.size));
        let origin = Origin::File(layer.file.clone());
        blobs.push(Blob { digest: layer.digest.clone(), size: layer.size, origin });
    }
    let mut config: ImageConfig = assembly.config;
    for (name, value) in &job.labels {
        config.put("Labels", name, value.as_str());
    }
    let diff_ids: Vec<_> = own.iter().map(|layer| layer.diff_id.clone()).collect();
    let (bytes, digest) = config.finish(&job.created(), &diff_ids);
    let size = bytes.len() as u64;
    let manifest = Manifest {
        schema_version: 2,
        media_type: oci::MANIFEST.to_owned(),
        config: descriptor(oci::CONFIG, &digest, size),
        layers: descriptors,
        annotations,
    };
    blobs.push(Blob { digest, size, origin: Origin::Bytes(Bytes::from(bytes)) });
    Ok(Child { manifest: document(json(&manifest)?, oci::MANIFEST), platform: Some(platform), blobs })
}

fn artifact(job: &Job, children: Vec<Child>) -> Result<Artifact, Failure> {
    let manifests = children
        .iter()
        .map(|child| Descriptor {
            platform: child.platform.as_ref().map(Into::into),
            ..descriptor(oci::MANIFEST, &child.manifest.digest, child.manifest.bytes.len() as u64)
        })
        .collect();
    let index = Index {
        schema_version: 2,
        media_type: oci::INDEX.to_owned(),
        manifests,
        annotations: job.annotations.clone(),
    };
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
