//! What a scenario plays on: a registry with a base image, a context, and the action run as a workflow's step.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write as _},
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use model::Failure;
use sandbox::{Config, Sandbox, world::registry_host};
use serde_json::{Value, json};
use tempfile::TempDir;
use toolkit::{Env, Host};

use crate::{
    base,
    client::{INDEX, Registry, digest_of},
};

/// Names a real registry, `host:port`, that takes everything from everybody.
const REGISTRY: &str = "DAY2_REGISTRY";
/// Names a file that gets a line for each image that was found to be whole.
const PUSHED: &str = "DAY2_PUSHED";
const PASSWORD: &str = "pa55word-of-the-registry";
const DOCKERFILE: &str = "ARG BASE\nFROM $BASE\nARG TARGETARCH\nWORKDIR /app\nCOPY app.py .\n\
                          COPY wheels/$TARGETARCH/ /wheels/\nEXPOSE 8080\nCMD [\"python3\", \"app.py\"]\n";

/// How many stages there were.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A registry with an application to push.
pub(crate) struct Stage {
    pub(crate) registry: Registry,
    pub(crate) directory: TempDir,
    pub(crate) env: BTreeMap<String, String>,
    /// Begins the names of the scenario's repositories: several play on one registry at once.
    prefix: String,
    _sandbox: Option<Sandbox>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        match Env::from_process().get(REGISTRY) {
            Some(host) => Self::on(Registry::new(host.to_owned(), None), None).await,
            None => Self::on_sandbox().await,
        }
    }

    /// One with a registry of its own, which is the sandbox's: the second one of a scenario.
    pub(crate) async fn on_sandbox() -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        sandbox.world().registry.add_password(PASSWORD);
        sandbox.world().registry.configure(|settings| settings.create_on_push = true);
        let host = registry_host(&sandbox.world().urls.registry).to_owned();
        Self::on(Registry::new(host, Some(PASSWORD)), Some(sandbox)).await
    }

    async fn on(registry: Registry, sandbox: Option<Sandbox>) -> Self {
        let prefix = format!("p{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = tempfile::tempdir().unwrap();
        let mut stage = Self { registry, directory, env: BTreeMap::new(), prefix, _sandbox: sandbox };
        base::put(&stage.registry, &stage.repository("base"), "3").await;
        stage.write("context/Dockerfile", DOCKERFILE);
        stage.write("context/app.py", "print('hello')\n");
        for architecture in ["amd64", "arm64"] {
            stage.write(&format!("context/wheels/{architecture}/x.whl"), architecture);
        }
        stage.env = stage.environment();
        stage.sign_in(&[&stage]);
        stage
    }

    /// Writes Docker's configuration for the registries of these stages.
    pub(crate) fn sign_in(&self, stages: &[&Self]) {
        let passwords = stages
            .iter()
            .filter_map(|stage| stage.registry.password.map(|password| (&stage.registry.host, password)));
        let auths: BTreeMap<_, _> = passwords
            .map(|(host, password)| (host, json!({ "username": "AWS", "password": password })))
            .collect();
        self.write("docker/config.json", &json!({ "auths": auths }).to_string());
    }

    fn environment(&self) -> BTreeMap<String, String> {
        let path = |name: &str| self.path(name).to_str().unwrap().to_owned();
        [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_SHA", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3".to_owned()),
            ("GITHUB_REPOSITORY", "org/day2-product".to_owned()),
            ("SOURCE_DATE_EPOCH", "1700000000".to_owned()),
            ("DOCKER_CONFIG", path("docker")),
            ("GITHUB_OUTPUT", path("output")),
            ("GITHUB_STEP_SUMMARY", path("summary")),
            ("GITHUB_WORKSPACE", path("context")),
            ("RUNNER_TEMP", path("")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The full name of a repository of this scenario.
    pub(crate) fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    /// The same with the registry.
    pub(crate) fn image(&self, name: &str) -> String {
        format!("{}/{}", self.registry.host, self.repository(name))
    }

    /// The arguments that build the context for two platforms.
    pub(crate) fn argv(&self) -> Vec<String> {
        vec![
            format!("--image={}", self.image("dev")),
            format!("--context={}", self.path("context").display()),
            format!("--build-args=BASE={}:3", self.image("base")),
            "--platforms=linux/amd64,linux/arm64".to_owned(),
            "--timeout=30s".to_owned(),
        ]
    }

    /// Builds and pushes with these arguments more.
    pub(crate) async fn push(&self, more: &[&str]) -> Result<BTreeMap<String, String>, Failure> {
        let argv = self.argv();
        self.run(argv.iter().map(String::as_str).chain(more.iter().copied())).await
    }

    /// Runs the action and returns its outputs.
    pub(crate) async fn run<'a>(
        &self,
        argv: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, String>, Failure> {
        for name in ["output", "summary"] {
            self.write(name, "");
        }
        let command = (multiarch_push::spec().command)();
        let matches = command.try_get_matches_from(["multiarch-push"].into_iter().chain(argv)).unwrap();
        let nowhere = || Box::new(std::io::sink());
        let host = Host::with_streams(Env::from_pairs(self.env.clone()), nowhere(), nowhere());
        multiarch_push::run(&matches, &host).await?;
        Ok(outputs(&fs::read_to_string(self.path("output")).unwrap()))
    }

    /// Checks that all that a tag leads to is there and is what it says, and returns the index with its digest.
    pub(crate) async fn whole(&self, name: &str, tag: &str) -> (String, Value) {
        let repository = self.repository(name);
        let index = self.registry.manifest(&repository, tag).await.expect("no such tag");
        assert_eq!(index.media_type, INDEX);
        let (mut platforms, mut compression) = (Vec::new(), "gzip");
        for child in index.json()["manifests"].as_array().unwrap() {
            let platform = &child["platform"];
            platforms.push(format!("{}/{}", text(&platform["os"]), text(&platform["architecture"])));
            let manifest = self.registry.manifest(&repository, text(&child["digest"])).await;
            let manifest = manifest.expect("the index names a manifest that is missing");
            assert_eq!(
                (text(&child["mediaType"]), child["size"].as_u64()),
                (manifest.media_type.as_str(), Some(manifest.bytes.len() as u64))
            );
            if String::from_utf8_lossy(&manifest.bytes).contains("+zstd") {
                compression = "zstd";
            }
            self.blobs(&repository, &manifest.json()).await;
        }
        if let Some(path) = Env::from_process().get(PUSHED) {
            let mut file = fs::File::options().append(true).create(true).open(path).unwrap();
            writeln!(file, "{repository} {} {} {compression}", index.digest, platforms.join(",")).unwrap();
        }
        (index.digest.clone(), index.json())
    }

    /// Checks a platform's configuration and layers.
    async fn blobs(&self, repository: &str, manifest: &Value) {
        let config = self.blob(repository, &manifest["config"]).await;
        let config: Value = serde_json::from_slice(&config).unwrap();
        let ids = config["rootfs"]["diff_ids"].as_array().unwrap();
        let layers = manifest["layers"].as_array().unwrap();
        assert_eq!(ids.len(), layers.len());
        for (layer, id) in layers.iter().zip(ids) {
            let bytes = self.blob(repository, layer).await;
            let mut tar = Vec::new();
            let mut plain: Box<dyn Read> = match text(&layer["mediaType"]).rsplit_once('+') {
                Some((_, "gzip")) => Box::new(flate2::read::MultiGzDecoder::new(&bytes[..])),
                Some((_, "zstd")) => Box::new(zstd::Decoder::new(&bytes[..]).unwrap()),
                _ => Box::new(&bytes[..]),
            };
            plain.read_to_end(&mut tar).unwrap();
            assert_eq!(digest_of(&tar), text(id));
        }
    }

    async fn blob(&self, repository: &str, descriptor: &Value) -> Vec<u8> {
        let digest = text(&descriptor["digest"]);
        let bytes = self.registry.blob(repository, digest).await.expect("a blob is missing");
        assert_eq!(descriptor["size"].as_u64(), Some(bytes.len() as u64));
        bytes
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Reads the runner's output file: `name<<delimiter`, lines, `delimiter`.
pub(crate) fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.lines();
    while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}
