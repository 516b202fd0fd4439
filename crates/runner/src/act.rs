//! A self-hosted runner: `act` in host mode, one process per attempt of a workflow run.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use sandbox::github::Run;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::log::{self, Event, Record};

/// How long one run may take. The workflow's own limit is longer; nothing here comes near either.
const LONGEST: Duration = Duration::from_secs(300);

/// The runner.
#[derive(Debug, Clone)]
pub struct Runner {
    /// The program.
    pub act: PathBuf,
    /// What `org/day2-actions` is.
    pub release: PathBuf,
    /// The refs that mean it.
    pub refs: Vec<String>,
    /// A directory of its own, for everything that a run leaves behind.
    pub directory: PathBuf,
}

/// One attempt of a workflow run.
#[derive(Debug)]
pub struct Job<'a> {
    /// What GitHub knows about the run.
    pub run: &'a Run,
    /// A checkout of the commit whose workflow file counts.
    pub checkout: &'a Path,
    /// The workflow's file name.
    pub workflow: &'a str,
    /// The default branch.
    pub default_branch: &'a str,
    /// The environment of the runner, besides what is about the run.
    pub env: &'a BTreeMap<String, String>,
    /// The repository's secrets.
    pub secrets: &'a BTreeMap<String, String>,
}

impl Runner {
    /// Runs a workflow and tells `watch` what happens.
    pub async fn run(&self, job: &Job<'_>, watch: &mut (dyn FnMut(&Event) + Send)) -> Result<Record, String> {
        let directory = self.directory.join(format!("run-{}-{}", job.run.id, job.run.attempt));
        let private = |name: &str, text: &str| private_file(&directory.join(name), text);
        create(&directory)?;
        let event = private("event.json", &job.run.spec.event.to_string())?;
        let mut env = job.env.clone();
        env.extend(job.run.env());
        // Files and not arguments: arguments are for everyone on the machine to read.
        let env = private("env", &dotenv(&env))?;
        let mut secrets = job.secrets.clone();
        secrets.insert("GITHUB_TOKEN".to_owned(), job.run.token.clone());
        let secrets = private("secrets", &dotenv(&secrets))?;
        let mut command = Command::new(&self.act);
        command
            .args([
                &job.run.spec.event_name,
                "--json",
                "--no-cache-server",
                "--rm",
                "--actor",
                &job.run.spec.actor,
            ])
            .args(["--defaultbranch", job.default_branch, "--workflows"])
            .arg(Path::new(".github/workflows").join(job.workflow))
            .args(["--platform", "dev=-self-hosted", "--platform", "prod=-self-hosted"]);
        for reference in &self.refs {
            let release = self.release.display();
            command.args(["--local-repository", &format!("org/day2-actions@{reference}={release}")]);
        }
        command.arg("--eventpath").arg(&event).arg("--env-file").arg(&env).arg("--secret-file").arg(&secrets);
        command.arg("--action-cache-path").arg(directory.join("cache"));
        // A runner has little in its environment, and this machine's proxies and credentials are not for it.
        #[expect(
            clippy::disallowed_methods,
            reason = "no action, and nothing else of the environment is passed on"
        )]
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", &directory)
            .env("XDG_CACHE_HOME", directory.join("cache"));
        command.current_dir(job.checkout).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let start = Instant::now();
        let child =
            command.kill_on_drop(true).spawn().map_err(|error| format!("cannot start act: {error}"))?;
        let mut guard = Guard(Some(child));
        let followed = tokio::time::timeout(LONGEST, guard.follow(watch)).await;
        let mut record =
            followed.map_err(|_| format!("a run of {} did not end in {LONGEST:?}", job.workflow))??;
        record.took = start.elapsed();
        Ok(record)
    }
}

/// A running act, which is asked to stop, and to stop what it runs, if nobody waits for it any more.
struct Guard(Option<Child>);

impl Guard {
    async fn follow(&mut self, watch: &mut (dyn FnMut(&Event) + Send)) -> Result<Record, String> {
        let Some(child) = &mut self.0 else { return Err("act was not started".to_owned()) };
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err("act has no output".to_owned());
        };
        let (mut stdout, mut stderr) = (BufReader::new(stdout).lines(), BufReader::new(stderr).lines());
        let (mut record, mut is_out, mut is_err) = (Record::default(), true, true);
        while is_out || is_err {
            let (line, is_told) = tokio::select! {
                line = stdout.next_line(), if is_out => (line, &mut is_out),
                line = stderr.next_line(), if is_err => (line, &mut is_err),
            };
            let Some(line) = line.map_err(|error| format!("cannot read what act says: {error}"))? else {
                *is_told = false;
                continue;
            };
            // act repeats what it is told to mask in a field that is not shown; the runner does not.
            if !line.contains(r#""command":"add-mask""#) {
                record.transcript.extend([line.as_str(), "\n"]);
            }
            // What act says outside its log: a bad workflow file before it, that a job failed after it.
            let is_outside = !line.starts_with('{') && !line.is_empty() && !line.starts_with("Error: Job ");
            let event = log::parse(&line).or_else(|| is_outside.then_some(Event::Warned(line)));
            if let Some(event) = event {
                record.add(&event);
                watch(&event);
            }
        }
        let status = child.wait().await.map_err(|error| format!("act was lost: {error}"))?;
        self.0 = None;
        record.succeeded = status.success();
        Ok(record)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(id) = self.0.as_ref().and_then(Child::id) else { return };
        // act ends its steps on an interrupt; killed, it would leave them running. Both are best effort.
        let _ = std::process::Command::new("kill").args(["-INT", &id.to_string()]).status();
        for _ in 0..50 {
            if self.0.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Creates a directory that is for nobody else.
pub fn create(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::DirBuilderExt;
    let created = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    created.map_err(|error| format!("cannot create {}: {error}", path.display()))
}

/// Writes a file that is for nobody else.
pub fn private_file(path: &Path, text: &str) -> Result<PathBuf, String> {
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map(|()| path.to_owned()).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Writes variables as a dotenv file; single quotes, in which nothing is special.
fn dotenv(variables: &BTreeMap<String, String>) -> String {
    variables.iter().map(|(name, value)| format!("{name}='{value}'\n")).collect()
}
