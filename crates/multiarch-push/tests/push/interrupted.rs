//! `kill -9` in the middle, then a second run: the same end state as one clean run.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use sandbox::{
    faults::{Effect, Fault},
    stop::When,
};
use toolkit::{Env, Host};

use crate::stage::{SHA, Stage};

/// Not a test: the process that is killed. It pushes what the variables say.
#[tokio::test]
#[ignore = "is started by the test below"]
async fn victim() {
    let env = Env::from_process();
    let Some(argv) = env.get("VICTIM_ARGV") else { return };
    let command = (multiarch_push::spec().command)();
    let matches = command.try_get_matches_from(["multiarch-push"].into_iter().chain(argv.lines())).unwrap();
    multiarch_push::run(&matches, &Host::new(env.clone())).await.unwrap();
}

/// Starts a push, kills it once `count` calls with `method` and `path` have reached the registry, and runs it again.
async fn killed_at(method: &str, path: &str, count: usize) {
    let clean = Stage::new().await;
    clean.push(&[]).await.unwrap();
    let stage = Stage::new().await;
    let slow = Fault { times: None, ..Fault::once("registry", "", "/v2/", Effect::Delay { millis: 30 }) };
    stage.world().faults.add(slow);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "interrupted::victim", "--ignored"])
        .env_clear()
        .envs(&stage.env)
        .env("VICTIM_ARGV", stage.argv().join("\n"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let seen = || {
        let calls = stage.world().faults.calls();
        calls.iter().filter(|call| call.method == method && call.path.contains(path)).count()
    };
    while seen() < count {
        assert!(start.elapsed() < Duration::from_secs(20), "the push did not get so far");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    stage.world().faults.clear();
    // Nothing half published: the tag leads to the whole image, or is not there.
    if stage.world().registry.has("product/dev", SHA) {
        stage.image("product/dev", SHA, "arm64");
    }
    // The directory of the killed process is the runner's to clean.
    for entry in std::fs::read_dir(stage.directory.path()).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("day2-push") {
            std::fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    stage.push(&[]).await.unwrap();
    let state = |stage: &Stage| {
        let registry = &stage.world().registry;
        let platforms =
            ["amd64", "arm64"].map(|name| stage.image("product/dev", SHA, name).0["layers"].clone());
        (registry.tags("product/dev").len(), registry.manifests("product/dev").len(), platforms)
    };
    assert_eq!(state(&stage), state(&clean));
}

/// Returns what a repository holds, in terms that do not depend on its name.
fn held(stage: &Stage, repository: &str) -> (Vec<String>, Vec<String>, usize) {
    let registry = &stage.world().registry;
    let digests = registry.tags(repository).into_values().collect();
    (digests, registry.manifests(repository), registry.blobs(repository).len())
}

#[tokio::test]
async fn at_every_third_call() {
    let stage = Stage::new().await;
    stage.push(&[]).await.unwrap();
    let calls = stage.world().faults.calls().len();
    let clean = held(&stage, "product/dev");
    for (turn, index) in (0..calls).step_by(3).enumerate() {
        let repository = format!("product/turn-{turn}");
        stage.world().registry.create_repository(&repository, true);
        let image = format!("--image={}/{repository}", stage.registry());
        let image = [image.as_str()];
        let when = if turn % 2 == 0 { When::BeforeEffect } else { When::AfterEffect };
        let stop = stage.world().faults.stop_at(index, when);
        let ended = tokio::select! {
            ended = stage.push(&image) => Some(ended),
            () = stop.reached() => None,
        };
        assert!(ended.is_none(), "the push ended before call {index}");
        stage.world().faults.clear();
        let tagged = stage.world().registry.has(&repository, SHA);
        assert!(!tagged || held(&stage, &repository) == clean, "half published at call {index}");
        stage.push(&image).await.unwrap();
        assert_eq!(held(&stage, &repository), clean, "stopped at call {index}");
    }
}

#[tokio::test]
async fn while_blobs_are_sent() {
    killed_at("PUT", "/blobs/uploads/", 2).await;
}

#[tokio::test]
async fn between_the_platforms() {
    killed_at("PUT", "/manifests/sha256", 1).await;
}

#[tokio::test]
async fn while_the_tag_is_written() {
    killed_at("PUT", SHA, 1).await;
}
