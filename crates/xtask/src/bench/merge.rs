//! `cargo xtask bench merge`: how long auto-merge and fast-forward take at 20 ms round trip, and how many requests,
//! next to the requests of `gh pr merge` and to a clone with a push, all against the sandbox's GitHub.

use std::{fmt::Write as _, fs, net::SocketAddr, path::Path, time::Duration};

use sandbox::{Config, Sandbox};
use tokio::time::Instant;

use super::{
    median,
    proxy::{Line, Proxy},
    release, replay,
    scene::{Programs, Scene},
    ways::{Go, WAYS, Way},
};
use crate::{process, tools};

/// Half of the round trip.
const ONE_WAY: Duration = Duration::from_millis(10);
/// So often each way is gone.
const RUNS: usize = 20;

/// What a way took.
struct Figures {
    times: Vec<Duration>,
    requests: Vec<usize>,
    connections: Vec<usize>,
}

/// Measures, and writes docs/merge-comparison.md.
pub(super) fn run(root: &Path, day2: Option<&Path>) -> Result<(), String> {
    let which = match &day2 {
        Some(_) => " (the build that `--day2` named, unoptimised if it is one of `cargo build`)",
        None => "",
    };
    let day2 = release(root, day2)?;
    let git = tools::on_path("git").ok_or("git is not there: install it")?;
    let version = |program: &Path| process::output(std::process::Command::new(program).arg("--version"));
    let versions = format!("{}{which}, {}.\n", version(&day2)?, version(&git)?);
    let programs = Programs { day2, git };
    // The sandbox and the proxy must not wait for each other or for a child.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let rows = runtime.map_err(|error| error.to_string())?.block_on(measure(&programs))?;
    let template = root.join("tests/comparison/merge.md");
    let template =
        fs::read_to_string(&template).map_err(|error| format!("{}: {error}", template.display()))?;
    let text = template
        .replace("RUNS", &RUNS.to_string())
        .replace("VERSIONS\n", &versions)
        .replace("TABLE\n", &rows);
    let page = root.join("docs/merge-comparison.md");
    fs::write(&page, text).map_err(|error| format!("{}: {error}", page.display()))
}

/// Goes each way once in each round, so that a machine that is busy for a while is so for all of them.
async fn measure(programs: &Programs) -> Result<String, String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(Config::default()).await.map_err(|error| error.to_string())?;
    let server: SocketAddr = sandbox
        .world()
        .urls
        .github
        .trim_start_matches("http://")
        .parse()
        .map_err(|error| format!("the sandbox's address: {error}"))?;
    let line = Line { one_way: ONE_WAY, ..Line::default() };
    let proxy = Proxy::start(server, line).await.map_err(|error| error.to_string())?;
    let mut figures: Vec<Figures> = WAYS
        .iter()
        .map(|_| Figures { times: Vec::new(), requests: Vec::new(), connections: Vec::new() })
        .collect();
    for round in 0..RUNS {
        for (number, (way, figures)) in WAYS.iter().zip(&mut figures).enumerate() {
            let name = format!("r{round}-{number}");
            let scene = Scene::new(&sandbox, way.task, &name, proxy.address).await?;
            once(way, &scene, programs, &proxy, figures)
                .await
                .map_err(|error| format!("{}: {error}", way.title))?;
        }
    }
    Ok(table(&figures))
}

async fn once(
    way: &Way,
    scene: &Scene<'_>,
    programs: &Programs,
    proxy: &Proxy,
    figures: &mut Figures,
) -> Result<(), String> {
    let calls = || scene.sandbox.world().faults.calls().len();
    let (requests, connections) = (calls(), proxy.connections());
    let begin = Instant::now();
    match way.go {
        Go::Commands(commands) => {
            for mut command in commands(scene, programs)? {
                // Off the runtime's threads, which serve the command.
                tokio::task::spawn_blocking(move || process::quiet(&mut command))
                    .await
                    .map_err(|error| error.to_string())??;
            }
        }
        Go::LikeGh => replay::gh(scene).await?,
    }
    figures.times.push(begin.elapsed());
    figures.requests.push(calls() - requests);
    figures.connections.push(proxy.connections() - connections);
    scene.is_done().await
}

fn table(figures: &[Figures]) -> String {
    let mut text = String::new();
    let mut task = None;
    for (way, figures) in WAYS.iter().zip(figures) {
        let title = if task == Some(way.task) { "" } else { way.task.title() };
        task = Some(way.task);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {title} | {} | {} ms | {} | {} |",
            way.title,
            median(&figures.times).as_millis(),
            median(&figures.requests),
            median(&figures.connections)
        );
    }
    text
}
