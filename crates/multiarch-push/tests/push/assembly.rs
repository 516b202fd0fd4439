//! Building and pushing.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::stage::{SHA, Stage};

#[tokio::test]
async fn two_platforms_are_built_and_pushed() {
    let stage = Stage::new().await;
    let ran = stage.push(&["--labels=team=a b"]).await.unwrap();
    let index = stage.index("product/dev", SHA);
    let platforms: Vec<&str> = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|child| child["platform"]["architecture"].as_str().unwrap())
        .collect();
    assert_eq!(platforms, ["amd64", "arm64"]);
    let (manifest, config) = stage.image("product/dev", SHA, "arm64");
    assert_eq!(config["architecture"], "arm64");
    assert_eq!(config["config"]["Cmd"], serde_json::json!(["python3", "app.py"]));
    assert_eq!(config["config"]["WorkingDir"], "/app");
    let labels = &config["config"]["Labels"];
    assert_eq!(labels["org.opencontainers.image.revision"], SHA);
    assert_eq!(labels["org.opencontainers.image.created"], "2023-11-14T22:13:20Z");
    assert_eq!(labels["org.opencontainers.image.source"], "https://github.com/org/day2-product");
    assert_eq!(labels["team"], "a b");
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 3);
    assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 3);
    assert_eq!(stage.files(&manifest, 1), ["app/app.py 644 print('hello')\n"]);
    assert_eq!(stage.files(&manifest, 2), ["wheels/x.whl 644 arm64"]);

    assert_eq!(ran.outputs["changed"], "true");
    assert_eq!(ran.outputs["tag"], SHA);
    let (digest, _, _) = stage.world().registry.manifest("product/dev", SHA).unwrap();
    assert_eq!(ran.outputs["digest"], digest);
    assert_eq!(ran.outputs["image"], format!("{}/product/dev@{digest}", stage.registry()));
    let digests: Value = serde_json::from_str(&ran.outputs["digests"]).unwrap();
    assert_eq!(digests["linux/arm64"], index["manifests"][1]["digest"]);
    assert!(ran.outputs["bytes-uploaded"].parse::<u64>().unwrap() > 1000);
    assert!(ran.summary.contains("linux/arm64") && ran.summary.contains("upload"), "{}", ran.summary);
    assert!(ran.log.contains("done in"), "{}", ran.log);
}

#[tokio::test]
async fn a_second_run_sends_nothing() {
    let stage = Stage::new().await;
    let first = stage.push(&[]).await.unwrap();
    let writes = stage.writes().len();
    let second = stage.push(&[]).await.unwrap();
    assert_eq!(stage.writes().len(), writes);
    assert_eq!(second.outputs["digest"], first.outputs["digest"]);
    assert_eq!(
        (second.outputs["changed"].as_str(), second.outputs["bytes-uploaded"].as_str()),
        ("false", "0")
    );
}

#[tokio::test]
async fn without_platforms_all_of_the_base_are_built() {
    let stage = Stage::new().await;
    let argv: Vec<String> = stage.argv().into_iter().filter(|arg| !arg.starts_with("--platforms")).collect();
    stage.run(argv.iter().map(String::as_str)).await.unwrap();
    assert_eq!(stage.index("product/dev", SHA)["manifests"].as_array().unwrap().len(), 3);
    let (_, config) = stage.image("product/dev", SHA, "arm");
    assert_eq!(config["variant"], "v7");
}

#[tokio::test]
async fn the_digest_depends_on_nothing_else() {
    let one = Stage::new().await;
    let other = Stage::new().await;
    // Files made in another order and at another time; base images by another port are the same base image.
    other.write("context/wheels/arm64/x.whl", "arm64");
    other.write("context/app.py", "print('hello')\n");
    one.push(&[]).await.unwrap();
    other.push(&[]).await.unwrap();
    // The base image's name has the port, and stands in the labels.
    let configs = |stage: &Stage| {
        let mut config = stage.image("product/dev", SHA, "amd64").1;
        let labels = config["config"]["Labels"].as_object_mut().unwrap();
        labels.remove("org.opencontainers.image.base.name").unwrap();
        config
    };
    assert_eq!(configs(&one), configs(&other));
    let layers = |stage: &Stage| stage.image("product/dev", SHA, "amd64").0["layers"].clone();
    assert_eq!(layers(&one), layers(&other));
}

#[tokio::test]
async fn layers_of_the_base_are_mounted_where_that_is_allowed() {
    let stage = Stage::new().await;
    stage.world().registry.configure(|settings| settings.mount = true);
    stage.push(&[]).await.unwrap();
    let (manifest, _) = stage.image("product/dev", SHA, "amd64");
    let base = manifest["layers"][0]["digest"].as_str().unwrap();
    let puts: Vec<_> = stage.writes().into_iter().filter(|call| call.method == "PUT").collect();
    assert!(!puts.iter().any(|call| call.path.contains(&base[7..])), "{puts:?}");
    assert!(stage.world().registry.blobs("product/dev").contains(base));
}

#[tokio::test]
async fn every_blob_is_sent_once() {
    let stage = Stage::new().await;
    stage.push(&[]).await.unwrap();
    let uploads: Vec<String> = stage
        .writes()
        .into_iter()
        .filter(|call| call.method == "PUT" && call.path.contains("/uploads/"))
        .map(|call| call.path.split_once("digest=").unwrap().1.to_owned())
        .collect();
    let unique: BTreeSet<_> = uploads.iter().collect();
    assert_eq!(unique.len(), uploads.len());
    // Two layers of the base, the application's layer which both platforms share, two of wheels, two configurations.
    assert_eq!(uploads.len(), 7);
}

