//! The standard world: the product of `examples/product`, the people around it, its registry, roles and
//! applications, as README.md of the example sets them up.

use std::{fs, io, path::Path};

use serde_json::{Value, json};

use crate::{
    World,
    argocd::AppSpec,
    github::{Role, TokenSpec},
    sts::Grants,
    world::registry_host,
};

/// The product's repository.
pub const REPOSITORY: &str = "org/day2-product";
/// The commit that the example's values files name before the first pipeline.
pub const FIRST_TAG: &str = "0000000000000000000000000000000000000000";
/// What the images are for.
pub const PLATFORMS: &[&str] = &["linux/amd64", "linux/arm64"];

/// Where the example's images are, which becomes the sandbox's registry.
const REGISTRY: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
/// The same for Argo CD.
const ARGOCD: &str = "https://argocd.example.com";

/// The example where there is no directory of it.
const BUILT_IN: &[(&str, &str)] = &[
    ("app.py", "print(\"hello\")\n"),
    (
        "Dockerfile",
        "ARG BASE\nFROM ${BASE}\nCOPY app.py /app/app.py\nENTRYPOINT [\"python\", \"/app/app.py\"]\n",
    ),
    ("charts/app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 0.1.0\n"),
    ("charts/app/values.yaml", "replicaCount: 1\n"),
    (
        "values/dev.values.yaml",
        "image:\n  repository: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev\n  \
         tag: \"0000000000000000000000000000000000000000\"\nreplicaCount: 2\ningress:\n  name: dev-ingress\n\
         rollout:\n  scaleDownDelaySeconds: 1\n",
    ),
    (
        "values/prod.values.yaml",
        "image:\n  repository: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/prod\n  \
         tag: \"0000000000000000000000000000000000000000\"\nreplicaCount: 3\ningress:\n  name: prod-ingress\n\
         rollout:\n  scaleDownDelaySeconds: 1\n",
    ),
];

/// What a visitor needs besides the addresses.
#[derive(Debug, Clone)]
pub struct Seeded {
    /// A token that may do in the sandbox's Argo CD what a pipeline needs.
    pub argocd_token: String,
    /// Tokens of `alice` (write), `mallory` (triage) and `maria` (maintain).
    pub people: Vec<(&'static str, String)>,
}

/// Sets the product up from a directory like `examples/product`, or from a few built-in files. The default branch
/// is `dev`; `prod` and `main` are at the same commit.
pub async fn product(world: &World, directory: Option<&Path>) -> io::Result<Seeded> {
    let files = match directory {
        Some(directory) => read(directory)?,
        None => BUILT_IN.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect(),
    };
    let host = registry_host(&world.urls.registry);
    let files: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .map(|(path, bytes)| (path, placed(bytes, &[(REGISTRY, host), (ARGOCD, &world.urls.argocd)])))
        .collect();
    let applications = if world.has_own_argocd { applications(world, &files)? } else { Vec::new() };
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    world.github.create_repository(REPOSITORY, &files, &["dev", "prod", "main"]).await?;
    world.registry.create_repository("base/python", true);
    world.registry.seed_base_image("base/python", "3.12-slim", PLATFORMS)?;
    for name in ["dev", "prod"] {
        let repository = format!("product/{name}");
        world.registry.create_repository(&repository, true);
        world.registry.seed_base_image(&repository, FIRST_TAG, PLATFORMS)?;
        let role = format!("arn:aws:iam::123456789012:role/day2-{name}");
        world.sts.add_role(&role, trust(name));
        world.sts.grant(&role, Grants::new(&[&repository], &["base/*"]));
    }
    for spec in applications {
        let name = spec.name.clone();
        let running = world.argocd.add_running_application(world, spec).await;
        running
            .map_err(|error| io::Error::other(format!("the application {name} of the product: {error}")))?;
    }
    Ok(Seeded { argocd_token: world.argocd.add_pipeline_token("pipeline"), people: people(world) })
}

/// The applications that the product declares in `argocd/*.yaml`, from this GitHub; without such a folder, those of
/// the built-in product.
fn applications(world: &World, files: &[(String, Vec<u8>)]) -> io::Result<Vec<AppSpec>> {
    let url = format!("{}/{REPOSITORY}.git", world.urls.github);
    let declared = |path: &str| {
        let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
        path.starts_with("argocd/") && matches!(ending, Some("yaml" | "yml"))
    };
    if !files.iter().any(|(path, _)| path.starts_with("argocd/")) {
        return Ok(["dev", "prod"].map(|name| AppSpec::product(name, &url)).to_vec());
    }
    let mut found = Vec::new();
    for (path, bytes) in files.iter().filter(|(path, _)| declared(path)) {
        let specs = AppSpec::from_manifests(&String::from_utf8_lossy(bytes));
        found.extend(specs.map_err(|error| io::Error::other(format!("{path} of the product: {error}")))?);
    }
    for spec in &mut found {
        // Any other repository is one that this GitHub does not have.
        if spec.slug().as_deref() == Some(REPOSITORY) {
            spec.repo_url.clone_from(&url);
        }
    }
    Ok(found)
}

/// The people and a token of each.
fn people(world: &World) -> Vec<(&'static str, String)> {
    let permissions =
        [("contents", "write"), ("pull_requests", "write"), ("issues", "write"), ("workflows", "write")];
    let person = |(login, role)| {
        world.github.add_user(login, REPOSITORY, role);
        (login, world.github.token(TokenSpec::new(login, &permissions).only(&[REPOSITORY])))
    };
    [("alice", Role::Write), ("mallory", Role::Triage), ("maria", Role::Maintain)].map(person).to_vec()
}

/// The trust policy of a role: one environment of one repository.
fn trust(environment: &str) -> Value {
    let issuer = "token.actions.githubusercontent.com";
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Federated": format!("arn:aws:iam::123456789012:oidc-provider/{issuer}") },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": { "StringEquals": {
            format!("{issuer}:aud"): "sts.amazonaws.com",
            format!("{issuer}:sub"): format!("repo:{REPOSITORY}:environment:{environment}"),
        } },
    }] })
}

