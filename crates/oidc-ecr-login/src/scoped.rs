//! A repository that the session is narrowed down to, as the input names it.

use aws::{Access, PUBLIC_GALLERY, RegistryHost, RepositoryName};

/// Reads `NAME[=ACCESS]`. Of an image's whole name, so that a workflow can give the one that it pushes, registry, tag
/// and digest are left out: a session policy knows repositories only. `hosts` are registries that are signed in to.
pub(crate) fn parse(
    text: &str,
    default: Access,
    hosts: &[String],
) -> Result<(RepositoryName, Access), String> {
    let (image, access) = match text.split_once('=') {
        Some((image, access)) => (image.trim(), access.trim().parse().map_err(|error| format!("{error}"))?),
        None => (text, default),
    };
    let image = image.split_once("@sha256:").map_or(image, |(image, _)| image);
    // What looks like a URL with a user is not repeated: it may hold a password.
    if image.contains('@') {
        return Err(
            "holds an `@` (not shown, since it may hold a password): write repositories only".to_owned()
        );
    }
    Ok((name(image, hosts).parse().map_err(|error| format!("{error}"))?, access))
}

fn name<'a>(image: &'a str, hosts: &[String]) -> &'a str {
    let image =
        image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(image, |(image, _)| image);
    match image.split_once('/') {
        // The gallery's names begin with the alias of a registry, which the ARN does not have.
        Some((PUBLIC_GALLERY, rest)) => rest.split_once('/').map_or(rest, |(_, rest)| rest),
        // A name may have a dot in its first part, as a host has; a colon it has nowhere.
        Some((host, rest))
            if host.contains(':')
                || RegistryHost::parse(host).is_some()
                || hosts.iter().any(|known| known == host) =>
        {
            rest
        }
        _ => image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_images_whole_name_means_its_repository() {
        let hosts = ["images.example.com".to_owned()];
        for (text, name, access) in [
            ("product/dev", "product/dev", Access::Push),
            ("base/* = pull", "base/*", Access::Pull),
            ("123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev", "product/dev", Access::Push),
            ("123456789012.dkr-ecr-fips.us-west-2.on.aws/app:v1=promote", "app", Access::Promote),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com/team/*=pull", "team/*", Access::Pull),
            ("127.0.0.1:5000/product/dev:1.2@sha256:00ff", "product/dev", Access::Push),
            ("images.example.com/app", "app", Access::Push),
            ("public.ecr.aws/a1b2c3d4/tools/app:1", "tools/app", Access::Push),
            // What a pull through cache may be called.
            ("ghcr.io/org/app", "ghcr.io/org/app", Access::Push),
        ] {
            let (found, found_access) = parse(text, Access::Push, &hosts).unwrap();
            assert_eq!((found.as_str(), found_access), (name, access), "{text}");
        }
        for text in ["", "127.0.0.1:5000/", "Product", "a=b", "https://x.example/y", "u:hunter2@x.example/y"]
        {
            let error = parse(text, Access::Push, &hosts).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
