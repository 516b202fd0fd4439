//! The programs that `cargo xtask bench push` compares, and how each is called.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

/// What is compared.
pub(super) struct Programs {
    pub(super) day2: PathBuf,
    pub(super) crane: PathBuf,
    pub(super) regctl: PathBuf,
    pub(super) skopeo: PathBuf,
    pub(super) buildah: PathBuf,
    pub(super) oci_client: PathBuf,
}

/// One push.
pub(super) struct Job<'a> {
    /// An OCI layout with one image, which has `tag` as its name in there.
    pub(super) layout: &'a Path,
    pub(super) tag: &'a str,
    pub(super) registry: SocketAddr,
    pub(super) repository: &'a str,
    /// Has `config.json`, Docker's configuration.
    pub(super) home: &'a Path,
    /// buildah's storage.
    pub(super) storage: &'a Path,
    pub(super) password: Option<&'a str>,
}

impl Job<'_> {
    fn target(&self) -> String {
        format!("{}/{}:{}", self.registry, self.repository, self.tag)
    }

    fn clean(&self, program: &Path) -> Command {
        clean(program, self.home)
    }
}

/// A program with nothing of this machine's configuration; `home` has Docker's.
pub(super) fn clean(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", crate::env("PATH").unwrap_or_default()).env("HOME", home);
    command.env("DOCKER_CONFIG", home).env("REGISTRY_AUTH_FILE", home.join("config.json"));
    command.env("RUNNER_TEMP", home).env("TMPDIR", home).current_dir(home);
    command
}

/// One way to push.
pub(super) struct Way {
    /// As the page has it.
    pub(super) title: &'static str,
    pub(super) command: fn(&Programs, &Job<'_>) -> Command,
}

/// All of them, ours first.
pub(super) const WAYS: &[Way] = &[
    Way {
        title: "multiarch-push",
        command: |programs, job| {
            let mut command = job.clean(&programs.day2);
            command.args(["multiarch-push", "--timeout=120s"]);
            command.arg(format!("--image={}/{}", job.registry, job.repository));
            command.arg(format!("--layout={}", job.layout.display()));
            command.arg(format!("--tags={}", job.tag));
            command
        },
    },
    Way {
        title: "`crane push`",
        command: |programs, job| {
            let mut command = job.clean(&programs.crane);
            command.arg("push").arg(job.layout).arg(job.target());
            command
        },
    },
    Way {
        title: "`regctl image copy --fast`",
        command: |programs, job| {
            let mut command = job.clean(&programs.regctl);
            command.arg("--host").arg(format!("reg={},tls=disabled", job.registry));
            command.args(["image", "copy", "--fast"]);
            command.arg(format!("ocidir://{}:{}", job.layout.display(), job.tag)).arg(job.target());
            command
        },
    },
    Way {
        title: "`skopeo copy --all`",
        command: |programs, job| {
            let mut command = job.clean(&programs.skopeo);
            command.args(["--insecure-policy", "copy", "--quiet", "--all", "--dest-tls-verify=false"]);
            command.arg(format!("oci:{}:{}", job.layout.display(), job.tag));
            command.arg(format!("docker://{}", job.target()));
            command
        },
    },
    Way {
        title: "`buildah manifest push --all`",
        command: |programs, job| {
            let mut command = buildah(programs, job);
            command.args(["manifest", "push", "--quiet", "--all", "--tls-verify=false", &list(job.tag)]);
            command.arg(format!("docker://{}", job.target()));
            command
        },
    },
    Way {
        title: "a program with oci-client",
        command: |programs, job| {
            let mut command = job.clean(&programs.oci_client);
            command.arg(job.layout).arg(job.target());
            if let Some(password) = job.password {
                command.env("REGISTRY_PASSWORD", password);
            }
            command
        },
    },
];

/// What buildah needs before it can push the image of a layout.
pub(super) fn prepare_buildah(programs: &Programs, job: &Job<'_>) -> Vec<Command> {
    let mut create = buildah(programs, job);
    create.args(["manifest", "create", &list(job.tag)]);
    let mut add = buildah(programs, job);
    add.args(["manifest", "add", "--all", &list(job.tag)]);
    add.arg(format!("oci:{}:{}", job.layout.display(), job.tag));
    vec![create, add]
}

fn buildah(programs: &Programs, job: &Job<'_>) -> Command {
    let mut command = job.clean(&programs.buildah);
    command.arg("--storage-driver=vfs").arg("--root").arg(job.storage.join("root"));
    command.arg("--runroot").arg(job.storage.join("run"));
    command
}

fn list(tag: &str) -> String {
    format!("localhost/bench:{tag}")
}
