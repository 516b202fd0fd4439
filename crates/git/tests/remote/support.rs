//! Repositories to write to.

use std::{path::Path, process::Command, time::Duration};

use git::{Access, Mirror, NewCommit, NewFile, RemoteUrl, Signature, Tip};
use model::{Branch, CommitSha, Deadline, Secret};
use tempfile::TempDir;

use crate::server::Server;

/// Runs git in `directory` and returns what it wrote.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(["-c", "user.name=alice", "-c", "user.email=alice@example.org"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// A bare repository in a temporary directory, `r.git`, with one commit on `main` and support for partial clones.
pub(crate) struct Bare {
    pub(crate) root: TempDir,
}

impl Bare {
    pub(crate) fn new() -> Self {
        let bare = Self::empty();
        let script = "commit refs/heads/main\ncommitter alice <alice@example.org> 1700000000 +0000\ndata 3\none\
            M 100644 inline values/dev.yaml\ndata 8\ntag: v1\n\n\
            M 100755 inline run.sh\ndata 10\n#!/bin/sh\n\n\
            M 120000 inline link\ndata 15\nvalues/dev.yaml\n\
            M 100644 inline \"a b/\\303\\251.yaml\"\ndata 3\nx\r\n\n";
        bare.import(script);
        bare
    }

    pub(crate) fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        git(root.path(), &["init", "-q", "--bare", "-b", "main", "r.git"]);
        let bare = Self { root };
        bare.git(&["config", "uploadpack.allowFilter", "true"]);
        bare.git(&["config", "http.receivepack", "true"]);
        bare
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.root.path().join("r.git")
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.path(), arguments)
    }

    /// Feeds `git fast-import`.
    pub(crate) fn import(&self, script: &str) {
        use std::io::Write as _;
        let mut child = Command::new("git")
            .arg("-C")
            .arg(self.path())
            .args(["fast-import", "--quiet", "--force"])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    pub(crate) fn url(&self) -> RemoteUrl {
        format!("file://{}", self.path().display()).parse().unwrap()
    }

    /// Installs a hook.
    pub(crate) fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path().join("hooks").join(name);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn tip(&self, branch: &str) -> String {
        self.git(&["rev-parse", branch])
    }
}

pub(crate) fn branch(name: &str) -> Branch {
    name.parse().unwrap()
}

pub(crate) fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(120))
}

pub(crate) async fn open(url: &RemoteUrl) -> Mirror {
    Mirror::open(url, &Access::default(), 20, deadline()).await.unwrap()
}

pub(crate) fn alice() -> Signature {
    Signature { name: "alice".to_owned(), email: "alice@example.org".to_owned() }
}

/// Makes a commit on top of `parent` in which one file is new.
pub(crate) async fn write(mirror: &Mirror, parent: &CommitSha, path: &str, text: &str) -> CommitSha {
    let files = [NewFile { path, mode: 0o100_644, bytes: text.as_bytes() }];
    let message = format!("write {path}");
    let commit = NewCommit { parent, message: &message, author: Some(&alice()), files: &files };
    mirror.commit(&commit).await.unwrap()
}

pub(crate) async fn main_of(mirror: &mut Mirror) -> Tip {
    mirror.fetch(&branch("main")).await.unwrap().unwrap()
}

pub(crate) fn token(text: &str) -> Access {
    Access { token: Some(Secret::new(text)), ..Access::default() }
}

pub(crate) async fn open_with(url: &RemoteUrl, access: &Access) -> Mirror {
    Mirror::open(url, access, 20, deadline()).await.unwrap()
}

/// A repository behind a server that knows the token `hunter2`, and a mirror of it.
pub(crate) async fn world() -> (Bare, Server, Mirror) {
    let bare = Bare::new();
    let server = Server::start(bare.root.path(), &["hunter2=write", "looker=read"]);
    let mirror = open_with(&server.url("r.git"), &token("hunter2")).await;
    (bare, server, mirror)
}
