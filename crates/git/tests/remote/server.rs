//! The Git server of `tests/git-server`, started for one test.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use git::RemoteUrl;

/// A running server; it ends with this value.
pub(crate) struct Server {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pub(crate) port: u16,
}

impl Server {
    /// Serves the repositories below `root` to those who know one of `tokens`: `token=read` or `token=write`.
    pub(crate) fn start(root: &Path, tokens: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/git-server/serve.py");
        let mut child = Command::new("python3")
            .arg(script)
            .arg(root)
            .args(tokens)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is needed for this test");
        let commands = child.stdin.take();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("PORT ").unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        Self { child, commands, answers, port }
    }

    pub(crate) fn url(&self, path: &str) -> RemoteUrl {
        format!("http://127.0.0.1:{}/{path}", self.port).parse().unwrap()
    }

    /// Gives the server a command and returns its answer.
    pub(crate) fn say(&mut self, command: &str) -> Vec<String> {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the server ended");
            match line.trim_end() {
                "." => return lines,
                line => lines.push(line.to_owned()),
            }
        }
    }

    /// The requests since the last time, as `METHOD ENDPOINT STATUS USER`.
    pub(crate) fn requests(&mut self) -> Vec<String> {
        self.say("requests").iter().map(|line| short(line)).collect()
    }
}

/// `METHOD ENDPOINT STATUS USER` of a request.
pub(crate) fn short(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let endpoint = words[1].rsplit_once(".git/").map_or(words[1], |(_, endpoint)| endpoint);
    format!("{} {endpoint} {} {}", words[0], words[2], words[5])
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.commands.take());
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
