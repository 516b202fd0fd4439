//! Programs under test: what they said, how long they took, and what they used.

use std::{
    ffi::OsStr,
    fs, io,
    io::Read as _,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// Says in thousandths of a second what the program has used, which `/proc` has in hundredths only. The line begins with
/// [`MARK`].
const TIMED: &str = r#"TIMEFORMAT="$0 %3U %3S"; time "$@""#;
const MARK: &str = "user-and-system:";

/// A program, or several one after the other, that have ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    /// The exit code; `None` of one that had to be killed.
    pub(super) code: Option<i32>,
    /// Standard output and standard error as they came.
    pub(super) said: String,
    /// When it ended.
    pub(super) at: Instant,
    /// User and system time.
    pub(super) cpu: Duration,
    /// The most memory that was resident, in KiB.
    pub(super) peak: u64,
}

impl Ended {
    pub(super) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }
}

/// Runs the commands as a shell does those of `a && b`. What has not ended by `limit` is killed.
pub(super) fn all(commands: Vec<Command>, limit: Instant) -> Result<Ended, String> {
    let mut so_far: Option<Ended> = None;
    for command in commands {
        let next = one(&command, limit)?;
        let joined = match so_far {
            None => next,
            Some(before) => Ended {
                said: before.said + &next.said,
                cpu: before.cpu + next.cpu,
                peak: before.peak.max(next.peak),
                ..next
            },
        };
        if !joined.succeeded() {
            return Ok(joined);
        }
        so_far = Some(joined);
    }
    so_far.ok_or_else(|| "nothing to run".to_owned())
}

fn one(command: &Command, limit: Instant) -> Result<Ended, String> {
    let failed = |error: io::Error| error.to_string();
    let (mut from, to) = io::pipe().map_err(failed)?;
    let mut shell = timed(command);
    shell.stdout(to.try_clone().map_err(failed)?).stderr(to);
    let mut child = shell.spawn().map_err(|error| format!("bash: {error}"))?;
    // Holds the other ends of the pipe.
    drop(shell);
    let listener = thread::spawn(move || {
        let mut said = Vec::new();
        let _ = from.read_to_end(&mut said);
        (Instant::now(), String::from_utf8_lossy(&said).into_owned())
    });
    let mut peak = 0;
    let mut is_killed = false;
    // The end of its output is the end of the program, and exact.
    while !listener.is_finished() {
        if let Some(program) = only_child(child.id()) {
            peak = peak.max(resident(program));
            if Instant::now() > limit && !is_killed {
                is_killed = true;
                let _ = kill_process(program, Signal::KILL);
            }
        }
        thread::sleep(LOOK);
    }
    let (at, said) = listener.join().map_err(|_| "reading what a program said")?;
    let status = child.wait().map_err(failed)?;
    let (said, cpu) = cpu(&said)?;
    Ok(Ended { code: status.code().filter(|_| !is_killed), said, at, cpu, peak })
}

/// The same command with the shell's stopwatch around it.
fn timed(command: &Command) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", TIMED, MARK]).arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap_or(OsStr::new("")));
    }
    if let Some(directory) = command.get_current_dir() {
        shell.current_dir(directory);
    }
    shell
}

/// Takes the line of the stopwatch away from what was said.
fn cpu(said: &str) -> Result<(String, Duration), String> {
    let (said, times) = said.rsplit_once(MARK).ok_or_else(|| format!("bash timed nothing: {said}"))?;
    let seconds: f64 = times.split_whitespace().filter_map(|time| time.parse::<f64>().ok()).sum();
    Ok((said.to_owned(), Duration::from_secs_f64(seconds)))
}

/// What the shell runs.
fn only_child(shell: u32) -> Option<Pid> {
    let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).ok()?;
    Pid::from_raw(children.split_whitespace().next()?.parse().ok()?)
}

/// `VmHWM` of a process that lives, in KiB.
fn resident(pid: Pid) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]).env("PATH", crate::env("PATH").unwrap());
        command
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn the_second_one_runs_after_a_good_first_one() {
        let ended = all(vec![sh("echo a"), sh("echo b >&2; exit 3"), sh("echo c")], soon()).unwrap();
        assert_eq!((ended.code, ended.said.as_str()), (Some(3), "a\nb\n"));
    }

    #[test]
    fn one_that_does_not_end_is_killed() {
        let soon = Instant::now() + Duration::from_millis(50);
        let ended = all(vec![sh("exec sleep 60")], soon).unwrap();
        assert_eq!(ended.code, None);
        assert!(ended.peak > 0);
    }

    #[test]
    fn what_was_used_is_not_among_what_was_said() {
        let (said, used) = cpu("a\nuser-and-system: 0.012 0.003\n").unwrap();
        assert_eq!((said.as_str(), used), ("a\n", Duration::from_millis(15)));
        assert!(cpu("a\n").is_err());
    }
}
