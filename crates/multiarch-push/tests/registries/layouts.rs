//! OCI layouts pushed as they are.

use std::{fs, io::Write as _, path::Path};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::{
    client::{INDEX, MANIFEST, digest_of},
    stage::Stage,
};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

fn blob(root: &Path, media_type: &str, bytes: &[u8]) -> Value {
    let digest = digest_of(bytes);
    fs::create_dir_all(root.join("blobs/sha256")).unwrap();
    fs::write(root.join("blobs/sha256").join(&digest[7..]), bytes).unwrap();
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

/// Writes a platform's image with a large layer that all have and a small one; returns its descriptor. Scenarios that
/// run side by side have a `fill` each: some registries know a blob in every repository once one has it.
fn platform(root: &Path, architecture: &str, fill: u8) -> Value {
    let tars = [tar("shared", &vec![fill; 6_000_000]), tar(architecture, architecture.as_bytes())];
    let ids: Vec<String> = tars.iter().map(|tar| digest_of(tar)).collect();
    let layers: Vec<Value> = tars.iter().map(|tar| blob(root, LAYER, &gzip(tar))).collect();
    let config = json!({ "architecture": architecture, "os": "linux", "config": {},
        "rootfs": { "type": "layers", "diff_ids": ids } });
    let config = blob(root, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
    blob(root, MANIFEST, manifest.to_string().as_bytes())
}

/// Makes a layout of the blobs that are there.
fn finish(root: &Path, top: &Value) {
    fs::write(root.join("index.json"), json!({ "schemaVersion": 2, "manifests": [top] }).to_string())
        .unwrap();
    fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}

/// Writes a layout with two platforms; returns its index's digest.
fn write(root: &Path, fill: u8) -> String {
    let children = ["amd64", "arm64"].map(|architecture| {
        let mut child = platform(root, architecture, fill);
        child["platform"] = json!({ "architecture": architecture, "os": "linux" });
        child
    });
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": children });
    let index = blob(root, INDEX, index.to_string().as_bytes());
    finish(root, &index);
    index["digest"].as_str().unwrap().to_owned()
}

/// Without compression, so that the size stays.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(path: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_data(&mut header, path, bytes).unwrap();
    tar.into_inner().unwrap()
}

#[tokio::test]
async fn a_layout_keeps_its_digest() {
    let stage = Stage::new().await;
    let digest = write(&stage.path("layout"), 7);
    let argv = [
        format!("--image={}", stage.image("layout")),
        format!("--layout={}", stage.path("layout").display()),
        "--tags=v1".to_owned(),
    ];
    let ran = stage.run(argv.iter().map(String::as_str)).await.unwrap();
    assert_eq!(ran["digest"], digest);
    assert_eq!(stage.whole("layout", "v1").await.0, digest);
    // The layer that both platforms have was sent once.
    assert!(ran["bytes-uploaded"].parse::<u64>().unwrap() < 7_000_000);
    let again = stage.run(argv.iter().map(String::as_str)).await.unwrap();
    assert_eq!(again["changed"], "false");
}

#[tokio::test]
async fn layouts_of_native_builds_become_one_image() {
    let stage = Stage::new().await;
    let mut argv = vec![format!("--image={}", stage.image("merged")), "--tags=v1".to_owned()];
    let mut children = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let root = stage.path(architecture);
        let child = platform(&root, architecture, 8);
        finish(&root, &child);
        children.push(child["digest"].clone());
        argv.push(format!("--layout={}", root.display()));
    }
    stage.run(argv.iter().map(String::as_str)).await.unwrap();
    let (_, index) = stage.whole("merged", "v1").await;
    let merged: Vec<_> =
        index["manifests"].as_array().unwrap().iter().map(|child| &child["digest"]).collect();
    assert_eq!(merged, [&children[0], &children[1]]);
}

/// Changes a byte in the middle of the large layer.
fn damage(root: &Path) {
    let mut blobs = fs::read_dir(root.join("blobs/sha256")).unwrap().map(|entry| entry.unwrap());
    let large = blobs.find(|entry| entry.metadata().unwrap().len() > 6_000_000).unwrap();
    let mut bytes = fs::read(large.path()).unwrap();
    bytes[3_000_000] ^= 1;
    fs::write(large.path(), bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_layer_is_named_and_nothing_is_published() {
    let stage = Stage::new().await;
    let root = stage.path("layout");
    write(&root, 9);
    damage(&root);
    let packed = stage.path("layout.tar");
    let mut archive = tar::Builder::new(fs::File::create(&packed).unwrap());
    archive.append_dir_all(".", &root).unwrap();
    archive.finish().unwrap();
    for layout in [root, packed] {
        let argv = [
            format!("--image={}", stage.image("layout")),
            format!("--layout={}", layout.display()),
            "--tags=v1".to_owned(),
        ];
        let failure = stage.run(argv.iter().map(String::as_str)).await.unwrap_err();
        assert_eq!(failure.code.id, "digest-mismatch", "{failure}");
        assert!(failure.cause.contains(layout.to_str().unwrap()), "{failure}");
        assert!(stage.registry.tags(&stage.repository("layout")).await.is_empty());
    }
}
