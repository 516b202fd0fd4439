use std::path::Path;

use super::{Git, write::Change, write::NewCommit};
use crate::github::clock::Clock;

const WHO: (&str, &str) = ("alice", "alice@localhost");

fn git(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let output = std::process::Command::new("git").arg("--git-dir").arg(directory).args(arguments).output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout).unwrap().trim_end().to_owned();
    (output.status.code().unwrap(), text)
}

/// A repository whose commits have one or two earlier ones as parents, by a generator of numbers.
async fn grown(git: &Git, mut seed: u64) -> Vec<String> {
    let mut number = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut commits: Vec<String> = Vec::new();
    for n in 0..40 {
        let path = ["a", "b/c", "b/d/e", "b.txt"][number(4)].to_owned();
        let put = Change::Put { path: path.clone(), mode: "100644", bytes: format!("{n}\n").into_bytes() };
        let change = if n % 5 == 4 { Change::Delete { path } } else { put };
        let recent = commits.len().min(6);
        let parent = (recent > 0).then(|| commits[commits.len() - 1 - number(recent)].clone());
        let new = NewCommit {
            parent: parent.as_deref(),
            author: WHO,
            committer: WHO,
            message: "change",
            changes: &[change],
        };
        let mut made = git.write_commit(&new).await.unwrap();
        if let (0, Some(parent)) = (n % 3, &parent) {
            let other = commits[number(commits.len())].clone();
            let tree = git.peek(parent).unwrap().tree.clone();
            made = git.commit_tree(&tree, &[&made, &other], WHO, WHO, "join").await.unwrap();
        }
        commits.push(made);
    }
    commits
}

#[tokio::test]
async fn what_is_known_without_git_is_what_git_says() {
    let directory = tempfile::tempdir().unwrap();
    let repository = Git::new(directory.path(), &Clock::default());
    repository.init("main").await.unwrap();
    let commits = grown(&repository, 7).await;
    for (n, sha) in commits.iter().enumerate() {
        repository.set_ref(&format!("refs/heads/b{n}"), sha).await.unwrap();
    }
    let ask = |arguments: &[&str]| git(directory.path(), arguments);
    assert_eq!(ask(&["fsck", "--strict", "--full"]), (0, String::new()), "what is written is sound");
    let mut answered = 0;
    for (n, one) in commits.iter().enumerate().step_by(3) {
        for other in commits.iter().skip(n % 4).step_by(5) {
            assert_eq!(
                repository.reaches(other, one),
                Some(ask(&["merge-base", "--is-ancestor", one, other]).0 == 0)
            );
            let (ahead, behind) = repository.apart(one, other).unwrap();
            let counts = ask(&["rev-list", "--left-right", "--count", &format!("{one}...{other}")]).1;
            assert_eq!(format!("{behind}\t{ahead}"), counts);
            if let Some(meet) = repository.meet(one, other) {
                answered += 1;
                assert_eq!(meet.unwrap_or_default(), ask(&["merge-base", "--all", one, other]).1);
            }
            let range = format!("{one}..{other}");
            if let Some(chain) = repository.chain(one, other) {
                answered += 1;
                let shas: Vec<&str> = chain.iter().map(|commit| commit.sha.as_str()).collect();
                assert_eq!(shas.join("\n"), ask(&["log", "--format=%H", &range]).1);
            }
        }
    }
    assert!(answered > 50, "{answered}");
    let last = commits.last().unwrap();
    let known = repository.peek(last).unwrap();
    let shown = ask(&["log", "-1", "--format=%H %T %P %an %ae %B", last]).1;
    let parents = known.parents.join(" ");
    assert_eq!(format!("{last} {} {parents} alice alice@localhost {}", known.tree, known.message), shown);
}

#[tokio::test]
async fn a_merge_is_remembered_by_its_trees() {
    let directory = tempfile::tempdir().unwrap();
    let repository = Git::new(directory.path(), &Clock::default());
    repository.init("main").await.unwrap();
    let commit = async |parent: Option<&str>, path: &str, text: &str| {
        let changes = [Change::put(path, text.as_bytes())];
        let new = NewCommit { parent, author: WHO, committer: WHO, message: text, changes: &changes };
        repository.write_commit(&new).await.unwrap()
    };
    let base = commit(None, "a", "1\n").await;
    let (one, two) = (commit(Some(&base), "a", "2\n").await, commit(Some(&base), "b", "3\n").await);
    let merged = repository.merge_tree(&one, &two).await.unwrap();
    assert_eq!(merged, repository.merge_tree(&one, &two).await.unwrap());
    assert_ne!(merged, super::Merge::Conflict);
    let other = commit(Some(&base), "a", "4\n").await;
    assert_eq!(repository.merge_tree(&one, &other).await.unwrap(), super::Merge::Conflict);
    // As commits that descend from one another, the same trees merge in another way.
    let later = commit(Some(&one), "a", "4\n").await;
    assert_ne!(repository.merge_tree(&one, &later).await.unwrap(), super::Merge::Conflict);
}
