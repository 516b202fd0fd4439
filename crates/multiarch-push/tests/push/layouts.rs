//! OCI layouts pushed as they are.

use std::{fs, path::Path};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::stage::{SHA, Stage};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

pub(crate) fn blob(root: &Path, media_type: &str, bytes: &[u8]) -> Value {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::create_dir_all(root.join("blobs/sha256")).unwrap();
    fs::write(root.join("blobs/sha256").join(&hex), bytes).unwrap();
    json!({ "mediaType": media_type, "digest": format!("sha256:{hex}"), "size": bytes.len() })
}

/// Writes a layout with two platforms and returns the digest of its index.
pub(crate) fn write(root: &Path) -> String {
    let mut children = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let config = json!({ "architecture": architecture, "os": "linux", "config": {},
            "rootfs": { "type": "layers", "diff_ids": [] } });
        let config = blob(root, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let layer = blob(root, "application/vnd.oci.image.layer.v1.tar+gzip", &vec![7; 3_000_000]);
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] });
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

/// Writes a layout on a stage and returns its path.
pub(crate) fn written(stage: &Stage, name: &str) -> String {
    let root = stage.directory.path().join(name);
    write(&root);
    root.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_layout_keeps_its_digest() {
    let stage = Stage::new().await;
    let root = stage.directory.path().join("layout");
    let digest = write(&root);
    let argv = [format!("--image={}/product/dev", stage.registry()), format!("--layout={}", root.display())];
    let ran = stage.run(argv.iter().map(String::as_str)).await.unwrap();
    assert_eq!(ran.outputs["digest"], digest);
    assert_eq!(stage.world().registry.tags("product/dev")[SHA], digest);
    // The layer that both platforms have was sent once.
    assert!(stage.world().registry.bytes_received("product/dev") < 3_100_000);
    let again = stage.run(argv.iter().map(String::as_str)).await.unwrap();
    assert_eq!(again.outputs["changed"], "false");
}

#[tokio::test]
async fn a_damaged_layer_is_named_and_nothing_is_published() {
    let stage = Stage::new().await;
    let root = stage.directory.path().join("layout");
    write(&root);
    let blobs = fs::read_dir(root.join("blobs/sha256")).unwrap();
    let layer = blobs.map(|entry| entry.unwrap()).find(|entry| entry.metadata().unwrap().len() == 3_000_000);
    let layer = layer.unwrap().path();
    fs::write(&layer, vec![8; 3_000_000]).unwrap();
    let argv = [format!("--image={}/product/dev", stage.registry()), format!("--layout={}", root.display())];
    let failure = stage.run(argv.iter().map(String::as_str)).await.unwrap_err();
    assert_eq!(failure.code.id, "digest-mismatch");
    assert!(failure.cause.contains(layer.to_str().unwrap()), "{failure}");
    let registry = &stage.world().registry;
    assert!(registry.tags("product/dev").is_empty());
}

/// Writes a layout with one image and no index around it.
fn write_one(root: &Path, architecture: &str) {
    let config = json!({ "architecture": architecture, "os": "linux", "config": {},
        "rootfs": { "type": "layers", "diff_ids": [] } });
    let config = blob(root, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
    let layer = blob(root, "application/vnd.oci.image.layer.v1.tar+gzip", architecture.as_bytes());
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] });
    let child = blob(root, MANIFEST, manifest.to_string().as_bytes());
    fs::write(root.join("index.json"), json!({ "schemaVersion": 2, "manifests": [child] }).to_string())
        .unwrap();
    fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}

#[tokio::test]
async fn layouts_of_native_builds_become_one_image() {
    let stage = Stage::new().await;
    let mut argv = vec![format!("--image={}/product/dev", stage.registry()), "--annotations=a=b".to_owned()];
    for architecture in ["amd64", "arm64"] {
        let root = stage.directory.path().join(architecture);
        write_one(&root, architecture);
        let packed = stage.directory.path().join(format!("{architecture}.tar"));
        let mut archive = tar::Builder::new(fs::File::create(&packed).unwrap());
        archive.append_dir_all(".", &root).unwrap();
        archive.finish().unwrap();
        argv.push(format!("--layout={}", packed.display()));
    }
    let ran = stage.run(argv.iter().map(String::as_str)).await.unwrap();
    let index = stage.index("product/dev", SHA);
    assert_eq!(index["annotations"]["a"], "b");
    for architecture in ["amd64", "arm64"] {
        let (_, config) = stage.image("product/dev", SHA, architecture);
        assert_eq!(config["architecture"], architecture);
    }
    let digests: Value = serde_json::from_str(&ran.outputs["digests"]).unwrap();
    assert_eq!(digests.as_object().unwrap().len(), 2);
}
