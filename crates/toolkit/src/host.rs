//! Where an action's words go: the runner's files and commands, or a terminal.

use std::{
    fmt,
    fs::OpenOptions,
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::{Failure, Secret, codes};

use crate::{Annotation, Env, Report, annotation::escape_data, nonce, screen::Screen};

/// The runner (or the terminal) of one action. All methods take `&self`, so that concurrent work can log; a clone
/// writes to the same streams.
#[derive(Clone)]
pub struct Host {
    env: Env,
    in_actions: bool,
    stdout: Arc<Mutex<Box<dyn Write + Send>>>,
    stderr: Arc<Mutex<Screen>>,
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Host").field("env", &self.env).finish_non_exhaustive()
    }
}

impl Host {
    /// Builds a host over the process's own streams.
    pub fn new(env: Env) -> Self {
        let screen = Screen::stderr(&env);
        Self::with_screen(env, Box::new(io::stdout()), screen)
    }

    /// Builds a host over other streams.
    pub fn with_streams(env: Env, stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Self {
        Self::with_screen(env, stdout, Screen::new(stderr, || None))
    }

    fn with_screen(env: Env, stdout: Box<dyn Write + Send>, screen: Screen) -> Self {
        let in_actions = env.in_actions();
        Self { env, in_actions, stdout: Arc::new(Mutex::new(stdout)), stderr: Arc::new(Mutex::new(screen)) }
    }

    /// Returns the environment.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Whether this runs as a step of a workflow.
    pub fn in_actions(&self) -> bool {
        self.in_actions
    }

    /// Writes a line to the log.
    pub fn info(&self, line: &str) {
        if self.in_actions {
            self.to_stdout(&harmless(line));
        } else {
            self.to_stderr(line);
        }
    }

    /// Whether lines can be rewritten: the log is a terminal.
    pub fn is_live(&self) -> bool {
        !self.in_actions && self.screen().is_live()
    }

    /// Replaces the lines that stand below the log and are rewritten in place, each cut to a row of the terminal; none ends
    /// that. Nothing is shown where lines cannot be rewritten.
    pub fn rewrite(&self, lines: Vec<String>) {
        if !self.in_actions {
            self.screen().rewrite(lines);
        }
    }

    /// Writes a line that is shown only with debug logging.
    pub fn debug(&self, line: &str) {
        if self.in_actions {
            self.to_stdout(&format!("::debug::{}", escape_data(line)));
        } else if self.env.is_debug() {
            self.to_stderr(&format!("debug: {line}"));
        }
    }

    /// Writes lines under a title that can be folded.
    pub fn group(&self, title: &str, lines: &[String]) {
        if self.in_actions {
            self.to_stdout(&format!("::group::{}", escape_data(title)));
            lines.iter().for_each(|line| self.info(line));
            self.to_stdout("::endgroup::");
        } else {
            self.to_stderr(&format!("{title}:"));
            lines.iter().for_each(|line| self.to_stderr(&format!("  {line}")));
        }
    }

    /// Tells the runner to replace a secret by `***` in every log from now on.
    ///
    /// Each line of it is masked by itself, since the runner compares line by line.
    pub fn mask(&self, secret: &Secret) {
        if self.in_actions {
            for line in secret.expose().lines().map(str::trim).filter(|line| !line.is_empty()) {
                self.to_stdout(&format!("::add-mask::{}", escape_data(line)));
            }
        }
    }

    /// Writes an annotation.
    pub fn annotate(&self, annotation: &Annotation) {
        if self.in_actions {
            self.to_stdout(&annotation.to_command());
        } else {
            self.to_stderr(&annotation.to_text());
        }
    }

    /// Sets an environment variable for the job's later steps; prints it outside Actions.
    pub fn export_env(&self, name: &str, value: &str) -> Result<(), Failure> {
        if self.in_actions {
            self.append("GITHUB_ENV", &entry(name, value))
        } else {
            self.to_stdout(&format!("export {name}={}", shell_quoted(value)));
            Ok(())
        }
    }

    /// Writes a report: the log's lines, annotations, outputs and summary.
    pub fn publish(&self, report: &Report) -> Result<(), Failure> {
        report.lines.iter().for_each(|line| self.info(line));
        report.annotations.iter().for_each(|annotation| self.annotate(annotation));
        if self.in_actions {
            let outputs: String = report.outputs.iter().map(|(name, value)| entry(name, value)).collect();
            self.append("GITHUB_OUTPUT", &outputs)?;
        } else {
            for (name, value) in &report.outputs {
                self.to_stdout(&if value.contains('\n') {
                    entry(name, value).trim_end().to_owned()
                } else {
                    format!("{name}={value}")
                });
            }
        }
        self.add_summary(report.summary.as_str())
    }

    /// Adds Markdown to the run's page. Outside Actions it is not shown: the log and the outputs say the same.
    pub fn add_summary(&self, markdown: &str) -> Result<(), Failure> {
        if markdown.is_empty() || self.env.get("GITHUB_STEP_SUMMARY").is_none() {
            return Ok(());
        }
        // The runner refuses a summary of more than 1 MiB whole (actions/runner `FileCommandManager.cs`).
        let end = markdown.floor_char_boundary(1_000_000);
        let cut = if end < markdown.len() { "\n\n(cut at 1 MB)\n" } else { "" };
        self.append("GITHUB_STEP_SUMMARY", &format!("{}{cut}", &markdown[..end]))
    }

    fn append(&self, variable: &str, text: &str) -> Result<(), Failure> {
        if text.is_empty() {
            return Ok(());
        }
        let path = self.env.require(variable)?;
        // One write of the whole text, so that a process that is killed leaves no half entry.
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| {
                Failure::new(
                    &codes::FILE_ACCESS,
                    format!("cannot write to the file of `{variable}`: {error}"),
                )
            })
    }

