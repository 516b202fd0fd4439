//! Starts the parts of a stack in their order, stands by, and ends them.
//!
//! Whatever happens to this process, nothing is left: every part dies with it (`PR_SET_PDEATHSIG`), and a shell that waits
//! for the end of a pipe then removes the directory and the state file.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
};

use crate::{
    Error, Programs, State, argocd, cluster,
    control::{self, Request},
    part::{Part, Ready, Spec},
    ports::Ports,
    state::Clusters,
};

/// Removes what is left of a stack once its standard input ends, which it does when the supervisor is gone. The parts are
/// killed at that same moment, but may still be writing.
const CLEANER: &str = r#"cat >/dev/null; [ -z "${2-}" ] || rm -f "$2"; for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && break; sleep 0.2; done"#;

/// A stack to start.
#[derive(Debug)]
pub struct Plan {
    /// The programs.
    pub programs: Programs,
    /// Where the state file is to be; in the stack's own directory if not given.
    pub state: Option<PathBuf>,
    /// End when standard input ends: whoever holds the other side of that pipe may die in any way.
    pub leash: bool,
}

/// Runs a stack until it is asked to end. `said` is called once: with the state file when everything serves, or when it
/// cannot.
///
/// Must run on a runtime of one thread: a part dies with the thread that has started it.
pub async fn run(plan: Plan, said: impl FnOnce(Result<&Path, &Error>)) -> Result<(), Error> {
    let started = tokio::select! {
        started = Stack::start(&plan) => started,
        ended = ending(plan.leash) => ended.and_then(|()| Err(Error::new("stopped while starting"))),
    };
    match started {
        Err(error) => {
            said(Err(&error));
            Err(error)
        }
        Ok((mut stack, listener, state)) => {
            let path = plan.state.unwrap_or_else(|| state.directory.join("state.json"));
            let written = state.write(&path);
            said(written.as_ref().map(|()| path.as_path()));
            written?;
            let asker = tokio::select! {
                asker = stack.serve(&listener) => asker,
                ended = ending(plan.leash) => { ended?; None }
            };
            stack.end(&path).await;
            if let Some(mut asker) = asker {
                // Whoever asked may be gone.
                let _ = asker.write_all(control::answer(&Ok(())).as_bytes()).await;
            }
            Ok(())
        }
    }
}

/// Waits for a signal, or for the end of standard input.
async fn ending(leash: bool) -> Result<(), Error> {
    let listen = |kind| signal(kind).map_err(Error::of("cannot listen for signals"));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let let_go = async {
        if leash {
            end_of_input().await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = let_go => {}
    }
    Ok(())
}

/// Waits for the end of standard input, on a thread of its own: reading it cannot be given up half way.
async fn end_of_input() {
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // An error of the pipe is its end as well.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = ended.send(());
    });
    let _ = end.await;
}

struct Stack {
    parts: Vec<Part>,
    ports: Ports,
    directory: TempDir,
    _cleaner: Child,
}

impl Stack {
    async fn start(plan: &Plan) -> Result<(Self, UnixListener, State), Error> {
        let directory = tempfile::Builder::new().prefix("day2-stack-").tempdir();
        let directory = directory.map_err(Error::of("cannot make a temporary directory"))?;
        for name in ["logs", "tmp", "home", "redis", "argocd/tls", "argocd/ssh", "argocd/gpg"] {
            let path = directory.path().join(name);
            std::fs::create_dir_all(&path).map_err(Error::of(format!("cannot create {}", path.display())))?;
        }
        let cleaner = cleaner(directory.path(), plan.state.as_deref())?;
        let listener = UnixListener::bind(control::socket(directory.path()))
            .map_err(Error::of("cannot make the control socket"))?;
        let mut stack = Self { parts: Vec::new(), ports: Ports::new(), directory, _cleaner: cleaner };
        let state = stack.assemble(&plan.programs).await?;
        Ok((stack, listener, state))
    }

