//! A private, partial copy of a remote repository.

use std::{collections::HashSet, fs, path::PathBuf, time::Duration};

use model::{Branch, Deadline};

use crate::{
    Access, RemoteError, RemoteUrl, Tip,
    access::Prepared,
    classify::{classify, wants_less},
    command::{Finished, finish, prepare},
    history,
    process::Stopped,
    redact::redact,
    scratch::Scratch,
    settings::{self, REMOTE},
};

/// The oldest git with all that is used here: `fetch --stdin`, `--no-write-fetch-head`, `init --object-format`.
const OLDEST: (u32, u32) = (2, 30);
/// How often a read of a host that does not answer is tried.
const ATTEMPTS: u32 = 4;
/// Where the branch that was fetched last is kept.
const TIP: &str = "refs/day2/tip";

/// How much of the repository the host gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The last commits and their trees; files one by one.
    Partial,
    /// The last commits with all their files.
    Shallow,
    /// Everything, as an old server or a plain directory of files gives it.
    Whole,
}

impl Shape {
    /// The next larger one.
    fn larger(self) -> Option<Self> {
        match self {
            Self::Partial => Some(Self::Shallow),
            Self::Shallow => Some(Self::Whole),
            Self::Whole => None,
        }
    }
}

/// A bare copy of a few commits of a remote repository, in a directory that only this user can read and that goes away
/// with this value.
#[derive(Debug)]
pub struct Mirror {
    directory: Scratch,
    url: RemoteUrl,
    prepared: Prepared,
    depth: u32,
    deadline: Deadline,
    pub(crate) shape: Shape,
    pub(crate) branch: Option<Branch>,
    /// The contents that have been fetched.
    pub(crate) contents: HashSet<String>,
}

impl Mirror {
    /// Prepares a copy of the repository at `url`; the network is not used yet. Each fetch brings at most `depth` commits
    /// of a branch. A command that runs when `deadline` passes is killed.
    pub async fn open(
        url: &RemoteUrl,
        access: &Access,
        depth: u32,
        deadline: Deadline,
    ) -> Result<Self, RemoteError> {
        let disk = |cause| RemoteError::Disk { url: url.to_string(), cause };
        let directory = Scratch::new(access.temporary.as_deref()).map_err(disk)?;
        let prepared = access.prepare(url, directory.path()).map_err(disk)?;
        let mirror = Self {
            directory,
            url: url.clone(),
            prepared,
            depth: depth.max(1),
            deadline,
            shape: Shape::Partial,
            branch: None,
            contents: HashSet::new(),
        };
        let found = mirror.local(&["version"], &[]).await?;
        let found =
            String::from_utf8_lossy(&found.stdout).trim().trim_start_matches("git version ").to_owned();
        if version(&found).is_some_and(|version| version < OLDEST) {
            return Err(RemoteError::TooOld { found, url: url.to_string() });
        }
        mirror.init().await?;
        Ok(mirror)
    }

    /// Returns the repository's URL.
    pub fn url(&self) -> &RemoteUrl {
        &self.url
    }

