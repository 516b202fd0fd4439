//! Assembling an image for all its platforms in this process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::future::try_join_all;
use model::{Failure, ImageRef, Platform, codes::INVALID_INPUT};

use crate::{
    artifact::Artifact,
    finish::{Part, blocking, finish},
    image::{
        Assembly, Base, BaseImage, Beneath, FileSystems, Inputs, Maker, Variant, assemble, filesystem, oci,
    },
    job::Job,
    registry::Registry,
};

/// One platform and the image that it is built on, none for `scratch`.
type Target = (Platform, Option<Variant>);

/// Assembles the image.
pub(crate) async fn build(
    job: Arc<Job>,
    registry: &Arc<Registry>,
    maker: &Arc<Maker>,
) -> Result<Artifact, Failure> {
    let targets = targets(&job, registry).await?;
    let images = images(&job, &targets, registry, maker.spool()).await?;
    let (assembling, spool) = (job.clone(), maker.spool().to_owned());
    let parts = blocking(move || {
        let images = images
            .into_iter()
            .map(|(origin, (variant, layers))| Ok((origin, filesystem::laid(variant, &layers)?)))
            .collect::<Result<FileSystems, Failure>>()?;
        let part = |target: Target| {
            let assembly = assembled(&assembling, &target, &images, &spool)?;
            Ok(Part { platform: target.0, base: target.1, assembly })
        };
        targets.into_iter().map(part).collect::<Result<Vec<_>, Failure>>()
    });
    finish(parts.await?, &job.marks, job.epoch, maker).await
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

/// Fetches the images that files are copied from, for all platforms.
async fn images(
    job: &Job,
    targets: &[Target],
    registry: &Arc<Registry>,
    spool: &Path,
) -> Result<BTreeMap<filesystem::Origin, (Variant, Vec<PathBuf>)>, Failure> {
    let mut found = BTreeMap::new();
    for (platform, _) in targets {
        let needed = filesystem::needed(&job.file, job.stage, &job.build_args(platform));
        for (line, origin) in needed.map_err(|error| job.failure(error))? {
            if found.contains_key(&origin) {
                continue;
            }
            let located = |failure: Failure| failure.at(job.shown.clone(), Some(line));
            let image = BaseImage::find(registry, &origin.0).await.map_err(located)?;
            let variant = image.variant(Some(&origin.1)).await.map_err(located)?;
            let layers = filesystem::fetch(&variant, spool).await.map_err(located)?;
            found.insert(origin, (variant, layers));
        }
    }
    Ok(found)
}

fn assembled(
    job: &Job,
    (platform, base): &Target,
    images: &FileSystems,
    spool: &Path,
) -> Result<Assembly, Failure> {
    let build = job.build_args(platform);
    let beneath = Beneath::new(base.as_ref(), spool);
    let is_directory = |path: &Path| beneath.is_directory(path);
    let inputs = Inputs {
        file: &job.file,
        stage: job.stage,
        context: &job.context,
        build: &build,
        base: base.as_ref().map(|base| Base { config: &base.config, is_directory: &is_directory }),
        images,
        spool,
        dependencies: &job.dependencies,
        epoch: job.epoch,
    };
    assemble(inputs).map_err(|error| {
        let line = error.line;
        match beneath.into_failure() {
            Some(failure) => failure.at(job.shown.clone(), Some(line)),
            None => job.failure(error),
        }
    })
}
