//! Configurations on disk.

mod jobs;
mod many;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use model::{Deadline, Failure, Secret};
use serde_json::{Value, json};
use tempfile::TempDir;
use toolkit::Env;

use super::{FILE, LOCK, LoggedOut, Mode, Place, Written, record};

/// A home directory, a directory of the runner's, and what the environment says besides.
struct World {
    root: TempDir,
    env: Vec<(&'static str, String)>,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["temp", "home/.docker", "run/containers"] {
            fs::create_dir_all(root.path().join(name)).unwrap();
        }
        let text = |name: &str| root.path().join(name).display().to_string();
        let env =
            vec![("RUNNER_TEMP", text("temp")), ("HOME", text("home")), ("XDG_RUNTIME_DIR", text("run"))];
        Self { root, env }
    }

    fn with(user: &Value) -> Self {
        let world = Self::new();
        fs::write(world.user().join(FILE), user.to_string()).unwrap();
        world
    }

    fn user(&self) -> PathBuf {
        self.root.path().join("home/.docker")
    }

    fn place(&self) -> Place {
        Place::from_env(&Env::from_pairs(self.env.iter().map(|(name, value)| (*name, value.as_str()))))
    }

    fn write(&self, mode: Mode, host: &str) -> Result<Written, Failure> {
        self.place().write(mode, &login(host), &[recipe(host)], deadline())
    }

    /// As the login's later steps see it.
    fn isolated(&mut self, host: &str) -> PathBuf {
        let directory = self.write(Mode::Isolated, host).unwrap().directory;
        self.env.retain(|(name, _)| !["DOCKER_CONFIG", "REGISTRY_AUTH_FILE"].contains(name));
        self.env.push(("DOCKER_CONFIG", directory.display().to_string()));
        self.env.push(("REGISTRY_AUTH_FILE", directory.join(FILE).display().to_string()));
        directory
    }

    fn log_out(&self) -> LoggedOut {
        self.place().log_out(deadline()).unwrap()
    }
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

