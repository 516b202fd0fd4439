//! Every program pushes the same image, in turns: into an empty repository, then with one layer changed, then once more.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use tempfile::TempDir;

use super::{
    Server,
    image::Images,
    ways::{Job, Programs, WAYS, Way, prepare_buildah},
};
use crate::{
    bench::{
        child::{self, Ended},
        proxy::{Line, Proxy},
    },
    process,
};

/// What has not ended by then is killed.
const LIMIT: Duration = Duration::from_secs(180);

/// What is pushed when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Into an empty repository.
    Cold,
    /// One layer of each platform is another one; the rest is there.
    Changed,
    /// The same once more.
    Same,
}

impl Task {
    pub(super) const ALL: [Self; 3] = [Self::Cold, Self::Changed, Self::Same];
}

/// What one push took.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) time: Duration,
    pub(super) cpu: Duration,
    /// KiB.
    pub(super) peak: u64,
    pub(super) requests: usize,
    pub(super) connections: usize,
}

impl Sample {
    /// Runs commands, one after the other, whose registry is at the end of a line.
    pub(super) async fn take(line: &Proxy, commands: Vec<Command>) -> Result<Self, String> {
        let (requests, connections) = (line.requests(), line.connections());
        let begin = Instant::now();
        // Off the runtime's threads, which serve the line and the sandbox.
        let run = tokio::task::spawn_blocking(move || child::all(commands, begin + LIMIT));
        let ended: Ended = run.await.map_err(|error| error.to_string())??;
        if !ended.succeeded() {
            return Err(ended.said);
        }
        Ok(Self {
            time: ended.at - begin,
            cpu: ended.cpu,
            peak: ended.peak,
            requests: line.requests() - requests,
            connections: line.connections() - connections,
        })
    }
}

/// What a program took for a task at a distance from a registry.
pub(super) struct Row {
    pub(super) server: &'static str,
    pub(super) round_trip: Duration,
    pub(super) way: &'static str,
    pub(super) task: Task,
    pub(super) samples: Vec<Sample>,
}

/// Where everything is.
pub(super) struct Bench<'a> {
    pub(super) programs: &'a Programs,
    pub(super) images: &'a Images,
    pub(super) servers: &'a [Server],
    pub(super) place: &'a Path,
    storage: TempDir,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        programs: &'a Programs,
        images: &'a Images,
        servers: &'a [Server],
        place: &'a Path,
    ) -> Result<Self, String> {
        let storage = tempfile::tempdir_in(place).map_err(|error| error.to_string())?;
        fs::write(storage.path().join("config.json"), "{}").map_err(|error| error.to_string())?;
        let bench = Self { programs, images, servers, place, storage };
        for task in [Task::Cold, Task::Changed] {
            let address = SocketAddr::from(([127, 0, 0, 1], 9));
            let job = bench.job(task, address, "none", bench.storage.path(), None);
            for mut command in prepare_buildah(programs, &job) {
                process::quiet(&mut command)?;
            }
        }
        Ok(bench)
    }

    /// Goes each way once in each round, so that a machine that is busy for a while is so for all of them.
    pub(super) async fn measure(&self, round_trips: &[Duration], rounds: usize) -> Result<Vec<Row>, String> {
        let mut rows = Vec::new();
        for server in self.servers {
            for round_trip in round_trips {
                for way in WAYS {
                    rows.extend(Task::ALL.map(|task| Row {
                        server: server.title,
                        round_trip: *round_trip,
                        way: way.title,
                        task,
                        samples: Vec::new(),
                    }));
                }
            }
        }
        for round in 0..rounds {
            for chunk in rows.chunks_mut(Task::ALL.len()) {
                let Some(Row { server, round_trip, way, .. }) = chunk.first() else { continue };
                let server = self.servers.iter().find(|other| other.title == *server);
                let way = WAYS.iter().position(|other| other.title == *way);
                let (Some(server), Some(way)) = (server, way) else { continue };
                let name = format!("bench/r{round}-{}-{way}", round_trip.as_millis());
                let way = &WAYS[way];
                let samples = self.all(server, way, *round_trip, &name).await;
                let samples =
                    samples.map_err(|error| format!("{} to {}: {error}", way.title, server.title))?;
                for (row, sample) in chunk.iter_mut().zip(samples) {
                    row.samples.push(sample);
                }
            }
            eprintln!("round {} of {rounds}", round + 1);
        }
        Ok(rows)
    }

    /// The three tasks, through a line of their own: skopeo and buildah remember by the registry's address what is there.
    async fn all(
        &self,
        server: &Server,
        way: &Way,
        round_trip: Duration,
        repository: &str,
    ) -> Result<Vec<Sample>, String> {
        let text = |error: std::io::Error| error.to_string();
        let line = Line { one_way: round_trip / 2, ..Line::default() };
        let proxy = Proxy::start(server.address, line).await.map_err(text)?;
        let home = tempfile::tempdir_in(self.place).map_err(text)?;
        let credential = server.password.map(|password| BASE64_STANDARD.encode(format!("AWS:{password}")));
        let auths = credential
            .map_or_else(|| json!({}), |auth| json!({ proxy.address.to_string(): { "auth": auth } }));
        let file = home.path().join("config.json");
        fs::write(file, json!({ "auths": auths }).to_string()).map_err(text)?;
        server.prepare(repository);
        let mut samples = Vec::new();
        for task in Task::ALL {
            let job = self.job(task, proxy.address, repository, home.path(), server.password);
            let commands = vec![(way.command)(self.programs, &job)];
            let sample =
                Sample::take(&proxy, commands).await.map_err(|error| format!("{task:?}: {error}"))?;
            server.has(repository, job.tag).await.map_err(|error| format!("{task:?}: {error}"))?;
            samples.push(sample);
        }
        Ok(samples)
    }

    fn job<'b>(
        &'b self,
        task: Task,
        registry: SocketAddr,
        repository: &'b str,
        home: &'b Path,
        password: Option<&'b str>,
    ) -> Job<'b> {
        let (layout, tag) = match task {
            Task::Cold => (&self.images.first, "v1"),
            Task::Changed | Task::Same => (&self.images.changed, "v2"),
        };
        Job { layout, tag, registry, repository, home, storage: self.storage.path(), password }
    }
}
