//! Whether the nodes can pull an image.

use serde_json::Value;

use crate::World;

/// The platform of the nodes.
const PLATFORM: (&str, &str) = ("linux", "amd64");

/// Whether the nodes can pull an image; `None` if its name cannot be parsed. Images are compared by their path behind
/// the registry's host, so that a name of ECR means the sandbox's registry. An image that is not for the nodes'
/// platform is not found either.
pub(super) fn can_pull(world: &World, image: &str) -> Option<bool> {
    let (repository, reference) = parse(image)?;
    Some(world.argocd.is_preloaded(image) || is_there(world, repository, reference).unwrap_or_default())
}

fn is_there(world: &World, repository: &str, reference: &str) -> Option<bool> {
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    let (_, _, bytes) = world.registry.manifest(repository, reference)?;
    let manifest = read(&bytes)?;
    let is_ours = |platform: &Value| platform["os"] == PLATFORM.0 && platform["architecture"] == PLATFORM.1;
    if let Some(children) = manifest["manifests"].as_array() {
        let child = children.iter().find(|child| is_ours(&child["platform"]))?;
        return Some(world.registry.has(repository, child["digest"].as_str()?));
    }
    let config = world.registry.blob(repository, manifest["config"]["digest"].as_str()?)?;
    read(&config).map(|config| is_ours(&config))
}

/// Splits `[HOST/]PATH[:TAG][@DIGEST]` into the path and the digest or tag.
fn parse(image: &str) -> Option<(&str, &str)> {
    let (host, rest) = image.split_once('/').unwrap_or(("", image));
    let path = if host.contains(['.', ':']) || host == "localhost" { rest } else { image };
    let (name, digest) = path.split_once('@').map_or((path, None), |(name, digest)| (name, Some(digest)));
    let (repository, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
    let is_word = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|sign| sign.is_ascii_alphanumeric() || more.contains(sign))
    };
    let is_name =
        is_word(repository, "._-/") && repository == repository.to_lowercase() && is_word(tag, "._-");
    is_name.then_some((repository, digest.unwrap_or(tag)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn names() {
        for (image, expected) in [
            ("123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev:v1", Some(("product/dev", "v1"))),
            ("127.0.0.1:5000/product/dev@sha256:0", Some(("product/dev", "sha256:0"))),
            ("product/dev:v1@sha256:0", Some(("product/dev", "sha256:0"))),
            ("product/dev", Some(("product/dev", "latest"))),
            ("product/dev:5.8e+07", None),
            ("Product/dev:v1", None),
            ("product/dev:", None),
        ] {
            assert_eq!(parse(image), expected, "{image}");
        }
    }
}
