//! One run of the program, as a step of a workflow or on a laptop.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;
use tokio::process::Child;

use crate::day2;

/// A step that is being set up. The environment begins empty but for `PATH`.
#[derive(Debug)]
pub struct Step {
    command: Command,
    runner: TempDir,
    in_actions: bool,
}

impl Step {
    /// A step of a workflow: the runner's files are there.
    ///
    /// # Panics
    /// If no temporary directory can be made, here and below.
    pub fn in_actions(action: &str) -> Self {
        let mut step = Self::on_laptop(action);
        step.in_actions = true;
        step.command.env("GITHUB_ACTIONS", "true");
        for (variable, file) in
            [("GITHUB_OUTPUT", "output"), ("GITHUB_ENV", "env"), ("GITHUB_STEP_SUMMARY", "summary.md")]
        {
            step.command.env(variable, step.runner.path().join(file));
        }
        let temporary = step.runner.path().join("temp");
        std::fs::create_dir_all(&temporary).expect("a directory for the runner");
        step.command.env("RUNNER_TEMP", temporary);
        step
    }

    /// A command on a terminal.
    ///
    /// # Panics
    /// See [`Step::in_actions`].
    pub fn on_laptop(action: &str) -> Self {
        let runner = tempfile::tempdir().expect("a temporary directory");
        let mut command = Command::new(day2());
        command.env_clear().arg(action).current_dir(runner.path()).stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", runner.path());
        Self { command, runner, in_actions: false }
    }

    /// Sets an input, as the composite action does.
    #[must_use]
    pub fn input(self, name: &str, value: impl AsRef<str>) -> Self {
        let variable = format!("INPUT_{}", name.to_ascii_uppercase().replace('-', "_"));
        self.env(&variable, value)
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.command.env(name, value.as_ref());
        self
    }

    /// Sets several variables.
    #[must_use]
    pub fn envs(mut self, variables: &BTreeMap<String, String>) -> Self {
        self.command.envs(variables);
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// Runs in this directory.
    #[must_use]
    pub fn current_dir(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Starts the step and returns the process, for a test that kills it. The runner's directory must be kept.
    ///
    /// # Panics
    /// If it cannot be started, here and below.
    pub fn spawn(mut self) -> (Child, TempDir) {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let child =
            tokio::process::Command::from(self.command).kill_on_drop(true).spawn().expect("day2 starts");
        (child, self.runner)
    }

    /// Runs the step to its end while the sandbox of the same test goes on.
    ///
    /// # Panics
    /// See [`Step::spawn`].
    pub async fn finish(self) -> Finished {
        tokio::task::spawn_blocking(|| self.run()).await.expect("a step that runs")
    }

    /// Runs the step to its end.
    ///
    /// # Panics
    /// See [`Step::spawn`].
    pub fn run(mut self) -> Finished {
        let output = self.command.output().expect("day2 runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let stdout = text(&output.stdout);
        let read = |file: &str| std::fs::read_to_string(self.runner.path().join(file)).unwrap_or_default();
        Finished {
            code: output.status.code(),
            outputs: outputs(&if self.in_actions { read("output") } else { stdout.clone() }),
            exported: outputs(&read("env")),
            summary: read("summary.md"),
            stderr: text(&output.stderr),
            stdout,
            runner: self.runner,
        }
    }
}

/// A step that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; none if it was killed.
    pub code: Option<i32>,
    /// The outputs.
    pub outputs: BTreeMap<String, String>,
    /// The environment that later steps get.
    pub exported: BTreeMap<String, String>,
    /// What was added to the run's page.
    pub summary: String,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The runner's directory.
    pub runner: TempDir,
}

impl Finished {
    /// Returns an output, empty if it was not set.
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// Returns both streams.
    pub fn log(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails the test with the whole log unless the step ended well.
    ///
    /// # Panics
    /// If the exit code is not 0.
    #[must_use]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.log());
        self
    }
}

/// Reads `name=value` lines and heredocs, as the runner does.
pub fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let heredoc = line.split_once("<<").filter(|(name, _)| !name.contains('='));
        if let Some((name, delimiter)) = heredoc {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            found.insert(name.to_owned(), value.join("\n"));
        } else if let Some((name, value)) = line.split_once('=') {
            found.insert(name.to_owned(), value.to_owned());
        }
    }
    found
}
