//! Symbolic links in the repository: what they lead to is edited, and they stay.

use std::{fs, os::unix::fs::symlink, path::Path};

use crate::world::Product;

fn links(directory: &Path) {
    fs::create_dir_all(directory.join("env/dev")).unwrap();
    fs::write(directory.join("env/dev/values.yaml"), "tag: v0  # here\n").unwrap();
    symlink("env/dev/values.yaml", directory.join("values.yaml")).unwrap();
    symlink("env/dev", directory.join("now")).unwrap();
    symlink("../outside.yaml", directory.join("outside.yaml")).unwrap();
    symlink("nothing.yaml", directory.join("dangling.yaml")).unwrap();
}

#[tokio::test]
async fn the_target_is_edited_and_the_link_stays() {
    let product = Product::with_tree(links).await;
    for (at, (file, method)) in
        [("values.yaml", "graphql"), ("now/values.yaml", "git-data"), ("values.yaml", "auto")]
            .iter()
            .enumerate()
    {
        let argv =
            [format!("--files={file}"), format!("--set=tag=v{}", at + 1), format!("--method={method}")];
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        let ended = product.bump(&argv).await;
        assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{}", ended.log);
        assert_eq!(product.read("env/dev/values.yaml").await, format!("tag: v{}  # here\n", at + 1));
    }
    assert_eq!(product.mode("values.yaml").await, "120000");
    assert_eq!(product.mode("now").await, "120000");
    assert_eq!(product.length().await, 3);
}

#[tokio::test]
async fn a_link_to_nowhere_is_refused() {
    let product = Product::with_tree(links).await;
    for file in ["outside.yaml", "dangling.yaml", "now/nothing.yaml"] {
        let ended = product.bump(&[&format!("--files={file}"), "--set=tag=v1"]).await;
        assert_eq!(ended.code(), "link-unusable", "{}", ended.log);
    }
    let ended = product.bump(&["--files=values.yaml", "--files=now/values.yaml", "--set=tag=v1"]).await;
    assert_eq!(ended.code(), "invalid-input", "{}", ended.log);
    assert_eq!(product.length().await, 0);
}
