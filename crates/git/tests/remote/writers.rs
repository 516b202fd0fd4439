//! Many writers of one branch.

use git::{PushError, RemoteUrl};
use model::Deadline;

use crate::{
    server::Server,
    support::{Bare, branch, main_of, token, write},
};

const WRITERS: usize = 10;
const FILE: &str = "values.yaml";

/// Sets `key` in the file as it is now, again until it is there; returns how often it pushed.
async fn set(url: RemoteUrl, key: usize) -> usize {
    let deadline = Deadline::after(std::time::Duration::from_secs(300));
    // Fewer commits than there will be: each writer works on a history that is cut off.
    let mut mirror = git::Mirror::open(&url, &token("hunter2"), 2, deadline).await.unwrap();
    let mut pushes = 0;
    loop {
        let tip = main_of(&mut mirror).await;
        let read = mirror.read(&tip.commit, &[FILE]).await.unwrap();
        let old = String::from_utf8(read[0].clone().unwrap().1).unwrap();
        let new = old.replace(&format!("key{key}: old\n"), &format!("key{key}: new\n"));
        if new == old {
            return pushes;
        }
        let made = write(&mirror, &tip.commit, FILE, &new).await;
        pushes += 1;
        match mirror.push(&made, &branch("main"), Some(&tip.commit)).await {
            Ok(()) => return pushes,
            Err(PushError::Moved(_) | PushError::InDoubt(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

async fn all_at_once(faults: &[&str]) {
    let bare = Bare::empty();
    let text: String = (0..WRITERS).map(|key| format!("key{key}: old\n")).collect();
    let data = format!("data {}\n{text}\n", text.len());
    bare.import(&format!(
        "commit refs/heads/main\ncommitter alice <alice@example.org> 1700000000 +0000\ndata 3\none\
         M 100644 inline {FILE}\n{data}"
    ));
    let mut server = Server::start(bare.root.path(), &["hunter2=write"]);
    for fault in faults {
        server.say(&format!("fault {fault}"));
    }
    let writers: Vec<_> = (0..WRITERS).map(|key| tokio::spawn(set(server.url("r.git"), key))).collect();
    let mut pushes = 0;
    for writer in writers {
        pushes += writer.await.unwrap();
    }
    assert!(pushes >= WRITERS - 1, "one writer at most found its own commit without knowing of it");
    assert_eq!(bare.git(&["show", &format!("main:{FILE}")]), text.replace("old", "new").trim_end());
    assert_eq!(bare.git(&["rev-list", "--count", "main"]), (WRITERS + 1).to_string(), "one commit each");
    assert_eq!(bare.git(&["rev-list", "--min-parents=2", "main"]), "", "in one line");
    bare.git(&["fsck", "--strict"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_the_history_is_linear() {
    all_at_once(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_neither_lose_nor_repeat_a_commit() {
    all_at_once(&[
        "half git-receive-pack",
        "lose git-receive-pack",
        "cut git-receive-pack",
        "status git-receive-pack 502",
        "half git-receive-pack",
        "status info/refs 503",
        "cut git-upload-pack",
        "lose git-receive-pack",
    ])
    .await;
}
