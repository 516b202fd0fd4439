//! The image that is pushed: an OCI layout with two platforms, each with five layers of a base and two of an application.
//!
//! The layers are files of random bytes in tar and gzip without compression: every program sends them as they are, so that
//! none is slowed down or helped by its compressor.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

const MB: usize = 1_000_000;
/// The layers of a platform, in bytes: the base's and then the application's, 100 MB together.
const LAYERS: [usize; 7] = [40 * MB, 20 * MB, 12 * MB, 6 * MB, 2 * MB, 16 * MB, 4 * MB];
const PLATFORMS: [&str; 2] = ["amd64", "arm64"];

/// The layers of [`LAYERS`] that a small base image has: 20 MB.
const SMALL_BASE: std::ops::Range<usize> = 2..5;
/// An application's files: 60 MB of text.
const FILES: usize = 600;
const FILE: usize = 100_000;

/// Two images of which the second one has another last layer, a base image, and files to put upon it.
pub(super) struct Images {
    pub(super) first: PathBuf,
    pub(super) changed: PathBuf,
    pub(super) base: PathBuf,
    pub(super) files: PathBuf,
}

/// Writes all below `directory`; the images have links to the blobs of the first.
pub(super) fn write(directory: &Path) -> io::Result<Images> {
    let [first, changed, base, files] =
        ["first", "changed", "base", "files"].map(|name| directory.join(name));
    let images = Images { first, changed, base, files };
    let mut platforms = Vec::new();
    for (number, architecture) in PLATFORMS.iter().enumerate() {
        let layers: Vec<Layer> = (0u64..)
            .zip(LAYERS)
            .map(|(layer, size)| Layer::write(&images.first, 100 * number as u64 + layer, size))
            .collect::<io::Result<_>>()?;
        platforms.push((*architecture, layers));
    }
    image(&images.first, "v1", &platforms)?;
    let mut small = Vec::new();
    for (architecture, layers) in &platforms {
        let layers = layers.get(SMALL_BASE).unwrap_or_default();
        for layer in layers {
            layer.link(&images.first, &images.base)?;
        }
        small.push((*architecture, layers.to_vec()));
    }
    image(&images.base, "v1", &small)?;
    application(&images.files)?;
    for (number, (_, layers)) in platforms.iter_mut().enumerate() {
        if let (Some(last), Some(size)) = (layers.last_mut(), LAYERS.last()) {
            *last = Layer::write(&images.changed, 1000 + number as u64, *size)?;
        }
    }
    for (_, layers) in &platforms {
        for layer in layers {
            layer.link(&images.first, &images.changed)?;
        }
    }
    image(&images.changed, "v2", &platforms)?;
    Ok(images)
}

/// A layer that is written.
#[derive(Clone)]
struct Layer {
    descriptor: Value,
    diff_id: String,
}

impl Layer {
    fn write(layout: &Path, seed: u64, size: usize) -> io::Result<Self> {
        let bytes = random(seed, size);
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let mut tar = tar::Builder::new(Vec::with_capacity(size + 4096));
        tar.append_data(&mut header, format!("data/{seed}"), bytes.as_slice())?;
        let tar = tar.into_inner()?;
        let mut encoder =
            GzBuilder::new().mtime(0).write(Vec::with_capacity(size + size / 100), Compression::none());
        encoder.write_all(&tar)?;
        Ok(Self { descriptor: blob(layout, LAYER, &encoder.finish()?)?, diff_id: digest(&tar) })
    }

    fn path(&self, layout: &Path) -> PathBuf {
        let digest = self.descriptor["digest"].as_str().unwrap_or_default();
        layout.join("blobs/sha256").join(digest.trim_start_matches("sha256:"))
    }

    /// Gives a layer of one layout to another one.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::create_dir_all(to.join("blobs/sha256"))?;
        let (from, to) = (self.path(from), self.path(to));
        if to.exists() { Ok(()) } else { fs::hard_link(from, to) }
    }
}

fn image(layout: &Path, tag: &str, platforms: &[(&str, Vec<Layer>)]) -> io::Result<()> {
    let mut children = Vec::new();
    for (architecture, layers) in platforms {
        let ids: Vec<&str> = layers.iter().map(|layer| layer.diff_id.as_str()).collect();
        let config = json!({ "architecture": architecture, "os": "linux", "config": { "Cmd": ["/bin/true"] },
            "rootfs": { "type": "layers", "diff_ids": ids } });
        let config = blob(layout, CONFIG, config.to_string().as_bytes())?;
        let layers: Vec<&Value> = layers.iter().map(|layer| &layer.descriptor).collect();
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
        let mut child = blob(layout, MANIFEST, manifest.to_string().as_bytes())?;
        child["platform"] = json!({ "architecture": architecture, "os": "linux" });
        children.push(child);
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": children });
    let mut index = blob(layout, INDEX, index.to_string().as_bytes())?;
    index["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
    let top = json!({ "schemaVersion": 2, "manifests": [index] });
    fs::write(layout.join("index.json"), top.to_string())?;
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
}

fn blob(layout: &Path, media_type: &str, bytes: &[u8]) -> io::Result<Value> {
    let digest = digest(bytes);
    let directory = layout.join("blobs/sha256");
    fs::create_dir_all(&directory)?;
    fs::write(directory.join(digest.trim_start_matches("sha256:")), bytes)?;
    Ok(json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() }))
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Writes the files of an application, which compress about as well as programs do.
fn application(directory: &Path) -> io::Result<()> {
    const LETTERS: &[u8; 16] = b"etaoinshrdlucm_(";
    for number in 0..FILES {
        let path = directory.join(format!("app/module{}/file{number}.txt", number % 20));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut text = Vec::with_capacity(FILE + 16);
        for word in random(5000 + number as u64, FILE).chunks(2) {
            // Words of a vocabulary of some thousands, each of which is made of its own number.
            let seed = word.iter().fold(0u64, |seed, byte| (seed << 6) ^ u64::from(*byte)) % 4096;
            let letters = random(seed, 3 + (seed % 7) as usize);
            text.extend(letters.iter().map(|byte| LETTERS[usize::from(byte % 16)]));
            text.push(b' ');
            if text.len() >= FILE {
                break;
            }
        }
        fs::write(path, text)?;
    }
    Ok(())
}

/// The same bytes for the same seed (SplitMix64).
fn random(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(word ^ (word >> 31)).to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}
