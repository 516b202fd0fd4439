//! Merges whose answer was lost: what is reported is what can be known.

use sandbox::faults::{Effect, Fault};

use crate::world::{Product, REPO};

/// A pull request of `feature/a` into `dev`, and the event that opened it.
async fn feature() -> (Product, u64, serde_json::Value) {
    let product = Product::new().await;
    product.commit("feature/a", "a.txt", "a\n").await;
    let number = product.world().github.open_pull(REPO, "feature/a", "dev", "alice", "A").await.unwrap();
    let events = product.world().github.events(REPO);
    let event = events.iter().rev().find(|event| event.name == "pull_request").unwrap().payload.clone();
    (product, number, event)
}

const LOST: [Effect; 2] = [Effect::ReplyAfter { status: 502 }, Effect::DropAfter];

#[tokio::test]
async fn a_merge_with_a_mark_is_known_to_be_this_runs() {
    for (method, effect) in
        [("merge", LOST[0].clone()), ("merge", LOST[1].clone()), ("squash", LOST[0].clone())]
    {
        let (product, number, event) = feature().await;
        product.world().faults.add(Fault::once("github", "PUT", "/merge", effect));
        let ended = product.run_for(event, &[&format!("--method={method}")]).await;
        assert_eq!((ended.code(), ended.output("result")), ("", "merged"), "{method}: {}", ended.log);
        assert_eq!((ended.output("merged"), ended.output("sha")), ("true", &*product.tip("dev").await));
        assert!(product.world().github.pull(REPO, number).unwrap().merged);
    }
}

#[tokio::test]
async fn a_merge_without_a_mark_is_known_to_be_merged() {
    for (method, call, path) in [("rebase", "PUT", "/merge"), ("fast-forward", "POST", "/graphql")] {
        for effect in LOST {
            let (product, number, event) = feature().await;
            product.world().faults.add(Fault::once("github", call, path, effect));
            let ended = product.run_for(event, &[&format!("--method={method}")]).await;
            // Somebody else could have merged it in the same moment, by the same method.
            assert_eq!(
                (ended.code(), ended.output("result")),
                ("", "already-merged"),
                "{method}: {}",
                ended.log
            );
            assert_eq!((ended.output("merged"), ended.output("sha")), ("true", &*product.tip("dev").await));
            assert!(product.world().github.pull(REPO, number).unwrap().merged);
        }
    }
}

#[tokio::test]
async fn of_two_runs_at_once_exactly_one_goes_on_whatever_is_lost() {
    for effect in [LOST[0].clone(), LOST[1].clone(), Effect::Drop] {
        let (product, number, event) = feature().await;
        product.world().faults.add(Fault::once("github", "PUT", "/merge", effect));
        let (one, two) = tokio::join!(product.run_for(event.clone(), &[]), product.run_for(event, &[]));
        let (merger, other) = if one.output("merged") == "true" { (&one, &two) } else { (&two, &one) };
        assert_eq!((merger.code(), merger.output("result")), ("", "merged"), "{}", merger.log);
        assert_eq!((other.code(), other.output("result")), ("", "merged-by-another-run"), "{}", other.log);
        assert_eq!((other.output("merged"), other.output("sha")), ("false", ""));
        assert!(product.world().github.pull(REPO, number).unwrap().merged);
    }
}

#[tokio::test]
async fn a_merge_that_has_no_answer_when_the_time_is_up_is_not_called_a_refusal() {
    let (product, _, event) = feature().await;
    product.world().faults.add(Fault::once("github", "PUT", "/merge", Effect::Delay { millis: 60_000 }));
    let ended = product.run_for(event, &["--timeout=1500ms"]).await;
    assert_eq!((ended.code(), ended.output("decision")), ("deadline-passed", "failed"), "{}", ended.log);
    let notes = ended.failure.unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("merged nevertheless")), "{notes:?}");
}
