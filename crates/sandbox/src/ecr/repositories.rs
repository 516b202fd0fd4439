//! Operations on the registry's repositories and layers.

use serde_json::{Value, json};

use crate::{World, sts::ACCOUNT};

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
    world.registry.create_repository(name, input["imageTagMutability"] == "IMMUTABLE");
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

fn description(world: &World, name: &str) -> Value {
    let host = crate::world::registry_host(&world.urls.registry);
    json!({
        "registryId": ACCOUNT,
        "repositoryName": name,
        "repositoryArn": format!("arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/{name}"),
        "repositoryUri": format!("{host}/{name}"),
    })
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
