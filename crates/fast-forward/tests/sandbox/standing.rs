//! The one pull request, for what needs a person.

use sandbox::{
    faults::{Effect, Fault},
    stop::When,
};

use crate::world::{Product, REPO};

/// Brings dev to the commit.
async fn promote(product: &Product, sha: &str) -> crate::world::Ended {
    product.run(&["--branch=dev", &format!("--to={sha}")]).await
}

#[tokio::test]
async fn a_conflict_opens_one_pull_request_and_later_ones_add_to_it() {
    let product = Product::new().await;
    let github = &product.world().github;
    let own = product.commit("dev", "app.py", "ours\n").await;
    let first_sha = product.commit("prod", "app.py", "theirs\n").await;
    let first = promote(&product, &first_sha).await;
    assert_eq!((first.output("updated"), first.output("result")), ("false", "pull-request"), "{}", first.log);

    let second_sha = product.commit("prod", "app.py", "theirs again\n").await;
    let second = promote(&product, &second_sha).await;
    assert_eq!(first.output("pull-request"), second.output("pull-request"), "{}", second.log);
    assert_eq!(product.tip("day2/sync-dev").await, second_sha);

    // A re-run of the first promotion takes nothing back.
    promote(&product, &first_sha).await;
    assert_eq!(product.tip("day2/sync-dev").await, second_sha);
    let pulls = github.pulls(REPO);
    assert_eq!((pulls.len(), product.tip("dev").await), (1, own));

    // Closed without a merge: the next promotion opens another, from the same branch.
    github.close_pull(REPO, pulls[0].number, "maria");
    let third = promote(&product, &second_sha).await;
    assert_ne!(third.output("pull-request"), first.output("pull-request"), "{}", third.log);
}

#[tokio::test]
async fn a_solved_conflict_is_kept_while_its_pull_request_is_open() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "ours\n").await;
    let first = product.commit("prod", "app.py", "theirs\n").await;
    promote(&product, &first).await;
    let solved = product.commit("day2/sync-dev", "notes.txt", "solved\n").await;
    let second = product.commit("prod", "values/prod.yaml", "tag: c\n").await;
    let ended = promote(&product, &second).await;
    assert_eq!(ended.output("result"), "pull-request", "{}", ended.log);
    for sha in [&solved, &second] {
        assert!(product.world().github.contains(REPO, "day2/sync-dev", sha).await);
    }
}

#[tokio::test]
async fn a_pull_request_that_another_run_opens_meanwhile_is_adopted() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "ours\n").await;
    let sha = product.commit("prod", "app.py", "theirs\n").await;
    let one = promote(&product, &sha).await;
    // The other run listed before the first one's was there.
    let nothing = Effect::Reply {
        status: 200,
        body: "[]".to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    // The list with `head` is the one of the step that opens it.
    product.world().faults.add(Fault::once("github", "GET", "&head=", nothing));
    let two = promote(&product, &sha).await;
    assert_eq!(one.output("pull-request"), two.output("pull-request"), "{} {}", one.log, two.log);
    assert_eq!(product.world().github.pulls(REPO).len(), 1);
}

#[tokio::test]
async fn a_pull_request_whose_answer_is_lost_is_found() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "ours\n").await;
    let sha = product.commit("prod", "app.py", "theirs\n").await;
    product.world().faults.add(Fault::once("github", "POST", "/pulls", Effect::DropAfter));
    let ended = promote(&product, &sha).await;
    assert_eq!(ended.output("result"), "pull-request", "{}", ended.log);
    assert_eq!(product.world().github.pulls(REPO).len(), 1);
}

#[tokio::test]
async fn a_second_conflict_is_said() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "ours\n").await;
    let first = product.commit("prod", "app.py", "theirs\n").await;
    promote(&product, &first).await;
    product.commit("day2/sync-dev", "app.py", "solved\n").await;
    let second = product.commit("prod", "app.py", "theirs again\n").await;
    let ended = promote(&product, &second).await;
    assert_eq!((ended.code(), ended.output("result")), ("", "pull-request-conflict"), "{}", ended.log);
    assert_eq!(ended.output("pull-request"), product.world().github.pulls(REPO)[0].number.to_string());
    assert!(!product.world().github.contains(REPO, "day2/sync-dev", &second).await);
}

