//! A child process that ends with its own children when the time is over.

use std::{
    io,
    pin::pin,
    process::{Command as Blocking, ExitStatus, Stdio},
};

use model::Deadline;
use tokio::{io::AsyncWriteExt as _, process::Command};

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Why a process left nothing behind.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// It could not be started.
    NotStarted(io::Error),
    /// It was killed because the deadline passed.
    TimedOut,
}

/// Runs `command` to its end with `input` on its standard input, or kills it and all that it started when `deadline`
/// passes or when nobody waits for it any more.
pub(crate) async fn run(mut command: Command, input: &[u8], deadline: Deadline) -> Result<Ended, Stopped> {
    let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
    // A group of its own: git leaves the network to `git-remote-https` or `ssh`, which outlive a git that is killed.
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    let mut child = command.spawn().map_err(Stopped::NotStarted)?;
    let leader = child.id();
    let pipe = child.stdin.take();
    let mut work = pin!(async {
        let write = async {
            if let Some(mut pipe) = pipe {
                // A process that ends before it has read everything says why on standard error.
                pipe.write_all(input).await.ok();
            }
        };
        tokio::join!(write, child.wait_with_output()).1
    });
    // Declared last, so that it is dropped first: until then nobody has waited for the leader, and its number is its own.
    let mut group = Group(leader);
    match tokio::time::timeout_at(deadline.instant().into(), work.as_mut()).await {
        Ok(output) => {
            group.0 = None;
            let output = output.map_err(Stopped::NotStarted)?;
            Ok(Ended { status: output.status, stdout: output.stdout, stderr: output.stderr })
        }
        Err(_) => Err(Stopped::TimedOut),
    }
}

/// A process group that is killed when this is dropped.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // There is no safe call for it in the standard library; every `sh` has it built in.
            Blocking::new("/bin/sh")
                .args(["-c", "kill -s KILL -- \"-$1\"", "sh", &leader.to_string()])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn input_and_output_may_be_larger_than_a_pipe() {
        let input = vec![b'x'; 1 << 20];
        let ended = run(sh("cat; echo why >&2; exit 3"), &input, Deadline::after(Duration::from_secs(20)));
        let ended = ended.await.unwrap();
        assert_eq!(ended.stdout, input);
        assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(3), b"why\n".as_slice()));
    }

    #[tokio::test]
    async fn children_are_killed_too() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        assert!(Blocking::new("mkfifo").arg(&pipe).status().unwrap().success());
        // The grandchild holds the pipe open for writing: reading it ends when the grandchild does.
        let script = format!("(exec sleep 600 >'{}') & wait", pipe.display());
        let reader = tokio::task::spawn_blocking(move || std::fs::read(pipe).unwrap());
        let stopped = run(sh(&script), &[], Deadline::after(Duration::from_millis(300))).await;
        assert!(matches!(stopped, Err(Stopped::TimedOut)));
        assert_eq!(reader.await.unwrap(), b"");
    }

    #[tokio::test]
    async fn what_cannot_be_started_says_so() {
        let deadline = Deadline::after(Duration::from_secs(5));
        assert!(matches!(
            run(Command::new("/nowhere/git"), &[], deadline).await,
            Err(Stopped::NotStarted(_))
        ));
    }
}
