//! Files upon a base image, for all its platforms at once, and the layers of earlier runs.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

use crate::stage::{SHA, Stage};

/// Files for three platforms, with what changes seldom beside what changes often.
async fn stage() -> Stage {
    let stage = Stage::new().await;
    for architecture in ["amd64", "arm64", "arm"] {
        stage.write(&format!("dist/{architecture}/bin/serve"), architecture);
        let path = stage.directory.path().join(format!("dist/{architecture}/bin/serve"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    stage.write("dist/all/site-packages/lib.py", "seldom");
    stage.write("dist/all/app.py", "often");
    stage
}

fn argv(stage: &Stage, more: &[&str]) -> Vec<String> {
    let (registry, dist) = (stage.registry(), stage.directory.path().join("dist").display().to_string());
    let usual = [
        format!("--image={registry}/product/dev"),
        format!("--base={registry}/base/python:3"),
        format!("--append={dist}/{{arch}}/bin:/usr/local/bin"),
        format!("--append={dist}/all:/app"),
        "--timeout=20s".to_owned(),
    ];
    usual.into_iter().chain(more.iter().map(|&argument| argument.to_owned())).collect()
}

async fn append(stage: &Stage, more: &[&str]) -> Result<crate::stage::Ran, model::Failure> {
    stage.run(argv(stage, more).iter().map(String::as_str)).await
}

#[tokio::test]
async fn every_platform_of_the_base_gets_its_files_in_one_step() {
    let stage = stage().await;
    let more = [
        "--entrypoint=/usr/local/bin/serve",
        "--env=A=1",
        "--user=1000",
        "--workdir=/app",
        "--annotations=org.opencontainers.image.source=mine",
    ];
    append(&stage, &more).await.unwrap();
    let index = stage.index("product/dev", SHA);
    let platforms: Vec<String> = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|child| {
            child["platform"]
                .as_object()
                .unwrap()
                .values()
                .map(|part| part.as_str().unwrap())
                .collect::<Vec<_>>()
                .join("/")
        })
        .collect();
    assert_eq!(platforms, ["amd64/linux", "arm64/linux", "arm/linux/v7"]);
    let (base_digest, _, _) = stage.world().registry.manifest("base/python", "3").unwrap();
    let image = |name: &str| format!("org.opencontainers.image.{name}");
    assert_eq!(index["annotations"][image("base.digest")], base_digest);
    for architecture in ["amd64", "arm64", "arm"] {
        let (manifest, config) = stage.image("product/dev", SHA, architecture);
        assert_eq!(stage.files(&manifest, 1), [format!("usr/local/bin/serve 755 {architecture}")]);
        assert_eq!(stage.files(&manifest, 2), ["app/site-packages/lib.py 644 seldom"]);
        assert_eq!(stage.files(&manifest, 3), ["app/app.py 644 often"]);
        assert_eq!(config["architecture"], architecture);
        assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 4);
        let inner = &config["config"];
        assert_eq!(inner["Entrypoint"], serde_json::json!(["/usr/local/bin/serve"]));
        assert_eq!(
            (inner.get("Cmd"), &inner["User"], &inner["WorkingDir"]),
            (None, &"1000".into(), &"/app".into())
        );
        assert!(inner["Env"].as_array().unwrap().contains(&"A=1".into()));
        for facts in [&inner["Labels"], &manifest["annotations"], &index["annotations"]] {
            assert_eq!(facts[image("revision")], SHA);
            assert_eq!(facts[image("created")], "2023-11-14T22:13:20Z");
            assert_eq!(facts[image("base.name")], format!("{}/base/python:3", stage.registry()));
        }
        assert_eq!(manifest["annotations"][image("source")], "mine");
        assert_ne!(manifest["annotations"][image("base.digest")], base_digest);
    }
}

#[tokio::test]
async fn a_platform_without_files_is_named_and_nothing_is_written() {
    let stage = stage().await;
    fs::remove_dir_all(stage.directory.path().join("dist/arm64")).unwrap();
    let failure = append(&stage, &[]).await.unwrap_err();
    assert_eq!(failure.code.id, "context-missing");
    assert!(
        failure.cause.contains("for linux/arm64: `")
            && failure.cause.contains("dist/arm64/bin` cannot be read"),
        "{failure}"
    );
    assert!(stage.writes().is_empty());
}

#[tokio::test]
async fn dependencies_are_sent_once_and_not_with_every_commit() {
    let mut stage = stage().await;
    let tools = stage.directory.path().join("tools").to_str().unwrap().to_owned();
    stage.env.insert("RUNNER_TOOL_CACHE".to_owned(), tools);
    stage.env.insert("GITHUB_REPOSITORY_ID".to_owned(), "7".to_owned());
    append(&stage, &[]).await.unwrap();
    let before: BTreeSet<String> = stage.world().registry.blobs("product/dev");
    stage.env.insert("SOURCE_DATE_EPOCH".to_owned(), "1800000000".to_owned());
    append(&stage, &["--tags=next"]).await.unwrap();
    let (first, _) = stage.image("product/dev", SHA, "amd64");
    let (second, _) = stage.image("product/dev", "next", "amd64");
    let layer = |manifest: &serde_json::Value, at: usize| {
        manifest["layers"][at]["digest"].as_str().unwrap().to_owned()
    };
    assert_eq!(layer(&first, 2), layer(&second, 2));
    assert_ne!(layer(&first, 3), layer(&second, 3));
    assert!(before.contains(&layer(&second, 2)));
    // What the cache knows is sent like anything else to a registry that lacks it.
    let image = format!("--image={}/product/moving", stage.registry());
    let again: Vec<String> = argv(&stage, &[&image]).into_iter().skip(1).collect();
    let ran = stage.run(again.iter().map(String::as_str)).await.unwrap();
    assert!(stage.world().registry.blobs("product/moving").contains(&layer(&second, 3)));
    assert_ne!(ran.outputs["bytes-uploaded"], "0");
}

#[tokio::test]
async fn a_cache_that_is_wrong_costs_time_and_not_the_push() {
    let stage = stage().await;
    let cache = stage.directory.path().join("cache");
    let option = format!("--layer-cache={}", cache.display());
    let right = append(&stage, &[&option]).await.unwrap().outputs["digest"].clone();
    for shape in fs::read_dir(cache.join("entries")).unwrap() {
        for entry in fs::read_dir(shape.unwrap().path()).unwrap() {
            let entry = entry.unwrap().path();
            let wrong = format!("{{\"digest\":\"sha256:{}\",\"size\":7}}", "0".repeat(64));
            fs::write(entry, wrong).unwrap();
        }
    }
    let image = format!("--image={}/product/moving", stage.registry());
    let again: Vec<String> = argv(&stage, &[&image, &option]).into_iter().skip(1).collect();
    let ran = stage.run(again.iter().map(String::as_str)).await.unwrap();
    assert_eq!(ran.outputs["digest"], right);
    let (tagged, ..) = stage.world().registry.manifest("product/moving", SHA).unwrap();
    assert_eq!(tagged, right.as_str());
}

#[tokio::test]
async fn layers_are_zstd_by_choice() {
    let stage = stage().await;
    append(&stage, &["--compression=zstd"]).await.unwrap();
    let (manifest, _) = stage.image("product/dev", SHA, "arm64");
    let types: Vec<&str> = manifest["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| layer["mediaType"].as_str().unwrap())
        .collect();
    let own = "application/vnd.oci.image.layer.v1.tar+zstd";
    assert_eq!(types[1..], [own; 3]);
    assert_eq!(stage.files(&manifest, 3), ["app/app.py 644 often"]);
}
