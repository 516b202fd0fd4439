//! Writes down what services were asked and what they answered, for the checks against what their makers publish
//! (`tests/schema`).
//!
//! On when an environment variable names a directory: each process appends JSON lines to a file of its own. An exchange
//! of a shape that is there already is left out: a thousand polls are one line. Faults come before the recorders, so
//! that the replies that tests make up are not taken for the sandbox's. The credentials of a call are never written.

pub(crate) mod aws;
pub(crate) mod shape;

use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::Write as _,
    path::{Path, PathBuf},
    sync::Mutex,
};

use axum::body::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use crate::faults::lock;

/// A file that grows.
#[derive(Debug)]
pub(crate) struct Recorder {
    file: Mutex<File>,
    seen: Mutex<HashSet<u64>>,
    process: String,
}

impl Recorder {
    /// Opens the file in the directory that an environment variable names; none if it names none.
    pub(crate) fn from_env(variable: &str) -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "the sandbox is no action and has no snapshot")]
        let directory = std::env::var_os(variable).filter(|value| !value.is_empty())?;
        match Self::in_directory(Path::new(&directory)) {
            Ok(recorder) => Some(recorder),
            Err(error) => {
                tracing::error!(%error, "cannot record");
                None
            }
        }
    }

    fn in_directory(directory: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        let process = process_name();
        let path = directory.join(format!("{process}-{}.jsonl", std::process::id()));
        Ok(Self {
            file: Mutex::new(OpenOptions::new().create(true).append(true).open(path)?),
            seen: Mutex::default(),
            process,
        })
    }

    /// Writes `line` unless one of the same shape is there.
    pub(crate) fn add(&self, key: &str, parts: &[&Value], mut line: Value) {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        for part in parts {
            shape::of(part).hash(&mut hasher);
        }
        if !lock(&self.seen).insert(hasher.finish()) {
            return;
        }
        line["by"] = Value::String(self.by());
        let written = lock(&self.file).write_all(format!("{line}\n").as_bytes());
        if let Err(error) = written {
            tracing::error!(%error, "cannot record");
        }
    }

    /// The process, and the test if the runtime runs on the test's own thread.
    fn by(&self) -> String {
        let thread = std::thread::current();
        match thread.name() {
            Some(name) if name != "main" && !name.starts_with("tokio") => format!("{} {name}", self.process),
            _ => self.process.clone(),
        }
    }
}

/// The crate whose test this is, or the program's name without the hash that cargo puts behind a test's.
fn process_name() -> String {
    #[expect(clippy::disallowed_methods, reason = "the sandbox is no action and has no snapshot")]
    if let Ok(package) = std::env::var("CARGO_PKG_NAME") {
        return package;
    }
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("sandbox"));
    let stem = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match stem.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            name.to_owned()
        }
        _ => stem,
    }
}

/// The body as JSON; null when there is none, and text that is no JSON as such.
pub(crate) fn parsed(body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body)
        .unwrap_or_else(|_| json!({ "not JSON": String::from_utf8_lossy(body).into_owned() }))
}

/// The named headers of a call, as far as it has them.
pub(crate) fn headers(all: &HeaderMap, names: &[&str]) -> Value {
    let found =
        names.iter().filter_map(|name| Some(((*name).to_owned(), all.get(*name)?.to_str().ok()?.into())));
    Value::Object(found.collect())
}
