//! A directory of the job's own, in which everything of the user's configuration still works.

use std::{collections::BTreeMap, fs, io, path::Path};

use aws::RecipeEntry;
use model::{Deadline, Failure, Secret};
use serde_json::Value;
use tempfile::{Builder, TempDir};

use super::{
    FILE, LOCK, Place, Written,
    entries::{self, Config},
    failure, file, load,
    record::{self, Before, Record},
    update, write_record,
};

/// What the directories of this action begin with.
pub(super) const PREFIX: &str = "day2-docker-";

impl Place {
    /// Adds to the directory of an earlier login in this job, or makes one.
    pub(super) fn write_isolated(
        &self,
        logins: &[(String, Secret)],
        recipes: &[RecipeEntry],
        deadline: Deadline,
    ) -> Result<Written, Failure> {
        let earlier = self.docker_config.as_ref().filter(|path| self.is_ours(path) && path.is_dir());
        let (directory, new, store) = if let Some(directory) = earlier {
            (directory.clone(), None, None)
        } else {
            let (new, store) = self.make()?;
            (new.path().to_owned(), Some(new), store)
        };
        update(&directory.join(FILE), deadline, |config, record| {
            self.forget(logins, config, record);
            entries::put(config, logins);
            record.note(FILE, &self.job, logins, recipes, &BTreeMap::new());
        })?;
        // From here on it stays; before, a failure took the directory with it.
        let directory = new.map_or(directory, TempDir::keep);
        Ok(Written { directory, is_new_place: true, store, ..Written::default() })
    }

    /// Takes out what may be asked instead of the new credentials. What the directory was like without any credential of
    /// ours is noted anew, unless another step has changed it.
    fn forget(&self, logins: &[(String, Secret)], config: &mut Config, record: &mut Record) {
        let mut bare = config.clone();
        record.clone().take_out(FILE, &mut bare, &self.job);
        let fingerprint = entries::fingerprint_of(&bare);
        for (host, _) in logins {
            entries::forget(config, host);
            entries::forget(&mut bare, host);
        }
        if let Some(before) = record.before.as_mut().filter(|before| before.taken_over == fingerprint) {
            before.taken_over = entries::fingerprint_of(&bare);
        }
    }

    /// Whether a directory is one that this action made.
    pub(super) fn is_ours(&self, directory: &Path) -> bool {
        let name = directory.file_name().and_then(|name| name.to_str());
        directory.parent() == Some(self.parent.as_path()) && name.is_some_and(|name| name.starts_with(PREFIX))
    }

    /// Makes a directory with all that the user's has, and returns the user's store of credentials.
    fn make(&self) -> Result<(TempDir, Option<String>), Failure> {
        let new = private_directory(&self.parent)
            .map_err(|error| failure("create a directory in", &self.parent, &error))?;
        let user = self.user_directory().filter(|path| path.is_dir());
        let config = match user {
            Some(user) => load(&user.join(FILE))?.1,
            None => Config::new(),
        };
        let podman = self.registry_auth_file.as_ref().map_or(self.podman.as_slice(), std::slice::from_ref);
        // Podman's files are podman's to complain about.
        let podman: Vec<Config> =
            podman.iter().filter_map(|path| load(path).ok()).map(|(_, config)| config).collect();
        let store = entries::store(&config).map(str::to_owned);
        let config = entries::taken_over(config, &podman);
        let links = match user {
            Some(user) => {
                link_all(user, new.path()).map_err(|error| failure("link the files of", user, &error))?
            }
            None => Vec::new(),
        };
        let before = Before {
            docker_config: self.docker_config.clone(),
            registry_auth_file: self.registry_auth_file.clone(),
            taken_over: entries::fingerprint_of(&config),
            links,
        };
        write_record(new.path(), &Record { before: Some(before), ..Record::default() })?;
        let path = new.path().join(FILE);
        file::replace(&path, None, &Value::Object(config))
            .map_err(|error| failure("write", &path, &error))?;
        Ok((new, store))
    }
}

/// Links what else is in the user's directory: `contexts`, without which `currentContext` would be an error, `buildx`,
/// without which the job's builder would be forgotten, `cli-plugins`, and the keys for a daemon behind TLS.
fn link_all(user: &Path, directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(user)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if ![FILE, LOCK, record::FILE].contains(&name.as_str()) {
            link(&entry.path(), &directory.join(&name))?;
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Makes a directory with a name of its own that only the user may enter, from the first moment on.
fn private_directory(parent: &Path) -> io::Result<TempDir> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

#[cfg(unix)]
fn link(existing: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(std::path::absolute(existing)?, link)
}

#[cfg(not(unix))]
fn link(_existing: &Path, _link: &Path) -> io::Result<()> {
    Ok(())
}
