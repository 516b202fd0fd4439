//! A Dockerfile with its context, read from disk, and what is to be built of it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use model::{Failure, Platform};
use toolkit::Env;

use crate::{
    codes,
    context::{Context, Ignore},
    dockerfile::{self, Dockerfile, Error},
    image::{BaseOf, BuildArgs, Dependencies, base_of},
    marks::Marks,
    request::{DockerfileSource, Origin, Request},
};

/// All that an image is assembled from, except base images.
#[derive(Debug)]
pub(crate) struct Job {
    /// The Dockerfile.
    pub(crate) file: Dockerfile,
    /// Its path for messages, from the root of the repository where that is known.
    pub(crate) shown: String,
    /// The stage to build.
    pub(crate) stage: usize,
    /// The context.
    pub(crate) context: Context,
    /// What was asked for.
    pub(crate) source: DockerfileSource,
    /// The time of everything in the image.
    pub(crate) epoch: u64,
    /// Labels and annotations.
    pub(crate) marks: Marks,
    /// The platform of this machine.
    pub(crate) build_platform: Platform,
    /// Which files go into layers of their own.
    pub(crate) dependencies: Dependencies,
}

impl Job {
    /// Reads the Dockerfile and `.dockerignore`. Layers stay as they are written, unless it was said what dependencies
    /// are.
    pub(crate) fn read(
        source: &DockerfileSource,
        request: &Request,
        origin: &Origin,
        env: &Env,
    ) -> Result<Self, Failure> {
        let context = source.context.display();
        let root = source.context.canonicalize().map_err(|error| {
            Failure::new(&codes::CONTEXT_MISSING, format!("the context `{context}` cannot be read: {error}"))
        })?;
        if !root.is_dir() {
            let text = format!("the context `{context}` is not a directory");
            return Err(Failure::new(&codes::CONTEXT_MISSING, text));
        }
        let path = source.path();
        let text = fs::read_to_string(&path).map_err(|error| {
            let text = format!("the Dockerfile `{}` cannot be read: {error}", path.display());
            Failure::new(&codes::CONTEXT_MISSING, text)
                .with_remedy("Set `context` or `file`, and check out the repository before this step.")
        })?;
        let shown = shown(&path, env);
        let located = |error: Error| error.into_failure(&shown);
        let file = dockerfile::parse(&text).map_err(located)?;
        let stage = file.target_stage(source.target.as_deref()).map_err(located)?;
        let ignore = ignore(&path, &root, env)?;
        let epoch = origin.epoch.unwrap_or_default();
        Ok(Self {
            marks: Marks::new(request, origin, epoch),
            file,
            stage,
            context: Context::new(root, ignore),
            source: source.clone(),
            epoch,
            build_platform: build_platform(),
            dependencies: request.layers.dependencies.clone().unwrap_or_default(),
            shown,
        })
    }

    /// Returns the first instruction that cannot be carried out here.
    pub(crate) fn obstacle(&self) -> Option<Error> {
        dockerfile::obstacle(&self.file, self.stage)
    }

    /// Returns what the stage is built on for a platform.
    pub(crate) fn base(&self, platform: &Platform) -> Result<BaseOf, Failure> {
        base_of(&self.file, self.stage, &self.build_args(platform)).map_err(|error| self.failure(error))
    }

    /// Returns the variables of a build for a platform.
    pub(crate) fn build_args<'a>(&'a self, platform: &'a Platform) -> BuildArgs<'a> {
        BuildArgs { given: &self.source.build_args, platform, build_platform: &self.build_platform }
    }

    /// Turns an error of the Dockerfile into a failure at its line.
    pub(crate) fn failure(&self, error: Error) -> Failure {
        error.into_failure(&self.shown)
    }
}

/// Reads `<Dockerfile>.dockerignore`, else `.dockerignore` of the context.
fn ignore(dockerfile: &Path, root: &Path, env: &Env) -> Result<Ignore, Failure> {
    let mut own = dockerfile.as_os_str().to_owned();
    own.push(".dockerignore");
    for path in [PathBuf::from(own), root.join(".dockerignore")] {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                let text = format!("`{}` cannot be read: {error}", path.display());
                return Err(Failure::new(&codes::CONTEXT_MISSING, text));
            }
        };
        return Ignore::parse(&text).map_err(|(line, message)| {
            let shown = shown(&path, env);
            Failure::new(&codes::DOCKERFILE_INVALID, format!("{shown}:{line}: {message}"))
                .at(shown, Some(line))
        });
    }
    Ignore::parse("").map_err(|(_, message)| Failure::new(&model::codes::INTERNAL, message))
}

/// Returns a path as annotations want it: from the root of the workspace.
fn shown(path: &Path, env: &Env) -> String {
    let workspace = env.get("GITHUB_WORKSPACE").map(Path::new);
    let inside = workspace.and_then(|workspace| path.strip_prefix(workspace).ok()).unwrap_or(path);
    let text = inside.display().to_string();
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}

/// Returns the platform of this machine, by Go's names.
fn build_platform() -> Platform {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    Platform { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: None }
}
