//! Each platform's image is started: its layers are unpacked, and its own configuration says what is run how, natively or
//! under QEMU. `cargo xtask test --long` plays these as root.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use toolkit::Env;

use crate::{base, client::Registry, stage::Stage};

/// A directory with the static programs `amd64` and `arm64`, which tell how they were started.
const PROGRAMS: &str = "DAY2_TELL";
const DOCKERFILE: &str = "ARG BASE\nFROM $BASE\nARG TARGETARCH\nWORKDIR /srv/app\nCOPY app.py .\n\
                          COPY --chmod=0644 wheels/$TARGETARCH/ /wheels/\nENV GREETING=\"good day\"\nUSER 1000:1000\n\
                          ENTRYPOINT [\"/bin/tell\", \"/wheels/x.whl\"]\nCMD [\"app.py\"]\n";

#[tokio::test]
#[ignore = "wants static programs, QEMU and root"]
async fn what_a_dockerfile_says_is_what_runs() {
    let programs = PathBuf::from(Env::from_process().get(PROGRAMS).expect("DAY2_TELL is not set"));
    let stage = Stage::new().await;
    let program = |architecture: &str| Some(fs::read(programs.join(architecture)).unwrap());
    base::put_with(&stage.registry, &stage.repository("base"), "3", program).await;
    stage.write("context/Dockerfile", DOCKERFILE);
    stage.push(&["--tags=v1"]).await.unwrap();
    let (_, index) = stage.whole("dev", "v1").await;
    for child in index["manifests"].as_array().unwrap() {
        let architecture = child["platform"]["architecture"].as_str().unwrap();
        let root = stage.path(architecture);
        let digest = child["digest"].as_str().unwrap();
        let config = unpacked(&stage.registry, &stage.repository("dev"), digest, &root).await;
        let told = started(&config, &root, architecture);
        assert_eq!(told["architecture"], architecture);
        assert_eq!(told["directory"], "/srv/app");
        assert_eq!(told["user"], 1000);
        assert_eq!(told["files"], json!({ "/wheels/x.whl": architecture, "app.py": "print('hello')\n" }));
        let environment = told["environment"].as_array().unwrap();
        assert!(environment.contains(&json!("GREETING=good day")), "{environment:?}");
        assert!(environment.contains(&json!("PATH=/usr/bin:/bin")), "{environment:?}");
    }
}

/// Unpacks a platform's layers in their order and returns its configuration.
async fn unpacked(registry: &Registry, repository: &str, digest: &str, root: &Path) -> Value {
    let manifest = registry.manifest(repository, digest).await.unwrap().json();
    fs::create_dir_all(root).unwrap();
    for layer in manifest["layers"].as_array().unwrap() {
        let bytes = registry.blob(repository, layer["digest"].as_str().unwrap()).await.unwrap();
        let mut archive = tar::Archive::new(MultiGzDecoder::new(&bytes[..]));
        archive.set_preserve_permissions(true);
        archive.unpack(root).unwrap();
    }
    let config = registry.blob(repository, manifest["config"]["digest"].as_str().unwrap()).await.unwrap();
    serde_json::from_slice(&config).unwrap()
}

/// Runs what the configuration says and returns what it tells.
fn started(config: &Value, root: &Path, architecture: &str) -> Value {
    assert_eq!(config["architecture"], architecture);
    let config = &config["config"];
    let words = |name: &str| -> Vec<String> {
        let words = config[name].as_array().cloned().unwrap_or_default();
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let (user, group) = config["User"].as_str().unwrap().split_once(':').unwrap();
    let mut command = Command::new(on_path("unshare"));
    command.arg("--root").arg(root).args(["--wd", config["WorkingDir"].as_str().unwrap()]);
    command.args(["--setuid", user, "--setgid", group, "--"]);
    if architecture != native() {
        fs::copy(emulator(), root.join("emulator")).unwrap();
        fs::set_permissions(root.join("emulator"), fs::Permissions::from_mode(0o755)).unwrap();
        command.arg("/emulator");
    }
    command.args(words("Entrypoint")).args(words("Cmd")).env_clear();
    for variable in words("Env") {
        let (name, value) = variable.split_once('=').unwrap();
        command.env(name, value);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Finds a program of this machine: the image has a `PATH` of its own.
fn on_path(program: &str) -> PathBuf {
    let path = Env::from_process().get("PATH").unwrap_or_default().to_owned();
    let found =
        std::env::split_paths(&path).map(|directory| directory.join(program)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{program} is not there"))
}

/// This processor, in Go's words.
fn native() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

fn emulator() -> &'static str {
    if cfg!(target_arch = "aarch64") { "/usr/bin/qemu-x86_64-static" } else { "/usr/bin/qemu-aarch64-static" }
}
