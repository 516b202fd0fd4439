//! Many promotions in a row, with features that are merged into dev at the same time and values that are bumped on prod:
//! afterwards dev always has what went to prod.

use std::time::Duration;

use sandbox::{chance::Chance, faults::Effect};

use crate::world::{Ended, Product, REPO};

const VALUES: &str = "values/prod.yaml";

/// The robots and people of a product, turn by turn.
struct Story {
    product: Product,
    features: usize,
    /// Where dev was seen, oldest first.
    seen: Vec<String>,
}

impl Story {
    async fn new() -> Self {
        let product = Product::new().await;
        let seen = vec![product.tip("dev").await];
        Self { product, features: 0, seen }
    }

    /// Merges a pull request that adds a file, as the pipeline of dev does.
    async fn feature(&mut self) {
        self.features += 1;
        let (github, name) = (&self.product.world().github, format!("feature/{}", self.features));
        github.create_branch(REPO, &name, "dev").await.unwrap();
        self.product.commit(&name, &format!("src/{}.py", self.features), "new\n").await;
        let number = github.open_pull(REPO, &name, "dev", "alice", &name).await.unwrap();
        github.press_merge(REPO, number, "maria").await.unwrap();
    }

    /// Promotes dev by a pull request, and bumps the values; returns what is to be brought back to dev.
    async fn promote(&self, turn: usize) -> String {
        let github = &self.product.world().github;
        if !github.contains(REPO, "prod", "dev").await {
            let number = github.open_pull(REPO, "dev", "prod", "alice", "promote").await.unwrap();
            github.press_merge(REPO, number, "maria").await.unwrap();
        }
        self.product.commit("prod", VALUES, &format!("tag: v{turn}\n")).await
    }

    /// Brings dev to the commit while features are merged into it.
    async fn bring_back(&mut self, sha: &str, features: usize) -> Ended {
        let argv = ["--branch=dev", &format!("--to={sha}")];
        let Self { product, .. } = self;
        let world = product.world().clone();
        let meanwhile = async {
            for number in 0..features {
                // Somewhere within the run, which takes some hundred milliseconds.
                tokio::time::sleep(Duration::from_millis(7 * (number as u64 + 1))).await;
                let path = format!("src/of-{}-{number}.py", &sha[..12]);
                world
                    .github
                    .commit_files(REPO, "dev", "alice", "feature", &[(&path, b"new\n")])
                    .await
                    .unwrap();
            }
        };
        let (ended, ()) = tokio::join!(product.run(&argv), meanwhile);
        ended
    }