#[tokio::test]
async fn a_lost_answer_about_the_pull_requests_branch_is_found_out() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "ours\n").await;
    let first = product.commit("prod", "app.py", "theirs\n").await;
    product.world().faults.add(Fault::once("github", "POST", "/git/refs", Effect::DropAfter));
    let opened = promote(&product, &first).await;
    assert_eq!((opened.code(), opened.output("result")), ("", "pull-request"), "{}", opened.log);
    product.commit("day2/sync-dev", "notes.txt", "solved\n").await;
    let second = product.commit("prod", "values/prod.yaml", "tag: c\n").await;
    // The first merge is the one into dev, which conflicts.
    let lost = Fault::once("github", "POST", "/merges", Effect::DropAfter);
    product.world().faults.add(Fault { skip: 1, ..lost });
    let ended = promote(&product, &second).await;
    assert_eq!((ended.code(), ended.output("result")), ("", "pull-request"), "{}", ended.log);
    assert!(product.world().github.contains(REPO, "day2/sync-dev", &second).await);
}

#[tokio::test]
async fn what_the_branch_gets_by_another_way_is_closed_by_github() {
    let product = Product::new().await;
    let github = &product.world().github;
    product.commit("dev", "app.py", "ours\n").await;
    let first = product.commit("prod", "app.py", "theirs\n").await;
    let waits = promote(&product, &first).await;
    // dev takes its own change back, so that nothing conflicts any more.
    product.commit("dev", "app.py", "v1\n").await;
    let second = product.commit("prod", "values/prod.yaml", "tag: c\n").await;
    let merged = promote(&product, &second).await;
    assert_eq!(merged.output("result"), "back-merged", "{}", merged.log);
    assert_eq!(merged.output("closed-pull-requests"), waits.output("pull-request"));
    assert!(github.pulls(REPO)[0].merged);

    // Its branch is left, and used again.
    product.commit("dev", "app.py", "ours again\n").await;
    let third = product.commit("prod", "app.py", "theirs again\n").await;
    let waits = promote(&product, &third).await;
    assert_eq!(waits.output("pull-request"), "2", "{}", waits.log);
    assert_eq!(github.pulls(REPO)[1].head_sha, third);
}

#[tokio::test]
async fn what_was_rejected_does_not_come_back() {
    for after_closing in [false, true] {
        let product = Product::new().await;
        let github = &product.world().github;
        product.commit("dev", "app.py", "ours\n").await;
        let sha = product.commit("prod", "app.py", "theirs\n").await;
        promote(&product, &sha).await;
        let rejected = product.commit("day2/sync-dev", "evil.py", "x\n").await;
        github.close_pull(REPO, 1, "maria");
        if after_closing {
            product.commit("day2/sync-dev", "more.py", "x\n").await;
        }
        let again = promote(&product, &sha).await;
        assert_eq!(
            (again.output("result"), again.output("pull-request")),
            ("pull-request", "2"),
            "{}",
            again.log
        );
        assert!(!github.contains(REPO, "day2/sync-dev", &rejected).await);
        assert_eq!(
            (product.tip("day2/sync-dev").await, &github.pulls(REPO)[1].head_sha),
            (sha.clone(), &sha)
        );
    }
}

#[tokio::test]
async fn a_branch_without_a_pull_request_keeps_what_comes_from_the_source() {
    for (from_source, argument) in [(true, "--source=prod"), (true, ""), (false, "--source=prod")] {
        let product = Product::new().await;
        let github = &product.world().github;
        product.commit("dev", "app.py", "ours\n").await;
        let sha = product.commit("prod", "app.py", "theirs\n").await;
        // Another run that has not opened its pull request yet, or whoever may push.
        let left = if from_source { "prod" } else { "other" };
        github.create_branch(REPO, "other", &sha).await.unwrap();
        let newer = product.commit(left, "app.py", "newer\n").await;
        github.create_branch(REPO, "day2/sync-dev", left).await.unwrap();
        let to = format!("--to={sha}");
        let argv: Vec<&str> =
            ["--branch=dev", &to, argument].into_iter().filter(|one| !one.is_empty()).collect();
        let ended = product.run(&argv).await;
        assert_eq!(ended.output("result"), "pull-request", "{}", ended.log);
        assert_eq!(product.tip("day2/sync-dev").await, if from_source { newer } else { sha });
    }
}