    // A closed pipe is no reason to stop half way.
    fn to_stdout(&self, line: &str) {
        let mut stream = self.stdout.lock().unwrap_or_else(PoisonError::into_inner);
        self.screen().without_live(|| {
            let _ = writeln!(stream, "{line}").and_then(|()| stream.flush());
        });
    }

    fn to_stderr(&self, line: &str) {
        self.screen().line(line);
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns `name<<delimiter`, the value, `delimiter`; the delimiter is random, so no value can hold it
/// (actions/toolkit `packages/core/src/file-command.ts`).
fn entry(name: &str, value: &str) -> String {
    let delimiter = format!("ghadelimiter_{}", nonce());
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

/// Returns text that holds no workflow command, wherever it comes from. The runner looks for `::` after white space at
/// the start of a line, and for the older `##[` anywhere (actions/runner `ActionCommand.cs`).
fn harmless(text: &str) -> String {
    let one = |line: &str| {
        let line = line.replace("##[", "# #[");
        match line.trim_start().strip_prefix("::") {
            Some(rest) => format!("{}: :{rest}", &line[..line.len() - rest.len() - 2]),
            None => line,
        }
    };
    text.replace('\r', "").split('\n').map(one).collect::<Vec<_>>().join("\n")
}

fn shell_quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn host(env: &[(&str, &str)]) -> (Host, Buffer, Buffer) {
        let (out, err) = (Buffer::default(), Buffer::default());
        let env = Env::from_pairs(env.iter().copied());
        (Host::with_streams(env, Box::new(out.clone()), Box::new(err.clone())), out, err)
    }

    fn text(buffer: &Buffer) -> String {
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn outputs_cannot_forge_other_outputs() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("output");
        let (host, ..) = host(&[("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", path.to_str().unwrap())]);
        host.publish(&Report::new().output("diff", "a\nEOF\nmerged=true")).unwrap();
        let written = std::fs::read_to_string(path).unwrap();
        let delimiter = written.lines().next().unwrap().strip_prefix("diff<<").unwrap();
        assert_eq!(written, format!("diff<<{delimiter}\na\nEOF\nmerged=true\n{delimiter}\n"));
    }

    #[test]
    fn a_terminal_gets_outputs_on_stdout_and_the_log_on_stderr() {
        let (host, out, err) = host(&[]);
        host.publish(&Report::new().output("changed", "true").line("bumped")).unwrap();
        host.mask(&Secret::new("s3cret"));
        assert_eq!((text(&out).as_str(), text(&err).as_str()), ("changed=true\n", "bumped\n"));
    }

    #[test]
    fn a_log_line_is_never_a_command() {
        let (host, out, _) = host(&[("GITHUB_ACTIONS", "true")]);
        host.info("::set-output name=x::y\n\t ::error::z\n\r::a\rb ##[group]c");
        assert_eq!(text(&out), ": :set-output name=x::y\n\t : :error::z\n: :ab # #[group]c\n");
    }

    #[test]
    fn every_line_of_a_secret_is_masked() {
        let (host, out, _) = host(&[("GITHUB_ACTIONS", "true")]);
        host.mask(&Secret::new("one\ntwo%\n"));
        assert_eq!(text(&out), "::add-mask::one\n::add-mask::two%25\n");
    }
}
