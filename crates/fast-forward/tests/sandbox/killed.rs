//! A run that dies at any of its calls leaves nothing that the next one does not bring to the same end.

use sandbox::stop::When;

use crate::world::{Ended, Product, REPO};

/// A commit for dev, and whether a person's commit on the pull request's branch must be there in the end.
struct Scene {
    product: Product,
    sha: String,
    own: String,
    solved: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    FastForward,
    BackMerge,
    Opens,
    OpensAgain,
    Adds,
}

impl Scene {
    async fn new(kind: Kind) -> Self {
        let product = Product::new().await;
        let conflicts = !matches!(kind, Kind::FastForward | Kind::BackMerge);
        if kind != Kind::FastForward {
            product.commit("dev", if conflicts { "app.py" } else { "own.py" }, "ours\n").await;
        }
        let mut solved = None;
        if matches!(kind, Kind::OpensAgain | Kind::Adds) {
            let first = product.commit("prod", "app.py", "theirs\n").await;
            product.run(&["--branch=dev", &format!("--to={first}")]).await;
            let by_hand = product.commit("day2/sync-dev", "notes.txt", "solved\n").await;
            if kind == Kind::OpensAgain {
                let number = product.world().github.pulls(REPO)[0].number;
                product.world().github.close_pull(REPO, number, "maria");
            } else {
                solved = Some(by_hand);
            }
        }
        let sha =
            product.commit("prod", if kind == Kind::Adds { "new.py" } else { "app.py" }, "more\n").await;
        let own = product.tip("dev").await;
        Self { product, sha, own, solved }
    }

    async fn run(&self) -> Ended {
        self.product.run(&["--branch=dev", &format!("--to={}", self.sha)]).await
    }

    async fn check(&self, kind: Kind, at: usize) {
        let Self { product, sha, own, solved } = self;
        let github = &product.world().github;
        let open: Vec<_> = github.pulls(REPO).into_iter().filter(|pull| pull.open).collect();
        match kind {
            Kind::FastForward => assert_eq!(&product.tip("dev").await, sha, "{kind:?} {at}"),
            Kind::BackMerge => {
                let parents = github.parents(REPO, "dev").await.unwrap();
                assert_eq!(parents, [own.clone(), sha.clone()], "{kind:?} {at}");
            }
            Kind::Opens | Kind::OpensAgain | Kind::Adds => {
                assert_eq!((&product.tip("dev").await, open.len()), (own, 1), "{kind:?} {at}");
                for sha in [sha].into_iter().chain(solved) {
                    assert!(github.contains(REPO, "day2/sync-dev", sha).await, "{kind:?} {at}");
                }
            }
        }
        assert!(open.len() < 2);
    }
}

async fn at_each_call(kind: Kind) {
    let clean = Scene::new(kind).await;
    let before = clean.product.world().faults.calls().len();
    clean.run().await;
    clean.check(kind, usize::MAX).await;
    let calls = clean.product.world().faults.calls().len() - before;
    assert!((5..15).contains(&calls), "{calls}");
    for at in 0..calls {
        let scene = Scene::new(kind).await;
        // Dying before the next call is the same as dying after this one.
        let stop = scene.product.world().faults.stop_at(at, When::AfterEffect);
        let ended = tokio::select! {
            ended = scene.run() => Some(ended.log),
            () = stop.reached() => None,
        };
        assert!(ended.is_none(), "{kind:?} ended before call {at}: {ended:?}");
        scene.product.world().faults.clear();
        let next = scene.run().await;
        assert_eq!(next.code(), "", "{kind:?} {at}: {}", next.log);
        scene.check(kind, at).await;
    }
}

#[tokio::test]
async fn of_a_fast_forward() {
    at_each_call(Kind::FastForward).await;
}

#[tokio::test]
async fn of_a_back_merge() {
    at_each_call(Kind::BackMerge).await;
}

#[tokio::test]
async fn of_opening_the_pull_request() {
    at_each_call(Kind::Opens).await;
}

#[tokio::test]
async fn of_opening_it_again_from_a_branch_that_was_left_over() {
    at_each_call(Kind::OpensAgain).await;
}

#[tokio::test]
async fn of_adding_to_it() {
    at_each_call(Kind::Adds).await;
}
