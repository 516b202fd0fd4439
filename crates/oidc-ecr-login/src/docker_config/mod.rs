//! The Docker configuration that gets the credentials.
//!
//! Either a directory of its own, so that neither the runner user's file nor another job's is touched, or the user's
//! file itself. What was written is recorded beside it, for a logout: composite actions have no step that runs at the
//! end by itself.

mod entries;
mod file;
mod isolated;
mod logout;
mod record;
#[cfg(test)]
mod tests;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aws::RecipeEntry;
use model::{Deadline, Failure, Secret, codes};
use serde_json::{Value, json};
use toolkit::Env;

pub(crate) use self::logout::LoggedOut;
use self::{
    entries::Config,
    file::{Lock, Replaced},
    record::Record,
};
use crate::codes::DOCKER_CONFIG_INVALID;

/// The file in the directory, for Docker and, by `REGISTRY_AUTH_FILE`, for podman, buildah and skopeo.
const FILE: &str = "config.json";
/// Taken while the file is changed.
const LOCK: &str = "day2-login.lock";

/// The input `docker-config`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A directory of the job's own.
    Isolated,
    /// The user's file.
    Merge,
}

/// What the environment says about configurations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The directory for directories of ours.
    parent: PathBuf,
    /// Whether that is the runner's, in which all of ours are this job's.
    is_runners: bool,
    /// `DOCKER_CONFIG`.
    docker_config: Option<PathBuf>,
    /// `REGISTRY_AUTH_FILE`.
    registry_auth_file: Option<PathBuf>,
    /// `~/.docker`.
    home: Option<PathBuf>,
    /// Where podman looks for what it was given by `podman login`, in its order.
    podman: Vec<PathBuf>,
    /// Which job this is.
    job: String,
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// The directory of Docker's configuration.
    pub(crate) directory: PathBuf,
    /// Whether later steps must be told of it.
    pub(crate) is_new_place: bool,
    /// Files besides it that have the credentials as well: the one of `REGISTRY_AUTH_FILE`.
    pub(crate) also: Vec<PathBuf>,
    /// The user's store of all credentials, which matters to some tools.
    pub(crate) store: Option<String>,
}

impl Place {
    /// Finds the place from the environment: `$RUNNER_TEMP`, which the runner empties after each job.
    pub(crate) fn from_env(env: &Env) -> Self {
        let path = |name: &str| env.get(name).map(PathBuf::from);
        let parent = path("RUNNER_TEMP").or(path("TMPDIR")).unwrap_or_else(|| PathBuf::from("/tmp"));
        Self {
            parent,
            is_runners: env.get("RUNNER_TEMP").is_some(),
            docker_config: path("DOCKER_CONFIG"),
            registry_auth_file: path("REGISTRY_AUTH_FILE"),
            home: path("HOME").map(|home| home.join(".docker")),
            podman: podman(env),
            job: aws::job(env),
        }
    }

    /// Writes the credentials; each file has all of them, or none. `recipes` say how to sign in again.
    pub(crate) fn write(
        &self,
        mode: Mode,
        logins: &[(String, Secret)],
        recipes: &[RecipeEntry],
        deadline: Deadline,
    ) -> Result<Written, Failure> {
        match mode {
            Mode::Isolated => self.write_isolated(logins, recipes, deadline),
            Mode::Merge => self.merge(logins, recipes, deadline),
        }
    }

    /// Adds to the user's file, and to the one that podman was told to use.
    fn merge(
        &self,
        logins: &[(String, Secret)],
        recipes: &[RecipeEntry],
        deadline: Deadline,
    ) -> Result<Written, Failure> {
        let directory = self.user_directory().cloned().ok_or_else(|| {
            Failure::new(
                &codes::FILE_ACCESS,
                "neither `DOCKER_CONFIG` nor `HOME` says where Docker's configuration is",
            )
        })?;
        let mut written = Written { directory: directory.clone(), ..Written::default() };
        let docker = directory.join(FILE);
        let also = self.registry_auth_file.iter().filter(|path| **path != docker);
        for path in std::iter::once(&docker).chain(also) {
            update(path, deadline, |config, record| {
                if *path == docker {
                    written.store = entries::store(config).map(str::to_owned);
                }
                let evicted = entries::put(config, logins);
                record.note(&name(path), &self.job, logins, recipes, &evicted);
            })?;
            if *path != docker {
                written.also.push(path.clone());
            }
        }
        Ok(written)
    }

