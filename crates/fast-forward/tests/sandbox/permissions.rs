//! The least permissions, as the README has them: each end of a run is reached with exactly these, and a run that
//! lacks one says which.

use sandbox::github::BranchRules;

use crate::{
    least::lacking,
    world::{Ended, Product, REPO},
};

/// A way that a run goes.
struct Way {
    /// `on-diverged` and `on-protected`.
    policies: [&'static str; 2],
    /// What is on `dev` before, and on `prod`, in one file.
    dev: Option<&'static str>,
    is_protected: bool,
    /// When the permissions are needed that are not always needed.
    when: &'static [&'static str],
    /// `result`, or the failure's code.
    end: &'static str,
}

/// What is only for `closed-pull-requests` and a dry run.
const LISTING: (&str, &str) = ("pull-requests", "read");

const MOVE: Way =
    Way { policies: ["fail", "fail"], dev: None, is_protected: false, when: &[], end: "fast-forwarded" };
const PULL_REQUEST: Way = Way {
    when: &[
        "when a back-merge conflicts, or with `on-diverged: pull-request` or `on-protected: pull-request`",
    ],
    end: "pull-request",
    ..MOVE
};

const WAYS: &[Way] = &[
    MOVE,
    Way { policies: ["back-merge", "fail"], dev: Some("other.txt"), end: "back-merged", ..MOVE },
    Way { policies: ["back-merge", "fail"], dev: Some("app.py"), ..PULL_REQUEST },
    Way { policies: ["pull-request", "fail"], dev: Some("other.txt"), ..PULL_REQUEST },
    Way { policies: ["fail", "pull-request"], is_protected: true, ..PULL_REQUEST },
];

impl Way {
    async fn run(&self, permissions: &[(&str, &str)]) -> Ended {
        let product = Product::new().await;
        let to = product.commit("prod", "app.py", "theirs\n").await;
        if let Some(path) = self.dev {
            product.commit("dev", path, "ours\n").await;
        }
        if self.is_protected {
            product.world().github.add_rules(REPO, BranchRules::pull_requests_only("dev"));
        }
        let [diverged, protected] = self.policies;
        let policies = [format!("--on-diverged={diverged}"), format!("--on-protected={protected}")];
        let argv = ["--branch=dev", &format!("--to={to}"), &policies[0], &policies[1]];
        product.run_with(&argv, permissions).await
    }
}

#[tokio::test]
async fn each_way_needs_exactly_what_is_published() {
    let spec = fast_forward::spec();
    for way in WAYS {
        let needs = spec.needs(|when| way.when.contains(&when));
        let ended = way.run(&needs).await;
        let end = if ended.code().is_empty() { ended.output("result") } else { ended.code() };
        assert_eq!(end, way.end, "{needs:?}: {}", ended.log);
        for lacking in lacking(&needs) {
            let ended = way.run(&lacking.rest).await;
            assert_eq!(ended.code(), "permission-denied", "{}: {lacking:?}: {}", way.end, ended.log);
            let failure = spec.explained(ended.failure.unwrap());
            assert!(lacking.is_named_by(&spec, &failure), "{}: {lacking:?}: {failure:?}", way.end);
        }
    }
}

#[test]
fn every_condition_that_is_published_has_a_way() {
    for permission in fast_forward::spec().permissions {
        let tested = WAYS.iter().any(|way| way.when.contains(&permission.when));
        // The one that a run does without is tested below.
        let is_optional = (permission.scope, permission.access) == LISTING;
        assert!(permission.when.is_empty() || tested || is_optional, "{}", permission.when);
    }
}

#[tokio::test]
async fn what_a_run_does_without_changes_what_is_listed_alone() {
    for (more, listed) in [(&[][..], ""), (&[LISTING], "1")] {
        let product = Product::new().await;
        let to = product.commit("prod", "app.py", "theirs\n").await;
        product.world().github.open_pull(REPO, "prod", "dev", "alice", "Back to dev").await.unwrap();
        let permissions = [&[("contents", "write")][..], more].concat();
        let ended = product.run_with(&["--branch=dev", &format!("--to={to}")], &permissions).await;
        assert_eq!(ended.output("result"), "fast-forwarded", "{}", ended.log);
        assert_eq!(ended.output("closed-pull-requests"), listed, "{}", ended.log);
        assert_eq!(ended.log.contains("which needs `pull-requests: read`"), more.is_empty(), "{}", ended.log);
    }
}
