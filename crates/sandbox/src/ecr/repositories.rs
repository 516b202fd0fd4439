//! Operations on the registry's repositories and layers.

use serde_json::{Value, json};

use super::routes::precise;
use crate::{World, oidc::now, registry::REGION, sts::ACCOUNT};

/// The most layers that one call may ask about.
const BATCH: usize = 100;

/// An error's type and message.
type Refused = (&'static str, String);

pub(super) fn batch_check_layer_availability(world: &World, input: &Value) -> Result<Value, Refused> {
    let name = existing(world, &input["repositoryName"])?;
    let digests: Vec<&str> = texts(&input["layerDigests"]).collect();
    if digests.is_empty() || digests.len() > BATCH {
        let message = format!(
            "Invalid parameter at 'layerDigests' failed to satisfy constraint: 'Member must have length between 1 \
             and {BATCH}'"
        );
        return Err(("InvalidParameterException", message));
    }
    let layers: Vec<Value> = digests
        .into_iter()
        .map(|digest| match world.registry.blob(name, digest) {
            Some(bytes) => json!({
                "layerDigest": digest,
                "layerAvailability": "AVAILABLE",
                "layerSize": bytes.len(),
            }),
            None => json!({ "layerDigest": digest, "layerAvailability": "UNAVAILABLE" }),
        })
        .collect();
    Ok(json!({ "layers": layers, "failures": [] }))
}

pub(super) fn describe_repositories(world: &World, input: &Value) -> Result<Value, Refused> {
    let wanted: Vec<&str> = texts(&input["repositoryNames"]).collect();
    let repositories = if wanted.is_empty() {
        world.registry.repositories()
    } else {
        wanted
            .into_iter()
            .map(|name| existing(world, &name.into()).map(|_| name.to_owned()))
            .collect::<Result<_, _>>()?
    };
    let described: Vec<Value> = repositories.iter().map(|name| description(world, name)).collect();
    Ok(json!({ "repositories": described }))
}

pub(super) fn create_repository(world: &World, input: &Value) -> Result<Value, Refused> {
    let name = input["repositoryName"].as_str().unwrap_or_default();
    if world.registry.repositories().iter().any(|known| known == name) {
        let message =
            format!("The repository with name '{name}' already exists in the registry with id '{ACCOUNT}'");
        return Err(("RepositoryAlreadyExistsException", message));
    }
    if let Some(problem) = bad_name(name) {
        return Err(("InvalidParameterException", problem));
    }
    let mutability = input["imageTagMutability"].as_str().unwrap_or("MUTABLE");
    world.registry.create_repository(name, mutability.starts_with("IMMUTABLE"));
    world.ecr.describe(
        name,
        json!({
            "createdAt": precise(now()),
            "imageTagMutability": mutability,
            "imageScanningConfiguration": {
                "scanOnPush": input["imageScanningConfiguration"]["scanOnPush"].as_bool().unwrap_or(false),
            },
            "encryptionConfiguration": {
                "encryptionType": input["encryptionConfiguration"]["encryptionType"].as_str().unwrap_or("AES256"),
            },
        }),
    );
    Ok(json!({ "repository": description(world, name) }))
}

fn existing<'a>(world: &World, name: &'a Value) -> Result<&'a str, Refused> {
    let name = name.as_str().unwrap_or_default();
    if world.registry.repositories().iter().any(|known| known == name) {
        return Ok(name);
    }
    let message =
        format!("The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'");
    Err(("RepositoryNotFoundException", message))
}

/// What the service's model says of names: `RepositoryName`.
fn bad_name(name: &str) -> Option<String> {
    let part = |part: &str| {
        let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let ends = [part.bytes().next(), part.bytes().last()];
        ends.iter().all(|end| end.is_some_and(is_good))
            && part.bytes().all(|byte| is_good(byte) || matches!(byte, b'.' | b'_' | b'-'))
    };
    if (2..=256).contains(&name.len()) && name.split('/').all(part) {
        return None;
    }
    Some(
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression \
         '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''"
            .to_owned(),
    )
}

fn description(world: &World, name: &str) -> Value {
    let host = crate::world::registry_host(&world.urls.registry);
    let mut all = json!({
        "registryId": ACCOUNT,
        "repositoryName": name,
        "repositoryArn": format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"),
        "repositoryUri": format!("{host}/{name}"),
    });
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), world.ecr.description(name)) {
        all.extend(more);
    }
    all
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