    /// Fetches the last commits of `branch`; none if there is no such branch, as in an empty repository.
    pub async fn fetch(&mut self, branch: &Branch) -> Result<Option<Tip>, RemoteError> {
        let refspec = format!("+{}:{TIP}", branch.full_ref());
        let depth = format!("--depth={}", self.depth);
        loop {
            let mut arguments =
                vec!["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];
            match self.shape {
                Shape::Partial => arguments.extend(["--filter=blob:none", &depth]),
                Shape::Shallow => arguments.push(&depth),
                Shape::Whole => {}
            }
            arguments.extend([REMOTE, &refspec]);
            let answer = self.patient(&arguments, &[]).await?;
            self.branch = Some(branch.clone());
            if answer.code == Some(0) {
                // A server that does not know filters says so, and sends everything: then nothing is left to fetch.
                if self.shape == Shape::Partial && answer.stderr.contains("filtering not recognized") {
                    self.shape = Shape::Shallow;
                }
                return self.tip().await.map(Some);
            }
            if answer.stderr.contains("couldn't find remote ref") {
                return Ok(None);
            }
            let error = self.failure(&answer);
            match (&error, self.shape.larger()) {
                (RemoteError::Failed { .. }, Some(shape)) if wants_less(&answer.stderr) => {
                    self.enlarge(shape).await?;
                }
                _ => return Err(error),
            }
        }
    }

    /// Starts over with more of the repository, because the host failed at giving less.
    pub(crate) async fn enlarge(&mut self, shape: Shape) -> Result<(), RemoteError> {
        tracing::debug!(?shape, "the host does not give less");
        self.shape = shape;
        self.contents.clear();
        fs::remove_dir_all(self.repository())
            .map_err(|cause| RemoteError::Disk { url: self.url.to_string(), cause })?;
        self.init().await
    }

    async fn init(&self) -> Result<(), RemoteError> {
        let path = self.repository().display().to_string();
        let arguments = ["init", "--quiet", "--bare", "--template=", "--object-format=sha1", &path];
        self.success(self.local(&arguments, &[]).await?)?;
        let text = settings::config(&self.url, self.prepared.token.is_none());
        fs::write(self.repository().join("config"), text)
            .map_err(|cause| RemoteError::Disk { url: self.url.to_string(), cause })
    }

    async fn tip(&self) -> Result<Tip, RemoteError> {
        let count = format!("--max-count={}", self.depth);
        let arguments = ["log", "-z", "--encoding=UTF-8", history::FORMAT, &count, TIP, "--"];
        let answer = self.success(self.local(&arguments, &[]).await?)?;
        history::parse(&answer.stdout).ok_or_else(|| self.unexpected(&answer))
    }

    /// Runs a git that changes nothing at the host, again if the host does not answer.
    pub(crate) async fn patient(&self, arguments: &[&str], input: &[u8]) -> Result<Finished, RemoteError> {
        let mut attempt = 1;
        loop {
            let answer = self.remote(arguments, input).await?;
            if answer.code == Some(0) || attempt == ATTEMPTS || !self.failure(&answer).is_transient() {
                return Ok(answer);
            }
            self.pause(attempt).await;
            attempt += 1;
        }
    }

    /// Waits before the next attempt, longer each time, not all at once, and not past the deadline.
    pub(crate) async fn pause(&self, attempt: u32) {
        use std::hash::{BuildHasher as _, Hasher as _};
        let most = 250_u64 << attempt.min(5);
        let random = std::hash::RandomState::new().build_hasher().finish();
        tokio::time::sleep(self.deadline.cap(Duration::from_millis(most / 4 + random % most))).await;
    }

    /// Runs a git that stays in the private repository.
    pub(crate) async fn local(&self, arguments: &[&str], input: &[u8]) -> Result<Finished, RemoteError> {
        self.run(arguments, input, &[]).await
    }

    /// Runs a git that speaks with the host.
    pub(crate) async fn remote(&self, arguments: &[&str], input: &[u8]) -> Result<Finished, RemoteError> {
        self.run(arguments, input, &self.prepared.variables).await
    }

    async fn run(
        &self,
        arguments: &[&str],
        input: &[u8],
        variables: &[(&str, String)],
    ) -> Result<Finished, RemoteError> {
        let mut command = prepare();
        command.current_dir(self.directory.path()).arg("--git-dir").arg(self.repository());
        command.arg("--literal-pathspecs").args(arguments);
        command.env_remove("DAY2_GIT_TOKEN").env_remove("DAY2_GIT_HOST");
        for (name, value) in variables {
            command.env(name, value);
        }
        if let Some(token) = self.prepared.token.as_ref().filter(|_| !variables.is_empty()) {
            command.env("DAY2_GIT_TOKEN", token.expose());
        }
        let name = subcommand(arguments);
        let mut finished =
            finish(command, name, input, self.deadline).await.map_err(|stopped| match stopped {
                Stopped::NotStarted(error) => RemoteError::NoGit(error),
                Stopped::TimedOut => RemoteError::TimedOut {
                    command: name.to_owned(),
                    url: self.url.to_string(),
                    budget: self.deadline.budget(),
                },
            })?;
        finished.stderr = redact(&finished.stderr, self.prepared.token.as_ref());
        Ok(finished)
    }

    /// Returns `answer` if its exit code was 0.
    pub(crate) fn success(&self, answer: Finished) -> Result<Finished, RemoteError> {
        if answer.code == Some(0) { Ok(answer) } else { Err(self.failure(&answer)) }
    }

    /// Says why `answer` is not what was wanted.
    pub(crate) fn failure(&self, answer: &Finished) -> RemoteError {
        classify(&self.url, &answer.command, &answer.stderr)
    }

    /// Builds the error for an answer that is not understood.
    pub(crate) fn unexpected(&self, answer: &Finished) -> RemoteError {
        let start: String = String::from_utf8_lossy(&answer.stdout).chars().take(200).collect();
        RemoteError::Failed {
            command: answer.command.clone(),
            url: self.url.to_string(),
            text: format!("it answered with `{start}`"),
        }
    }

    fn repository(&self) -> PathBuf {
        self.directory.path().join("repository")
    }
}

/// Returns the subcommand, which may come after one `-c name=value`.
fn subcommand<'a>(arguments: &[&'a str]) -> &'a str {
    let at = if arguments.first() == Some(&"-c") { 2 } else { 0 };
    arguments.get(at).copied().unwrap_or_default()
}

