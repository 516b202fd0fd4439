//! Over SSH, through OpenSSH's own server.

use git::{Access, Mirror, RemoteError};
use model::Secret;

use crate::{
    sshd::Sshd,
    support::{Bare, branch, deadline, main_of, write},
};

fn access(key: &str, known_hosts: String) -> Access {
    Access { ssh_key: Some(Secret::new(key)), known_hosts: Some(known_hosts), ..Access::default() }
}

#[tokio::test]
async fn a_key_reads_and_writes() {
    // Without `AcceptEnv` git speaks the old protocol, in which nothing is fetched by its id.
    for extra in ["AcceptEnv GIT_PROTOCOL", ""] {
        let Some(sshd) = Sshd::start(extra) else { return };
        let bare = Bare::new();
        // As an input hands it over: without the line break at the end.
        let access = access(sshd.key("client").trim_end(), sshd.known_hosts("host"));
        let mut mirror = Mirror::open(&sshd.url(&bare.path()), &access, 5, deadline()).await.unwrap();
        let tip = main_of(&mut mirror).await;
        let files = mirror.read(&tip.commit, &["values/dev.yaml"]).await.unwrap();
        assert_eq!(files[0].as_ref().unwrap().1, b"tag: v1\n");
        let made = write(&mirror, &tip.commit, "values/dev.yaml", "tag: v2\n").await;
        mirror.push(&made, &branch("main"), Some(&tip.commit)).await.unwrap();
        assert_eq!(bare.tip("main"), made.as_str());
    }
}

#[tokio::test]
async fn who_is_not_known_is_not_trusted() {
    let Some(sshd) = Sshd::start("") else { return };
    let bare = Bare::new();
    let url = sshd.url(&bare.path());
    let (client, stranger, host) = (sshd.key("client"), sshd.key("stranger"), sshd.known_hosts("host"));
    let other =
        "git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    for (access, kind) in [
        (access(&client, other.to_owned()), "host key"),
        (access(&client, sshd.known_hosts("stranger")), "host key"),
        (access(&stranger, host.clone()), "denied"),
        (access("not a key", host.clone()), "denied"),
    ] {
        let mut mirror = Mirror::open(&url, &access, 5, deadline()).await.unwrap();
        let error = mirror.fetch(&branch("main")).await.unwrap_err();
        match kind {
            "host key" => assert!(matches!(error, RemoteError::HostKey { .. }), "{error}"),
            _ => assert!(matches!(error, RemoteError::Denied { .. }), "{error}"),
        }
    }
    let url = sshd.url(&bare.root.path().join("nope.git"));
    let mut mirror = Mirror::open(&url, &access(&client, host), 5, deadline()).await.unwrap();
    let error = mirror.fetch(&branch("main")).await.unwrap_err();
    assert!(matches!(error, RemoteError::NotFound { .. }), "{error}");
}
