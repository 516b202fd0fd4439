//! The action as a process of its own, which has what a thread cannot have: another user, time zone, umask, processor.

use std::{collections::BTreeMap, fs, io::Write as _, path::PathBuf, process::Stdio};

use toolkit::{Env, Host};

use crate::stage::{Stage, outputs};

/// The output that has the most memory which was resident, in KiB.
pub(crate) const PEAK: &str = "peak";

/// Not a test: the process. It pushes what the variables say.
#[tokio::test]
#[ignore = "is started by others"]
async fn child() {
    let env = Env::from_process();
    let Some(argv) = env.get("CHILD_ARGV") else { return };
    let command = (multiarch_push::spec().command)();
    let matches = command.try_get_matches_from(["multiarch-push"].into_iter().chain(argv.lines())).unwrap();
    multiarch_push::run(&matches, &Host::new(env.clone())).await.unwrap();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default().trim();
    let mut outputs = fs::File::options().append(true).open(env.get("GITHUB_OUTPUT").unwrap()).unwrap();
    writeln!(outputs, "{PEAK}<<end\n{}\nend", peak.trim_end_matches(" kB")).unwrap();
}

/// A push that is to be run, with files of its own.
pub(crate) struct Process {
    argv: Vec<String>,
    env: BTreeMap<String, String>,
    home: tempfile::TempDir,
}

impl Process {
    /// The push of `argv` in the environment of `stage`.
    pub(crate) fn new(stage: &Stage, argv: &[String]) -> Self {
        let home = tempfile::tempdir_in(stage.directory.path()).unwrap();
        let mut env = stage.env.clone();
        for (name, value) in
            [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary"), ("RUNNER_TEMP", "")]
        {
            env.insert(name.to_owned(), home.path().join(value).to_str().unwrap().to_owned());
        }
        Self { argv: argv.to_vec(), env, home }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Where its outputs go, and its temporary files.
    pub(crate) fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// Runs it and returns its outputs.
    pub(crate) async fn run(self, more: &[&str]) -> BTreeMap<String, String> {
        self.run_by("exec \"$@\"", more).await
    }

    /// The same by a shell's script, whose arguments are the command.
    pub(crate) async fn run_by(self, script: &str, more: &[&str]) -> BTreeMap<String, String> {
        let argv: Vec<&str> = self.argv.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let output = tokio::process::Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "process::child", "--ignored"])
            .env_clear()
            .env("PATH", Env::from_process().get("PATH").unwrap_or_default())
            .envs(&self.env)
            .env("CHILD_ARGV", argv.join("\n"))
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{script}: {said}{}", String::from_utf8_lossy(&output.stderr));
        outputs(&fs::read_to_string(self.home.path().join("output")).unwrap())
    }
}
