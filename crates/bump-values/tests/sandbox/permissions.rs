//! The least permissions, as the README has them: each way of writing passes with exactly these, and a run that lacks
//! one says which.

use sandbox::github::BranchRules;

use crate::{
    least::lacking,
    world::{Ended, FILE, Product, REPO},
};

/// A way that a run goes.
struct Way {
    more: &'static [&'static str],
    is_protected: bool,
    /// When the permissions are needed that are not always needed.
    when: &'static [&'static str],
    /// The code of a run that lacks a permission.
    refusal: &'static str,
}

const PLAIN: Way = Way { more: &[], is_protected: false, when: &[], refusal: "permission-denied" };

const WAYS: &[Way] = &[
    PLAIN,
    Way { more: &["--method=git-data"], ..PLAIN },
    Way { more: &["--method=git"], refusal: "git-access-denied", ..PLAIN },
    Way {
        more: &["--on-protected=pull-request"],
        is_protected: true,
        when: &["with `on-protected: pull-request`"],
        ..PLAIN
    },
];

impl Way {
    async fn run(&self, permissions: &[(&str, &str)]) -> Ended {
        let product = Product::new().await;
        if self.is_protected {
            product.world().github.add_rules(REPO, BranchRules::pull_requests_only("dev"));
        }
        let argv = [&["--files", FILE, "--set=image.tag=v1", "--branch=dev"], self.more].concat();
        product.bump_as(&argv, permissions, &[]).await
    }
}

#[tokio::test]
async fn each_way_needs_exactly_what_is_published() {
    let spec = bump_values::spec();
    for way in WAYS {
        let needs = spec.needs(|when| way.when.contains(&when));
        let ended = way.run(&needs).await;
        assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{:?}: {}", way.more, ended.log);
        assert_eq!(ended.output("pull-request").is_empty(), !way.is_protected);
        for lacking in lacking(&needs) {
            let ended = way.run(&lacking.rest).await;
            assert_eq!(ended.code(), way.refusal, "{:?}: {lacking:?}: {}", way.more, ended.log);
            let failure = spec.explained(ended.failure.unwrap());
            assert!(lacking.is_named_by(&spec, &failure), "{:?}: {lacking:?}: {failure:?}", way.more);
        }
    }
}

#[test]
fn every_condition_that_is_published_has_a_way() {
    for permission in bump_values::spec().permissions {
        let tested = WAYS.iter().any(|way| way.when.contains(&permission.when));
        assert!(permission.when.is_empty() || tested, "{}", permission.when);
    }
}
