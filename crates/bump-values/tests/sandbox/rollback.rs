//! The output `previous`, given back to `set`.

use std::collections::BTreeMap;

use crate::world::{Ended, FILE, Product, REPO};

const FILES: &str = "--files=values/dev.values.yaml";

async fn set(product: &Product, argv: &[&str], run: &str) -> Ended {
    let ended = product
        .bump_as(&[&[FILES], argv].concat(), &[("contents", "write")], &[("GITHUB_RUN_NUMBER", run)])
        .await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    ended
}

#[tokio::test]
async fn an_older_commits_value_comes_back_only_with_overwrite() {
    let product = Product::new().await;
    let commit = async |text: &[u8]| {
        let files = [("app.py", text)];
        product.world().github.commit_files(REPO, "dev", "alice", "work", &files).await.unwrap()
    };
    let (older, newer) = (commit(b"v2\n").await, commit(b"v3\n").await);
    set(&product, &[&format!("--set=image.tag={older}")], "10").await;
    let before = product.read(FILE).await;
    let ended = set(&product, &[&format!("--set=image.tag={newer}")], "11").await;
    let previous: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(ended.output("previous")).unwrap();
    let pairs = previous.iter().flat_map(|(file, values)| {
        values.iter().map(move |(path, value)| format!("--set={file}:{path}={value}"))
    });
    let pairs: Vec<String> = pairs.collect();
    assert_eq!(pairs, [format!("--set={FILE}:image.tag={older}")]);

    let guarded = set(&product, &[&pairs[0]], "12").await;
    assert_eq!((guarded.output("changed"), guarded.output("superseded")), ("false", "true"));
    assert!(product.read(FILE).await.contains(&newer));

    let back = set(&product, &[&pairs[0], "--on-stale=overwrite"], "12").await;
    assert_eq!((back.output("changed"), back.output("superseded")), ("true", "false"), "{}", back.log);
    assert_eq!(product.read(FILE).await, before);
}