#[tokio::test]
async fn a_base_from_a_registry_with_tokens_and_redirects_is_copied() {
    let stage = Stage::new().await;
    let other = Stage::new().await;
    other.world().registry.allow_anonymous_pull("base/python");
    other.world().registry.configure(|settings| {
        settings.auth = sandbox::registry::Auth::Bearer;
        settings.redirect_blobs = true;
    });
    let base = format!("--build-args=BASE={}/base/python:3", other.registry());
    stage.push(&[&base]).await.unwrap();
    let (manifest, _) = stage.image("product/dev", SHA, "amd64");
    let base = manifest["layers"][0]["digest"].as_str().unwrap();
    assert!(stage.world().registry.blobs("product/dev").contains(base));
}

#[tokio::test]
async fn a_registry_with_tokens_is_pushed_to() {
    let stage = Stage::new().await;
    let other = Stage::new().await;
    other.world().registry.allow_anonymous_pull("base/python");
    let base = format!("--build-args=BASE={}/base/python:3", other.registry());
    stage.world().registry.configure(|settings| {
        settings.auth = sandbox::registry::Auth::Bearer;
        settings.relative_locations = true;
    });
    stage.push(&[&base]).await.unwrap();
    assert!(stage.world().registry.has("product/dev", SHA));
    let tokens = stage.world().faults.calls().iter().filter(|call| call.path.starts_with("/token")).count();
    // Requests in parallel do not each ask for one.
    assert_eq!(tokens, 1);
}

#[tokio::test]
async fn time_and_revision_come_from_the_commit_that_is_checked_out() {
    let mut stage = Stage::new().await;
    stage.env.remove("SOURCE_DATE_EPOCH");
    for argv in [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "x"]] {
        let status = std::process::Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(argv)
            .current_dir(stage.context())
            .env("GIT_COMMITTER_DATE", "2024-02-29T12:00:00+0200")
            .status()
            .unwrap();
        assert!(status.success());
    }
    stage.push(&[]).await.unwrap();
    let (_, config) = stage.image("product/dev", SHA, "amd64");
    assert_eq!(config["created"], "2024-02-29T10:00:00Z");
    let revision = config["config"]["Labels"]["org.opencontainers.image.revision"].as_str().unwrap();
    assert_ne!(revision, SHA);
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let stage = Stage::new().await;
    let dry = stage.push(&["--dry-run"]).await.unwrap();
    assert!(stage.writes().is_empty());
    assert!(dry.log.contains("would be pushed"), "{}", dry.log);
    let real = stage.push(&[]).await.unwrap();
    assert_eq!(dry.outputs["digest"], real.outputs["digest"]);
}

#[tokio::test]
async fn files_are_copied_out_of_images_and_of_stages_upon_them_for_each_platform() {
    let stage = Stage::new().await;
    let base = format!("{}/base/python:3", stage.registry());
    stage.write(
        "context/Dockerfile",
        &format!(
            "FROM {base} AS tools\nCOPY app.py /etc/own\nFROM scratch\nCOPY --from={base} /etc/os-release /of-image\n\
             COPY --from=tools /etc/o* /of-stage/\n"
        ),
    );
    stage.push(&[]).await.unwrap();
    for architecture in ["amd64", "arm64"] {
        let (manifest, _) = stage.image("product/dev", SHA, architecture);
        let release =
            format!("ID=sandbox\nPLATFORM={{\"architecture\":\"{architecture}\",\"os\":\"linux\"}}\n");
        assert_eq!(stage.files(&manifest, 0), [format!("of-image 644 {release}")]);
        let expected = [
            "of-stage/ 755 ".to_owned(),
            format!("of-stage/os-release 644 {release}"),
            "of-stage/own 644 print('hello')\n".to_owned(),
        ];
        assert_eq!(stage.files(&manifest, 1), expected);
    }
}

#[tokio::test]
async fn a_file_goes_into_a_directory_that_only_the_base_image_knows() {
    let stage = Stage::new().await;
    stage.write("context/Dockerfile", "ARG BASE\nFROM $BASE\nCOPY app.py /www/html/\n");
    stage.push(&[]).await.unwrap();
    stage.write("context/page", "page");
    let base = format!("{}/product/dev:{SHA}", stage.registry());
    stage.write("context/Dockerfile", &format!("FROM {base}\nCOPY page /www/html\nCOPY page /www/new\n"));
    stage.push(&["--tags=v2"]).await.unwrap();
    let (manifest, _) = stage.image("product/dev", "v2", "arm64");
    assert_eq!(stage.files(&manifest, 2), ["www/html/page 644 page"]);
    assert_eq!(stage.files(&manifest, 3), ["www/new 644 page"]);
    let append = format!("--append={}/page:/www/html", stage.context());
    let argv = [
        &format!("--image={}/product/dev", stage.registry()),
        &format!("--base={base}"),
        &append,
        "--tags=v3",
    ];
    stage.run(argv).await.unwrap();
    let (manifest, _) = stage.image("product/dev", "v3", "arm64");
    assert_eq!(stage.files(&manifest, 2), ["www/html/page 644 page"]);
}
