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

/// Writes a layout with two platforms, a large layer that they share and a small one each; returns its index's digest.
fn write(root: &Path) -> String {
    let mut children = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let tars = [tar("shared", &vec![7; 6_000_000]), tar(architecture, architecture.as_bytes())];
        let ids: Vec<String> = tars.iter().map(|tar| digest_of(tar)).collect();
        let layers: Vec<Value> = tars.iter().map(|tar| blob(root, LAYER, &gzip(tar))).collect();
        let config = json!({ "architecture": architecture, "os": "linux", "config": {},
            "rootfs": { "type": "layers", "diff_ids": ids } });
        let config = blob(root, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
        let mut child = blob(root, MANIFEST, manifest.to_string().as_bytes());
        child["platform"] = json!({ "architecture": architecture, "os": "linux" });
        children.push(child);
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": children });
    let index = blob(root, INDEX, index.to_string().as_bytes());
    let digest = index["digest"].as_str().unwrap().to_owned();
    fs::write(root.join("index.json"), json!({ "schemaVersion": 2, "manifests": [index] }).to_string())
        .unwrap();
    fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    digest
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
    let digest = write(&stage.path("layout"));
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
async fn a_damaged_layer_is_named_and_nothing_is_published() {
    let stage = Stage::new().await;
    let root = stage.path("layout");
    write(&root);
    let mut blobs = fs::read_dir(root.join("blobs/sha256")).unwrap().map(|entry| entry.unwrap());
    let large = blobs.find(|entry| entry.metadata().unwrap().len() > 6_000_000).unwrap();
    let mut bytes = fs::read(large.path()).unwrap();
    bytes[3_000_000] ^= 1;
    fs::write(large.path(), bytes).unwrap();
    let argv = [
        format!("--image={}", stage.image("layout")),
        format!("--layout={}", root.display()),
        "--tags=v1".to_owned(),
    ];
    let failure = stage.run(argv.iter().map(String::as_str)).await.unwrap_err();
    assert_eq!(failure.code.id, "digest-mismatch", "{failure}");
    assert!(stage.registry.tags(&stage.repository("layout")).await.is_empty());
}
