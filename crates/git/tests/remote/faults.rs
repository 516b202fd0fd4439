//! Hosts and connections that fail, and hosts that can do less.

use std::time::Duration;

use git::{Mirror, PushError, RemoteError};
use model::Deadline;

use crate::support::{branch, main_of, token, world, write};

/// What a push comes to.
#[derive(Debug, PartialEq)]
enum End {
    Done,
    InDoubt,
    Denied,
    Failed,
}

#[tokio::test]
async fn faults_before_and_after_the_effect() {
    for (fault, endpoint, end, moved) in [
        // Not begun: it is tried again.
        ("cut", "info/refs", End::Done, true),
        ("status 503", "info/refs", End::Done, true),
        ("status 429", "info/refs", End::Done, true),
        ("status 403", "info/refs", End::Denied, false),
        // curl repeats a request on a connection that ended without a byte of an answer.
        ("cut", "git-receive-pack", End::Done, true),
        ("lose", "git-receive-pack", End::Done, true),
        ("half", "git-receive-pack", End::InDoubt, true),
        ("status 503", "git-receive-pack", End::InDoubt, false),
        ("status 403", "git-receive-pack", End::Denied, false),
        ("status 413", "git-receive-pack", End::Failed, false),
    ] {
        let (bare, mut server, mut mirror) = world().await;
        let tip = main_of(&mut mirror).await;
        let made = write(&mirror, &tip.commit, "a", "1").await;
        let (kind, argument) = fault.split_once(' ').unwrap_or((fault, ""));
        server.say(&format!("fault {kind} {endpoint} {argument}"));
        let found = match mirror.push(&made, &branch("main"), Some(&tip.commit)).await {
            Ok(()) => End::Done,
            Err(PushError::InDoubt(_)) => End::InDoubt,
            Err(PushError::Failed(RemoteError::Denied { .. })) => End::Denied,
            Err(PushError::Failed(RemoteError::Failed { .. })) => End::Failed,
            Err(other) => panic!("{fault} {endpoint}: {other:?}"),
        };
        assert_eq!(found, end, "{fault} {endpoint}");
        assert_eq!(bare.tip("main") == made.as_str(), moved, "{fault} {endpoint}");
        assert_eq!(bare.git(&["rev-list", "--count", "main"]), if moved { "2" } else { "1" });
    }
}

#[tokio::test]
async fn a_host_that_does_not_say_where_the_branch_is_leaves_doubt() {
    let (bare, mut server, mut mirror) = world().await;
    let tip = main_of(&mut mirror).await;
    let first = write(&mirror, &tip.commit, "a", "1").await;
    mirror.push(&first, &branch("main"), Some(&tip.commit)).await.unwrap();
    let second = write(&mirror, &tip.commit, "a", "2").await;
    // The push itself asks twice for the references, without and with the token.
    server.say("fault pass info/refs");
    server.say("fault pass info/refs");
    server.say("fault status info/refs 403");
    let error = mirror.push(&second, &branch("main"), Some(&tip.commit)).await.unwrap_err();
    assert!(matches!(error, PushError::InDoubt(_)), "{error:?}");
    assert_eq!(server.say("clear"), [""; 0]);
    let error = mirror.push(&second, &branch("main"), Some(&tip.commit)).await.unwrap_err();
    assert!(matches!(error, PushError::Moved(_)), "{error:?}");
    assert_eq!(bare.tip("main"), first.as_str());
}

#[tokio::test]
async fn a_failure_that_is_no_refusal_of_less_is_an_error_at_once() {
    let (_bare, mut server, mut mirror) = world().await;
    server.requests();
    server.say("fault pass info/refs");
    server.say("fault status info/refs 418");
    let error = mirror.fetch(&branch("main")).await.unwrap_err();
    assert!(matches!(error, RemoteError::Failed { .. }), "{error:?}");
    assert_eq!(
        server.requests(),
        [
            "GET info/refs?service=git-upload-pack 401 -",
            "GET info/refs?service=git-upload-pack 418 x-access-token"
        ]
    );
}

#[tokio::test]
async fn a_fetch_is_tried_again() {
    for fault in [
        "cut info/refs",
        "status info/refs 503",
        "cut git-upload-pack",
        "half git-upload-pack",
        "status git-upload-pack 502",
    ] {
        let (bare, mut server, mut mirror) = world().await;
        server.say(&format!("fault {fault}"));
        assert_eq!(main_of(&mut mirror).await.commit.as_str(), bare.tip("main"), "{fault}");
        server.say(&format!("fault {fault}"));
        let tip = main_of(&mut mirror).await.commit;
        assert!(mirror.read(&tip, &["run.sh"]).await.unwrap()[0].is_some(), "{fault}");
    }
}

#[tokio::test]
async fn a_server_that_gives_everything_or_nothing_will_do() {
    for settings in [
        &["setting uploadpack.allowFilter false"][..],
        &["protocol 0"],
        &["protocol 0", "setting uploadpack.allowFilter false"],
    ] {
        let (bare, mut server, mut mirror) = world().await;
        for setting in settings {
            server.say(setting);
        }
        let tip = main_of(&mut mirror).await;
        let found = mirror.read(&tip.commit, &["run.sh", "values/dev.yaml"]).await.unwrap();
        assert_eq!(found[1].as_ref().unwrap().1, b"tag: v1\n", "{settings:?}");
        let made = write(&mirror, &tip.commit, "values/dev.yaml", "tag: v2\n").await;
        mirror.push(&made, &branch("main"), Some(&tip.commit)).await.unwrap();
        assert_eq!(bare.tip("main"), made.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_is_not_answered_in_time_is_in_doubt() {
    for fault in ["hold", "hold-reply"] {
        let (bare, mut server, mut mirror) = world().await;
        let tip = main_of(&mut mirror).await;
        drop(mirror);
        let deadline = Deadline::after(Duration::from_secs(4));
        let mut mirror = Mirror::open(&server.url("r.git"), &token("hunter2"), 5, deadline).await.unwrap();
        main_of(&mut mirror).await;
        let made = write(&mirror, &tip.commit, "a", "1").await;
        server.say(&format!("fault {fault} git-receive-pack"));
        let expected = made.clone();
        let push = tokio::spawn(async move { mirror.push(&made, &branch("main"), Some(&tip.commit)).await });
        server.say("held");
        let error = push.await.unwrap().unwrap_err();
        assert!(matches!(&error, PushError::InDoubt(text) if text.contains("had not ended")), "{error:?}");
        // It depends on the host alone: the one that was held before the effect takes effect now.
        server.say("release");
        if fault == "hold-reply" {
            assert_eq!(bare.tip("main"), expected.as_str());
        }
    }
}

#[tokio::test]
async fn a_fetch_that_is_not_answered_in_time_says_so() {
    let (_bare, mut server, _) = world().await;
    server.say("fault hold info/refs");
    let deadline = Deadline::after(Duration::from_secs(1));
    let mut mirror = Mirror::open(&server.url("r.git"), &token("hunter2"), 5, deadline).await.unwrap();
    let error = mirror.fetch(&branch("main")).await.unwrap_err();
    assert!(matches!(&error, RemoteError::TimedOut { command, .. } if command == "fetch"), "{error}");
    server.say("release");
}
