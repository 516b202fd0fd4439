//! The supervisor's control socket: one line asked, one line answered.

use std::path::{Path, PathBuf};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};

use crate::Error;

/// The socket of the stack in `directory`.
pub(crate) fn socket(directory: &Path) -> PathBuf {
    directory.join("control")
}

/// What the supervisor can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// End everything.
    Down,
    /// SIGTERM.
    Stop(String),
    /// SIGKILL.
    Kill(String),
    /// Start what was stopped.
    Start(String),
    /// Stop and start.
    Restart(String),
}

impl Request {
    /// Reads a line.
    pub(crate) fn parse(line: &str) -> Result<Self, Error> {
        let part = |part: &str| part.to_owned();
        match line.trim().split_once(' ') {
            Some(("stop", name)) => Ok(Self::Stop(part(name))),
            Some(("kill", name)) => Ok(Self::Kill(part(name))),
            Some(("start", name)) => Ok(Self::Start(part(name))),
            Some(("restart", name)) => Ok(Self::Restart(part(name))),
            None if line.trim() == "down" => Ok(Self::Down),
            _ => Err(Error::new(format!("{:?} is not down, stop, kill, start or restart PART", line.trim()))),
        }
    }
}

/// Asks the supervisor of the stack in `directory`, and waits until it has done so.
pub(crate) async fn ask(directory: &Path, request: &str) -> Result<(), Error> {
    let path = socket(directory);
    let failed = |error| Error::new(format!("no stack answers at {}: {error}", path.display()));
    let mut stream = UnixStream::connect(&path).await.map_err(failed)?;
    stream.write_all(format!("{request}\n").as_bytes()).await.map_err(failed)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await.map_err(failed)?;
    match answer.trim_end() {
        "ok" => Ok(()),
        "" => Err(Error::new(format!("the stack ended before it answered `{request}`"))),
        error => Err(Error::new(error.replace('\u{1f}', "\n"))),
    }
}

/// The line that answers a request. Line ends inside of it are told apart from its own.
pub(crate) fn answer(result: &Result<(), Error>) -> String {
    match result {
        Ok(()) => "ok\n".to_owned(),
        Err(error) => format!("{}\n", error.to_string().replace('\n', "\u{1f}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_requests() {
        assert_eq!(Request::parse("down\n").unwrap(), Request::Down);
        assert_eq!(Request::parse("restart dev/kwok\n").unwrap(), Request::Restart("dev/kwok".to_owned()));
        for line in ["", "up", "restart", "down all"] {
            assert!(Request::parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_error_of_several_lines_is_one_line_on_the_wire() {
        assert_eq!(answer(&Err(Error::new("a\nb"))), "a\u{1f}b\n");
    }
}
