//! The least permissions, as the README has them: each end of a run is reached with exactly these, and a run that
//! lacks one says which.

use sandbox::{
    faults::{Effect, Fault},
    github::BranchRules,
};

use crate::{
    least::lacking,
    world::{Ended, Product, REPO},
};

const WRITES: &str =
    "unless `comment` is `never`, with `on-new-commits: remove-label`, `update-branch` or a `fallback`";
const CHECKS: &str = "with `checks: all` or names";

/// What is there before a run: a pull request of `feature/a` into `dev`, and this.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    Label,
    Review,
    Check,
    /// The base has commits that the head lacks, and demands them.
    Behind,
    /// The base demands a check that is not there yet.
    Unchecked,
    /// A label, and a push after it.
    Stale,
    /// Somebody merged it by hand.
    Merged,
    /// The answer to the merge is going to be lost.
    Lost,
    /// The base has a merge queue.
    Queue,
}

/// A way that a run goes.
struct Way {
    more: &'static [&'static str],
    before: Before,
    /// When the permissions are needed that are not always needed.
    when: &'static [&'static str],
    /// The code and the `result`.
    end: (&'static str, &'static str),
    /// A scope that is always published, and that this way is not stopped without.
    spares: Option<&'static str>,
    /// What is only written besides the merge: with `read` the run ends the same, and says what it lacks.
    besides: Option<&'static str>,
}

const PLAIN: Way = Way {
    more: &["--comment=never"],
    before: Before::Nothing,
    when: &[],
    end: ("", "merged"),
    spares: None,
    besides: None,
};

const WAYS: &[Way] = &[
    PLAIN,
    Way { more: &["--comment=never", "--labels=approval"], before: Before::Label, ..PLAIN },
    Way { more: &["--comment=never", "--required-approvals=1"], before: Before::Review, ..PLAIN },
    Way { more: &["--comment=never", "--delete-head=feature/*"], ..PLAIN },
    Way { more: &["--comment=always"], when: &[WRITES], besides: Some("pull-requests"), ..PLAIN },
    Way { more: &["--comment=never", "--checks=all"], before: Before::Check, when: &[CHECKS], ..PLAIN },
    Way {
        more: &["--comment=never", "--update-branch"],
        before: Before::Behind,
        when: &[WRITES],
        end: ("", "branch-updated"),
        ..PLAIN
    },
    Way {
        more: &["--comment=never", "--fallback=auto-merge", "--timeout=4s"],
        before: Before::Unchecked,
        when: &[WRITES],
        end: ("", "auto-merge-enabled"),
        ..PLAIN
    },
    Way { more: &["--comment=never", "--method=squash"], ..PLAIN },
    Way { more: &["--comment=never"], before: Before::Lost, ..PLAIN },
    Way {
        more: &["--comment=never"],
        before: Before::Merged,
        end: ("", "already-merged"),
        spares: Some("contents"),
        ..PLAIN
    },
    Way {
        more: &["--comment=never", "--labels=approval", "--on-new-commits=remove-label"],
        before: Before::Stale,
        when: &[WRITES],
        end: ("label-before-push", "refused"),
        spares: Some("contents"),
        besides: Some("pull-requests"),
    },
    Way {
        more: &["--comment=never", "--fallback=merge-queue"],
        before: Before::Queue,
        when: &[WRITES],
        end: ("", "enqueued"),
        ..PLAIN
    },
];