#[tokio::test]
async fn a_branch_that_is_taken_back_just_before_the_pull_request_is_brought_forward_again() {
    let product = Product::new().await;
    let github = &product.world().github;
    product.commit("dev", "app.py", "ours\n").await;
    let older = product.commit("prod", "app.py", "older\n").await;
    let newer = product.commit("prod", "app.py", "newer\n").await;
    let opening = product.world().faults.hold("github", "POST", "/pulls", When::BeforeEffect);
    let (ended, ()) = tokio::join!(promote(&product, &newer), async {
        opening.reached().await;
        github.force_branch(REPO, "day2/sync-dev", "maria", Some(&older)).await.unwrap();
        opening.let_go();
    });
    assert_eq!(ended.output("result"), "pull-request", "{}", ended.log);
    assert!(ended.log.contains("opened "), "{}", ended.log);
    assert_eq!(product.tip("day2/sync-dev").await, newer);
}

#[tokio::test]
async fn a_run_that_is_late_takes_nothing_from_a_pull_request_that_was_just_opened() {
    let product = Product::new().await;
    let github = &product.world().github;
    product.commit("dev", "app.py", "ours\n").await;
    // Left over from a pull request that was closed, with a commit of a person.
    let old = product.commit("prod", "app.py", "theirs\n").await;
    promote(&product, &old).await;
    product.commit("day2/sync-dev", "app.py", "by hand\n").await;
    github.close_pull(REPO, 1, "maria");
    let older = product.commit("prod", "app.py", "older\n").await;
    let newer = product.commit("prod", "app.py", "newer\n").await;
    // The newer run is there between the older one's look and its write.
    github.force_before_next_update(REPO, "day2/sync-dev", "maria", &newer);
    let ended = promote(&product, &older).await;
    assert_eq!((ended.code(), ended.output("result")), ("", "pull-request"), "{}", ended.log);
    assert_eq!(product.tip("day2/sync-dev").await, newer);
}

#[tokio::test]
async fn many_runs_at_once_share_one_pull_request() {
    let product = Product::new().await;
    let github = &product.world().github;
    product.commit("dev", "app.py", "ours\n").await;
    let mut shas = Vec::new();
    for number in 0..6 {
        shas.push(product.commit("prod", "app.py", &format!("theirs {number}\n")).await);
    }
    let runs = tokio::join!(
        async { [promote(&product, &shas[3]).await, promote(&product, &shas[0]).await] },
        async { [promote(&product, &shas[5]).await, promote(&product, &shas[1]).await] },
        async { [promote(&product, &shas[4]).await, promote(&product, &shas[2]).await] },
    );
    for ended in [runs.0, runs.1, runs.2].as_flattened() {
        assert_eq!(
            (ended.output("result"), ended.output("pull-request")),
            ("pull-request", "1"),
            "{}",
            ended.log
        );
    }
    assert_eq!((github.pulls(REPO).len(), product.tip("day2/sync-dev").await), (1, shas[5].clone()));
}

#[tokio::test]
async fn words_that_a_person_wrote_stay() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "ours\n").await;
    let first = product.commit("prod", "app.py", "theirs\n").await;
    promote(&product, &first).await;
    let body = product.world().github.pulls(REPO)[0].body.clone();
    assert!(body.contains(&first), "{body}");
    let second = product.commit("prod", "app.py", "theirs again\n").await;
    promote(&product, &second).await;
    let again = product.world().github.pulls(REPO)[0].body.clone();
    assert_eq!(again, body.replace(&first, &second));
    // A run that comes late does not say that the older one is the newest.
    promote(&product, &first).await;
    assert_eq!(product.world().github.pulls(REPO)[0].body, again);
}

#[tokio::test]
async fn a_fork_with_a_branch_of_the_same_name_is_not_taken_for_it() {
    let product = Product::new().await;
    let github = &product.world().github;
    let fork = github.fork(REPO, "mallory").await.unwrap();
    github.create_branch(&fork, "day2/sync-dev", "dev").await.unwrap();
    github.commit_files(&fork, "day2/sync-dev", "mallory", "x", &[("x.py", b"evil\n")]).await.unwrap();
    github.open_pull(REPO, "mallory:day2/sync-dev", "dev", "mallory", "x").await.unwrap();
    product.commit("dev", "app.py", "ours\n").await;
    let sha = product.commit("prod", "app.py", "theirs\n").await;
    let dry = product
        .run(&["--branch=dev", &format!("--to={sha}"), "--on-diverged=pull-request", "--dry-run"])
        .await;
    assert_eq!(
        (dry.output("result"), dry.output("pull-request")),
        ("would-open-pull-request", ""),
        "{}",
        dry.log
    );
    let ended = promote(&product, &sha).await;
    assert_eq!(
        (ended.output("result"), ended.output("pull-request")),
        ("pull-request", "2"),
        "{}",
        ended.log
    );
    assert_eq!(github.pulls(REPO)[1].head_sha, sha);
}
