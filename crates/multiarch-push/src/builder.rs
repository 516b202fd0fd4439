//! Programs that build what cannot be assembled here; each writes an OCI layout, which is then pushed like any other.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use model::{Deadline, Failure, codes::DEADLINE_PASSED};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Command,
};
use toolkit::{Env, Host};

use crate::{codes, job::Job, request::Builder};

/// Finds the builders on `PATH`, in the order of preference.
pub(crate) fn available(env: &Env) -> Vec<(Builder, PathBuf)> {
    let directories: Vec<PathBuf> = env
        .get("PATH")
        .unwrap_or_default()
        .split(':')
        .filter(|part| !part.is_empty())
        .map(PathBuf::from)
        .collect();
    let find = |program: &str| {
        directories.iter().map(|directory| directory.join(program)).find(|path| path.is_file())
    };
    Builder::ALL.into_iter().filter_map(|builder| Some((builder, find(builder.program())?))).collect()
}

/// Drops what is there but cannot build: a `docker` without the plugin `buildx`.
pub(crate) async fn usable(found: Vec<(Builder, PathBuf)>) -> Vec<(Builder, PathBuf)> {
    let mut usable = Vec::new();
    for (builder, path) in found {
        let works = match builder {
            Builder::Buildx => Command::new(&path)
                .args(["buildx", "version"])
                .stdin(Stdio::null())
                .output()
                .await
                .is_ok_and(|output| output.status.success()),
            Builder::Buildctl | Builder::Buildah => true,
        };
        if works {
            usable.push((builder, path));
        }
    }
    usable
}

/// Returns the calls that build `job` into an OCI layout at `target`.
pub(crate) fn commands(builder: Builder, job: &Job, target: &Path) -> Vec<Vec<OsString>> {
    let source = &job.source;
    let platforms: Vec<String> = source.platforms.iter().map(ToString::to_string).collect();
    let platforms = platforms.join(",");
    let text = |text: &str| OsString::from(text);
    let mut argv: Vec<OsString> = Vec::new();
    let mut option = |name: &str, value: OsString| argv.extend([OsString::from(name), value]);
    let file = source.path();
    match builder {
        Builder::Buildx | Builder::Buildah => {
            option("--file", file.into_os_string());
            if !platforms.is_empty() {
                option("--platform", text(&platforms));
            }
            for (name, value) in &source.build_args {
                option("--build-arg", text(&format!("{name}={value}")));
            }
            for (name, value) in job.marks.labels() {
                option("--label", text(&format!("{name}={value}")));
            }
            // Of the index we take care ourselves: buildah has no such level, and BuildKit refuses it for one platform.
            let level = if builder == Builder::Buildx { "manifest:" } else { "" };
            for (name, value) in job.marks.annotations() {
                option("--annotation", text(&format!("{level}{name}={value}")));
            }
            if let Some(stage) = &source.target {
                option("--target", text(stage));
            }
        }
        Builder::Buildctl => {
            let mut at = OsString::from("context=");
            at.push(&source.context);
            option("--local", at);
            let mut at = OsString::from("dockerfile=");
            at.push(file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")));
            option("--local", at);
            let mut name = OsString::from("filename=");
            name.push(file.file_name().unwrap_or_default());
            option("--opt", name);
            if !platforms.is_empty() {
                option("--opt", text(&format!("platform={platforms}")));
            }
            // Before its version 0.13, buildctl does not take it from the environment.
            option("--opt", text(&format!("build-arg:SOURCE_DATE_EPOCH={}", job.epoch)));
            for (name, value) in &source.build_args {
                option("--opt", text(&format!("build-arg:{name}={value}")));
            }
            for (name, value) in job.marks.labels() {
                option("--opt", text(&format!("label:{name}={value}")));
            }
            if let Some(stage) = &source.target {
                option("--opt", text(&format!("target={stage}")));
            }
        }
    }
    let mut output = OsString::from("type=oci,tar=false,rewrite-timestamp=true");
    if builder == Builder::Buildctl {
        for (name, value) in job.marks.annotations() {
            // The option is a line of CSV.
            output.push(format!(",\"annotation-manifest.{name}={}\"", value.replace('"', "\"\"")));
        }
    }
    output.push(",dest=");
    output.push(target);
    let context = source.context.clone().into_os_string();
    match builder {
        Builder::Buildx => {
            // Attestations would be children without a platform, which some consumers stumble over (buildx#1533).
            let head = ["buildx", "build", "--provenance=false", "--sbom=false"].map(OsString::from);
            let tail = [text("--output"), output, context];
            vec![head.into_iter().chain(argv).chain(tail).collect()]
        }
        Builder::Buildctl => {
            let head = ["build", "--frontend", "dockerfile.v0"].map(OsString::from);
            vec![head.into_iter().chain(argv).chain([text("--output"), output]).collect()]
        }
        Builder::Buildah => {
            // A list that is there already, of a run that was cut off, would be added to.
            let name = text(&format!("day2-multiarch-push-{}", std::process::id()));
            let head = [text("build"), text("--timestamp"), text(&job.epoch.to_string())];
            let list = [text("--manifest"), name.clone(), context];
            let mut layout = OsString::from("oci:");
            layout.push(target);
            vec![
                head.into_iter().chain(argv).chain(list).collect(),
                vec![text("manifest"), text("push"), text("--all"), text("--rm"), name, layout],
            ]
        }
    }
}

/// Builds `job` into an OCI layout at `target`. The builder's words go to the log.
pub(crate) async fn run(
    builder: Builder,
    program: &Path,
    job: &Job,
    target: &Path,
    deadline: Deadline,
    host: &Host,
) -> Result<(), Failure> {
    for argv in commands(builder, job, target) {
        let mut command = Command::new(program);
        command
            .args(&argv)
            .env("SOURCE_DATE_EPOCH", job.epoch.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let ended = tokio::time::timeout_at(deadline.instant().into(), watched(command, host)).await;
        let (status, last) = match ended {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) => {
                let text = format!("`{}` cannot be started: {error}", program.display());
                return Err(Failure::new(&codes::BUILDER_FAILED, text));
            }
            Err(_) => {
                let text = format!("`{}` did not end in time", builder.as_str());
                return Err(Failure::new(&DEADLINE_PASSED, text));
            }
        };
        if !status.success() {
            let mut failure =
                Failure::new(&codes::BUILDER_FAILED, format!("`{}` ended with {status}", builder.as_str()));
            failure.notes = last;
            return Err(failure);
        }
    }
    Ok(())
}

/// Runs a command and passes its lines on; the last ones are kept, for the failure.
async fn watched(
    mut command: Command,
    host: &Host,
) -> std::io::Result<(std::process::ExitStatus, Vec<String>)> {
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (_, last) = tokio::join!(passed_on(stdout, host), passed_on(stderr, host));
    Ok((child.wait().await?, last))
}

async fn passed_on(stream: Option<impl AsyncRead + Unpin>, host: &Host) -> Vec<String> {
    let mut last = std::collections::VecDeque::new();
    let Some(stream) = stream else { return Vec::new() };
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        host.info(&line);
        last.push_back(line);
        if last.len() > 10 {
            last.pop_front();
        }
    }
    last.into()
}