    /// Merges dev into the pull request's branch as a person does, who takes prod's side of the file.
    async fn solve(&self, path: &str) -> String {
        let github = &self.product.world().github;
        let git = |arguments: &[&str]| {
            let directory = github.git_dir(REPO).unwrap();
            let index = directory.join("index-of-a-person");
            let mut command = std::process::Command::new("git");
            command.arg("--git-dir").arg(directory).args(arguments).env("GIT_INDEX_FILE", index);
            let identity = [("NAME", "maria"), ("EMAIL", "maria@example.com")];
            for (key, value) in identity {
                command.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
            }
            let output = command.output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        let (sync, dev) = ("refs/heads/day2/sync-dev", "refs/heads/dev");
        git(&["read-tree", dev]);
        let blob = git(&["rev-parse", &format!("{sync}:{path}")]);
        git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{path}")]);
        let tree = git(&["write-tree"]);
        let solved = git(&["commit-tree", &tree, "-p", sync, "-p", dev, "-m", "solve"]);
        github.force_branch(REPO, "day2/sync-dev", "maria", Some(&solved)).await.unwrap();
        solved
    }

    /// dev has only ever moved forward, to commits that have its old ones.
    async fn check_dev(&mut self) {
        let github = &self.product.world().github;
        let pushes = github.events(REPO).into_iter().filter(|event| event.name == "push");
        let of_dev = pushes.filter(|event| event.payload["ref"] == "refs/heads/dev");
        for event in of_dev {
            assert_eq!(event.payload["forced"], false, "{}", event.payload);
        }
        let tip = self.product.tip("dev").await;
        let last = self.seen.last().unwrap();
        assert!(github.contains(REPO, &tip, last).await, "{tip} lacks {last}");
        self.seen.push(tip);
    }

    fn waiting(&self) -> Vec<u64> {
        let standing = self.product.world().github.pulls(REPO).into_iter();
        standing
            .filter(|pull| pull.open && pull.head_ref == "day2/sync-dev")
            .map(|pull| pull.number)
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_in_a_row() {
    let mut story = Story::new().await;
    let mut results = Vec::new();
    for turn in 0..100 {
        if turn % 2 == 0 {
            story.feature().await;
        }
        let sha = story.promote(turn).await;
        let features = turn % 4;
        let ended = story.bring_back(&sha, features).await;
        assert_eq!(ended.code(), "", "turn {turn}: {}", ended.log);
        let github = &story.product.world().github;
        assert!(github.contains(REPO, "dev", &sha).await, "turn {turn}: {}", ended.log);
        if features == 0 {
            assert_eq!((story.product.tip("dev").await, ended.output("result")), (sha, "fast-forwarded"));
        }
        assert_eq!(story.waiting(), [0_u64; 0]);
        story.check_dev().await;
        results.push(ended.output("result").to_owned());
    }
    // Both ways were taken, or the features were never in between.
    for result in ["fast-forwarded", "back-merged"] {
        assert!(results.iter().any(|one| one == result), "{results:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_wait_in_one_pull_request_until_people_solve_them() {
    let mut story = Story::new().await;
    for turn in 0..5 {
        story.product.commit("dev", VALUES, "tag: by hand\n").await;
        for number in 0..3 {
            // A hotfix: dev itself cannot be promoted, since it conflicts.
            let sha = story.product.commit("prod", VALUES, &format!("tag: v{turn}.{number}\n")).await;
            let ended = story.bring_back(&sha, number).await;
            assert_eq!(ended.output("result"), "pull-request", "{}", ended.log);
            assert_eq!(story.waiting().len(), 1);
            assert_eq!(story.product.tip("day2/sync-dev").await, sha);
            story.check_dev().await;
        }
        let [waiting] = story.waiting()[..] else { panic!() };
        // Solved on the pull request's branch, and merged by a person.
        let github = &story.product.world().github;
        let solved = story.solve(VALUES).await;
        github.press_merge(REPO, waiting, "maria").await.unwrap();
        assert!(github.contains(REPO, "dev", &solved).await);
        let sha = story.promote(turn).await;
        let ended = story.bring_back(&sha, 0).await;
        assert_eq!(ended.output("result"), "fast-forwarded", "{}", ended.log);
        assert_eq!((story.waiting(), story.product.tip("dev").await), (Vec::new(), sha));
        story.check_dev().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_in_a_storm() {
    let mut story = Story::new().await;
    story.product.world().faults.add_chance(Chance {
        service: "github".to_owned(),
        method: String::new(),
        path: String::new(),
        body: String::new(),
        percent: 10,
        seed: 7,
        effects: vec![Effect::Drop, Effect::DropAfter, Effect::ReplyAfter { status: 502 }],
    });
    for turn in 0..30 {
        if turn % 3 == 0 {
            story.feature().await;
        }
        let sha = story.promote(turn).await;
        let ended = story.bring_back(&sha, turn % 2).await;
        assert_eq!(ended.code(), "", "turn {turn}: {}", ended.log);
        assert!(story.product.world().github.contains(REPO, "dev", &sha).await, "turn {turn}");
        assert_eq!(ended.output("updated"), "true", "turn {turn}: {}", ended.log);
        assert_eq!(story.waiting(), [0_u64; 0]);
        story.check_dev().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_at_once_end_at_the_newest() {
    for diverges in [false, true] {
        let mut story = Story::new().await;
        let mut shas = Vec::new();
        for turn in 0..8 {
            shas.push(story.promote(turn).await);
        }
        if diverges {
            story.feature().await;
        }
        let newest = shas.last().unwrap().clone();
        // The newest first, in the middle and last, so to speak: they race.
        shas.rotate_left(3);
        let product = std::sync::Arc::new(story.product);
        let mut runs = tokio::task::JoinSet::new();
        for sha in shas {
            let product = product.clone();
            runs.spawn(async move { product.run(&["--branch=dev", &format!("--to={sha}")]).await });
        }
        for ended in runs.join_all().await {
            let is_fine = ["fast-forwarded", "back-merged", "up-to-date"].contains(&ended.output("result"));
            assert!(is_fine, "{}", ended.log);
        }
        let dev = product.tip("dev").await;
        assert!(product.world().github.contains(REPO, &dev, &newest).await);
        assert_eq!(dev == newest, !diverges);
        story = Story { product: std::sync::Arc::try_unwrap(product).ok().unwrap(), ..story };
        story.check_dev().await;
    }
}
