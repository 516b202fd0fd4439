//! Reading and writing a repository in a directory of this machine.

use crate::support::{Bare, alice, branch, deadline, main_of, open, write};
use git::{Access, Mirror, NewCommit, NewFile, PushError, RemoteError};

#[tokio::test]
async fn reads_files_and_history() {
    let bare = Bare::new();
    let mut mirror = open(&bare.url()).await;
    let tip = main_of(&mut mirror).await;
    assert_eq!(tip.commit.as_str(), bare.tip("main"));
    assert_eq!(tip.history, [(tip.commit.clone(), "one".to_owned())]);
    let paths = ["run.sh", "values/dev.yaml", "nope", "values", "link", "a b/é.yaml", "run.sh", "run.sh/x"];
    let files = mirror.read(&tip.commit, &paths).await.unwrap();
    let file = |mode: u32, bytes: &[u8]| Some((mode, bytes.to_vec()));
    assert_eq!(
        files,
        [
            file(0o100_755, b"#!/bin/sh\n"),
            file(0o100_644, b"tag: v1\n"),
            None,
            None,
            file(0o120_000, b"values/dev.yaml"),
            file(0o100_644, b"x\r\n"),
            file(0o100_755, b"#!/bin/sh\n"),
            None,
        ]
    );
    assert_eq!(mirror.read(&tip.commit, &[""; 0]).await.unwrap(), []);
    assert!(matches!(mirror.read(&tip.commit, &["../x"]).await, Err(RemoteError::BadFile { .. })));
}

#[tokio::test]
async fn writes_a_commit_that_changes_only_its_files() {
    let bare = Bare::new();
    let mut mirror = open(&bare.url()).await;
    let tip = main_of(&mut mirror).await;
    let files = [
        NewFile { path: "values/dev.yaml", mode: 0o100_644, bytes: b"tag: v2\n" },
        NewFile { path: "new dir/\"q\"\\n", mode: 0o100_755, bytes: b"" },
        NewFile { path: "link", mode: 0o120_000, bytes: b"run.sh" },
    ];
    let message = "bump\n\nBump-Run: 1\n";
    let commit = NewCommit { parent: &tip.commit, message, author: Some(&alice()), files: &files };
    let made = mirror.commit(&commit).await.unwrap();
    mirror.push(&made, &branch("main"), Some(&tip.commit)).await.unwrap();
    assert_eq!(bare.tip("main"), made.as_str());
    assert_eq!(
        bare.git(&["log", "-1", "--format=%an <%ae> %cn %P%n%B"]),
        format!("alice <alice@example.org> alice {}\nbump\n\nBump-Run: 1", tip.commit)
    );
    assert_eq!(
        bare.git(&["diff-tree", "-r", "-z", "--name-status", &tip.commit.to_string(), made.as_str()]),
        "M\0link\0A\0new dir/\"q\"\\n\0M\0values/dev.yaml\0"
    );
    assert_eq!(
        bare.git(&["ls-tree", "--format=%(objectmode)", "main", "new dir/\"q\"\\n", "link"]),
        "120000\n100755"
    );
    bare.git(&["fsck", "--strict"]);
    // The commit can be read before and after, by the one who made it.
    let again = main_of(&mut mirror).await;
    assert_eq!((&again.commit, again.history.len()), (&made, 2));
    assert_eq!(
        mirror.read(&made, &["values/dev.yaml"]).await.unwrap()[0],
        Some((0o100_644, b"tag: v2\n".to_vec()))
    );
}

#[tokio::test]
async fn a_branch_moves_only_from_where_it_was_read_and_only_forward() {
    let bare = Bare::new();
    let (mut one, mut two) = (open(&bare.url()).await, open(&bare.url()).await);
    let (tip, same) = (main_of(&mut one).await, main_of(&mut two).await);
    assert_eq!(tip, same);
    let first = write(&one, &tip.commit, "a", "1").await;
    let second = write(&two, &tip.commit, "a", "2").await;
    one.push(&first, &branch("main"), Some(&tip.commit)).await.unwrap();
    let error = two.push(&second, &branch("main"), Some(&tip.commit)).await.unwrap_err();
    assert!(matches!(error, PushError::Moved(_)), "{error:?}");
    assert_eq!(bare.tip("main"), first.as_str());
    // The right expectation does not make a commit beside the branch acceptable: nothing is ever forced.
    main_of(&mut two).await;
    let error = two.push(&second, &branch("main"), Some(&first)).await.unwrap_err();
    assert!(
        matches!(&error, PushError::Failed(RemoteError::Failed { text, .. }) if text.contains("does not descend")),
        "{error:?}"
    );
    assert_eq!(bare.tip("main"), first.as_str());
    // A branch that went back is one that moved too, though the push would be a fast-forward.
    bare.git(&["update-ref", "refs/heads/main", tip.commit.as_str()]);
    let third = write(&one, &first, "a", "3").await;
    let error = one.push(&third, &branch("main"), Some(&first)).await.unwrap_err();
    assert!(matches!(error, PushError::Moved(_)), "{error:?}");
    assert_eq!(bare.tip("main"), tip.commit.as_str());
}

#[tokio::test]
async fn a_new_branch_must_be_new() {
    let bare = Bare::new();
    let mut mirror = open(&bare.url()).await;
    assert_eq!(mirror.fetch(&branch("bump/x")).await.unwrap(), None);
    let tip = main_of(&mut mirror).await;
    let made = write(&mirror, &tip.commit, "a", "1").await;
    mirror.push(&made, &branch("bump/x"), None).await.unwrap();
    assert_eq!(bare.tip("bump/x"), made.as_str());
    let error = mirror.push(&made, &branch("main"), None).await.unwrap_err();
    assert!(matches!(error, PushError::Moved(_)), "{error:?}");
    assert_eq!(bare.tip("main"), tip.commit.as_str());
}

#[tokio::test]
async fn an_empty_repository_has_no_branch() {
    let bare = Bare::empty();
    assert_eq!(open(&bare.url()).await.fetch(&branch("main")).await.unwrap(), None);
}

#[tokio::test]
async fn a_file_does_not_take_the_place_of_a_directory() {
    let bare = Bare::new();
    let mut mirror = open(&bare.url()).await;
    let tip = main_of(&mut mirror).await;
    for (path, reason) in [
        ("values", "`values` cannot be written: it is a directory"),
        ("run.sh/x", "`run.sh` cannot be written: it is a file, not a directory"),
        ("values/dev.yaml/x/y", "`values/dev.yaml` cannot be written: it is a file, not a directory"),
        ("link/x", "`link` cannot be written: it is a file, not a directory"),
        ("a/../x", "`a/../x` cannot be written: it has an empty part, `.` or `..` in it"),
    ] {
        let files = [NewFile { path, mode: 0o100_644, bytes: b"" }];
        let commit = NewCommit { parent: &tip.commit, message: "x", author: None, files: &files };
        assert_eq!(mirror.commit(&commit).await.unwrap_err().to_string(), reason);
    }
}

#[tokio::test]
async fn a_missing_repository_is_not_found() {
    let bare = Bare::empty();
    let url = format!("file://{}/nope.git", bare.root.path().display()).parse().unwrap();
    let mut mirror = Mirror::open(&url, &Access::default(), 1, deadline()).await.unwrap();
    let error = mirror.fetch(&branch("main")).await.unwrap_err();
    assert!(matches!(error, RemoteError::NotFound { .. }), "{error}");
}
