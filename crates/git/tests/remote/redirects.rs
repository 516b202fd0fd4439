//! Where a redirect leads, and what goes with it.

use git::RemoteError;

use crate::{
    server::Server,
    support::{branch, main_of, world, write},
};

#[tokio::test]
async fn the_token_does_not_follow_a_redirect_to_another_host() {
    let (bare, mut server, mut mirror) = world().await;
    let mut other = Server::start(bare.root.path(), &["hunter2=write"]);
    server.say(&format!("fault redirect info/refs http://127.0.0.1:{}", other.port));
    let error = mirror.fetch(&branch("main")).await.unwrap_err();
    assert!(matches!(error, RemoteError::Denied { .. }), "{error}");
    assert!(!error.to_string().contains("hunter2"));
    let requests = other.requests();
    assert!(!requests.is_empty() && requests.iter().all(|line| line.ends_with("401 -")), "{requests:?}");
}

#[tokio::test]
async fn the_token_does_not_follow_a_late_redirect_either() {
    let (bare, mut server, mut mirror) = world().await;
    let mut other = Server::start(bare.root.path(), &["hunter2=write"]);
    // The first request is answered with 401, the second one, which has the token, with the redirect.
    server.say("fault status info/refs 401");
    server.say(&format!("fault redirect info/refs http://127.0.0.1:{}", other.port));
    mirror.fetch(&branch("main")).await.unwrap_err();
    let requests = other.requests();
    assert!(!requests.is_empty() && requests.iter().all(|line| line.ends_with("401 -")), "{requests:?}");
}

#[tokio::test]
async fn a_repository_that_was_renamed_is_found_at_its_new_name() {
    let (bare, mut server, mut mirror) = world().await;
    std::fs::create_dir(bare.root.path().join("new")).unwrap();
    std::os::unix::fs::symlink(bare.path(), bare.root.path().join("new/r.git")).unwrap();
    server.say(&format!("fault redirect info/refs http://127.0.0.1:{}/new", server.port));
    let tip = main_of(&mut mirror).await;
    server.say(&format!("fault redirect info/refs http://127.0.0.1:{}/new", server.port));
    let made = write(&mirror, &tip.commit, "a", "1").await;
    mirror.push(&made, &branch("main"), Some(&tip.commit)).await.unwrap();
    assert_eq!(bare.tip("main"), made.as_str());
}
