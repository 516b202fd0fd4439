//! Other programs that read what multiarch-push has pushed, each with all of its own checks.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

use crate::{process, registries, tools};

/// An image in a registry.
pub(super) struct Image {
    registry: String,
    repository: String,
    pub(super) digest: String,
    /// The architectures of Linux that it is for.
    architectures: Vec<String>,
    has_zstd: bool,
}

impl Image {
    /// Reads `REPOSITORY DIGEST OS/ARCHITECTURE,… COMPRESSION`, as the scenarios write it.
    pub(super) fn read(registry: &str, line: &str) -> Option<Self> {
        let [repository, digest, platforms, compression] =
            line.split(' ').collect::<Vec<_>>().try_into().ok()?;
        Some(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            digest: digest.to_owned(),
            architectures: platforms
                .split(',')
                .filter_map(|platform| platform.strip_prefix("linux/"))
                .map(str::to_owned)
                .collect(),
            has_zstd: compression == "zstd",
        })
    }

    fn name(&self) -> String {
        format!("{}/{}@{}", self.registry, self.repository, self.digest)
    }
}

/// A program that reads images.
pub(super) struct Reader {
    pub(super) name: &'static str,
    /// Finds it, or says in one line how to get it.
    pub(super) find: fn(&Path) -> Result<PathBuf, String>,
    read: fn(&Tool<'_>, &Image) -> Result<(), String>,
}

/// A program and a directory for what it writes.
struct Tool<'a> {
    program: &'a Path,
    directory: &'a Path,
}

impl Reader {
    /// Shows it all images.
    pub(super) fn all(&self, program: &Path, images: &[Image], place: &Path) -> Result<(), String> {
        for image in images {
            let directory = tempfile::tempdir_in(place).map_err(|error| error.to_string())?;
            // buildah wants Docker's configuration to be there where it is told its directory.
            fs::write(directory.path().join("config.json"), "{}").map_err(|error| error.to_string())?;
            let tool = Tool { program, directory: directory.path() };
            (self.read)(&tool, image).map_err(|error| format!("{}: {}: {error}", self.name, image.name()))?;
        }
        Ok(())
    }
}

/// All of them.
pub(super) const READERS: &[Reader] = &[
    Reader { name: "crane", find: registries::crane, read: crane },
    Reader { name: "regctl", find: registries::regctl, read: regctl },
    Reader { name: "skopeo", find: |_| debian("skopeo"), read: skopeo },
    Reader { name: "buildah", find: |_| debian("buildah"), read: buildah },
];

/// Finds a program of Debian.
pub(super) fn debian(name: &str) -> Result<PathBuf, String> {
    tools::on_path(name).ok_or_else(|| format!("install the Debian package {name}"))
}

impl Tool<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(arguments).env("HOME", self.directory).env("DOCKER_CONFIG", self.directory);
        command.env("TMPDIR", self.directory).current_dir(self.directory);
        command
    }

    fn quiet(&self, arguments: &[&str]) -> Result<(), String> {
        process::quiet(&mut self.command(arguments))
    }

    /// Checks that what the program prints is the manifest, byte by byte.
    fn prints(&self, arguments: &[&str], digest: &str) -> Result<(), String> {
        let output = self.command(arguments).output().map_err(|error| error.to_string())?;
        let hex: String = Sha256::digest(&output.stdout).iter().map(|byte| format!("{byte:02x}")).collect();
        if output.status.success() && format!("sha256:{hex}") == digest {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{}` printed something else: {}", arguments.join(" "), said.trim()))
    }
}

/// Layers, digests and sizes of each platform, and the history against the layers.
fn crane(tool: &Tool<'_>, image: &Image) -> Result<(), String> {
    // It reads every layer as gzip (google/go-containerregistry, pkg/v1/validate/layer.go).
    if image.has_zstd {
        return Ok(());
    }
    let name = image.name();
    tool.quiet(&["validate", "--remote", &name])?;
    for architecture in &image.architectures {
        tool.quiet(&["validate", "--remote", &name, "--platform", &format!("linux/{architecture}")])?;
    }
    Ok(())
}

fn regctl(tool: &Tool<'_>, image: &Image) -> Result<(), String> {
    let name = image.name();
    let host = format!("reg={},tls=disabled", image.registry);
    tool.prints(&["--host", &host, "manifest", "get", "--format", "raw-body", &name], &image.digest)?;
    for architecture in &image.architectures {
        let platform = format!("linux/{architecture}");
        tool.quiet(&["--host", &host, "manifest", "get", "--platform", &platform, &name])?;
        tool.quiet(&["--host", &host, "image", "config", "--platform", &platform, &name])?;
    }
    Ok(())
}

fn skopeo(tool: &Tool<'_>, image: &Image) -> Result<(), String> {
    let name = format!("docker://{}", image.name());
    tool.prints(&["inspect", "--raw", "--tls-verify=false", &name], &image.digest)?;
    for architecture in &image.architectures {
        let target = format!("dir:{}", tool.directory.join(architecture).display());
        let system = ["--override-os=linux", &format!("--override-arch={architecture}"), "--insecure-policy"];
        let copy = ["copy", "--quiet", "--src-tls-verify=false", &name, &target];
        tool.quiet(&[&system[..], &copy].concat())?;
    }
    let layout = format!("oci:{}:all", tool.directory.join("layout").display());
    tool.quiet(&["--insecure-policy", "copy", "--quiet", "--all", "--src-tls-verify=false", &name, &layout])
}

/// Every layer is unpacked.
fn buildah(tool: &Tool<'_>, image: &Image) -> Result<(), String> {
    let policy = tool.directory.join("policy.json");
    fs::write(&policy, r#"{"default":[{"type":"insecureAcceptAnything"}]}"#)
        .map_err(|error| error.to_string())?;
    let path = |name: &str| tool.directory.join(name).display().to_string();
    let (root, run, policy) = (path("root"), path("run"), policy.display().to_string());
    let storage = ["--storage-driver=vfs", "--root", &root, "--runroot", &run];
    for architecture in &image.architectures {
        let arch = format!("--arch={architecture}");
        let from = ["from", "--quiet", "--tls-verify=false", "--isolation=chroot", "--os=linux", &arch];
        tool.quiet(&[&storage[..], &from, &["--signature-policy", &policy, &image.name()]].concat())?;
        tool.quiet(&[&storage[..], &["rm", "--all"]].concat())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_scenarios_is_an_image() {
        let image = Image::read("127.0.0.1:5000", "p1-2/dev sha256:ab linux/amd64,linux/arm64 gzip").unwrap();
        assert_eq!(image.name(), "127.0.0.1:5000/p1-2/dev@sha256:ab");
        assert_eq!(image.architectures, ["amd64", "arm64"]);
        assert!(Image::read("127.0.0.1:5000", "what").is_none());
    }
}