impl Way {
    async fn run(&self, permissions: &[(&str, &str)]) -> Ended {
        let product = Product::new().await;
        let github = &product.world().github;
        let head = product.commit("feature/a", "a.txt", "a\n").await;
        let number = github.open_pull(REPO, "feature/a", "dev", "alice", "A").await.unwrap();
        let rules = |required: &str, strict_checks| BranchRules {
            pattern: "dev".to_owned(),
            required_checks: vec![required.to_owned()],
            strict_checks,
            ..BranchRules::default()
        };
        match self.before {
            Before::Nothing => {}
            Before::Label => github.add_label(REPO, number, "approval", "maria"),
            Before::Review => github.add_review(REPO, number, "maria", "APPROVED").await.unwrap(),
            Before::Check => github.set_check(REPO, &head, "ci", Some("success"), 1).await.unwrap(),
            Before::Behind => {
                product.commit("dev", "b.txt", "b\n").await;
                github.set_check(REPO, &head, "ci", Some("success"), 1).await.unwrap();
                github.add_rules(REPO, rules("ci", true));
            }
            Before::Unchecked => {
                github.add_rules(REPO, rules("ci", false));
                github.allow_auto_merge(REPO, true);
            }
            Before::Stale => {
                github.add_label(REPO, number, "approval", "maria");
                github.pass_seconds(2);
                product.commit("feature/a", "a.txt", "b\n").await;
            }
            Before::Merged => github.press_merge(REPO, number, "maria").await.map(drop).unwrap(),
            Before::Lost => {
                let lost = Effect::ReplyAfter { status: 502 };
                product.world().faults.add(Fault::once("github", "PUT", "/merge", lost));
            }
            Before::Queue => {
                let merge_queue = true;
                let pattern = "dev".to_owned();
                github.add_rules(REPO, BranchRules { pattern, merge_queue, ..BranchRules::default() });
            }
        }
        let events = github.events(REPO);
        // The event of a merge by hand comes too late for a run that was started before it.
        let mut events = events.iter().rev().filter(|event| event.name == "pull_request");
        let event = events.find(|event| event.action != "closed").unwrap();
        let argv = [&["--base=dev"], self.more].concat();
        product.run_with(event.payload.clone(), &argv, permissions).await
    }
}

#[tokio::test]
async fn each_way_needs_exactly_what_is_published() {
    let spec = auto_merge::spec();
    for way in WAYS {
        let needs = spec.needs(|when| way.when.contains(&when));
        let ended = way.run(&needs).await;
        assert_eq!((ended.code(), ended.output("result")), way.end, "{:?}: {}", way.more, ended.log);
        let lacking = lacking(&needs).into_iter().filter(|lacking| way.spares != Some(lacking.scope));
        for lacking in lacking {
            let ended = way.run(&lacking.rest).await;
            let still_reads = lacking.rest.iter().any(|(scope, _)| *scope == lacking.scope);
            if way.besides == Some(lacking.scope) && still_reads {
                assert_eq!((ended.code(), ended.output("result")), way.end, "{lacking:?}: {}", ended.log);
                assert!(ended.log.contains(&format!("`{}: ", lacking.scope)), "{lacking:?}: {}", ended.log);
                continue;
            }
            assert_eq!(ended.code(), "permission-denied", "{:?}: {lacking:?}: {}", way.more, ended.log);
            let failure = spec.explained(ended.failure.unwrap());
            assert!(lacking.is_named_by(&spec, &failure), "{:?}: {lacking:?}: {failure:?}", way.more);
        }
    }
}

#[tokio::test]
async fn what_only_explains_is_a_note() {
    let way = Way {
        more: &["--comment=never", "--timeout=1h", "--checks=none"],
        before: Before::Unchecked,
        ..PLAIN
    };
    let ended = way.run(&[("contents", "write"), ("pull-requests", "read")]).await;
    let failure = ended.failure.unwrap();
    assert_ne!(failure.code.id, "permission-denied", "{}", ended.log);
    let notes = failure.notes.join("\n");
    assert!(notes.contains("`checks: read`") && notes.contains("`statuses: read`"), "{notes}");
}

#[test]
fn every_condition_that_is_published_has_a_way() {
    for permission in auto_merge::spec().permissions {
        let tested = WAYS.iter().any(|way| way.when.contains(&permission.when));
        assert!(permission.when.is_empty() || tested, "{}", permission.when);
    }
}
