//! Access and refusals, over HTTP.

use std::fmt::Write as _;

use git::{Access, PushError, RemoteError};

use crate::{
    server::{self, Server},
    support::{Bare, branch, main_of, open_with, token, world, write},
};

#[tokio::test]
async fn one_bump_takes_one_fetch_for_the_branch_one_for_the_files_and_one_push() {
    let (bare, mut server, mut mirror) = world().await;
    // Text that does not get shorter when it is compressed.
    let mut state = 1_u64;
    let mut large = String::new();
    while large.len() < 100_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        write!(large, "{:08x}", state >> 32).unwrap();
    }
    let tip = bare.tip("main");
    bare.import(&format!(
        "commit refs/heads/main\ncommitter alice <alice@example.org> 1700000000 +0000\ndata 3\ntwo\
         from {tip}\nM 100644 inline large\ndata {}\n{large}\n",
        large.len()
    ));
    let tip = main_of(&mut mirror).await;
    let files = mirror.read(&tip.commit, &["values/dev.yaml", "run.sh"]).await.unwrap();
    assert!(files.iter().all(Option::is_some));
    let made = write(&mirror, &tip.commit, "values/dev.yaml", "tag: v2\n").await;
    mirror.push(&made, &branch("main"), Some(&tip.commit)).await.unwrap();
    assert_eq!(bare.tip("main"), made.as_str());
    let requests = server.say("requests");
    let sent: usize =
        requests.iter().map(|line| line.split(' ').nth(4).unwrap().parse::<usize>().unwrap()).sum();
    assert!(sent < 5_000, "{sent} bytes: the large file was not asked for");
    let short: Vec<String> = requests.iter().map(|line| server::short(line)).collect();
    assert_eq!(
        short,
        [
            "GET info/refs?service=git-upload-pack 401 -",
            "GET info/refs?service=git-upload-pack 200 x-access-token",
            "POST git-upload-pack 200 x-access-token",
            "POST git-upload-pack 200 x-access-token",
            "GET info/refs?service=git-upload-pack 401 -",
            "GET info/refs?service=git-upload-pack 200 x-access-token",
            "POST git-upload-pack 200 x-access-token",
            "GET info/refs?service=git-receive-pack 401 -",
            "GET info/refs?service=git-receive-pack 200 x-access-token",
            "POST git-receive-pack 200 x-access-token",
        ]
    );
}

#[tokio::test]
async fn who_may_not_is_told_so() {
    let bare = Bare::new();
    let mut server = Server::start(bare.root.path(), &["hunter2=write", "looker=read"]);
    let url = server.url("r.git");
    for access in [token("wrong"), Access::default(), token("")] {
        let error = open_with(&url, &access).await.fetch(&branch("main")).await.unwrap_err();
        assert!(matches!(error, RemoteError::Denied { .. }), "{error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
    let mut reader = open_with(&url, &token("looker")).await;
    let tip = main_of(&mut reader).await;
    let made = write(&reader, &tip.commit, "a", "1").await;
    let error = reader.push(&made, &branch("main"), Some(&tip.commit)).await.unwrap_err();
    assert!(matches!(error, PushError::Failed(RemoteError::Denied { .. })), "{error:?}");
    assert!(error.to_string().contains("this token may not write"), "{error}");
    let error =
        open_with(&server.url("nope.git"), &token("hunter2")).await.fetch(&branch("main")).await.unwrap_err();
    assert!(matches!(error, RemoteError::NotFound { .. }), "{error}");
    server.say("requests");
    drop(server);
    let error = open_with(&url, &token("hunter2")).await.fetch(&branch("main")).await.unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn the_user_of_the_url_goes_with_the_token() {
    let (_bare, mut server, _) = world().await;
    let url = server.url("r.git").to_string().replace("://", "://oauth2@").parse().unwrap();
    main_of(&mut open_with(&url, &token("hunter2")).await).await;
    assert!(server.requests().iter().any(|line| line.ends_with("200 oauth2")));
}

#[tokio::test]
async fn a_hook_refuses_in_its_own_words() {
    let (bare, _server, mut mirror) = world().await;
    let tip = main_of(&mut mirror).await;
    let made = write(&mirror, &tip.commit, "a", "1").await;
    for (hook, words) in [
        ("pre-receive", "GitLab: You are not allowed to push code to protected branches on this project."),
        ("update", "error: GH006: Protected branch update failed for refs/heads/main."),
    ] {
        bare.hook(hook, &format!("#!/bin/sh\necho '{words}' >&2\nexit 1\n"));
        let error = mirror.push(&made, &branch("main"), Some(&tip.commit)).await.unwrap_err();
        assert!(matches!(&error, PushError::Rejected(text) if text.contains(words)), "{error:?}");
        bare.hook(hook, "#!/bin/sh\n");
    }
    assert_eq!(bare.tip("main"), tip.commit.as_str());
    mirror.push(&made, &branch("main"), Some(&tip.commit)).await.unwrap();
}