fn recipe(host: &str) -> aws::RecipeEntry {
    let source = json!({ "kind": "env" });
    let identity = json!({ "source": source, "session_name": "day2", "duration_seconds": 900 });
    let entry = json!({ "host": host, "region": "eu-central-1", "identity": identity });
    serde_json::from_value(entry).unwrap()
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

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn only_the_user_can_read_a_directory_of_ours() {
    let mut world = World::new();
    let directory = world.isolated("r.example");
    assert_eq!(mode(&directory), 0o700);
    for name in [FILE, LOCK, record::FILE] {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
    assert_eq!(json_of(&directory), json!({ "auths": { "r.example": { "auth": "QVdTOnA=" } } }));
    assert_eq!(names(&directory), [FILE, record::FILE, LOCK]);
    let recorded = fs::read_to_string(directory.join(record::FILE)).unwrap();
    assert!(!recorded.contains("QVdTOnA="), "{recorded}");
    let read = aws::Recipe::read(&directory).unwrap().unwrap();
    assert_eq!(read.entry("r.example", ""), Some(&recipe("r.example")));
}

#[test]
fn everything_of_the_users_still_works() {
    let mut world = World::with(&json!({
        "auths": { "index.docker.io": { "auth": "c2VjcmV0" }, "kept.example": {} },
        "credsStore": "desktop",
        "credHelpers": { "r.example": "ecr-login", "gcr.io": "gcloud" },
        "currentContext": "remote",
        "proxies": { "default": { "httpProxy": "http://proxy" } },
    }));
    fs::create_dir(world.user().join("contexts")).unwrap();
    fs::write(world.root.path().join("run/containers/auth.json"), r#"{"auths":{"quay.io":{"auth":"cQ=="}}}"#)
        .unwrap();
    let config = world.root.path().join("home/.config/containers");
    fs::create_dir_all(&config).unwrap();
    fs::write(
        config.join("auth.json"),
        r#"{"auths":{"quay.io":{"auth":"b2xk"},"kept.org":{"auth":"aw=="}}}"#,
    )
    .unwrap();
    let directory = world.isolated("r.example");
    let expected = json!({
        "auths": {
            "index.docker.io": { "auth": "c2VjcmV0" },
            "kept.example": {},
            "quay.io": { "auth": "cQ==" },
            "kept.org": { "auth": "aw==" },
            "r.example": { "auth": "QVdTOnA=" },
        },
        "credHelpers": { "gcr.io": "gcloud", "kept.example": "desktop" },
        "currentContext": "remote",
        "proxies": { "default": { "httpProxy": "http://proxy" } },
    });
    assert_eq!(json_of(&directory), expected);
    assert_eq!(fs::read_link(directory.join("contexts")).unwrap(), world.user().join("contexts"));
    let left = World { root: tempfile::tempdir().unwrap(), env: world.env.clone() };
    assert_eq!(left.log_out().hosts, ["r.example"]);
    assert!(!directory.exists() && world.user().join("contexts").is_dir());
}

#[test]
fn a_second_login_of_the_job_adds_to_the_first() {
    let mut world = World::with(&json!({ "credHelpers": { "b.example": "ecr-login" } }));
    let first = world.isolated("a.example");
    assert_eq!(world.isolated("b.example"), first);
    let expected = json!({ "a.example": { "auth": "QVdTOnA=" }, "b.example": { "auth": "QVdTOnA=" } });
    assert_eq!(json_of(&first), json!({ "credHelpers": {}, "auths": expected }));
    assert_eq!(world.log_out().hosts, ["a.example", "b.example"]);
    assert!(!first.exists());
}

#[test]
fn a_logout_gives_the_variables_back_and_may_come_twice() {
    let mut world = World::new();
    let own = world.root.path().join("own");
    fs::create_dir(&own).unwrap();
    world.env.push(("DOCKER_CONFIG", own.display().to_string()));
    let directory = world.isolated("r.example");
    let done = world.log_out();
    let variables = [("DOCKER_CONFIG", own.display().to_string()), ("REGISTRY_AUTH_FILE", String::new())];
    assert_eq!(
        done,
        LoggedOut { hosts: vec!["r.example".into()], variables: variables.to_vec(), ..LoggedOut::default() }
    );
    assert!(!directory.exists());
    assert_eq!(world.log_out(), LoggedOut::default());
}

#[test]
fn a_logout_takes_nothing_from_other_steps() {
    let mut world = World::new();
    let directory = world.isolated("r.example");
    // `docker login` of a later step, and the state of a builder.
    let mut config = json_of(&directory);
    config["auths"]["ghcr.io"] = json!({ "auth": "Z2hjcg==" });
    fs::write(directory.join(FILE), config.to_string()).unwrap();
    fs::create_dir(directory.join("buildx")).unwrap();
    let done = world.log_out();
    assert_eq!((done.hosts, done.variables), (vec!["r.example".to_owned()], vec![]));
    assert_eq!(json_of(&directory), json!({ "auths": { "ghcr.io": { "auth": "Z2hjcg==" } } }));
    assert!(directory.join("buildx").is_dir());
}

#[test]
fn merging_changes_our_hosts_only_and_a_logout_undoes_it() {
    let before = json!({
        "credsStore": "pass",
        "credHelpers": { "r.example": "ecr-login", "gcr.io": "gcloud" },
        "HttpHeaders": { "X": "y" },
    });
    let world = World::with(&before);
    let path = world.user().join(FILE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let written = world.write(Mode::Merge, "r.example").unwrap();
    let expected = Written { directory: world.user(), store: Some("pass".into()), ..Written::default() };
    assert_eq!(written, expected);
    let merged = json_of(&world.user());
    assert_eq!(merged["auths"], json!({ "r.example": { "auth": "QVdTOnA=" } }));
    assert_eq!(merged["credHelpers"], json!({ "gcr.io": "gcloud", "r.example": "" }));
    assert_eq!((&merged["credsStore"], &merged["HttpHeaders"]), (&json!("pass"), &before["HttpHeaders"]));
    assert_eq!(mode(&path), 0o640);
    // A second login finds no helper any more; the first one's is still what a logout puts back.
    world.write(Mode::Merge, "r.example").unwrap();
    assert_eq!(world.log_out(), LoggedOut { hosts: vec!["r.example".into()], ..LoggedOut::default() });
    let mut after = json_of(&world.user());
    assert_eq!(after.as_object_mut().unwrap().remove("auths"), Some(json!({})));
    assert_eq!(after, before);
    assert_eq!(world.log_out(), LoggedOut::default());
}

#[test]
fn a_link_stays_a_link_and_podmans_file_gets_the_credential_too() {
    let mut world = World::new();
    let (real, podman) = (world.root.path().join("real.json"), world.root.path().join("podman/auth.json"));
    fs::write(&real, r#"{"a":1}"#).unwrap();
    symlink(&real, world.user().join(FILE)).unwrap();
    world.env.push(("REGISTRY_AUTH_FILE", podman.display().to_string()));
    assert_eq!(world.write(Mode::Merge, "r.example").unwrap().also, std::slice::from_ref(&podman));
    assert!(world.user().join(FILE).is_symlink());
    let merged: Value = serde_json::from_slice(&fs::read(&real).unwrap()).unwrap();
    assert_eq!(merged, json!({ "a": 1, "auths": { "r.example": { "auth": "QVdTOnA=" } } }));
    assert!(fs::read_to_string(&podman).unwrap().contains("r.example"));
    world.log_out();
    assert!(!fs::read_to_string(&podman).unwrap().contains("r.example"));
}

#[test]
fn a_file_that_is_no_configuration_is_not_written_over() {
    let world = World::new();
    fs::write(world.user().join(FILE), "{").unwrap();
    for mode in [Mode::Merge, Mode::Isolated] {
        let failure = world.write(mode, "r.example").unwrap_err();
        assert_eq!(failure.code.id, "docker-config-invalid");
    }
    assert_eq!(fs::read_to_string(world.user().join(FILE)).unwrap(), "{");
    assert!(names(&world.root.path().join("temp")).is_empty());
}

#[test]
fn a_place_that_cannot_be_written_leaves_nothing() {
    let mut world = World::new();
    world.env[0].1.push_str("/missing");
    let failure = world.write(Mode::Isolated, "r.example").unwrap_err();
    assert_eq!(failure.code.id, "file-access");
    assert!(failure.cause.contains("missing"), "{}", failure.cause);
}
