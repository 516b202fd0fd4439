//! Images that are there before anything is pushed.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use super::{State, digest, manifest, repository::Manifest};
use crate::faults::lock;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

impl State {
    /// Puts a small multi-arch image under `tag` and returns the digest of its index. Makes the repository if it
    /// is not there. `platforms` are `linux/amd64` and the like; each gets a layer and a config of its own.
    pub fn seed_base_image(&self, repository: &str, tag: &str, platforms: &[&str]) -> io::Result<String> {
        lock(&self.repositories).entry(repository.to_owned()).or_default();
        let mut children = Vec::new();
        for platform in platforms {
            let (os, architecture) = platform.split_once('/').unwrap_or(("linux", platform));
            let (architecture, variant) = match architecture.split_once('/') {
                Some((architecture, variant)) => (architecture, Some(variant)),
                None => (architecture, None),
            };
            let mut target = json!({ "architecture": architecture, "os": os });
            if let Some(variant) = variant {
                target["variant"] = json!(variant);
            }
            let (digest, size) = self.seed_child(repository, &target)?;
            children
                .push(json!({ "mediaType": MANIFEST, "digest": digest, "size": size, "platform": target }));
        }
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": children });
        let (digest, _) = self.seed_manifest(repository, INDEX, &index)?;
        if let Some(repository) = lock(&self.repositories).get_mut(repository) {
            repository.tags.insert(tag.to_owned(), digest.clone());
        }
        Ok(digest)
    }

    fn seed_child(&self, repository: &str, platform: &Value) -> io::Result<(String, usize)> {
        let tar = base_layer(platform)?;
        let diff_id = digest::of(&tar);
        let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
        encoder.write_all(&tar)?;
        let layer = encoder.finish()?;
        let mut config = json!({
            "created": "2024-01-01T00:00:00Z",
            "config": {
                "Env": ["PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "PYTHON_VERSION=3.12.0"],
                "Cmd": ["python3"],
                "WorkingDir": "/",
            },
            "rootfs": { "type": "layers", "diff_ids": [diff_id] },
            "history": [{ "created": "2024-01-01T00:00:00Z", "created_by": "sandbox base" }],
        });
        for (name, value) in platform.as_object().into_iter().flatten() {
            config[name] = value.clone();
        }
        let config = config.to_string().into_bytes();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": { "mediaType": CONFIG, "digest": self.seed_blob(repository, &config)?, "size": config.len() },
            "layers": [{ "mediaType": LAYER, "digest": self.seed_blob(repository, &layer)?, "size": layer.len() }],
        });
        self.seed_manifest(repository, MANIFEST, &manifest)
    }

    /// Puts a blob into a repository that is there.
    pub fn seed_blob(&self, repository: &str, bytes: &[u8]) -> io::Result<String> {
        let digest = self.store.put(bytes)?;
        if let Some(repository) = lock(&self.repositories).get_mut(repository) {
            repository.blobs.insert(digest.clone());
        }
        Ok(digest)
    }

    fn seed_manifest(
        &self,
        repository: &str,
        media_type: &str,
        document: &Value,
    ) -> io::Result<(String, usize)> {
        let bytes = document.to_string().into_bytes();
        let references = manifest::parse(media_type, &bytes).map_err(io::Error::other)?;
        let (digest, size) = (digest::of(&bytes), bytes.len());
        if let Some(repository) = lock(&self.repositories).get_mut(repository) {
            let manifest = Manifest { media_type: media_type.to_owned(), bytes, references };
            repository.manifests.insert(digest.clone(), manifest);
        }
        Ok((digest, size))
    }
}

/// A layer with the few files that make it look like a system, different for every platform.
fn base_layer(platform: &Value) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let release = format!("ID=sandbox\nPLATFORM={platform}\n");
    let passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n";
    for (path, text) in
        [("etc/os-release", release.as_str()), ("etc/passwd", passwd), ("usr/bin/python3", "#!\n")]
    {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(if path.starts_with("usr/bin") { 0o755 } else { 0o644 });
        header.set_mtime(0);
        tar.append_data(&mut header, path, text.as_bytes())?;
    }
    tar.into_inner()
}
