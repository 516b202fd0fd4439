//! How much memory a large layer takes: `cargo xtask test --long` plays these.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    client::{INDEX, MANIFEST, digest_of},
    process::{PEAK, Process},
    stage::Stage,
};

const TWO_GB: u64 = 2_000_000_000;
/// How many layers go along with the large one.
const SMALL: u64 = 15;
/// In KiB.
const MOST: u64 = 64 * 1024;

fn says(what: &str, ran: &BTreeMap<String, String>) {
    let peak: u64 = ran[PEAK].parse().unwrap();
    let _ = writeln!(std::io::stdout(), "figures: {what}: {} MiB", peak / 1024);
    assert!(peak <= MOST, "{what} took {peak} KiB");
}

#[tokio::test]
#[ignore = "two gigabytes go over loopback to a disk"]
async fn of_a_layer_of_two_gigabytes_in_a_layout() {
    let stage = Stage::new().await;
    let root = stage.path("layout");
    fs::create_dir_all(root.join("blobs/sha256")).unwrap();
    let put = |bytes: &[u8]| {
        let digest = digest_of(bytes);
        fs::write(root.join("blobs/sha256").join(&digest[7..]), bytes).unwrap();
        (digest, bytes.len())
    };
    // The large one, and so many besides that all uploads are busy at once.
    let sizes = (0..SMALL).map(|number| 20_000_000 + number).chain([TWO_GB]);
    let layers: Vec<(String, u64)> = sizes
        .map(|size| {
            let layer = sparse(&root.join("layer"), size);
            fs::rename(root.join("layer"), root.join("blobs/sha256").join(&layer[7..])).unwrap();
            (layer, size)
        })
        .collect();
    let ids: Vec<&String> = layers.iter().map(|(digest, _)| digest).collect();
    let layers: Vec<Value> = layers
        .iter()
        .map(|(digest, size)| {
            json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": size })
        })
        .collect();
    let config = json!({ "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": { "type": "layers", "diff_ids": ids } });
    let (config, config_size) = put(config.to_string().as_bytes());
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST,
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": config_size },
        "layers": layers });
    let (child, child_size) = put(manifest.to_string().as_bytes());
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [{ "mediaType": MANIFEST,
        "digest": child, "size": child_size, "platform": { "architecture": "amd64", "os": "linux" } }] });
    let (index, index_size) = put(index.to_string().as_bytes());
    let top = json!({ "schemaVersion": 2, "manifests": [{ "mediaType": INDEX, "digest": index, "size": index_size }] });
    fs::write(root.join("index.json"), top.to_string()).unwrap();
    fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let argv = [format!("--image={}", stage.image("large")), format!("--layout={}", root.display())];
    let ran = Process::new(&stage, &argv).run(&["--tags=v1", "--timeout=300s"]).await;
    assert_eq!(stage.registry.manifest(&stage.repository("large"), "v1").await.unwrap().digest, index);
    assert!(ran["bytes-uploaded"].parse::<u64>().unwrap() > TWO_GB);
    says("pushing a layer of 2 GB from a layout", &ran);
}

#[tokio::test]
#[ignore = "two gigabytes are compressed"]
async fn of_a_file_of_two_gigabytes_in_a_context() {
    let stage = Stage::new().await;
    sparse(&stage.path("context/wheels/amd64/large"), TWO_GB);
    let mut argv = stage.argv();
    argv.retain(|argument| !argument.starts_with("--platforms") && !argument.starts_with("--timeout"));
    let more = ["--tags=v1", "--timeout=300s", "--platforms=linux/amd64"];
    let ran = Process::new(&stage, &argv).run(&more).await;
    let manifest = stage.registry.manifest(&stage.repository("dev"), "v1").await.unwrap();
    assert_eq!(manifest.digest, ran["digest"]);
    says("building and pushing a layer of 2 GB", &ran);
}

/// Makes a file of zeros that takes no room, and returns its digest.
fn sparse(path: &std::path::Path, size: u64) -> String {
    let file = fs::File::options().create(true).truncate(true).read(true).write(true).open(path).unwrap();
    file.set_len(size).unwrap();
    let mut hash = Sha256::new();
    let mut zeros = vec![0; 1 << 20];
    let mut rest = (&file).take(size);
    loop {
        match rest.read(&mut zeros).unwrap() {
            0 => break,
            length => hash.update(&zeros[..length]),
        }
    }
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
