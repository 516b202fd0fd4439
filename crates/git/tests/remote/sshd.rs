//! OpenSSH's server on a port of this machine, as the user that runs the test, with keys made for one test.

use std::{
    fs,
    net::TcpListener,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use git::RemoteUrl;
use tempfile::TempDir;

const SSHD: &str = "/usr/sbin/sshd";

pub(crate) struct Sshd {
    directory: TempDir,
    port: u16,
}

impl Sshd {
    /// Starts to listen; none, with a line that says why, where there is no such server or it does not run.
    ///
    /// # Panics
    /// Where that is so with `CI=true`: there everything is tested.
    pub(crate) fn start(extra: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        for name in ["host", "client", "stranger"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(path.join(name))
                .status();
            if !made.is_ok_and(|status| status.success()) {
                missing(is_ci(), "there is no ssh-keygen");
                return None;
            }
        }
        let config = format!(
            "HostKey {0}/host\nAuthorizedKeysFile {0}/client.pub\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             PermitRootLogin yes\nPidFile none\n{extra}\n",
            path.display()
        );
        fs::write(path.join("sshd_config"), config).unwrap();
        let test = Command::new(SSHD).arg("-t").arg("-f").arg(path.join("sshd_config")).output();
        if !test.as_ref().is_ok_and(|output| output.status.success()) {
            missing(is_ci(), &format!("{SSHD} is not there or does not run: {test:?}"));
            return None;
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // One server for each connection, as inetd does it: no port to guess and nothing that stays.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream: OwnedFd = stream.unwrap().into();
                let child = Command::new(SSHD)
                    .arg("-i")
                    .arg("-f")
                    .arg(path.join("sshd_config"))
                    .stdin(stream.try_clone().unwrap())
                    .stdout(stream)
                    .stderr(Stdio::null())
                    .spawn();
                std::thread::spawn(move || child.unwrap().wait());
            }
        });
        Some(Self { directory, port })
    }

    pub(crate) fn url(&self, repository: &Path) -> RemoteUrl {
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        format!("ssh://{}@127.0.0.1:{}{}", user.trim(), self.port, repository.display()).parse().unwrap()
    }

    /// A private key: `client` is let in, `stranger` is not.
    pub(crate) fn key(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The line of `known_hosts` in which the server has the key `name`: `host` is the right one.
    pub(crate) fn known_hosts(&self, name: &str) -> String {
        let key = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        format!("[127.0.0.1]:{} {key}", self.port)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// Says what is not tested. On CI that is a failure.
fn missing(is_ci: bool, what: &str) {
    assert!(
        !is_ci,
        "{what}; on CI (`CI=true`) SSH must be tested: install openssh-server and openssh-client"
    );
    println!("not tested: {what}");
}

#[expect(clippy::disallowed_methods, reason = "a test asks where it runs")]
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

#[test]
#[should_panic(expected = "there is no sshd; on CI (`CI=true`) SSH must be tested")]
fn what_is_missing_on_ci_is_a_failure() {
    missing(true, "there is no sshd");
}

#[test]
fn what_is_missing_elsewhere_is_said() {
    missing(false, "there is no sshd");
}
