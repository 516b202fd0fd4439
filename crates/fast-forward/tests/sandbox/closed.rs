//! Pull requests that GitHub closes since the branch has their commits now.

use std::collections::BTreeSet;

use sandbox::{
    faults::{Effect, Fault},
    stop::When,
};

use crate::world::{Product, REPO};

/// Two pull requests into dev whose heads go with the promotion, and one that has nothing to do with it.
async fn with_pulls(product: &Product) -> (String, [u64; 2]) {
    let github = &product.world().github;
    let older = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    github.create_branch(REPO, "older", &older).await.unwrap();
    let sha = product.commit("prod", "values/prod.yaml", "tag: c\n").await;
    github.create_branch(REPO, "feature/x", "dev").await.unwrap();
    product.commit("feature/x", "x.py", "x\n").await;
    let mut numbers = Vec::new();
    for head in ["older", "feature/x", "prod"] {
        numbers.push(github.open_pull(REPO, head, "dev", "alice", head).await.unwrap());
    }
    (sha, [numbers[0], numbers[2]])
}

fn open(product: &Product) -> BTreeSet<u64> {
    product.world().github.pulls(REPO).iter().filter(|pull| pull.open).map(|pull| pull.number).collect()
}

#[tokio::test]
async fn those_whose_head_the_branch_has_are_listed() {
    for diverges in [false, true] {
        let product = Product::new().await;
        let (sha, [older, newer]) = with_pulls(&product).await;
        if diverges {
            product.commit("dev", "app.py", "v2\n").await;
        }
        let ended = product.run(&["--branch=dev", &format!("--to={sha}")]).await;
        assert_eq!(ended.output("updated"), "true", "{}", ended.log);
        assert_eq!(ended.output("closed-pull-requests"), format!("{older},{newer}"), "{}", ended.log);
        assert_eq!(open(&product).len(), 1);
    }
}

/// What the list says after the branch was moved, so many times.
fn still_open(product: &Product, number: u64, sha: &str, times: Option<u32>) {
    let side = format!(r#"{{"ref":"prod","sha":"{sha}"}}"#);
    let effect = Effect::Reply {
        status: 200,
        body: format!(r#"[{{"number":{number},"state":"open","head":{side},"base":{side}}}]"#),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    let fault = Fault::once("github", "GET", "/pulls?state=open", effect);
    product.world().faults.add(Fault { skip: 1, times, ..fault });
}

#[tokio::test]
async fn it_is_waited_for_github_to_close_them() {
    let product = Product::new().await;
    let (sha, [older, newer]) = with_pulls(&product).await;
    still_open(&product, newer, &sha, Some(2));
    let ended = product.run(&["--branch=dev", &format!("--to={sha}")]).await;
    assert_eq!(ended.output("closed-pull-requests"), format!("{older},{newer}"), "{}", ended.log);
}

#[tokio::test]
async fn one_that_a_person_closes_meanwhile_is_not_called_merged() {
    let product = Product::new().await;
    let (sha, [older, newer]) = with_pulls(&product).await;
    let github = &product.world().github;
    let moving = product.world().faults.hold("github", "PATCH", "/git/refs/heads/dev", When::BeforeEffect);
    let argv = ["--branch=dev", &format!("--to={sha}")];
    let (ended, ()) = tokio::join!(product.run(&argv), async {
        moving.reached().await;
        github.close_pull(REPO, older, "maria");
        moving.let_go();
    });
    assert_eq!(ended.output("closed-pull-requests"), newer.to_string(), "{}", ended.log);
    assert!(ended.log.contains(&format!("#{older} now, which was closed without")), "{}", ended.log);
}

#[tokio::test]
async fn that_github_takes_its_time_is_no_failure() {
    let product = Product::new().await;
    let (sha, [older, newer]) = with_pulls(&product).await;
    still_open(&product, newer, &sha, None);
    let ended = product.run(&["--branch=dev", &format!("--to={sha}"), "--timeout=3s"]).await;
    assert_eq!((ended.code(), ended.output("result")), ("", "fast-forwarded"), "{}", ended.log);
    assert_eq!(ended.output("closed-pull-requests"), older.to_string());
    assert!(ended.log.contains(&format!("#{newer} now, but GitHub has not closed it")), "{}", ended.log);
}

#[tokio::test]
async fn pull_requests_that_cannot_be_listed_do_not_matter() {
    let product = Product::new().await;
    let (sha, _) = with_pulls(&product).await;
    let nothing = Effect::Reply {
        status: 403,
        body: r#"{"message":"Resource not accessible by integration"}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    for path in ["/pulls?state=open", "/rules/branches/", "/graphql"] {
        product.world().faults.add(Fault { times: None, ..Fault::once("github", "", path, nothing.clone()) });
    }
    let ended = product.run(&["--branch=dev", &format!("--to={sha}")]).await;
    assert_eq!((ended.code(), ended.output("result")), ("", "fast-forwarded"), "{}", ended.log);
    assert_eq!(ended.output("closed-pull-requests"), "");
    assert!(ended.log.contains("could not be listed, which needs `pull-requests: read`"), "{}", ended.log);
}
