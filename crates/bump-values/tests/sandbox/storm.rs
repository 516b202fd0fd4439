//! Many writers at once, by each way: nothing is lost, the newest wins, nobody sends stale bytes, and no reply that is
//! lost makes a second commit.

use std::{fmt::Write as _, sync::Arc, time::Instant};

use sandbox::{chance::Chance, faults::Effect};

use crate::world::{Ended, Product, REPO};

const MANY: usize = 50;
/// As many as a machine with two cores lets through in seconds, where every attempt is a dozen git processes.
const SOME: usize = 10;
const FILE: &str = "values.yaml";

/// A way, and how its write is known among the calls.
struct Way {
    method: &'static str,
    verb: &'static str,
    path: &'static str,
    body: &'static str,
    /// What the server says without reason now and then.
    spurious: &'static [(u16, &'static str)],
}

const GRAPHQL: Way = Way {
    method: "graphql",
    verb: "POST",
    path: "/graphql",
    body: "createCommitOnBranch",
    spurious: &[(
        200,
        r#"{"data":{"createCommitOnBranch":null},"errors":[{"type":"STALE_DATA","message":"Expected branch to point to \"x\" but it did not.  Pull and try again."}]}"#,
    )],
};
const GIT_DATA: Way = Way {
    method: "git-data",
    verb: "POST",
    path: "/graphql",
    body: "updateRefs",
    spurious: &[
        (
            200,
            r#"{"errors":[{"type":"UNPROCESSABLE","message":"Reference refs/heads/dev is at 1 but expected 2"}]}"#,
        ),
        (200, r#"{"errors":[{"type":"STALE_DATA","message":"Reference cannot be updated"}]}"#),
    ],
};
const GIT: Way = Way { method: "git", verb: "POST", path: "/git-receive-pack", body: "", spurious: &[] };

impl Way {
    /// Has a fifth of the writes go wrong in every manner.
    fn brew(&self, product: &Product, seed: u64) {
        let reply = |(status, body): &(u16, &str)| Effect::Reply {
            status: *status,
            body: (*body).to_owned(),
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
        };
        let lost = [Effect::ReplyAfter { status: 502 }, Effect::DropAfter, Effect::Drop];
        product.world().faults.add_chance(Chance {
            service: "github".to_owned(),
            method: self.verb.to_owned(),
            path: self.path.to_owned(),
            body: self.body.to_owned(),
            percent: 20,
            seed,
            effects: self.spurious.iter().map(reply).chain(lost).collect(),
        });
    }
}

fn text(writers: usize) -> String {
    let keys = (0..writers).fold(String::new(), |mut text, key| {
        let _ = writeln!(text, "  k{key}: a # of writer {key}");
        text
    });
    format!("image:\n  tag: v0 # the newest\nkeys:\n{keys}")
}

/// Runs all writers at once, each with its own line of `set` and run number.
#[expect(clippy::print_stdout, reason = "the figures are for people: `--nocapture`")]
async fn storm(
    product: &Arc<Product>,
    way: &Way,
    writers: usize,
    set: impl Fn(usize) -> String,
) -> Vec<Ended> {
    let begin = Instant::now();
    let mut runs = tokio::task::JoinSet::new();
    for writer in 0..writers {
        let (product, set, method) = (product.clone(), set(writer), format!("--method={}", way.method));
        runs.spawn(async move {
            let argv = [&format!("--files={FILE}"), &format!("--set={set}"), &method, "--timeout=5m"];
            let number = (writer + 1).to_string();
            product.bump_as(&argv, &[("contents", "write")], &[("GITHUB_RUN_NUMBER", &number)]).await
        });
    }
    let ended = runs.join_all().await;
    let took = begin.elapsed();
    for ended in &ended {
        assert_eq!(ended.code(), "", "{}", ended.log);
    }
    let attempts: Vec<u32> = ended.iter().map(|ended| ended.output("attempts").parse().unwrap()).collect();
    let (sum, most) = (attempts.iter().sum::<u32>(), attempts.iter().max().unwrap());
    println!(
        "{}: {writers} writers, {sum} attempts, at most {most} for one, {:.1} s",
        way.method,
        took.as_secs_f64()
    );
    ended
}

/// The branch's contents of the file, oldest first. Each commit has one parent and changes exactly one line.
async fn history(product: &Product) -> Vec<String> {
    let github = &product.world().github;
    let mut texts = Vec::new();
    let mut at = product.tip().await;
    loop {
        let bytes = github.read_file(REPO, &at, FILE).await.unwrap();
        texts.push(String::from_utf8(bytes).unwrap());
        match github.parents(REPO, &at).await.unwrap().as_slice() {
            [] => break,
            [parent] => at.clone_from(parent),
            more => panic!("{at} has {} parents", more.len()),
        }
    }
    texts.reverse();
    for pair in texts.windows(2) {
        let (before, after): (Vec<&str>, Vec<&str>) = (pair[0].lines().collect(), pair[1].lines().collect());
        assert_eq!(before.len(), after.len());
        assert_eq!(before.iter().zip(&after).filter(|(one, other)| one != other).count(), 1, "{}", pair[1]);
    }
    texts
}

async fn different_keys(way: &Way, writers: usize, seed: Option<u64>) {
    let product = Arc::new(Product::with_files(&[(FILE, text(writers).as_bytes())]).await);
    if let Some(seed) = seed {
        way.brew(&product, seed);
    }
    let ended = storm(&product, way, writers, |writer| format!("keys.k{writer}=b{writer}")).await;
    assert!(ended.iter().all(|ended| ended.output("changed") == "true"));
    let texts = history(&product).await;
    assert_eq!(texts.len(), writers + 1, "one commit for each writer");
    let wanted = (0..writers)
        .fold(text(writers), |text, key| text.replace(&format!("k{key}: a "), &format!("k{key}: b{key} ")));
    assert_eq!(texts.last().unwrap(), &wanted);
    let mut commits: Vec<&str> = ended.iter().map(|ended| ended.output("commit")).collect();
    commits.sort_unstable();
    commits.dedup();
    assert_eq!(commits.len(), writers, "each writer names its own commit");
}

async fn the_same_key(way: &Way, writers: usize, seed: Option<u64>) {
    let product = Arc::new(Product::with_files(&[(FILE, text(writers).as_bytes())]).await);
    if let Some(seed) = seed {
        way.brew(&product, seed);
    }
    let ended = storm(&product, way, writers, |writer| format!("image.tag=v{}", writer + 1)).await;
    let count = |output: &str| ended.iter().filter(|ended| ended.output(output) == "true").count();
    let texts = history(&product).await;
    assert_eq!((count("changed") + count("superseded"), texts.len() - 1), (writers, count("changed")));
    let tag = |text: &String| -> usize {
        let line = text.lines().find_map(|line| line.strip_prefix("  tag: v")).unwrap();
        line.split(' ').next().unwrap().parse().unwrap()
    };
    let tags: Vec<usize> = texts.iter().map(tag).collect();
    assert!(tags.is_sorted() && tags.last() == Some(&writers), "the newest wins: {tags:?}");
}

macro_rules! storms {
    ($($(#[$attribute:meta])* $name:ident: $of:ident($way:expr, $writers:expr, $seed:expr);)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $(#[$attribute])*
        async fn $name() {
            $of(&$way, $writers, $seed).await;
        })*
    };
}

storms! {
    different_keys_by_graphql: different_keys(GRAPHQL, MANY, Some(1));
    different_keys_by_git_data: different_keys(GIT_DATA, SOME, Some(2));
    different_keys_by_git: different_keys(GIT, SOME, Some(3));
    the_same_key_by_graphql: the_same_key(GRAPHQL, MANY, Some(4));
    the_same_key_by_git_data: the_same_key(GIT_DATA, SOME, Some(5));
    the_same_key_by_git: the_same_key(GIT, SOME, Some(6));

    #[ignore = "half a minute"]
    many_different_keys_by_graphql_in_fair_weather: different_keys(GRAPHQL, MANY, None);
    #[ignore = "half a minute"]
    many_of_the_same_key_by_graphql_in_fair_weather: the_same_key(GRAPHQL, MANY, None);
    #[ignore = "a minute"]
    many_different_keys_by_git_data_in_fair_weather: different_keys(GIT_DATA, MANY, None);
    #[ignore = "a minute"]
    many_of_the_same_key_by_git_data_in_fair_weather: the_same_key(GIT_DATA, MANY, None);
    #[ignore = "a minute"]
    many_different_keys_by_git_data: different_keys(GIT_DATA, MANY, Some(12));
    #[ignore = "a minute"]
    many_of_the_same_key_by_git_data: the_same_key(GIT_DATA, MANY, Some(15));
    #[ignore = "minutes"]
    many_different_keys_by_git_in_fair_weather: different_keys(GIT, MANY, None);
    #[ignore = "minutes"]
    many_of_the_same_key_by_git_in_fair_weather: the_same_key(GIT, MANY, None);
    #[ignore = "minutes"]
    many_different_keys_by_git: different_keys(GIT, MANY, Some(13));
    #[ignore = "minutes"]
    many_of_the_same_key_by_git: the_same_key(GIT, MANY, Some(16));
}
