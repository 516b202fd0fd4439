//! Takes out what earlier logins of this job have written, and nothing else.

use std::{
    fs,
    path::{Path, PathBuf},
};

use model::{Deadline, Failure};
use serde_json::Value;

use super::{
    FILE, LOCK, Place, busy, entries, failure, file,
    file::{Lock, Replaced},
    load, name,
    record::{self, Before, Record},
    write_record,
};

/// What a logout has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LoggedOut {
    /// The hosts whose credential is gone.
    pub(crate) hosts: Vec<String>,
    /// The hosts whose credential stays for other jobs of the same user.
    pub(crate) kept: Vec<String>,
    /// Variables that later steps must have again, with their values; empty ones were not set.
    pub(crate) variables: Vec<(&'static str, String)>,
}

impl Place {
    /// Logs out. Where nothing was written, or nothing is left, nothing is done.
    pub(crate) fn log_out(&self, deadline: Deadline) -> Result<LoggedOut, Failure> {
        let mut done = LoggedOut::default();
        for path in self.written_files() {
            let directory = path.parent().unwrap_or(Path::new("."));
            if !directory.join(record::FILE).is_file() {
                continue;
            }
            let before = self.take_out(&path, deadline, &mut done)?;
            let Some(before) = before.filter(|_| self.is_ours(directory)) else { continue };
            if remove(directory, &before).map_err(|error| failure("remove", directory, &error))? {
                done.variables.extend(self.restored(directory, before));
            }
        }
        for hosts in [&mut done.hosts, &mut done.kept] {
            hosts.sort();
            hosts.dedup();
        }
        Ok(done)
    }

    /// The files that an earlier login may have written.
    fn written_files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            self.docker_config.iter().chain(&self.home).map(|directory| directory.join(FILE)).collect();
        files.extend(self.registry_auth_file.clone());
        // Another action may have set `DOCKER_CONFIG` since.
        let ours = fs::read_dir(&self.parent).into_iter().flatten().flatten().map(|entry| entry.path());
        files.extend(ours.filter(|path| self.is_runners && self.is_ours(path)).map(|path| path.join(FILE)));
        files.sort();
        files.dedup();
        files
    }

    /// Takes the credentials out of a file and then off its record. Returns what the directory has displaced, if it is
    /// one of ours and nobody else has written to the file.
    fn take_out(
        &self,
        path: &Path,
        deadline: Deadline,
        done: &mut LoggedOut,
    ) -> Result<Option<Before>, Failure> {
        let directory = path.parent().unwrap_or(Path::new("."));
        let lock = directory.join(LOCK);
        let _held = Lock::take(&lock, deadline).map_err(|error| failure("lock", &lock, &error))?;
        loop {
            let (bytes, mut config) = load(path)?;
            let record = Record::read(directory);
            let mut left = record.clone();
            let taken = left.take_out(&name(path), &mut config, &self.job);
            let is_as_before = |before: &Before| {
                left.registries.is_empty() && entries::fingerprint_of(&config) == before.taken_over
            };
            let before = left.before.clone().filter(is_as_before);
            if !taken.hosts.is_empty() {
                let replaced = file::replace(path, bytes.as_deref(), &Value::Object(config))
                    .map_err(|error| failure("write", path, &error))?;
                match replaced {
                    Replaced::Yes => {}
                    Replaced::No if deadline.has_passed() => return Err(busy(path)),
                    Replaced::No => continue,
                }
            }
            if left != record {
                write_record(directory, &left)?;
            }
            done.hosts.extend(taken.hosts);
            done.kept.extend(taken.kept);
            return Ok(before);
        }
    }

    /// What the variables were before the login that made `directory`, as far as they still name it.
    fn restored(&self, directory: &Path, before: Before) -> Vec<(&'static str, String)> {
        let text = |path: Option<PathBuf>| path.map(|path| path.display().to_string()).unwrap_or_default();
        let mut variables = Vec::new();
        if self.docker_config.as_deref() == Some(directory) {
            variables.push(("DOCKER_CONFIG", text(before.docker_config)));
        }
        if self.registry_auth_file.as_deref().and_then(Path::parent) == Some(directory) {
            variables.push(("REGISTRY_AUTH_FILE", text(before.registry_auth_file)));
        }
        variables
    }
}

/// Removes a directory of ours if all that is in it is of the login; else another step keeps something in it, such as
/// the state of a builder. Returns whether it is gone.
fn remove(directory: &Path, before: &Before) -> std::io::Result<bool> {
    let of_the_login = |name: &str| {
        [FILE, LOCK, record::FILE].contains(&name)
            || (before.links.iter().any(|link| link == name) && directory.join(name).is_symlink())
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(of_the_login) {
            return Ok(false);
        }
        paths.push(entry.path());
    }
    for path in paths {
        fs::remove_file(path)?;
    }
    fs::remove_dir(directory)?;
    Ok(true)
}
