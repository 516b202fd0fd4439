//! `cargo xtask bench login`: how long oidc-ecr-login takes, next to the calls of the two actions that are used instead, at
//! several distances, with TLS.

mod place;
mod tls;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use self::place::Place;
use super::{child, median, push::Extent, release};
use crate::{process, tools};

/// What has not ended by then is killed.
const LIMIT: Duration = Duration::from_secs(30);
const ROLE: &str = "arn:aws:iam::123456789012:role/day2-dev";

/// The programs that are compared, and where the replay's scripts are.
struct Programs {
    day2: PathBuf,
    node: PathBuf,
    scripts: PathBuf,
}

/// A way of signing in.
struct Way {
    title: &'static str,
    commands: fn(&Programs) -> Vec<Command>,
}

const WAYS: &[Way] = &[
    Way { title: "oidc-ecr-login", commands: ours },
    Way { title: "the calls of the two actions", commands: theirs },
];

fn ours(programs: &Programs) -> Vec<Command> {
    let mut command = Command::new(&programs.day2);
    command.args(["oidc-ecr-login", &format!("--role-to-assume={ROLE}"), "--aws-region=eu-central-1"]);
    vec![command]
}

fn theirs(programs: &Programs) -> Vec<Command> {
    let script = |name: &str| {
        let mut command = Command::new(&programs.node);
        command.arg(programs.scripts.join(name));
        command
    };
    vec![script("credentials.mjs"), script("registry.mjs")]
}

/// What a way took at a distance.
struct Row {
    round_trip: Duration,
    way: &'static Way,
    times: Vec<Duration>,
    requests: Vec<usize>,
    connections: Vec<usize>,
}

/// Measures, and writes docs/login-comparison.md.
pub(super) fn run(root: &Path, day2: Option<&Path>, extent: &Extent) -> Result<(), String> {
    let which = if day2.is_some() {
        " (the build that `--day2` named, unoptimised if it is one of `cargo build`)"
    } else {
        ""
    };
    let node = tools::on_path("node").ok_or("node is not there: install the Debian package nodejs")?;
    let programs =
        Programs { day2: release(root, day2)?, node, scripts: root.join("tests/comparison/login") };
    let version = |program: &Path| process::output(Command::new(program).arg("--version"));
    let cores = std::thread::available_parallelism().map_err(|error| error.to_string())?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let versions = format!(
        "{}{which}, Node {}; {cores} processors ({}), load {} at the beginning.\n",
        version(&programs.day2)?,
        version(&programs.node)?,
        std::env::consts::ARCH,
        load.split_whitespace().next().unwrap_or("unknown")
    );
    // The sandbox and the lines must not wait for each other or for a child.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let rows = runtime.map_err(|error| error.to_string())?.block_on(measure(&programs, extent))?;
    let template = root.join("tests/comparison/login.md");
    let template =
        fs::read_to_string(&template).map_err(|error| format!("{}: {error}", template.display()))?;
    let text = template
        .replace("ROUNDS", &extent.rounds.to_string())
        .replace("VERSIONS\n", &versions)
        .replace("TABLE\n", &table(&rows));
    let page = root.join("docs/login-comparison.md");
    fs::write(&page, text).map_err(|error| format!("{}: {error}", page.display()))
}

/// Goes each way once in each round, so that a machine that is busy for a while is so for all of them.
async fn measure(programs: &Programs, extent: &Extent) -> Result<Vec<Row>, String> {
    let mut places = Vec::new();
    let mut rows = Vec::new();
    for millis in &extent.rtt {
        let round_trip = Duration::from_millis(*millis);
        places.push(Place::start(round_trip).await?);
        rows.push(
            WAYS.iter()
                .map(|way| Row {
                    round_trip,
                    way,
                    times: Vec::new(),
                    requests: Vec::new(),
                    connections: Vec::new(),
                })
                .collect::<Vec<_>>(),
        );
    }
    for _ in 0..extent.rounds {
        for (place, rows) in places.iter().zip(&mut rows) {
            for row in rows {
                once(programs, place, row).await.map_err(|error| format!("{}: {error}", row.way.title))?;
            }
        }
    }
    Ok(rows.into_iter().flatten().collect())
}

async fn once(programs: &Programs, place: &Place, row: &mut Row) -> Result<(), String> {
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut commands = (row.way.commands)(programs);
    for command in &mut commands {
        command.env_clear().envs(place.env(home.path())?);
    }
    let before = place.counts();
    let begin = Instant::now();
    // Off the runtime's threads, which serve the lines and the sandbox.
    let run = tokio::task::spawn_blocking(move || child::all(commands, begin + LIMIT));
    let ended = run.await.map_err(|error| error.to_string())??;
    if !ended.succeeded() {
        return Err(ended.said);
    }
    let after = place.counts();
    if after.credentials != before.credentials + 1 {
        return Err(format!("no registry credential was made: {}", ended.said));
    }
    row.times.push(ended.at - begin);
    row.requests.push(after.requests - before.requests);
    row.connections.push(after.connections - before.connections);
    Ok(())
}

fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} ms | {} | {} ms | {} | {} |",
            row.round_trip.as_millis(),
            row.way.title,
            median(&row.times).as_millis(),
            median(&row.requests),
            median(&row.connections)
        );
    }
    text
}
