//! Tags that exist.

use crate::stage::Stage;

#[tokio::test]
async fn a_tag_that_names_another_image_is_moved_only_if_so_asked() {
    let stage = Stage::new().await;
    let first = stage.push(&["--tags=v1"]).await.unwrap();
    stage.write("context/app.py", "print('other')\n");
    let failure = stage.push(&["--tags=v1"]).await.unwrap_err();
    assert_eq!(failure.code.id, "tag-exists-different");
    assert_eq!(stage.whole("dev", "v1").await.0, first["digest"]);
    let second = stage.push(&["--tags=v1", "--on-existing=overwrite"]).await.unwrap();
    assert_ne!(second["digest"], first["digest"]);
    assert_eq!(stage.whole("dev", "v1").await.0, second["digest"]);
}

#[tokio::test]
async fn moving_tags_move_and_others_do_not() {
    let stage = Stage::new().await;
    let first = stage.push(&["--tags=v1", "--moving-tags=latest"]).await.unwrap();
    stage.write("context/app.py", "print('other')\n");
    let second = stage.push(&["--tags=v2", "--moving-tags=latest"]).await.unwrap();
    for (tag, ran) in [("v1", &first), ("v2", &second), ("latest", &second)] {
        assert_eq!(stage.whole("dev", tag).await.0, ran["digest"], "{tag}");
    }
}

#[tokio::test]
async fn skip_gives_all_tags_to_the_image_that_is_there() {
    let stage = Stage::new().await;
    let first = stage.push(&["--tags=v1"]).await.unwrap();
    stage.write("context/app.py", "print('other')\n");
    let second = stage.push(&["--tags=v1,v2", "--on-existing=skip"]).await.unwrap();
    assert_eq!(second["digest"], first["digest"]);
    assert_eq!(stage.whole("dev", "v2").await.0, first["digest"]);
}

#[tokio::test]
async fn a_dry_run_leaves_no_repository() {
    let stage = Stage::new().await;
    let dry = stage.push(&["--tags=v1", "--dry-run"]).await.unwrap();
    assert!(stage.registry.tags(&stage.repository("dev")).await.is_empty());
    assert_eq!(stage.push(&["--tags=v1"]).await.unwrap()["digest"], dry["digest"]);
}
