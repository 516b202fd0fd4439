//! A small base image for two platforms, made here and pushed by the specification's own calls.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::client::{INDEX, MANIFEST, Registry, digest_of};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Puts it there and returns the digest of its index.
pub(crate) async fn put(registry: &Registry, repository: &str, tag: &str) -> String {
    put_with(registry, repository, tag, |_| None).await
}

/// The same with a program at `/bin/tell`, which is chosen by the architecture.
pub(crate) async fn put_with(
    registry: &Registry,
    repository: &str,
    tag: &str,
    program: impl Fn(&str) -> Option<Vec<u8>>,
) -> String {
    let mut children = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let release = format!("ID=base\nARCHITECTURE={architecture}\n").into_bytes();
        let passwd = b"root:x:0:0:root:/root:/bin/sh\n".to_vec();
        let mut files = vec![("etc/os-release", release), ("etc/passwd", passwd)];
        files.extend(program(architecture).map(|program| ("bin/tell", program)));
        let (layer, diff_id) = layer(&files);
        let config = json!({
            "architecture": architecture, "os": "linux", "created": "2024-01-01T00:00:00Z",
            "config": { "Env": ["PATH=/usr/bin:/bin"], "Cmd": ["sh"], "WorkingDir": "/" },
            "rootfs": { "type": "layers", "diff_ids": [diff_id] },
            "history": [{ "created": "2024-01-01T00:00:00Z", "created_by": "base" }],
        });
        let config = blob(registry, repository, CONFIG, config.to_string().into_bytes()).await;
        let layer = blob(registry, repository, LAYER, layer).await;
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] });
        let (digest, size) = registry.put_manifest(repository, None, &manifest).await;
        let platform = json!({ "architecture": architecture, "os": "linux" });
        children.push(json!({ "mediaType": MANIFEST, "digest": digest, "size": size, "platform": platform }));
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": children });
    registry.put_manifest(repository, Some(tag), &index).await.0
}

async fn blob(registry: &Registry, repository: &str, media_type: &str, bytes: Vec<u8>) -> Value {
    let size = bytes.len();
    let digest = registry.put_blob(repository, bytes).await;
    json!({ "mediaType": media_type, "digest": digest, "size": size })
}

/// Returns a compressed layer and the digest of its tar.
fn layer(files: &[(&str, Vec<u8>)]) -> (Vec<u8>, String) {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(if path.starts_with("bin/") { 0o755 } else { 0o644 });
        tar.append_data(&mut header, path, bytes.as_slice()).unwrap();
    }
    let tar = tar.into_inner().unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&tar).unwrap();
    (encoder.finish().unwrap(), digest_of(&tar))
}
