//! Several logins at once, `docker login` beside them, and ends half way.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::{Value, json};

use super::{super::file, *};

/// So many jobs sign in and out at once.
const JOBS: usize = 8;

#[test]
fn nothing_is_lost_among_many() {
    let world = World::with(&json!({ "auths": { "kept.example": { "auth": "a2VwdA==" } } }));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let jobs: Vec<_> = (0..JOBS)
            .map(|number| {
                let mut world = World { root: tempfile::tempdir().unwrap(), env: world.env.clone() };
                world.env.push(("GITHUB_RUN_ID", number.to_string()));
                scope.spawn(move || {
                    for round in 0..3 {
                        world.write(Mode::Merge, &format!("passing-{number}.example")).unwrap();
                        world.log_out();
                        world.write(Mode::Merge, &format!("r{number}-{round}.example")).unwrap();
                    }
                })
            })
            .collect();
        // A reader never sees half a file.
        let reader = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(json_of(&world.user())["auths"]["kept.example"]["auth"], "a2VwdA==");
            }
        });
        jobs.into_iter().for_each(|job| job.join().unwrap());
        is_over.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    let config = json_of(&world.user());
    let mut hosts: Vec<&str> = config["auths"].as_object().unwrap().keys().map(String::as_str).collect();
    hosts.sort_unstable();
    // A job's logout took out what it had written before, so that the last round's login is left of each.
    let expected: Vec<String> = (0..JOBS).map(|number| format!("r{number}-2.example")).collect();
    assert_eq!(hosts[0], "kept.example");
    assert_eq!(hosts[1..], expected);
    assert_eq!(names(&world.user()), [FILE, record::FILE, LOCK], "no file is left behind");
}

#[test]
fn what_docker_writes_in_between_is_kept() {
    let world = World::with(&json!({}));
    let path = world.user().join(FILE);
    let mut docker = Some(json!({ "auths": { "ghcr.io": { "auth": "Z2hjcg==" } } }));
    super::super::update(&path, deadline(), |config, _| {
        // As if `docker login` had renamed its file to this place since we read it.
        if let Some(theirs) = docker.take() {
            fs::write(&path, theirs.to_string()).unwrap();
        }
        config.insert("ours".into(), Value::Bool(true));
    })
    .unwrap();
    let expected = json!({ "auths": { "ghcr.io": { "auth": "Z2hjcg==" } }, "ours": true });
    assert_eq!(json_of(&world.user()), expected);
}

#[test]
fn a_writer_that_ends_half_way_leaves_the_old_file_and_blocks_nobody() {
    let world = World::with(&json!({ "old": true }));
    let path = world.user().join(FILE);
    // Killed while it held the lock, with its new file half written.
    let lock = file::Lock::take(&world.user().join(LOCK), deadline()).unwrap();
    fs::write(world.user().join(".tmpKilled"), "{").unwrap();
    drop(lock);
    assert_eq!(fs::read_to_string(&path).unwrap(), r#"{"old":true}"#);
    world.write(Mode::Merge, "r.example").unwrap();
    assert_eq!(json_of(&world.user())["old"], true);
}

#[test]
fn a_lock_that_is_held_is_waited_for_until_the_deadline() {
    let world = World::new();
    let lock = world.user().join(LOCK);
    let _held = file::Lock::take(&lock, deadline()).unwrap();
    let short = Deadline::after(Duration::from_millis(20));
    let failure =
        world.place().write(Mode::Merge, &login("r.example"), &[recipe("r.example")], short).unwrap_err();
    assert!(failure.cause.contains("another login holds the lock"), "{}", failure.cause);
    assert!(!world.user().join(FILE).exists());
}
