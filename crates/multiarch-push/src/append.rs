//! Files upon a base image, for all its platforms at once, without a Dockerfile.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::future::try_join_all;
use model::{Failure, Platform};
use toolkit::rfc3339;

use crate::{
    artifact::Artifact,
    codes,
    context::{Context, Destination, Ignore, Node, NodeKind, Tree},
    dockerfile::Owner,
    finish::{Part, blocking, finish},
    image::{
        Assembly, BaseImage, Beneath, Dependencies, Maker, Variant, doubtful, is_standard, oci, over_base,
        unpack::archive,
    },
    marks::Marks,
    registry::Registry,
    request::{AppendSource, Appended},
};

/// Appends to every platform of the base image, or to those that were asked for.
pub(crate) async fn append(
    source: &AppendSource,
    dependencies: &Dependencies,
    marks: &Marks,
    epoch: u64,
    registry: &Arc<Registry>,
    maker: &Arc<Maker>,
) -> Result<Artifact, Failure> {
    let spool = maker.spool().to_owned();
    let base = BaseImage::find(registry, &source.base).await?;
    let variants = try_join_all(platforms(source, &base).into_iter().map(async |platform| {
        let variant = base.variant(platform.as_ref()).await?;
        let platform = platform.or_else(|| variant.config.platform()).ok_or_else(|| {
            let text = format!("the base image `{}` does not say for which platform it is", source.base);
            Failure::new(&codes::PLATFORM_NOT_IN_BASE, text)
        })?;
        Ok::<_, Failure>((platform, variant))
    }))
    .await?;
    let (source, dependencies) = (source.clone(), dependencies.clone());
    let parts = blocking(move || {
        let part = |(platform, base)| part(&source, &dependencies, epoch, platform, base, &spool);
        variants.into_iter().map(part).collect::<Result<Vec<_>, _>>()
    });
    finish(parts.await?, marks, epoch, maker).await
}

/// Returns the platforms to make, none for the only one of an image that is no index.
fn platforms(source: &AppendSource, base: &BaseImage) -> Vec<Option<Platform>> {
    let mut platforms: Vec<Platform> = Vec::new();
    for platform in &source.platforms {
        if !platforms.iter().any(|known| oci::same_platform(known, platform)) {
            platforms.push(platform.clone());
        }
    }
    if platforms.is_empty() {
        platforms = base.platforms();
    }
    match platforms.is_empty() {
        true => vec![None],
        false => platforms.into_iter().map(Some).collect(),
    }
}

fn part(
    source: &AppendSource,
    dependencies: &Dependencies,
    epoch: u64,
    platform: Platform,
    base: Variant,
    spool: &Path,
) -> Result<Part, Failure> {
    let (mut config, mut layers) = (base.config.clone(), Vec::new());
    for (name, value) in &source.env {
        config.set_env(name, value);
    }
    if let Some(user) = &source.user {
        config.set("User", user.as_str());
    }
    if let Some(workdir) = &source.workdir {
        config.set("WorkingDir", workdir.as_str());
    }
    if let Some(entrypoint) = &source.entrypoint {
        config.set("Entrypoint", entrypoint.clone());
        // The base image's arguments were meant for the base image's program.
        config.remove("Cmd");
    }
    if let Some(cmd) = &source.cmd {
        config.set("Cmd", cmd.clone());
    }
    let beneath = Beneath::new(Some(&base), spool);
    let mut trees = Vec::new();
    for appended in &source.append {
        match files(appended, &platform, spool, |path| beneath.is_directory(path)) {
            Ok(tree) => trees.push((appended, tree)),
            Err(reason) => {
                let text = format!("input `append`: `{appended}` for {platform}: {reason}");
                return Err(beneath
                    .into_failure()
                    .unwrap_or_else(|| Failure::new(&codes::CONTEXT_MISSING, text)));
            }
        }
    }
    for (appended, tree) in trees {
        for layer in dependencies.split(over_base(tree), epoch) {
            config.add_history(&rfc3339(epoch), &format!("append {appended}"), false);
            layers.push(layer);
        }
    }
    Ok(Part { platform, base: Some(base), assembly: Assembly { config, layers } })
}

/// Lists what one line puts into the image of a platform: a directory's contents, or a file under its name or the
/// destination's, an archive's contents. The error is a fragment.
fn files(
    appended: &Appended,
    platform: &Platform,
    spool: &Path,
    is_directory: impl Fn(&Path) -> Option<bool>,
) -> Result<Tree, String> {
    let (source, to) = (appended.source_for(platform), appended.destination_for(platform));
    let path = Path::new(&source);
    let found = path.canonicalize().map_err(|error| format!("`{source}` cannot be read: {error}"))?;
    let to = Destination::resolve(&to, "/", 0, is_standard).map_err(|error| error.message)?;
    if found.is_file()
        && let Some(files) =
            archive(&found, spool).map_err(|error| format!("`{source}` cannot be unpacked: {error}"))?
    {
        // Whoever packed it, the files are root's, as those of directories are.
        let placed = files
            .into_iter()
            .map(|(path, node)| (to.path().join(path), Node { owner: Owner::default(), ..node }));
        return Ok(placed.collect());
    }
    let root = if found.is_dir() { found.clone() } else { parent(&found) };
    let name = if found.is_dir() { "" } else { file_name(&found)? };
    // Nothing is left out but `.git`, which differs between two clones of one commit.
    let ignore = Ignore::parse("").map_err(|(_, message)| message)?;
    let tree = Context::new(root, ignore).subtree(name, 0).map_err(|error| error.message)?;
    let source_name = file_name(path).unwrap_or_default();
    let mut placed = put(&tree, &to, source_name);
    if let Some(at) = doubtful(&placed, to.path(), &[source_name])
        && is_directory(&at).ok_or("the base image cannot be read")?
    {
        placed = put(&tree, &to.into_known_directory(), source_name);
    }
    match placed.is_empty() {
        true => Err(format!("`{source}` is an empty directory")),
        false => Ok(placed),
    }
}

/// Puts a directory's contents, or a file of this name, to where it goes.
fn put(tree: &Tree, to: &Destination, name: &str) -> Tree {
    let nodes = tree.iter().filter_map(|(relative, node)| {
        let at = match (&node.kind, relative.as_os_str().is_empty()) {
            (NodeKind::Directory, true) => return None,
            (_, true) => to.of_file(name),
            (_, false) => to.path().join(relative),
        };
        Some((at, node.clone()))
    });
    nodes.collect()
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

fn file_name(path: &Path) -> Result<&str, String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.ok_or_else(|| format!("`{}` has no name that is UTF-8", path.display()))
}

#[cfg(test)]
mod tests;
