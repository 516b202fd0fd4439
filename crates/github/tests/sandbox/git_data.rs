//! Commits through Git's database, and branches that move by compare-and-swap.

use github::{
    compare,
    git_data::{self, NewCommit, NewFile},
    refs::{self, RefError},
    snapshot::{self, Snapshot},
};
use sandbox::{
    faults::{Effect, Fault},
    github::BranchRules,
};

use crate::world::{FILE, Place, REPO, main_branch, repository};

const WRITE: &[(&str, &str)] = &[("contents", "write")];

async fn read(github: &github::GitHub, paths: &[&str]) -> Snapshot {
    let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
    snapshot::read(github, &repository(), &main_branch(), &paths, 5).await.unwrap()
}

#[tokio::test]
async fn modes_symlinks_and_bytes_are_kept() {
    let place = Place::new().await;
    let github = place.of("deploy[bot]", WRITE);
    let before = read(&github, &[]).await;
    let files = [
        NewFile { path: FILE, mode: 0o100_644, bytes: b"tag: new\r\n" },
        NewFile { path: "run.sh", mode: 0o100_755, bytes: b"#!/bin/sh\n" },
        NewFile { path: "dev/current", mode: 0o120_000, bytes: b"values.yaml" },
        NewFile { path: "bom.yaml", mode: 0o100_644, bytes: b"\xef\xbb\xbfa: 1\n" },
        NewFile { path: "raw", mode: 0o100_644, bytes: b"\xff\x00\xfe" },
    ];
    let repository = repository();
    let commit = NewCommit {
        repository: &repository,
        parent: &before.head,
        tree: &before.tree,
        message: "bump\n\nwhy",
        files: &files,
    };
    // Each of its calls can lose its reply.
    for path in ["/git/blobs", "/git/trees", "/git/commits"] {
        let faults = &place.sandbox.world().faults;
        faults.add(Fault::once("github", "POST", path, Effect::DropAfter));
    }
    let made = git_data::create(&github, &commit).await.unwrap();
    assert_eq!(made.verified, Some(true));
    assert!(made.url.contains(made.oid.as_str()), "{}", made.url);
    assert_eq!(place.tip("main").await, before.head, "no branch has moved");
    refs::move_from(&github, &before.repository_id, &main_branch(), &before.head, &made.oid, false)
        .await
        .unwrap();
    let after = read(&github, &[FILE, "run.sh", "dev/current", "bom.yaml", "raw", "app.py"]).await;
    assert_eq!(after.history[0].message, "bump\n\nwhy");
    assert_eq!((after.head, after.history.len()), (made.oid, 2));
    for (file, found) in files.iter().zip(&after.files) {
        let found = found.as_ref().unwrap();
        assert_eq!((found.mode, found.bytes.as_slice()), (file.mode, file.bytes), "{}", file.path);
    }
    assert_eq!(after.files[5].as_ref().unwrap().bytes, b"1\n");
}

#[tokio::test]
async fn a_person_s_commit_is_not_verified() {
    let place = Place::new().await;
    let github = place.of("alice", WRITE);
    let before = read(&github, &[]).await;
    let repository = repository();
    let files = [NewFile { path: FILE, mode: 0o100_644, bytes: b"tag: new\n" }];
    let commit = NewCommit {
        repository: &repository,
        parent: &before.head,
        tree: &before.tree,
        message: "bump",
        files: &files,
    };
    assert_eq!(git_data::create(&github, &commit).await.unwrap().verified, Some(false));
}

#[tokio::test]
async fn a_swap_tells_what_it_found() {
    let place = Place::new().await;
    let github = place.of("deploy[bot]", WRITE);
    let before = read(&github, &[]).await;
    let main = main_branch();
    let first = before.head;
    let second = place.state().commit_files(REPO, "main", "alice", "m", &[("a", b"a")]).await.unwrap();
    let second = second.parse().unwrap();
    let swap =
        async |from, to, force| refs::move_from(&github, &before.repository_id, &main, from, to, force).await;
    assert!(matches!(swap(&first, &second, false).await, Err(RefError::NotFastForward(_))), "stale");
    assert!(matches!(swap(&second, &first, false).await, Err(RefError::NotFastForward(_))), "back");
    swap(&second, &first, true).await.unwrap();
    assert_eq!(place.tip("main").await, first);
    place.state().add_rules(REPO, BranchRules::pull_requests_only("main"));
    let refused = swap(&first, &second, false).await.unwrap_err();
    assert!(matches!(&refused, RefError::RuleViolated(said) if said.says("through a pull request")));
    let reader = place.of("github-actions[bot]", &[("contents", "read")]);
    let denied = refs::move_from(&reader, &before.repository_id, &main, &first, &second, false).await;
    let Err(RefError::Api(denied)) = denied else { panic!("{denied:?}") };
    let failure = denied.into_failure("move `main`");
    insta::assert_snapshot!(format!("{failure}\n{}", failure.remedy), @r"
    cannot move `main`: GitHub answered 403: Resource not accessible by integration (permission-denied)
    `POST /graphql (mutation MoveRef)` needs `contents: write` in the job's `permissions:` (or the same permission of the GitHub App).
    ");
}

#[tokio::test]
async fn an_archived_repository_says_so_in_both_interfaces() {
    let place = Place::new().await;
    let github = place.of("deploy[bot]", WRITE);
    let before = read(&github, &[]).await;
    place.state().archive(REPO);
    let made = refs::create(&github, &repository(), &"x".parse().unwrap(), &before.head).await;
    let moved =
        refs::move_from(&github, &before.repository_id, &main_branch(), &before.head, &before.head, true)
            .await;
    for result in [made, moved] {
        let Err(RefError::Api(error)) = result else { panic!("{result:?}") };
        assert_eq!(error.into_failure("write").code.id, "repository-archived");
    }
}

#[tokio::test]
async fn what_a_branch_has_and_another_lacks() {
    let place = Place::new().await;
    let github = place.of("deploy[bot]", WRITE);
    let first = place.tip("main").await;
    place.state().create_branch(REPO, "x", "main").await.unwrap();
    for text in ["one", "two"] {
        place.state().commit_files(REPO, "x", "alice", text, &[(FILE, text.as_bytes())]).await.unwrap();
    }
    place.state().commit_files(REPO, "main", "alice", "m", &[("m", b"m")]).await.unwrap();
    let (main, x) = (place.tip("main").await, place.tip("x").await);
    let lead = compare::lead(&github, &repository(), &main, &x).await.unwrap();
    let messages: Vec<&str> = lead.commits.iter().map(|commit| commit.message.as_str()).collect();
    assert_eq!(messages, ["one", "two"]);
    assert_eq!((lead.behind_by, &lead.merge_base, lead.is_complete), (1, &first, true));
    let paths = [FILE.to_owned(), "m".to_owned()];
    let files = snapshot::read_at(&github, &repository(), &first, &paths).await.unwrap();
    assert_eq!(files[0].as_ref().unwrap().bytes, b"tag: old\n");
    assert!(files[1].is_none());
}
