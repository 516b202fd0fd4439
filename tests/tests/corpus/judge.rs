//! The long-lived Python process that reads the edited texts.

use std::{
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

/// One process of `tests/corpus/check.py`, which says what it takes and answers.
pub(crate) struct Judge {
    process: Child,
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
}

/// What it says of one file.
pub(crate) struct Verdict {
    /// Whether it can read the file as it was.
    pub(crate) is_readable: bool,
    /// What is wrong.
    pub(crate) problems: Vec<String>,
}

impl Judge {
    /// Starts the process.
    pub(crate) fn start(python: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/check.py");
        let mut process = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {}: {error}", python.display()));
        let input = process.stdin.take().map(BufWriter::new);
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output }
    }

    /// Hands over one message.
    pub(crate) fn tell(&mut self, message: &Value) {
        let input = self.input.as_mut().unwrap();
        serde_json::to_writer(&mut *input, message).expect("check.py has ended");
        input.write_all(b"\n").expect("check.py has ended");
    }

    /// Closes the file, and returns what it says of it.
    pub(crate) fn verdict(&mut self) -> Verdict {
        self.tell(&serde_json::json!({ "end": true }));
        self.input.as_mut().unwrap().flush().expect("check.py has ended");
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).expect("check.py has ended");
        let problems = answer["problems"].as_array().unwrap().iter();
        Verdict {
            is_readable: answer["readable"].as_bool().unwrap(),
            problems: problems.map(|problem| problem.as_str().unwrap().to_owned()).collect(),
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.process.wait());
    }
}
