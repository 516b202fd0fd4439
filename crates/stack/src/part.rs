//! One program of a stack: how it is started, when it serves, what it last said.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};

use crate::Error;

/// How long a part may take until it serves. One that dies is not waited for; a machine that is busy with ten other things
/// needs a good part of it.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long a part that was asked to stop may take.
const GRACE: Duration = Duration::from_secs(10);

/// What is started.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// The name in commands and messages: `argocd-server`, `dev/kube-apiserver`.
    pub(crate) name: String,
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
    /// Its whole environment besides PATH, HOME and TMPDIR.
    pub(crate) env: BTreeMap<String, String>,
    /// Ports that it listens on.
    pub(crate) ports: Vec<u16>,
    /// When it serves.
    pub(crate) ready: Ready,
}

/// How to see that a part serves.
#[derive(Debug, Clone)]
pub(crate) enum Ready {
    /// It needs not be waited for.
    AtOnce,
    /// It accepts connections on this port.
    Accepts(u16),
    /// A GET of this URL is answered with a status of success. The certificate is not looked at.
    Answers(String, Option<String>),
}

/// A part, running or not.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) spec: Spec,
    log: PathBuf,
    child: Option<Child>,
}

impl Part {
    /// Starts it. It dies with this process, however that ends.
    pub(crate) fn start(spec: Spec, directory: &Path) -> Result<Self, Error> {
        let log = directory.join("logs").join(format!("{}.log", spec.name.replace('/', "-")));
        let mut part = Self { spec, log, child: None };
        part.spawn(directory)?;
        Ok(part)
    }

    /// Starts it again.
    pub(crate) fn spawn(&mut self, directory: &Path) -> Result<(), Error> {
        let log = fs::OpenOptions::new().create(true).append(true).open(&self.log);
        let log = log.map_err(Error::of(format!("cannot write {}", self.log.display())))?;
        let second = log.try_clone().map_err(Error::of("cannot share a log"))?;
        let bin = self.spec.program.parent().unwrap_or(Path::new("/"));
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&self.spec.program)
            .args(&self.spec.arguments)
            .current_dir(directory)
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()))
            .env("HOME", directory.join("home"))
            .env("TMPDIR", directory.join("tmp"))
            .envs(&self.spec.env)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(second)
            // A Ctrl-C at the terminal is for whoever started the stack; it then ends the parts.
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn().map_err(Error::of(format!("cannot start {}", self.spec.name)))?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until it serves.
    pub(crate) async fn serves(&mut self) -> Result<(), Error> {
        let start = Instant::now();
        let client = insecure()?;
        loop {
            if let Some(status) = self.ended()? {
                return Err(self.failed(&format!("ended while starting ({status})")));
            }
            if is_ready(&self.spec.ready, &client).await {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                return Err(self.failed(&format!("does not serve after {} s", PATIENCE.as_secs())));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<String>, Error> {
        let Some(child) = &mut self.child else { return Ok(Some("stopped".to_owned())) };
        let status = child.try_wait().map_err(Error::of(format!("cannot wait for {}", self.spec.name)))?;
        Ok(status.map(|status| status.to_string()))
    }

    /// Asks it to stop, as Kubernetes does, and kills it if it does not.
    pub(crate) async fn stop(&mut self) -> Result<(), Error> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It fails only if the process is gone, which is what is wanted.
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
        if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
            kill(&mut child, &self.spec.name).await?;
        }
        Ok(())
    }

    /// Kills it.
    pub(crate) async fn kill(&mut self) -> Result<(), Error> {
        match self.child.take() {
            Some(mut child) => kill(&mut child, &self.spec.name).await,
            None => Ok(()),
        }
    }

    fn failed(&self, how: &str) -> Error {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let tail = lines[lines.len().saturating_sub(8)..].join("\n  ");
        Error::new(format!("{} {how}; it said last:\n  {tail}", self.spec.name))
    }
}

async fn kill(child: &mut Child, name: &str) -> Result<(), Error> {
    child.kill().await.map_err(Error::of(format!("cannot kill {name}")))
}

async fn is_ready(ready: &Ready, client: &reqwest::Client) -> bool {
    match ready {
        Ready::AtOnce => true,
        Ready::Accepts(port) => tokio::net::TcpStream::connect(("127.0.0.1", *port)).await.is_ok(),
        Ready::Answers(url, token) => {
            let mut request = client.get(url);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            request.send().await.is_ok_and(|reply| reply.status().is_success())
        }
    }
}

/// A client that asks only whether somebody is there: the API server makes its certificate while it starts.
fn insecure() -> Result<reqwest::Client, Error> {
    toolkit::http::install_tls_provider();
    let builder = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5));
    builder
        .danger_accept_invalid_certs(true)
        .build()
        .map_err(|error| Error::new(format!("cannot set up a client: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(directory: &Path, script: &str) -> Part {
        fs::create_dir_all(directory.join("logs")).unwrap();
        let spec = Spec {
            name: "dev/thing".to_owned(),
            program: PathBuf::from("/bin/sh"),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            env: BTreeMap::new(),
            ports: Vec::new(),
            ready: Ready::Accepts(1),
        };
        Part::start(spec, directory).unwrap()
    }

    #[tokio::test]
    async fn a_part_that_dies_says_its_last_lines() {
        let directory = tempfile::tempdir().unwrap();
        let error = part(directory.path(), "echo no such flag >&2; exit 3").serves().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "dev/thing ended while starting (exit status: 3); it said last:\n  no such flag"
        );
    }

    #[tokio::test]
    async fn a_part_that_is_stopped_ends() {
        let directory = tempfile::tempdir().unwrap();
        let mut part = part(directory.path(), "exec sleep 60");
        assert_eq!(part.ended().unwrap(), None);
        part.stop().await.unwrap();
        assert_eq!(part.ended().unwrap().as_deref(), Some("stopped"));
        part.spawn(directory.path()).unwrap();
        assert_eq!(part.ended().unwrap(), None);
        part.kill().await.unwrap();
    }
}
