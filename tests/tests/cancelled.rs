//! A run that is cancelled while Git speaks with a host that does not answer.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a test builds the environment of the program under test")]

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use e2e::day2;
use tempfile::TempDir;

/// Stands for a connection that hangs: says what it was given, then holds the pipe open until it is killed.
const SSH: &str = "#!/bin/sh\nexec 3>\"$HOME/pipe\"\nenv >&3\necho THERE >&3\nexec sleep 600\n";

/// A bump by Git over SSH that has reached the host.
struct Held {
    home: TempDir,
    child: Child,
    pipe: BufReader<File>,
    /// The environment of what git has started.
    seen: Vec<String>,
}

impl Held {
    fn start() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let at = |name: &str| home.path().join(name);
        for name in ["bin", "temp"] {
            fs::create_dir(at(name)).expect("a directory");
        }
        fs::write(at("bin/ssh"), SSH).expect("a script");
        fs::set_permissions(at("bin/ssh"), fs::Permissions::from_mode(0o755)).expect("a script");
        assert!(Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo").success());
        let path = std::env::var("PATH").expect("a path");
        let child = Command::new(day2())
            .arg("bump-values")
            .env_clear()
            .env("PATH", format!("{}:{path}", at("bin").display()))
            .env("HOME", home.path())
            .env("RUNNER_TEMP", at("temp"))
            .env("INPUT_REPOSITORY", "ssh://git@git.example.com/team/manifests.git")
            .env("INPUT_BRANCH", "main")
            .env("INPUT_FILES", "values.yaml")
            .env("INPUT_SET", "image.tag=v2")
            .env("INPUT_SSH_KEY", "k3y")
            .env("INPUT_SSH_KNOWN_HOSTS", "git.example.com ssh-ed25519 AAAA")
            .env("ACTIONS_RUNTIME_TOKEN", "s3cret")
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "s3cret")
            .env("GITHUB_TOKEN", "s3cret")
            .env("GH_TOKEN", "s3cret")
            .env("GIT_TRACE2_EVENT", at("trace"))
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("day2 starts");
        let mut pipe = BufReader::new(File::open(at("pipe")).expect("the pipe"));
        let mut seen = Vec::new();
        loop {
            let mut line = String::new();
            assert!(pipe.read_line(&mut line).expect("a line") > 0, "ssh ended: {seen:?}");
            match line.trim_end() {
                "THERE" => return Self { home, child, pipe, seen },
                line => seen.push(line.to_owned()),
            }
        }
    }

    /// Sends a signal; returns when the program has ended with `code` and nothing holds the pipe any more.
    fn cancel(mut self, signal: &str, code: i32) -> (TempDir, Output) {
        let id = self.child.id().to_string();
        let kill = format!("kill -s {signal} {id}");
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("kill").success());
        let output = self.child.wait_with_output().expect("day2 ends");
        // First: a program that ends in another way may leave somebody who holds the pipe for long.
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        self.pipe.read_to_end(&mut Vec::new()).expect("the pipe's end");
        (self.home, output)
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).expect("a directory").flatten().map(|entry| entry.path()).collect()
}

#[test]
fn nothing_stays() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let held = Held::start();
        let private = files(&held.home.path().join("temp"));
        assert_eq!(private.len(), 1, "{private:?}");
        assert!(private[0].join("key").exists());
        let (home, output) = held.cancel(signal, code);
        let log = [output.stdout, output.stderr].concat();
        let log = String::from_utf8_lossy(&log);
        assert_eq!(log.matches(&format!("bump-values was cancelled by SIG{signal}\n")).count(), 1, "{log}");
        assert_eq!(files(&home.path().join("temp")), Vec::<PathBuf>::new());
    }
}

#[test]
fn the_secrets_of_the_step_are_not_gits() {
    let held = Held::start();
    let told = held.seen.join("\n");
    let (home, _) = held.cancel("TERM", 143);
    assert!(told.contains("GIT_PROTOCOL") || told.contains("HOME="), "{told}");
    for secret in ["k3y", "s3cret", "INPUT_", "GIT_TRACE"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    assert!(!home.path().join("trace").exists());
}
