//! The Docker configuration of the job: a directory of its own, so that neither the runner user's file nor another
//! job's is touched, and nothing has to be cleaned up afterwards (composite actions have no post step).

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use model::{Failure, Secret, codes};
use serde_json::{Map, Value, json};
use tempfile::{Builder, NamedTempFile, TempDir};
use toolkit::Env;

/// What the directories of this action begin with.
const PREFIX: &str = "day2-docker-";
/// The file in the directory, for Docker and, by `REGISTRY_AUTH_FILE`, for podman, buildah and skopeo.
const FILE: &str = "config.json";
/// Settings that are taken over from the user's file. `credsStore` and `credHelpers` must not be: Docker would ask
/// them instead of the entry that is written, and a helper such as `ecr-login` refuses to store.
const SETTINGS: &[&str] = &["aliases", "cliPluginsExtraDirs", "currentContext", "features", "plugins"];
/// Directories beside the user's file that Docker looks for beside ours: without `contexts`, `currentContext` would
/// be an error, and without `buildx` the job's builder would be forgotten.
const DIRECTORIES: &[&str] = &["buildx", "cli-plugins", "contexts"];

/// Where the configuration goes, and what it takes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The directory for directories of ours.
    parent: PathBuf,
    /// The directory of an earlier login in this job, to which registries are added.
    earlier: Option<PathBuf>,
    /// The user's own configuration directory.
    user: Option<PathBuf>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// The directory, for `DOCKER_CONFIG`.
    pub(crate) directory: PathBuf,
    /// Registries that later steps cannot reach any more with the credentials of the configuration before.
    pub(crate) left_out: Vec<String>,
}

impl Place {
    /// Finds the place from the environment: `$RUNNER_TEMP`, which the runner empties after each job.
    pub(crate) fn from_env(env: &Env) -> Self {
        let parent =
            env.get("RUNNER_TEMP").or(env.get("TMPDIR")).map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
        let current = env.get("DOCKER_CONFIG").map(PathBuf::from);
        let is_ours = |path: &PathBuf| {
            path.parent() == Some(parent.as_path())
                && path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .is_some_and(|name| name.starts_with(PREFIX))
        };
        let earlier = current.clone().filter(is_ours);
        let home = || env.get("HOME").map(|home| Path::new(home).join(".docker"));
        Self { parent, user: current.or_else(home), earlier }
    }

    /// Writes the credentials. Either the file is there with all of them, or not at all.
    pub(crate) fn write(&self, logins: &[(String, Secret)]) -> Result<Written, Failure> {
        let (directory, new) = match &self.earlier {
            Some(directory) if directory.is_dir() => (directory.clone(), None),
            _ => {
                let new = private_directory(&self.parent)
                    .map_err(|error| failure("create a directory in", &self.parent, &error))?;
                (new.path().to_owned(), Some(new))
            }
        };
        self.fill(&directory, new.is_some(), logins)?;
        let left_out = if new.is_some() { self.left_out() } else { Vec::new() };
        // From here on it stays; before, a failure took the directory with it.
        Ok(Written { directory: new.map_or(directory, TempDir::keep), left_out })
    }

    /// Returns the registries that the user's file has credentials or a helper for: they are not taken over.
    fn left_out(&self) -> Vec<String> {
        let config = self.user.as_deref().map(read).unwrap_or_default();
        let keys =
            |name: &str| config.get(name).and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned();
        let mut hosts: Vec<String> = keys("auths").chain(keys("credHelpers")).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }

    fn fill(&self, directory: &Path, is_new: bool, logins: &[(String, Secret)]) -> Result<(), Failure> {
        let mut config = self.taken_over(is_new);
        let auths = config.entry("auths").or_insert_with(|| json!({}));
        for (host, auth) in logins {
            auths[host] = json!({ "auth": auth.expose() });
        }
        if let Some(user) = self.user.as_deref().filter(|_| is_new) {
            for name in DIRECTORIES {
                let existing = user.join(name);
                if existing.is_dir() {
                    link(&existing, &directory.join(name))
                        .map_err(|error| failure("link", &existing, &error))?;
                }
            }
        }
        write_whole(directory, &Value::Object(config))
            .map_err(|error| failure("write", &directory.join(FILE), &error))
    }