    /// Docker's own choice of the directory.
    fn user_directory(&self) -> Option<&PathBuf> {
        self.docker_config.as_ref().or(self.home.as_ref())
    }
}

/// The files of podman, buildah and skopeo (containers/image, `pkg/docker/config/config.go`, `getAuthFilePaths`), if
/// `REGISTRY_AUTH_FILE` does not name one.
fn podman(env: &Env) -> Vec<PathBuf> {
    let path = |name: &str| env.get(name).map(PathBuf::from);
    let runtime = match path("XDG_RUNTIME_DIR") {
        Some(directory) => Some(directory.join("containers")),
        None => user().map(|user| Path::new("/run/containers").join(user)),
    };
    let config = path("XDG_CONFIG_HOME").or_else(|| path("HOME").map(|home| home.join(".config")));
    let directories = runtime.into_iter().chain(config.map(|directory| directory.join("containers")));
    directories.map(|directory| directory.join("auth.json")).collect()
}

/// The number of the user that this process belongs to.
fn user() -> Option<String> {
    #[cfg(unix)]
    return fs::metadata("/proc/self").ok().map(|own| std::os::unix::fs::MetadataExt::uid(&own).to_string());
    #[cfg(not(unix))]
    return None;
}

/// Changes a file and the record beside it, alone among all logins of ours and again if Docker was faster.
///
/// The record goes first: of a process that ends in between, it names a credential that is not in the file, which no
/// logout takes out.
fn update(
    path: &Path,
    deadline: Deadline,
    mut change: impl FnMut(&mut Config, &mut Record),
) -> Result<(), Failure> {
    let directory = path.parent().unwrap_or(Path::new("."));
    private(directory).map_err(|error| failure("make the directory", directory, &error))?;
    let lock = directory.join(LOCK);
    let _held = Lock::take(&lock, deadline).map_err(|error| failure("lock", &lock, &error))?;
    loop {
        let (bytes, mut config) = load(path)?;
        let mut record = Record::read(directory);
        change(&mut config, &mut record);
        write_record(directory, &record)?;
        let replaced = file::replace(path, bytes.as_deref(), &Value::Object(config));
        match replaced.map_err(|error| failure("write", path, &error))? {
            Replaced::Yes => return Ok(()),
            Replaced::No if deadline.has_passed() => return Err(busy(path)),
            Replaced::No => {}
        }
    }
}

/// The name that the record has for a file.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Reads a configuration; one that Docker could not read either is not written over.
fn load(path: &Path) -> Result<(Option<Vec<u8>>, Config), Failure> {
    let bytes = file::read(path).map_err(|error| failure("read", path, &error))?;
    let config = entries::parse(bytes.as_deref().unwrap_or_default()).map_err(|why| {
        Failure::new(&DOCKER_CONFIG_INVALID, format!("{} is no Docker configuration: {why}", path.display()))
    })?;
    Ok((bytes, config))
}

/// Only logins of ours write the record, and only while they hold the lock.
fn write_record(directory: &Path, record: &Record) -> Result<(), Failure> {
    let path = directory.join(record::FILE);
    let before = file::read(&path).map_err(|error| failure("read", &path, &error))?;
    file::replace(&path, before.as_deref(), &json!(record))
        .map_err(|error| failure("write", &path, &error))?;
    Ok(())
}

/// Makes a directory that only the user may enter, if it is not there.
fn private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn busy(path: &Path) -> Failure {
    failure("write", path, &io::Error::new(io::ErrorKind::TimedOut, "others keep changing it"))
}

fn failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(&codes::FILE_ACCESS, format!("cannot {what} {}: {error}", path.display())).with_remedy(
        "Check that `RUNNER_TEMP`, or the directory of Docker's configuration, exists and that the runner's user may \
         write to it.",
    )
}
