//! Tags that exist.

use crate::stage::{SHA, Stage};

#[tokio::test]
async fn a_tag_that_names_another_image_is_not_moved() {
    let stage = Stage::new().await;
    stage.push(&[]).await.unwrap();
    let before = stage.world().registry.tags("product/dev");
    stage.write("context/app.py", "print('other')\n");
    let writes = stage.writes().len();
    let failure = stage.push(&[]).await.unwrap_err();
    assert_eq!(failure.code.id, "tag-exists-different");
    assert!(failure.cause.contains(SHA), "{failure}");
    assert_eq!(stage.world().registry.tags("product/dev"), before);
    assert_eq!(stage.writes().len(), writes, "something was sent");
}

#[tokio::test]
async fn overwriting_an_immutable_tag_is_refused_by_the_registry() {
    let stage = Stage::new().await;
    stage.push(&[]).await.unwrap();
    stage.write("context/app.py", "print('other')\n");
    let failure = stage.push(&["--on-existing=overwrite"]).await.unwrap_err();
    assert_eq!(failure.code.id, "tag-immutable");
    assert!(failure.cause.contains("cannot be overwritten"), "{failure}");
}

#[tokio::test]
async fn skip_does_not_build_and_fail_fails() {
    let stage = Stage::new().await;
    let first = stage.push(&[]).await.unwrap();
    stage.write("context/app.py", "print('other')\n");
    let skipped = stage.push(&["--on-existing=skip"]).await.unwrap();
    assert_eq!(skipped.outputs["digest"], first.outputs["digest"]);
    assert_eq!(skipped.outputs["digests"], first.outputs["digests"]);
    assert_eq!(skipped.outputs["changed"], "false");
    let failure = stage.push(&["--on-existing=fail"]).await.unwrap_err();
    assert_eq!(failure.code.id, "tag-exists");
}

#[tokio::test]
async fn moving_tags_move_and_others_do_not() {
    let stage = Stage::new().await;
    let mut argv = stage.argv();
    argv[0] = format!("--image={}/product/moving", stage.registry());
    argv.push("--moving-tags=latest".to_owned());
    stage.run(argv.iter().map(String::as_str).chain(["--tags=v1"])).await.unwrap();
    stage.write("context/app.py", "print('other')\n");
    let ran = stage.run(argv.iter().map(String::as_str).chain(["--tags=v2"])).await.unwrap();
    let tags = stage.world().registry.tags("product/moving");
    assert_eq!(tags["latest"], tags["v2"]);
    assert_ne!(tags["v1"], tags["v2"]);
    assert!(ran.log.contains("latest moved from sha256:"), "{}", ran.log);
}

#[tokio::test]
async fn skip_gives_all_tags_to_the_image_that_is_there() {
    let stage = Stage::new().await;
    let image = format!("--image={}/product/moving", stage.registry());
    let first = stage.push(&[&image, "--tags=v1", "--moving-tags=latest"]).await.unwrap();
    stage.write("context/app.py", "print('other')\n");
    let second = stage.push(&[&image, "--tags=v2", "--moving-tags=latest"]).await.unwrap();
    assert_ne!(second.outputs["digest"], first.outputs["digest"]);
    let argv = [image.as_str(), "--tags=v3,v1", "--moving-tags=latest", "--on-existing=skip"];
    let before = stage.world().registry.tags("product/moving");
    let writes = stage.writes().len();

    let planned = stage.push(&[&argv[..], &["--dry-run"]].concat()).await.unwrap();
    assert!(planned.log.contains("v3 would be pushed"), "{}", planned.log);
    assert_eq!((stage.world().registry.tags("product/moving"), stage.writes().len()), (before, writes));

    let ran = stage.push(&argv).await.unwrap();
    assert_eq!(ran.outputs["digest"], first.outputs["digest"]);
    assert_eq!((ran.outputs["tag"].as_str(), ran.outputs["changed"].as_str()), ("v3", "true"));
    let tags = stage.world().registry.tags("product/moving");
    for tag in ["v1", "v3", "latest"] {
        assert_eq!(tags[tag], ran.outputs["digest"], "{tag}");
    }
    assert_eq!(tags["v2"], second.outputs["digest"]);
    let written: Vec<String> = stage.writes().into_iter().skip(writes).map(|call| call.path).collect();
    assert_eq!(written, ["/v2/product/moving/manifests/v3", "/v2/product/moving/manifests/latest"]);
}

#[tokio::test]
async fn skip_does_not_choose_between_two_images() {
    let stage = Stage::new().await;
    let image = format!("--image={}/product/moving", stage.registry());
    stage.push(&[&image, "--tags=v1"]).await.unwrap();
    stage.write("context/app.py", "print('other')\n");
    stage.push(&[&image, "--tags=v2"]).await.unwrap();
    let writes = stage.writes().len();
    let failure = stage.push(&[&image, "--tags=v1,v2,v3", "--on-existing=skip"]).await.unwrap_err();
    assert_eq!(failure.code.id, "tag-exists-different");
    assert!(failure.cause.contains("the tags `v1` and `v2` exist already"), "{failure}");
    assert_eq!(stage.writes().len(), writes, "something was sent");
}

#[tokio::test]
async fn a_moving_tag_needs_an_exclusion_where_tags_are_immutable() {
    let stage = Stage::new().await;
    stage.push(&["--tags=v1", "--moving-tags=dev-latest"]).await.unwrap();
    stage.write("context/app.py", "print('other')\n");
    let failure = stage.push(&["--tags=v2", "--moving-tags=dev-latest"]).await.unwrap_err();
    assert_eq!(failure.code.id, "tag-immutable");
    assert!(failure.remedy.contains("IMMUTABLE_WITH_EXCLUSION"), "{}", failure.remedy);
    stage.world().registry.exclude_from_immutability("product/dev", &["*-latest"]);
    let ran = stage.push(&["--tags=v2", "--moving-tags=dev-latest"]).await.unwrap();
    let tags = stage.world().registry.tags("product/dev");
    assert_eq!((&tags["v2"], &tags["dev-latest"]), (&ran.outputs["digest"], &ran.outputs["digest"]));
    assert_ne!(tags["v1"], tags["v2"]);
}
