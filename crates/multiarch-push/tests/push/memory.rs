//! How much memory a push takes that is much larger than that, and how long one with many layers.

use std::{
    fs,
    io::Read,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use sandbox::faults::{Effect, Fault};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{layouts::blob, stage::Stage};

const MEGABYTE: u64 = 1024 * 1024;

/// Adds a blob of `size` bytes that takes no space on the disk except for its first eight.
fn large(root: &Path, number: u64, size: u64) -> serde_json::Value {
    let path = root.join("large");
    fs::write(&path, number.to_be_bytes()).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(size).unwrap();
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    let mut file = fs::File::open(&path).unwrap();
    loop {
        match file.read(&mut buffer).unwrap() {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    fs::create_dir_all(root.join("blobs/sha256")).unwrap();
    fs::rename(path, root.join("blobs/sha256").join(&hex)).unwrap();
    let media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    json!({ "mediaType": media_type, "digest": format!("sha256:{hex}"), "size": size })
}

/// Writes a layout of two platforms with five layers in common, and two of their own each.
fn layout(root: &Path, layer: u64) {
    fs::create_dir_all(root).unwrap();
    let common: Vec<_> = (0..5).map(|number| large(root, number, layer)).collect();
    let manifests: Vec<_> = ["amd64", "arm64"]
        .iter()
        .zip([10, 20])
        .map(|(architecture, number)| {
            let config = json!({ "architecture": architecture, "os": "linux", "rootfs": {} }).to_string();
            let config = blob(root, "application/vnd.oci.image.config.v1+json", config.as_bytes());
            let own = (number..number + 2).map(|number| large(root, number, layer));
            let layers: Vec<_> = common.iter().cloned().chain(own).collect();
            let media_type = "application/vnd.oci.image.manifest.v1+json";
            let manifest =
                json!({ "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers });
            let mut child = blob(root, media_type, manifest.to_string().as_bytes());
            child["platform"] = json!({ "architecture": architecture, "os": "linux" });
            child
        })
        .collect();
    fs::write(root.join("index.json"), json!({ "schemaVersion": 2, "manifests": manifests }).to_string())
        .unwrap();
    fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}

/// Pushes in a process of its own and returns its peak of memory in bytes, and its log.
fn pushed(stage: &Stage, root: &Path) -> (u64, String) {
    let argv = [
        format!("--image={}/product/dev", stage.registry()),
        format!("--layout={}", root.display()),
        "--timeout=600s".to_owned(),
    ];
    let peak = stage.directory.path().join("peak");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "interrupted::victim", "--ignored", "--nocapture"])
        .env_clear()
        .envs(&stage.env)
        .env("VICTIM_ARGV", argv.join("\n"))
        .env("VICTIM_PEAK", &peak)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    let peak = fs::read_to_string(peak).unwrap_or_else(|_| panic!("{log}"));
    let kilobytes: u64 = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
    (kilobytes * 1024, log)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "is long: two gigabytes"]
async fn two_gigabytes_take_at_most_64_megabytes() {
    let stage = Stage::new().await;
    let root = stage.directory.path().join("layout");
    layout(&root, 250 * MEGABYTE);
    let (peak, log) = pushed(&stage, &root);
    println!("{log}\npeak: {} MB", peak / MEGABYTE);
    assert!(stage.world().registry.bytes_received("product/dev") > 2000 * MEGABYTE);
    assert!(peak < 64 * MEGABYTE, "{peak}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "is a measurement"]
async fn many_layers_over_a_slow_network() {
    let stage = Stage::new().await;
    let delay = Effect::Delay { millis: Duration::from_millis(20).as_millis().try_into().unwrap() };
    stage.world().faults.add(Fault { times: None, ..Fault::once("registry", "", "", delay) });
    let root = stage.directory.path().join("layout");
    layout(&root, 22 * MEGABYTE);
    for round in ["cold", "nothing changed"] {
        stage.world().faults.forget_calls();
        let (peak, log) = pushed(&stage, &root);
        let calls = stage.world().faults.calls().len();
        println!("{round}: {log}\npeak: {} MB, calls: {calls}", peak / MEGABYTE);
    }
}