/// Replaces words in what is text.
fn placed(bytes: Vec<u8>, words: &[(&str, &str)]) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) => words.iter().fold(text, |text, (word, by)| text.replace(word, by)).into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

/// Reads a directory, without `.git`.
fn read(directory: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut folders = vec![(directory.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if !entry.path().is_dir() {
                files.push((path, fs::read(entry.path())?));
            } else if path != ".git" {
                folders.push((entry.path(), format!("{path}/")));
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Sandbox};

    #[tokio::test]
    async fn the_built_in_product_runs() {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let world = sandbox.world();
        product(world, None).await.unwrap();
        let values = world.github.read_file(REPOSITORY, "dev", "values/dev.values.yaml").await.unwrap();
        let host = registry_host(&world.urls.registry);
        assert!(String::from_utf8(values).unwrap().contains(&format!("repository: {host}/product/dev")));
        assert!(world.registry.has("product/dev", FIRST_TAG));
        assert_eq!(world.argocd.applications(), ["dev", "prod"]);
    }

    #[tokio::test]
    async fn the_example_has_the_words_that_are_replaced() {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let world = sandbox.world();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/product");
        product(world, Some(&example)).await.unwrap();
        let workflow =
            world.github.read_file(REPOSITORY, "prod", ".github/workflows/prod.yml").await.unwrap();
        let workflow = String::from_utf8(workflow).unwrap();
        assert!(workflow.contains(&world.urls.argocd) && !workflow.contains(REGISTRY), "{workflow}");
    }

    #[tokio::test]
    async fn a_mistake_in_a_declared_application_is_found() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/product");
        for (word, by, text) in [
            ("../../values/dev", "../values/dev", "open charts/values/dev.values.yaml: no such file"),
            ("path: charts/app", "path: chart/app", "chart/app: app path does not exist"),
            ("org/day2-product.git", "org/other.git", "repository not found"),
            ("targetRevision: dev", "targetRevision: develop", "unable to resolve 'develop'"),
        ] {
            let sandbox = Sandbox::start(Config::default()).await.unwrap();
            let directory = tempfile::tempdir().unwrap();
            for (path, bytes) in read(&example).unwrap() {
                let path = directory.path().join(&path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                let is_dev = path.ends_with("argocd/dev.yaml");
                fs::write(&path, if is_dev { placed(bytes, &[(word, by)]) } else { bytes }).unwrap();
            }
            let error = product(sandbox.world(), Some(directory.path())).await.unwrap_err().to_string();
            assert!(error.contains("application dev") && error.contains(text), "{error}");
        }
    }
}
