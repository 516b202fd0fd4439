//! The configuration of the private repository.
//!
//! The user's and the system's configuration is read too, since that is where proxies, certificate authorities and
//! `url.….insteadOf` are; what could run a program, leave something behind or change what is sent is overridden here,
//! where git reads last (<https://git-scm.com/docs/git-config#FILES>).

use crate::{RemoteUrl, url::Scheme};

/// The name of the one remote. Not `origin`, about which the user's own configuration may say something.
pub(crate) const REMOTE: &str = "day2";

/// Builds the file `config`. `own_helpers` keeps the user's credential helpers: without a token they are the only way
/// in, and with one they would store it.
pub(crate) fn config(url: &RemoteUrl, own_helpers: bool) -> String {
    let own = match url.scheme() {
        Scheme::Http => "http",
        Scheme::File => "file",
        // The other one of the two is what the user's `insteadOf` may turn the URL into.
        Scheme::Https | Scheme::Ssh => "ssh",
    };
    let url = url.as_str().replace('\\', "\\\\").replace('"', "\\\"");
    let helper = if own_helpers { "" } else { "helper =" };
    format!(
        r#"[core]
	repositoryFormatVersion = 0
	bare = true
	logAllRefUpdates = false
	hooksPath = /dev/null
	fsmonitor = false
	fsync = none
[protocol]
	version = 2
	allow = never
[protocol "https"]
	allow = always
[protocol "{own}"]
	allow = always
[credential]
	useHttpPath = false
	interactive = false
	{helper}
[http]
	followRedirects = initial
[gc]
	auto = 0
[maintenance]
	auto = false
[fetch]
	recurseSubmodules = false
	writeCommitGraph = false
[submodule]
	recurse = false
[push]
	followTags = false
	gpgSign = false
	recurseSubmodules = no
	pushOption =
[commit]
	gpgSign = false
[log]
	showSignature = false
[fastimport]
	unpackLimit = 1
[remote "{REMOTE}"]
	url = "{url}"
"#
    )
}
