//! `day2-sandbox up`: the sandbox as a program of its own.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser};
use sandbox::{
    Config, Sandbox,
    faults::{Effect, Fault},
    github::RunSpec,
    seed::{self, REPOSITORY, Seeded},
};

/// A small world on loopback: GitHub, OIDC issuer, STS, ECR, registry, Argo CD
#[derive(Parser)]
enum Arguments {
    /// Start the world with the product in it, print the environment that leads to it, and serve until Ctrl-C
    Up(Up),
}

#[derive(Args)]
struct Up {
    /// Where to keep repositories and images: a new or empty directory; a temporary one if not given
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// A directory like examples/product; examples/product if that is here, else a few built-in files
    #[arg(long, value_name = "DIRECTORY")]
    product: Option<PathBuf>,
    /// Hold every call back this long
    #[arg(long, value_name = "MILLISECONDS")]
    latency: Option<u64>,
    /// A fault as JSON, such as `{"service":"sts","times":1,"effect":{"reply":{"status":503,"body":""}}}`
    #[arg(long, value_name = "JSON", value_parser = parse_fault)]
    fault: Vec<Fault>,
}

fn parse_fault(text: &str) -> Result<Fault, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let Arguments::Up(arguments) = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(up(arguments))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn up(arguments: Up) -> io::Result<()> {
    if let Some(directory) = &arguments.directory {
        must_be_empty(directory)?;
    }
    let sandbox = Sandbox::start(Config { directory: arguments.directory, ..Config::default() }).await?;
    let world = sandbox.world();
    let example = Path::new("examples/product");
    let product = arguments.product.or_else(|| example.is_dir().then(|| example.to_owned()));
    let seeded = seed::product(world, product.as_deref()).await?;
    let files: &[(&str, &[u8])] = &[("hello.txt", b"hello\n")];
    world.github.commit_files(REPOSITORY, "feature/hello", "alice", "Say hello", files).await?;
    let number = world.github.open_pull(REPOSITORY, "feature/hello", "dev", "alice", "Say hello").await?;
    for fault in arguments.fault {
        world.faults.add(fault);
    }
    if let Some(millis) = arguments.latency {
        world.faults.add(always(Effect::Delay { millis }));
    }
    announce(&sandbox, &seeded, number).await?;
    tokio::signal::ctrl_c().await
}

/// A fault that hits every call.
fn always(effect: Effect) -> Fault {
    Fault { times: None, ..Fault::once("", "", "", effect) }
}

fn must_be_empty(directory: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if entries.count() == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!("{} is not empty; give a new or empty directory", directory.display())))
}

/// Prints the environment of a run for pull request `number` on standard output, and what else there is to do on
/// standard error, so that the former can go to a file and be sourced: `day2-sandbox up > env & sleep 1; . ./env`.
async fn announce(sandbox: &Sandbox, seeded: &Seeded, number: u64) -> io::Result<()> {
    let world = sandbox.world();
    let github = &world.github;
    let run = github.start_run(RunSpec {
        repository: REPOSITORY.to_owned(),
        event_name: "pull_request_target".to_owned(),
        event: github.event_payload(REPOSITORY, number, "opened", "alice", None).unwrap_or_default(),
        ref_: "refs/heads/dev".to_owned(),
        sha: github.branch_sha(REPOSITORY, "dev").await.unwrap_or_default(),
        environment: Some("dev".to_owned()),
        actor: "alice".to_owned(),
        workflow_ref: format!("{REPOSITORY}/.github/workflows/dev.yml@refs/heads/dev"),
        job_workflow_ref: "org/day2-actions/.github/workflows/dev.yml@refs/tags/v1".to_owned(),
        permissions: ["contents", "pull-requests", "id-token"]
            .map(|name| (name.to_owned(), "write".to_owned()))
            .into(),
    });
    let mut env = sandbox.env();
    env.extend(run.env());
    // On a laptop nothing reads the runner's files; with these set, the actions would want them.
    env.remove("GITHUB_ACTIONS");
    env.remove("CI");
    env.insert("GITHUB_TOKEN".to_owned(), run.token.clone());
    env.insert("ARGOCD_AUTH_TOKEN".to_owned(), seeded.argocd_token.clone());
    let mut out = io::stdout().lock();
    for (name, value) in &env {
        writeln!(out, "export {name}='{}'", value.replace('\'', "'\\''"))?;
    }
    out.flush()?;
    invite(sandbox, seeded, number)
}

fn invite(sandbox: &Sandbox, seeded: &Seeded, number: u64) -> io::Result<()> {
    let urls = &sandbox.world().urls;
    let (github, control) = (&urls.github, &urls.control);
    let json = "-H 'Content-Type: application/json'";
    let mut text = format!(
        "\nServing until Ctrl-C. Pull request #{number} (feature/hello → dev, by alice) is open. Try:\n  \
         day2 auto-merge --pull-request={number} --base=dev\n  \
         curl -H \"Authorization: Bearer $GITHUB_TOKEN\" {github}/repos/{REPOSITORY}/pulls/{number}\n  \
         git clone \"http://x-access-token:$GITHUB_TOKEN@{host}/{REPOSITORY}.git\"\n  \
         curl {json} {control}/labels -d '{{\"pull\":{number},\"label\":\"approval\",\"actor\":\"maria\"}}'\n  \
         curl {json} {control}/commits -d '{{\"branch\":\"dev\",\"author\":\"maria\",\"files\":{{\"a.txt\":\"x\"}}}}'\n  \
         curl {json} {control}/runs -d '{{\"pull\":{number},\"action\":\"labeled\",\"label\":\"approval\",\"actor\":\"maria\",\"environment\":\"prod\"}}'\n  \
         curl {json} {control}/faults -d '{{\"service\":\"sts\",\"times\":1,\"effect\":{{\"reply\":{{\"status\":503,\"body\":\"\"}}}}}}'\n  \
         curl {control}/state    # also /events, /calls\n\nTokens:\n",
        host = sandbox::world::registry_host(github),
    );
    for (login, token) in &seeded.people {
        let _ = writeln!(text, "  {login:8} {token}");
    }
    io::stderr().lock().write_all(text.as_bytes())
}
