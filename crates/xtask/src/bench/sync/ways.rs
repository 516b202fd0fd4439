//! The two ways to sync: the argocd CLI as pipelines call it, and argocd-sync.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::place::{IMAGE, Place, text};
use crate::bench::{
    child::{self, Ended},
    proxy::{Line, Proxy},
};

/// How long each may take by its own `--timeout`.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
/// What has no end of its own is killed this much later.
const KILL_AFTER: Duration = Duration::from_secs(15);

/// Who syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Cli,
    Ours,
}

/// The programs that are compared.
pub(super) struct Programs {
    pub(super) day2: PathBuf,
    pub(super) argocd: PathBuf,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) struct Wish<'a> {
    pub(super) application: &'a str,
    pub(super) revision: &'a str,
    pub(super) tag: &'a str,
    /// The CLI is told the revision; argocd-sync is always.
    pub(super) tells_revision: bool,
    /// argocd-sync is to wait until the old pods are gone; the CLI has nothing like that.
    pub(super) old_pods_gone: bool,
    pub(super) token: &'a str,
}

/// A client at work: a line to Argo CD's server of its own, and a home directory.
pub(super) struct Client<'a> {
    pub(super) who: Who,
    pub(super) line: Proxy,
    programs: &'a Programs,
    home: TempDir,
}

impl<'a> Client<'a> {
    pub(super) async fn new(
        who: Who,
        programs: &'a Programs,
        server: &str,
        line: Line,
    ) -> Result<Client<'a>, String> {
        let server: SocketAddr = server.trim_start_matches("http://").parse().map_err(text)?;
        let line = Proxy::start(server, line).await.map_err(text)?;
        Ok(Self { who, line, programs, home: tempfile::tempdir().map_err(text)? })
    }

    /// Syncs, and returns when it began and how it ended.
    pub(super) async fn sync(&self, place: &Place<'_>, wish: &Wish<'_>) -> Result<(Instant, Ended), String> {
        let commands = match self.who {
            Who::Cli => self.cli(wish),
            Who::Ours => vec![self.ours(place, wish)],
        };
        let begin = Instant::now();
        // Off the runtime's threads, which serve GitHub and the line.
        let run = tokio::task::spawn_blocking(move || child::all(commands, begin + TIMEOUT + KILL_AFTER));
        Ok((begin, run.await.map_err(text)??))
    }

    fn clean(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let home = self.home.path();
        command.env_clear().env("PATH", crate::env("PATH").unwrap_or_default()).env("HOME", home);
        command.current_dir(home);
        command
    }

    fn cli(&self, wish: &Wish<'_>) -> Vec<Command> {
        let command = |arguments: &[&str]| {
            let mut command = self.clean(&self.programs.argocd);
            command.args(["app"]).args(arguments);
            // Without TLS, as this server is; over HTTP/1.1, as it takes most load balancers.
            command.env("ARGOCD_OPTS", "--plaintext --grpc-web");
            command.env("ARGOCD_SERVER", self.line.address.to_string());
            command.env("ARGOCD_AUTH_TOKEN", wish.token);
            command
        };
        let timeout = TIMEOUT.as_secs().to_string();
        let mut sync = vec!["sync", wish.application];
        if wish.tells_revision {
            sync.extend(["--revision", wish.revision]);
        }
        let wait =
            ["wait", wish.application, "--sync", "--health", "--operation", "--timeout", timeout.as_str()];
        vec![command(&sync), command(&wait)]
    }

    fn ours(&self, place: &Place<'_>, wish: &Wish<'_>) -> Command {
        let mut command = self.clean(&self.programs.day2);
        command.envs(place.world.sandbox.env()).envs(place.run.env());
        command.env("GITHUB_TOKEN", &place.run.token).env("ARGOCD_AUTH_TOKEN", wish.token);
        for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
            command.env(name, self.home.path().join(name));
        }
        command.args(["argocd-sync", "--github-token=env:GITHUB_TOKEN"]);
        command.arg(format!("--server=http://{}", self.line.address));
        command.arg(format!("--application={}", wish.application));
        command.arg(format!("--revision={}", wish.revision));
        command.arg(format!("--images={IMAGE}:{}", wish.tag));
        command.arg(format!("--timeout={}s", TIMEOUT.as_secs()));
        if wish.old_pods_gone {
            command.arg("--wait-for=old-pods-gone");
        }
        command
    }
}