/// Reads the first two numbers of `2.39.5 (Apple Git-154)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn reads_versions() {
        for (text, found) in [
            ("2.39.5", Some((2, 39))),
            ("2.30.0.windows.1", Some((2, 30))),
            ("2.50.1 (Apple Git-155)", Some((2, 50))),
            ("next", None),
        ] {
            assert_eq!(version(text), found, "{text}");
        }
        assert_eq!((subcommand(&["fetch", "x"]), subcommand(&["-c", "a=b", "log"])), ("fetch", "log"));
        assert!((2, 29) < OLDEST && (2, 30) >= OLDEST && (3, 0) >= OLDEST);
    }

    #[tokio::test]
    async fn the_users_identity_signs_what_nobody_else_does() {
        let url = "https://git.example.com/o/r".parse().unwrap();
        let deadline = Deadline::after(Duration::from_secs(20));
        let mirror = Mirror::open(&url, &Access::default(), 1, deadline).await.unwrap();
        for (name, value) in [("user.name", "Alice é"), ("user.email", "alice@example.org")] {
            let arguments = ["config", name, value];
            assert_eq!(mirror.local(&arguments, &[]).await.unwrap().code, Some(0));
        }
        let identity = mirror.identity().await.unwrap();
        assert_eq!((identity.name.as_str(), identity.email.as_str()), ("Alice é", "alice@example.org"));
    }

    #[tokio::test]
    async fn the_private_directory_is_private_holds_no_token_and_goes_away() {
        let place = tempfile::tempdir().unwrap();
        let token = Some(model::Secret::new("hunter2"));
        let access = Access { token, temporary: Some(place.path().to_owned()), ..Access::default() };
        let url = "https://git.example.com/o/r".parse().unwrap();
        let deadline = Deadline::after(Duration::from_secs(20));
        let mirror = Mirror::open(&url, &access, 1, deadline).await.unwrap();
        let path = mirror.directory.path().to_owned();
        assert_eq!(path.parent(), Some(place.path()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let mut left = vec![path.clone()];
        while let Some(next) = left.pop() {
            if next.is_dir() {
                left.extend(fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()));
            } else {
                assert!(!fs::read_to_string(&next).unwrap().contains("hunter2"), "{}", next.display());
            }
        }
        let config = fs::read_to_string(mirror.repository().join("config")).unwrap();
        assert!(config.contains("helper =") && config.contains("url = \"https://git.example.com/o/r\""));
        assert!(!format!("{mirror:?}").contains("hunter2"));
        drop(mirror);
        assert!(!path.exists());
    }
}