    /// Returns what the new file begins with: an earlier login's whole file, or the user's settings.
    fn taken_over(&self, is_new: bool) -> Map<String, Value> {
        let source = if is_new { self.user.as_deref() } else { self.earlier.as_deref() };
        let existing = source.map(read).unwrap_or_default();
        existing.into_iter().filter(|(name, _)| !is_new || SETTINGS.contains(&name.as_str())).collect()
    }
}

/// Reads the file in `directory`; one that is no JSON is one that Docker could not use either.
fn read(directory: &Path) -> Map<String, Value> {
    let bytes = fs::read(directory.join(FILE)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Writes beside and renames, so that no reader sees half a file; `NamedTempFile` has mode 0600.
fn write_whole(directory: &Path, config: &Value) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(serde_json::to_string_pretty(config)?.as_bytes())?;
    file.persist(directory.join(FILE)).map_err(|error| error.error)?;
    Ok(())
}

/// Makes a directory with a name of its own that only the user may enter, from the first moment on.
fn private_directory(parent: &Path) -> io::Result<TempDir> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

#[cfg(unix)]
fn link(existing: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(existing, link)
}

#[cfg(not(unix))]
fn link(_existing: &Path, _link: &Path) -> io::Result<()> {
    Ok(())
}

fn failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(&codes::FILE_ACCESS, format!("cannot {what} {}: {error}", path.display()))
        .with_remedy("Check that `RUNNER_TEMP` exists and that the runner's user may write to it.")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn place(temp: &Path, more: &[(&str, &Path)]) -> Place {
        let pairs = more.iter().copied().chain([("RUNNER_TEMP", temp)]);
        Place::from_env(&Env::from_pairs(pairs.map(|(name, path)| (name, path.to_str().unwrap()))))
    }

    fn login(host: &str) -> Vec<(String, Secret)> {
        vec![(host.to_owned(), Secret::new("QVdTOnA="))]
    }

    fn json_of(directory: &Path) -> Value {
        serde_json::from_slice(&fs::read(directory.join(FILE)).unwrap()).unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn only_the_user_can_read_it() {
        let temp = tempfile::tempdir().unwrap();
        let directory = place(temp.path(), &[]).write(&login("r.example")).unwrap().directory;
        assert_eq!((mode(&directory), mode(&directory.join(FILE))), (0o700, 0o600));
        assert_eq!(json_of(&directory), json!({ "auths": { "r.example": { "auth": "QVdTOnA=" } } }));
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "nothing else is left in it");
    }

    #[test]
    fn settings_are_kept_and_credentials_are_not() {
        let (temp, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let docker = home.path().join(".docker");
        fs::create_dir_all(docker.join("contexts")).unwrap();
        let existing = json!({
            "auths": { "index.docker.io": { "auth": "secret" } },
            "credsStore": "desktop",
            "credHelpers": { "r.example": "ecr-login" },
            "HttpHeaders": { "X": "secret" },
            "currentContext": "remote",
        });
        fs::write(docker.join(FILE), existing.to_string()).unwrap();
        let Written { directory, left_out } =
            place(temp.path(), &[("HOME", home.path())]).write(&login("r.example")).unwrap();
        assert_eq!(left_out, ["index.docker.io", "r.example"]);
        let written = json_of(&directory);
        assert_eq!(written["currentContext"], "remote");
        assert_eq!(written.as_object().unwrap().len(), 2, "{written}");
        assert_eq!(fs::read_link(directory.join("contexts")).unwrap(), docker.join("contexts"));
    }

    #[test]
    fn a_second_login_of_the_job_adds_to_the_first() {
        let temp = tempfile::tempdir().unwrap();
        let first = place(temp.path(), &[]).write(&login("a.example")).unwrap().directory;
        let second = place(temp.path(), &[("DOCKER_CONFIG", &first)]).write(&login("b.example")).unwrap();
        assert_eq!(second, Written { directory: first.clone(), left_out: Vec::new() });
        let auths = json_of(&first)["auths"].clone();
        assert_eq!(auths.as_object().unwrap().keys().collect::<Vec<_>>(), ["a.example", "b.example"]);
    }

    #[test]
    fn a_place_that_cannot_be_written_leaves_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let missing = temp.path().join("missing");
        let failure = place(&missing, &[]).write(&login("r.example")).unwrap_err();
        assert_eq!(failure.code.id, "file-access");
        assert!(failure.cause.contains("missing"), "{}", failure.cause);
    }
}
