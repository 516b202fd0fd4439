//! How git proves who it is: a token through askpass, or an SSH key. Nothing of it goes into an argument.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use model::Secret;

use crate::{RemoteUrl, host_keys, url::Scheme};

/// The user's name that goes with a token when the URL names none: GitHub's for tokens of Apps, and the others that
/// take tokens accept any (<https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation>).
const TOKEN_USER: &str = "x-access-token";

/// Answers git's two questions (<https://git-scm.com/docs/gitcredentials#_requesting_credentials>), for the one host
/// that the token is for: a redirect may have led to another. What it prints is only in its environment.
const ASKPASS: &str = r#"#!/bin/sh
place=${1#*://}
place=${place##*@}
place=${place%%"'"*}
[ "$place" = "$DAY2_GIT_HOST" ] || exit 1
case $1 in
  "Username for '$DAY2_GIT_SCHEME://"*) printf '%s\n' "$DAY2_GIT_USER" ;;
  "Password for '$DAY2_GIT_SCHEME://"*) printf '%s\n' "$DAY2_GIT_TOKEN" ;;
  *) exit 1 ;;
esac
"#;

/// The file of the SSH key in the private directory.
pub(crate) const KEY: &str = "key";
/// Options of every ssh: it asks nothing, lends no agent, and leaves no master connection, which would hold git's
/// standard error open.
const QUIET: [&str; 4] = ["BatchMode=yes", "ControlMaster=no", "ControlPersist=no", "ForwardAgent=no"];

/// What a repository is opened with. What is not given, the user's own configuration may still supply.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// A token for HTTPS.
    pub token: Option<Secret>,
    /// A private key for SSH, in OpenSSH's or PEM form.
    pub ssh_key: Option<Secret>,
    /// Lines of a `known_hosts` file: then no other host keys are trusted.
    pub known_hosts: Option<String>,
    /// Where the private directory is made, such as `$RUNNER_TEMP`, which a runner empties even after it was killed;
    /// without it, in the system's place for temporary files.
    pub temporary: Option<PathBuf>,
}

/// The environment of the commands that use the network.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) token: Option<Secret>,
}

impl Access {
    /// Writes what git needs into `directory`, which only this user can read.
    pub(crate) fn prepare(&self, url: &RemoteUrl, directory: &Path) -> io::Result<Prepared> {
        let askpass = directory.join("askpass");
        write(&askpass, 0o700, ASKPASS)?;
        let mut variables = vec![
            ("GIT_ASKPASS", askpass.display().to_string()),
            ("SSH_ASKPASS_REQUIRE", "never".to_owned()),
            ("GCM_INTERACTIVE", "never".to_owned()),
            ("GIT_SSH_VARIANT", "ssh".to_owned()),
        ];
        // No key is on the disk that nobody needs. What `insteadOf` leads to SSH is left to the user's own keys.
        let ssh = if url.is_ssh() { self.ssh_command(url, directory)? } else { command_line("ssh", &QUIET) };
        variables.push(("GIT_SSH_COMMAND", ssh));
        let token = self.token.clone().filter(|token| !token.is_empty() && !url.is_ssh());
        // Without them askpass answers nothing: an empty password would be reported as a wrong one.
        if token.is_some() {
            let scheme = if url.scheme() == Scheme::Http { "http" } else { "https" };
            variables.push(("DAY2_GIT_HOST", url.authority()));
            variables.push(("DAY2_GIT_SCHEME", scheme.to_owned()));
            variables.push(("DAY2_GIT_USER", url.user().unwrap_or(TOKEN_USER).to_owned()));
        }
        Ok(Prepared { variables, token })
    }

    /// Builds the command that git runs for `ssh://`; git hands it to `sh`.
    fn ssh_command(&self, url: &RemoteUrl, directory: &Path) -> io::Result<String> {
        let mut options: Vec<String> = QUIET.map(str::to_owned).into();
        let mut command = "ssh".to_owned();
        if let Some(key) = self.ssh_key.as_ref().filter(|key| !key.is_empty()) {
            let path = directory.join(KEY);
            // OpenSSH refuses a key whose last line does not end; inputs lose that line break, or gain CRs.
            write(&path, 0o600, &format!("{}\n", key.expose().replace('\r', "").trim()))?;
            command.push_str(" -i ");
            command.push_str(&quoted(&path.display().to_string()));
            // A connection that somebody else has opened would be used with that one's key.
            options
                .extend(["ControlPath=none", "IdentitiesOnly=yes", "IdentityAgent=none"].map(str::to_owned));
        }
        options.extend(self.host_keys(url, directory)?);
        Ok(command_line(&command, &options))
    }

    /// Returns the options that name the host keys to trust; none leaves it to the user's configuration.
    fn host_keys(&self, url: &RemoteUrl, directory: &Path) -> io::Result<Vec<String>> {
        let path = directory.join("known_hosts");
        // ssh splits the option at spaces, unless they are in quotes.
        let ours = format!("UserKnownHostsFile=\"{}\"", path.display());
        let strict = "StrictHostKeyChecking=yes".to_owned();
        if let Some(lines) = self.known_hosts.as_ref().filter(|lines| !lines.trim().is_empty()) {
            write(&path, 0o600, &format!("{}\n", lines.replace('\r', "").trim()))?;
            return Ok(vec![ours, "GlobalKnownHostsFile=/dev/null".to_owned(), strict]);
        }
        let Some(lines) = host_keys::of(url.host()) else { return Ok(Vec::new()) };
        write(&path, 0o600, lines)?;
        // The user's own file too: it may know a key that is newer than this program.
        Ok(vec![format!("{ours} ~/.ssh/known_hosts"), strict])
    }
}

/// Creates a file with exactly this mode.
fn write(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())
}

/// Adds options to a command of ssh's.
fn command_line(command: &str, options: &[impl AsRef<str>]) -> String {
    let options = options.iter().flat_map(|option| [" -o ".to_owned(), quoted(option.as_ref())]);
    std::iter::once(command.to_owned()).chain(options).collect()
}

/// Quotes a word for `sh`.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