    async fn assemble(&mut self, programs: &Programs) -> Result<State, Error> {
        let directory = self.directory.path().to_owned();
        let (etcd, peers, redis) = (self.ports.take()?, self.ports.take()?, self.ports.take()?);
        let dev = cluster::Plan::new("dev", &directory, etcd, &mut self.ports)?;
        let prod = cluster::Plan::new("prod", &directory, etcd, &mut self.ports)?;
        let argo = argocd::Plan::new(redis, &mut self.ports)?;
        self.launch([etcd_spec(programs, etcd, peers), redis_spec(programs, &directory, redis)])?;
        self.all_serve().await?;
        self.launch([dev.api_server(programs), prod.api_server(programs)])?;
        self.launch(argo.early(programs, &directory))?;
        self.all_serve().await?;
        let clusters = Clusters { dev: dev.cluster()?, prod: prod.cluster()? };
        let (dev_kube, prod_kube) = (clusters.dev.kube()?, clusters.prod.kube()?);
        self.launch(dev.controllers(programs))?;
        self.launch(prod.controllers(programs))?;
        let url = argo.url();
        tokio::try_join!(
            async {
                argocd::furnish(&dev_kube, programs, &url, &clusters.prod).await?;
                cluster::furnish(&dev_kube, programs).await
            },
            cluster::furnish(&prod_kube, programs),
        )?;
        self.launch(argo.late(programs, &directory))?;
        self.launch([dev.rollouts(programs), prod.rollouts(programs)])?;
        self.all_serve().await?;
        tokio::try_join!(cluster::has_node(&dev_kube), cluster::has_node(&prod_kube))?;
        let admin_password = argocd::first_password(&dev_kube).await?;
        let admin = crate::Admin::sign_in(&url, "admin", &admin_password).await?;
        let accounts = argocd::accounts(&admin, &admin_password).await?;
        argocd::has_default_project(&dev_kube).await?;
        Ok(State { directory, argocd: url, admin_password, accounts, clusters, programs: programs.clone() })
    }

    fn launch(&mut self, specs: impl IntoIterator<Item = Spec>) -> Result<(), Error> {
        for spec in specs {
            self.ports.release(&spec.ports);
            self.parts.push(Part::start(spec, self.directory.path())?);
        }
        Ok(())
    }

    async fn all_serve(&mut self) -> Result<(), Error> {
        for part in &mut self.parts {
            part.serves().await?;
        }
        Ok(())
    }

    /// Answers at the control socket until somebody asks for the end, and returns who.
    async fn serve(&mut self, listener: &UnixListener) -> Option<UnixStream> {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return None };
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            // One that goes away before it has asked is nobody.
            let is_asked = stream.read_line(&mut line).await.is_ok_and(|count| count > 0);
            let request = if is_asked { Request::parse(&line) } else { continue };
            let result = match request {
                Ok(Request::Down) => return Some(stream.into_inner()),
                Ok(request) => self.obey(&request).await,
                Err(error) => Err(error),
            };
            let _ = stream.get_mut().write_all(control::answer(&result).as_bytes()).await;
        }
    }

    async fn obey(&mut self, request: &Request) -> Result<(), Error> {
        let (Request::Stop(name) | Request::Kill(name) | Request::Start(name) | Request::Restart(name)) =
            request
        else {
            return Ok(());
        };
        let directory = self.directory.path().to_owned();
        let names: Vec<String> = self.parts.iter().map(|part| part.spec.name.clone()).collect();
        let part = self.parts.iter_mut().find(|part| part.spec.name == *name);
        let part = part.ok_or_else(|| {
            Error::new(format!("there is no part {name:?}; the parts are {}", names.join(", ")))
        })?;
        if matches!(request, Request::Kill(_)) {
            return part.kill().await;
        }
        if matches!(request, Request::Stop(_) | Request::Restart(_)) {
            part.stop().await?;
        }
        if matches!(request, Request::Start(_) | Request::Restart(_)) && part.ended()?.is_some() {
            part.spawn(&directory)?;
            part.serves().await?;
        }
        Ok(())
    }

    /// Ends everything. Kubernetes takes tens of seconds to end well once etcd is gone, and nothing here is to be kept:
    /// each part is killed, the last one first.
    async fn end(mut self, state: &Path) {
        for part in self.parts.iter_mut().rev() {
            // One that cannot be killed dies with this process.
            let _ = part.kill().await;
        }
        let _ = std::fs::remove_file(state);
        for _ in 0..10 {
            if std::fs::remove_dir_all(self.directory.path()).is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn cleaner(directory: &Path, state: Option<&Path>) -> Result<Child, Error> {
    let mut command = Command::new("setsid");
    command.args(["sh", "-c", CLEANER, "sh"]).arg(directory).args(state);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(Error::of("cannot start setsid"))
}

fn etcd_spec(programs: &Programs, port: u16, peers: u16) -> Spec {
    let (client, peer) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peers}"));
    let arguments = [
        "--data-dir=etcd".to_owned(),
        "--unsafe-no-fsync".to_owned(),
        "--log-level=warn".to_owned(),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
    ];
    Spec {
        name: "etcd".to_owned(),
        program: programs.etcd.clone(),
        arguments: arguments.to_vec(),
        env: [].into(),
        ports: vec![port, peers],
        ready: Ready::Answers(format!("{client}/health"), None),
    }
}

fn redis_spec(programs: &Programs, directory: &Path, port: u16) -> Spec {
    let port_text = port.to_string();
    let data = directory.join("redis").display().to_string();
    let arguments =
        ["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", &data];
    Spec {
        name: "redis".to_owned(),
        program: programs.redis.clone(),
        arguments: arguments.map(str::to_owned).to_vec(),
        env: [].into(),
        ports: vec![port],
        ready: Ready::Accepts(port),
    }
}
