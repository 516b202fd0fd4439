//! What a test plays on: a sandbox, a context, a login, and the action run as a workflow's step.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use model::Failure;
use sandbox::{Config, Sandbox, World, faults::Call, world::registry_host};
use serde_json::{Value, json};
use tempfile::TempDir;
use toolkit::{Env, Host};

pub(crate) const PASSWORD: &str = "pa55word-of-the-registry";
pub(crate) const SHA: &str = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";
pub(crate) const DOCKERFILE: &str = "ARG BASE\nFROM $BASE\nARG TARGETARCH\nWORKDIR /app\nCOPY app.py .\n\
                                     COPY wheels/$TARGETARCH/ /wheels/\nEXPOSE 8080\nCMD [\"python3\", \"app.py\"]\n";

/// A sandbox with an application to push.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) directory: TempDir,
    pub(crate) env: BTreeMap<String, String>,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
    pub(crate) log: String,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Stage {
    /// A sandbox with the repositories of the first user, a base image for three platforms, and a context.
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let registry = &sandbox.world().registry;
        registry.create_repository("product/dev", true);
        registry.create_repository("product/moving", false);
        let platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7"];
        registry.seed_base_image("base/python", "3", &platforms).unwrap();
        registry.add_password(PASSWORD);
        let directory = tempfile::tempdir().unwrap();
        let stage = Self { env: BTreeMap::new(), sandbox, directory };
        stage.write("context/Dockerfile", DOCKERFILE);
        stage.write("context/app.py", "print('hello')\n");
        for architecture in ["amd64", "arm64", "arm"] {
            stage.write(&format!("context/wheels/{architecture}/x.whl"), architecture);
        }
        stage.login(PASSWORD)
    }

    /// Writes Docker's configuration.
    pub(crate) fn login(mut self, password: &str) -> Self {
        let auths = json!({ "auths": { self.registry(): { "username": "AWS", "password": password } } });
        self.write("docker/config.json", &auths.to_string());
        let path = |name: &str| self.directory.path().join(name).to_str().unwrap().to_owned();
        self.env = [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_SHA", SHA.to_owned()),
            ("GITHUB_REPOSITORY", "org/day2-product".to_owned()),
            ("SOURCE_DATE_EPOCH", "1700000000".to_owned()),
            ("DOCKER_CONFIG", path("docker")),
            ("GITHUB_OUTPUT", path("output")),
            ("GITHUB_STEP_SUMMARY", path("summary")),
            ("GITHUB_WORKSPACE", path("context")),
            ("RUNNER_TEMP", path("")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        self
    }

    /// Adds another registry to Docker's configuration, with an empty repository `product/dev`; it has the same password.
    pub(crate) async fn second(&self) -> Sandbox {
        let second = Sandbox::start(Config::default()).await.unwrap();
        second.world().registry.create_repository("product/dev", true);
        second.world().registry.add_password(PASSWORD);
        let login = json!({ "username": "AWS", "password": PASSWORD });
        let auths = json!({ "auths": { self.registry(): login, host(&second): login } });
        self.write("docker/config.json", &auths.to_string());
        second
    }

    pub(crate) fn world(&self) -> &World {
        self.sandbox.world()
    }

    pub(crate) fn registry(&self) -> String {
        registry_host(&self.world().urls.registry).to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn context(&self) -> String {
        self.directory.path().join("context").to_str().unwrap().to_owned()
    }

    /// The arguments of the usual push: two platforms, base image in the same registry.
    pub(crate) fn argv(&self) -> Vec<String> {
        let registry = self.registry();
        vec![
            format!("--image={registry}/product/dev"),
            format!("--context={}", self.context()),
            format!("--build-args=BASE={registry}/base/python:3"),
            "--platforms=linux/amd64,linux/arm64".to_owned(),
            "--timeout=20s".to_owned(),
        ]
    }

    /// Runs the usual push with some arguments more.
    pub(crate) async fn push(&self, more: &[&str]) -> Result<Ran, Failure> {
        let is_replaced = |argument: &String| {
            let name = argument.split('=').next().unwrap_or_default();
            more.iter().any(|other| other.split('=').next() == Some(name))
        };
        let argv: Vec<String> = self.argv().into_iter().filter(|argument| !is_replaced(argument)).collect();
        self.run(argv.iter().map(String::as_str).chain(more.iter().copied())).await
    }

    /// Runs the action.
    pub(crate) async fn run<'a>(&self, argv: impl IntoIterator<Item = &'a str>) -> Result<Ran, Failure> {
        for name in ["output", "summary"] {
            self.write(name, "");
        }
        let command = (multiarch_push::spec().command)();
        let matches = command.try_get_matches_from(["multiarch-push"].into_iter().chain(argv)).unwrap();
        let log = Log::default();
        let host = Host::with_streams(
            Env::from_pairs(self.env.clone()),
            Box::new(log.clone()),
            Box::new(log.clone()),
        );
        let result = multiarch_push::run(&matches, &host).await;
        let log = String::from_utf8(log.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap();
        assert!(!log.contains(PASSWORD), "the password is in the log");
        let left: Vec<_> =
            names(self.directory.path()).filter(|name| name.starts_with("day2-push")).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        result?;
        Ok(Ran { outputs: self.outputs(), summary: self.read("summary"), log })
    }

    /// Runs the action as another job would, with a directory of its own.
    pub(crate) async fn rival(&self, argv: &[&str]) -> Result<(), Failure> {
        let directory = tempfile::tempdir().unwrap();
        let mut env = self.env.clone();
        for (name, file) in
            [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary"), ("RUNNER_TEMP", "")]
        {
            env.insert(name.to_owned(), directory.path().join(file).to_str().unwrap().to_owned());
        }
        let command = (multiarch_push::spec().command)();
        let matches = command.try_get_matches_from([&["multiarch-push"], argv].concat()).unwrap();
        let host =
            Host::with_streams(Env::from_pairs(env), Box::new(Log::default()), Box::new(Log::default()));
        multiarch_push::run(&matches, &host).await
    }

    /// Returns the outputs of the last run, also of one that failed.
    pub(crate) fn outputs(&self) -> BTreeMap<String, String> {
        outputs(&self.read("output"))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap()
    }

    /// Returns the index under a tag.
    pub(crate) fn index(&self, repository: &str, tag: &str) -> Value {
        let (_, _, bytes) = self.world().registry.manifest(repository, tag).expect("no such tag");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Returns the manifest and the configuration of a platform.
    pub(crate) fn image(&self, repository: &str, tag: &str, architecture: &str) -> (Value, Value) {
        let index = self.index(repository, tag);
        let children = index["manifests"].as_array().unwrap();
        let child = children.iter().find(|child| child["platform"]["architecture"] == architecture).unwrap();
        let digest = child["digest"].as_str().unwrap();
        let (_, _, bytes) = self.world().registry.manifest(repository, digest).unwrap();
        let manifest: Value = serde_json::from_slice(&bytes).unwrap();
        let config = manifest["config"]["digest"].as_str().unwrap();
        let config = self.world().registry.blob(repository, config).unwrap();
        (manifest, serde_json::from_slice(&config).unwrap())
    }

    /// Returns the files in a layer of an image of `product/dev`: path, mode and text.
    pub(crate) fn files(&self, manifest: &Value, layer: usize) -> Vec<String> {
        let layer = &manifest["layers"][layer];
        let blob = self.world().registry.blob("product/dev", layer["digest"].as_str().unwrap()).unwrap();
        let plain: Box<dyn Read> = match layer["mediaType"].as_str().unwrap().ends_with("zstd") {
            true => Box::new(zstd::Decoder::new(&blob[..]).unwrap()),
            false => Box::new(flate2::read::GzDecoder::new(&blob[..])),
        };
        let mut archive = tar::Archive::new(plain);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            format!("{} {:o} {text}", entry.path().unwrap().display(), entry.header().mode().unwrap())
        });
        entries.collect()
    }

    /// Returns the calls to the registry that change something.
    pub(crate) fn writes(&self) -> Vec<Call> {
        let calls = self.world().faults.calls();
        let is_write =
            |call: &Call| call.service == "registry" && !["GET", "HEAD"].contains(&call.method.as_str());
        calls.into_iter().filter(is_write).collect()
    }
}

/// Returns host and port of a sandbox's registry.
pub(crate) fn host(sandbox: &Sandbox) -> String {
    registry_host(&sandbox.world().urls.registry).to_owned()
}

fn names(directory: &Path) -> impl Iterator<Item = String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap())
}

/// Reads the runner's output file: `name<<delimiter`, lines, `delimiter`.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.lines();
    while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}
