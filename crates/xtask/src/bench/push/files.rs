//! From files on disk to an image in the registry: a base image that is there already, and a directory upon it, for two
//! platforms.

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::json;

use super::{
    Server,
    image::Images,
    rounds::{Row, Sample, Task},
    ways::{Programs, clean},
};
use crate::{
    bench::proxy::{Line, Proxy},
    process,
};

/// How far the registry is, unless there is no choice.
const ROUND_TRIP: Duration = Duration::from_millis(20);
const TAG: &str = "v1";

/// One image to make and push.
struct Job<'a> {
    files: &'a Path,
    registry: String,
    repository: &'a str,
    /// Has what each program keeps from one time to the next.
    home: &'a Path,
    task: Task,
}

impl Job<'_> {
    fn target(&self) -> String {
        format!("{}/{}:{TAG}", self.registry, self.repository)
    }

    fn base(&self) -> String {
        format!("{}/bench/base:{TAG}", self.registry)
    }
}

/// One way to do it.
struct Way {
    title: &'static str,
    commands: fn(&Programs, &Job<'_>) -> Vec<Command>,
}

const WAYS: &[Way] = &[
    Way { title: "multiarch-push, `base` and `append`", commands: ours },
    Way { title: "`tar`, `crane append` for each platform, `crane index append`", commands: crane },
    Way { title: "`buildah build --layers`, `manifest push --all`", commands: buildah },
];

fn ours(programs: &Programs, job: &Job<'_>) -> Vec<Command> {
    let mut command = clean(&programs.day2, job.home);
    command.args(["multiarch-push", "--timeout=120s"]);
    command.arg(format!("--image={}/{}", job.registry, job.repository));
    command.arg(format!("--base={}", job.base()));
    command.arg(format!("--append={}:/srv", job.files.display()));
    command.arg(format!("--layer-cache={}", job.home.join("layers").display()));
    command.arg(format!("--tags={TAG}"));
    vec![command]
}

fn crane(programs: &Programs, job: &Job<'_>) -> Vec<Command> {
    let archive = job.home.join("app.tar");
    let mut pack = clean(Path::new("tar"), job.home);
    pack.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"]);
    pack.args(["--transform=s,^[.],srv,", "-cf"]).arg(&archive).arg("-C").arg(job.files).arg(".");
    let mut commands = vec![pack];
    let mut index = clean(&programs.crane, job.home);
    index.args(["index", "append", "--tag", &job.target()]);
    for architecture in ["amd64", "arm64"] {
        let target = format!("{}-{architecture}", job.target());
        let mut append = clean(&programs.crane, job.home);
        append.args(["append", &format!("--platform=linux/{architecture}"), "--base", &job.base()]);
        append.arg("--new_layer").arg(&archive).args(["--new_tag", &target]);
        commands.push(append);
        index.args(["--manifest", &target]);
    }
    commands.push(index);
    commands
}

fn buildah(programs: &Programs, job: &Job<'_>) -> Vec<Command> {
    let program = || {
        let mut command = clean(&programs.buildah, job.home);
        command.arg("--storage-driver=vfs").arg("--root").arg(job.home.join("root"));
        command.arg("--runroot").arg(job.home.join("run"));
        command
    };
    // A list of manifests grows with each build under its name.
    let list = format!("localhost/bench:{:?}", job.task).to_lowercase();
    let mut build = program();
    build.args(["build", "--quiet", "--layers", "--tls-verify=false", "--isolation=chroot", "--timestamp=0"]);
    build.args(["--jobs=2", "--platform=linux/amd64,linux/arm64", "--manifest", &list, "--file"]);
    build.arg(job.home.join("Dockerfile")).arg(job.files);
    let mut push = program();
    push.args(["manifest", "push", "--quiet", "--all", "--tls-verify=false", &list]);
    push.arg(format!("docker://{}", job.target()));
    vec![build, push]
}

/// Measures all ways in turns, cold and with nothing changed.
pub(super) async fn measure(
    programs: &Programs,
    images: &Images,
    server: &Server,
    place: &Path,
    rounds: usize,
) -> Result<Vec<Row>, String> {
    let mut seed = clean(&programs.crane, place);
    seed.arg("push").arg(&images.base).arg(format!("{}/bench/base:{TAG}", server.address));
    process::quiet(&mut seed)?;
    let mut rows: Vec<Row> = Vec::new();
    for way in WAYS {
        rows.extend([Task::Cold, Task::Same].map(|task| Row {
            server: server.title,
            round_trip: ROUND_TRIP,
            way: way.title,
            task,
            samples: Vec::new(),
        }));
    }
    for round in 0..rounds {
        for (number, (way, pair)) in WAYS.iter().zip(rows.chunks_mut(2)).enumerate() {
            let text = |error: std::io::Error| error.to_string();
            let line = Line { one_way: ROUND_TRIP / 2, ..Line::default() };
            let proxy = Proxy::start(server.address, line).await.map_err(text)?;
            let home = tempfile::tempdir_in(place).map_err(text)?;
            let (registry, repository) = (proxy.address.to_string(), format!("bench/files{round}-{number}"));
            fs::write(home.path().join("config.json"), json!({ "auths": {} }).to_string()).map_err(text)?;
            for row in pair {
                let job = Job {
                    files: &images.files,
                    registry: registry.clone(),
                    repository: &repository,
                    home: home.path(),
                    task: row.task,
                };
                let dockerfile = format!("FROM {}\nCOPY . /srv\n", job.base());
                fs::write(home.path().join("Dockerfile"), dockerfile).map_err(text)?;
                let named = |error| format!("{}: {:?}: {error}", way.title, row.task);
                row.samples.push(Sample::take(&proxy, (way.commands)(programs, &job)).await.map_err(named)?);
                server.has(&repository, TAG).await.map_err(named)?;
            }
        }
    }
    Ok(rows)
}
