//! Real registries on loopback: each is a process on a free port, with a directory that goes with it.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{process, tools};

/// How long one may take until it answers.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is asked.
const LOOK: Duration = Duration::from_millis(20);
/// Another program may take the free port first.
const TRIES: usize = 3;

/// Which registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Debian's package of Docker's registry, version 2.
    Debian,
    /// CNCF Distribution, version 3.
    Distribution,
    /// `crane registry serve`.
    Crane,
    /// moto, which is no registry: it plays AWS's STS and ECR.
    Moto,
}

impl Kind {
    /// As reports have it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Debian => "docker-registry",
            Self::Distribution => "Distribution v3",
            Self::Crane => "crane registry serve",
            Self::Moto => "moto",
        }
    }

    /// Finds its program, or says in one line how to get it.
    pub(crate) fn program(self, root: &Path) -> Result<PathBuf, String> {
        match self {
            Self::Debian => tools::on_path("docker-registry").ok_or_else(|| {
                "docker-registry is not there: install the Debian package docker-registry".to_owned()
            }),
            Self::Distribution => distribution(root),
            Self::Crane => crane(root),
            Self::Moto => tools::moto(),
        }
    }

    fn command(self, program: &Path, directory: &Path, address: SocketAddr) -> Result<Command, String> {
        let mut command = with_parent(program);
        match self {
            Self::Crane => {
                let serve = ["registry", "serve", "--address", &address.to_string(), "--disk"];
                command.args(serve).arg(directory);
            }
            Self::Moto => {
                command.args(["--host", &address.ip().to_string(), "--port", &address.port().to_string()]);
            }
            Self::Debian | Self::Distribution => {
                let path = directory.join("config.yml");
                fs::write(&path, configuration(directory, address))
                    .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
                command.arg("serve").arg(path);
            }
        }
        command.env_clear().env("HOME", directory).env("OTEL_TRACES_EXPORTER", "none").current_dir(directory);
        Ok(command)
    }
}

/// Returns `crane`, the tool of go-containerregistry.
pub(crate) fn crane(root: &Path) -> Result<PathBuf, String> {
    module(root, "crane", "github.com/google/go-containerregistry/cmd/crane", "crane")
}

/// Returns `regctl`, the tool of regclient.
pub(crate) fn regctl(root: &Path) -> Result<PathBuf, String> {
    module(root, "regctl", "github.com/regclient/regclient/cmd/regctl", "regctl")
}

fn distribution(root: &Path) -> Result<PathBuf, String> {
    module(root, "distribution", "github.com/distribution/distribution/v3/cmd/registry", "registry")
}

fn module(root: &Path, directory: &str, package: &str, name: &str) -> Result<PathBuf, String> {
    tools::go::program(&root.join("tests/registries").join(directory), package, name)
}

fn configuration(directory: &Path, address: SocketAddr) -> String {
    format!(
        "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    \
         rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  addr: {address}\n",
        directory.display()
    )
}

/// A registry that serves until this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    child: Child,
    directory: TempDir,
}

impl Running {
    /// Starts one and waits until it answers. Its files are below `place`.
    ///
    /// To be called on a thread that stays: it ends with the thread that started it.
    pub(crate) fn start(kind: Kind, program: &Path, place: &Path) -> Result<Self, String> {
        let mut last = String::new();
        for _ in 0..TRIES {
            match Self::try_start(kind, program, place) {
                Err(error) => last = error,
                running => return running,
            }
        }
        Err(last)
    }

    fn try_start(kind: Kind, program: &Path, place: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("cannot start {}: {error}", kind.title());
        let directory = tempfile::tempdir_in(place).map_err(failed)?;
        let address = free_address().map_err(failed)?;
        let mut command = kind.command(program, directory.path(), address)?;
        let log = fs::File::create(directory.path().join("log")).map_err(failed)?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().map_err(failed)?;
        let mut running = Self { address, child, directory };
        let begin = Instant::now();
        while !answers(address) {
            let has_ended = running.child.try_wait().map_err(failed)?.is_some();
            if has_ended || begin.elapsed() > PATIENCE {
                let log = fs::read_to_string(running.directory.path().join("log")).unwrap_or_default();
                let line = log.lines().last().unwrap_or("without a word");
                return Err(format!("{} does not serve: {line}", kind.title()));
            }
            thread::sleep(LOOK);
        }
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that ends with us, however we end, where util-linux is there.
fn with_parent(program: &Path) -> Command {
    let Some(setpriv) = tools::on_path("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn answers(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<[u8; 5]> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        write!(stream, "GET /v2/ HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
        let mut begin = [0; 5];
        stream.read_exact(&mut begin)?;
        Ok(begin)
    };
    ask().is_ok_and(|begin| begin == *b"HTTP/")
}

/// Says which version a `go.mod` of ours pins.
pub(crate) fn version(root: &Path, directory: &str, module: &str) -> Result<String, String> {
    let path = root.join("tests/registries").join(directory).join("go.mod");
    let pins = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let found = pins.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix(module)?.strip_prefix(' ')?;
        rest.split_whitespace().next()
    });
    found.map(str::to_owned).ok_or_else(|| format!("{}: no version of {module}", path.display()))
}

/// What a Debian program says of its version, in one line.
pub(crate) fn said_version(program: &Path) -> Result<String, String> {
    let text = process::text(std::process::Command::new(program).arg("--version"))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_serve_says_why() {
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("registry");
        fs::write(&program, "#!/bin/sh\necho 'no such option' >&2; exit 1\n").unwrap();
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let error = Running::start(Kind::Distribution, &program, place.path()).map(drop).unwrap_err();
        assert_eq!(error, "Distribution v3 does not serve: no such option");
    }

    #[test]
    fn every_module_has_a_version() {
        for (directory, module) in [
            ("crane", "github.com/google/go-containerregistry"),
            ("regctl", "github.com/regclient/regclient"),
            ("distribution", "github.com/distribution/distribution/v3"),
        ] {
            assert!(version(crate::root(), directory, module).unwrap().starts_with('v'), "{directory}");
        }
    }
}
