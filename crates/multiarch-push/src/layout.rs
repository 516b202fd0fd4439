//! Reading an OCI image layout (<https://github.com/opencontainers/image-spec/blob/main/image-layout.md>).

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use model::{Digest, Failure};
use sha2::{Digest as _, Sha256};

use crate::{
    artifact::{Artifact, Blob, Child, Origin, document},
    codes,
    image::ImageConfig,
    image::oci::{self, Descriptor, Index, Manifest},
    registry::Found,
};

/// Reads the layout at `path`, a directory or a tar file, which is unpacked below `spool`. Every blob is checked
/// against its digest, so that nothing is sent of a layout that is damaged.
pub(crate) fn read(
    path: &Path,
    spool: &Path,
    annotations: &BTreeMap<String, String>,
) -> Result<Artifact, Failure> {
    let root = if path.is_file() { unpack(path, &spool.join("layout"))? } else { path.to_owned() };
    let layout = Layout { root, shown: path.to_owned(), verified: RefCell::default() };
    let index: Index = layout.json("index.json")?;
    if !layout.root.join("oci-layout").is_file() {
        return Err(layout.invalid("it has no file `oci-layout`"));
    }
    match index.manifests.as_slice() {
        [] => Err(layout.invalid("its index names no image")),
        [one] if oci::is_index(&one.media_type) => {
            let bytes = layout.checked(one)?;
            let inner: Index = layout.parse(&bytes, &one.digest)?;
            let children = layout.children(&inner.manifests)?;
            let index =
                Found { bytes: bytes.into(), media_type: one.media_type.clone(), digest: one.digest.clone() };
            Ok(Artifact { index, children, referrers: Vec::new() })
        }
        several => layout.wrapped(several, annotations),
    }
}

struct Layout {
    root: PathBuf,
    shown: PathBuf,
    /// What has been checked: platforms share layers, and large ones take a while.
    verified: RefCell<BTreeSet<Digest>>,
}

impl Layout {
    fn invalid(&self, why: impl std::fmt::Display) -> Failure {
        let shown = self.shown.display();
        Failure::new(&codes::LAYOUT_INVALID, format!("`{shown}` is no usable OCI image layout: {why}"))
    }

    fn json(&self, name: &str) -> Result<Index, Failure> {
        let bytes = fs::read(self.root.join(name))
            .map_err(|error| self.invalid(format!("cannot read `{name}`: {error}")))?;
        serde_json::from_slice(&bytes).map_err(|error| self.invalid(format!("`{name}`: {error}")))
    }

    fn parse<T: serde::de::DeserializeOwned>(&self, bytes: &[u8], digest: &Digest) -> Result<T, Failure> {
        serde_json::from_slice(bytes).map_err(|error| self.invalid(format!("the blob {digest}: {error}")))
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    /// Reads a small blob and checks it.
    fn checked(&self, descriptor: &Descriptor) -> Result<Vec<u8>, Failure> {
        self.verify(descriptor)?;
        fs::read(self.path(&descriptor.digest)).map_err(|error| self.invalid(error))
    }

    /// Checks a blob's size and digest.
    fn verify(&self, descriptor: &Descriptor) -> Result<(), Failure> {
        let Descriptor { digest, size, .. } = descriptor;
        if self.verified.borrow().contains(digest) {
            return Ok(());
        }
        let file = File::open(self.path(digest))
            .map_err(|error| self.invalid(format!("the blob {digest} cannot be read: {error}")))?;
        let (found, length) =
            hash(file).map_err(|error| self.invalid(format!("the blob {digest}: {error}")))?;
        if found == *digest && length == *size {
            self.verified.borrow_mut().insert(digest.clone());
            return Ok(());
        }
        let shown = self.shown.display();
        Err(Failure::new(
            &codes::DIGEST_MISMATCH,
            format!(
                "in `{shown}` the blob {digest} of {size} bytes holds {length} bytes with the digest {found}"
            ),
        )
        .with_remedy("Let the tool that wrote the layout write it again."))
    }

    fn children(&self, descriptors: &[Descriptor]) -> Result<Vec<Child>, Failure> {
        let mut seen = BTreeSet::new();
        // One after the other: the disk is the limit, and memory stays constant.
        let unique = descriptors.iter().filter(|descriptor| seen.insert(descriptor.digest.clone()));
        unique.map(|descriptor| self.child(descriptor)).collect()
    }

    fn child(&self, descriptor: &Descriptor) -> Result<Child, Failure> {
        if !oci::is_manifest(&descriptor.media_type) {
            let why = format!("{} is `{}`, not an image manifest", descriptor.digest, descriptor.media_type);
            return Err(self.invalid(why));
        }
        let bytes = self.checked(descriptor)?;
        let manifest: Manifest = self.parse(&bytes, &descriptor.digest)?;
        let mut blobs = Vec::new();
        for part in std::iter::once(&manifest.config).chain(&manifest.layers) {
            if oci::is_foreign(&part.media_type) {
                continue;
            }
            self.verify(part)?;
            let origin = Origin::File(self.path(&part.digest));
            blobs.push(Blob { digest: part.digest.clone(), size: part.size, origin });
        }
        let platform = if let Some(platform) = &descriptor.platform {
            platform.is_known().then(|| platform.to_platform())
        } else {
            let config = fs::read(self.path(&manifest.config.digest)).map_err(|error| self.invalid(error))?;
            ImageConfig::of_base(&config).and_then(|config| config.platform())
        };
        let found = Found {
            bytes: bytes.into(),
            media_type: descriptor.media_type.clone(),
            digest: descriptor.digest.clone(),
        };
        Ok(Child { manifest: found, platform, blobs })
    }

    /// Puts an index around images that have none, or of which there are several.
    fn wrapped(
        &self,
        descriptors: &[Descriptor],
        annotations: &BTreeMap<String, String>,
    ) -> Result<Artifact, Failure> {
        let children = self.children(descriptors)?;
        let manifests = children
            .iter()
            .map(|child| Descriptor {
                media_type: child.manifest.media_type.clone(),
                digest: child.manifest.digest.clone(),
                size: child.manifest.bytes.len() as u64,
                platform: child.platform.as_ref().map(Into::into),
                annotations: BTreeMap::new(),
            })
            .collect();
        let media_type = oci::INDEX.to_owned();
        let index = Index { schema_version: 2, media_type, manifests, annotations: annotations.clone() };
        let bytes = serde_json::to_vec(&index).map_err(|error| self.invalid(error))?;
        Ok(Artifact { index: document(bytes, oci::INDEX), children, referrers: Vec::new() })
    }
}

fn hash(mut file: File) -> io::Result<(Digest, u64)> {
    let (mut hash, mut length) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 17];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((Digest::from_sha256(hash.finalize().into()), length)),
            read => {
                hash.update(&buffer[..read]);
                length += read as u64;
            }
        }
    }
}

/// Unpacks a tar file; entries that lead out of `target` are skipped by the tar reader.
fn unpack(file: &Path, target: &Path) -> Result<PathBuf, Failure> {
    let invalid = |error: io::Error| {
        Failure::new(
            &codes::LAYOUT_INVALID,
            format!("`{}` is no tar file of a layout: {error}", file.display()),
        )
    };
    fs::create_dir_all(target).map_err(invalid)?;
    let mut archive = tar::Archive::new(io::BufReader::new(File::open(file).map_err(invalid)?));
    archive.set_preserve_mtime(false);
    archive.unpack(target).map_err(invalid)?;
    Ok(target.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::oci::digest_of;

    struct Writer(tempfile::TempDir);

    impl Writer {
        fn new() -> Self {
            let writer = Self(tempfile::tempdir().unwrap());
            fs::create_dir_all(writer.0.path().join("blobs/sha256")).unwrap();
            fs::write(writer.0.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
            writer
        }

        fn blob(&self, media_type: &str, bytes: &[u8]) -> serde_json::Value {
            let digest = digest_of(bytes);
            fs::write(self.0.path().join("blobs/sha256").join(digest.hex()), bytes).unwrap();
            json!({"mediaType": media_type, "digest": digest.as_str(), "size": bytes.len()})
        }

        fn image(&self, architecture: &str) -> serde_json::Value {
            let config = json!({"architecture": architecture, "os": "linux"}).to_string();
            let config = self.blob(oci::CONFIG, config.as_bytes());
            let layer = self.blob(oci::LAYER_GZIP, b"shared");
            let manifest =
                json!({"schemaVersion": 2, "mediaType": oci::MANIFEST, "config": config, "layers": [layer]});
            self.blob(oci::MANIFEST, manifest.to_string().as_bytes())
        }

        fn index(&self, manifests: &[serde_json::Value]) {
            let index = json!({"schemaVersion": 2, "manifests": manifests});
            fs::write(self.0.path().join("index.json"), index.to_string()).unwrap();
        }

        fn read(&self) -> Result<Artifact, Failure> {
            read(self.0.path(), Path::new("/nonexistent"), &BTreeMap::new())
        }
    }

    #[test]
    fn an_index_is_kept_byte_by_byte() {
        let writer = Writer::new();
        let inner = json!({"schemaVersion": 2, "x": "kept", "manifests": [writer.image("amd64"), writer.image("arm64")]});
        let inner = inner.to_string();
        writer.index(&[writer.blob(oci::INDEX, inner.as_bytes())]);
        let artifact = writer.read().unwrap();
        assert_eq!(artifact.index.bytes, inner.as_bytes());
        let platforms: Vec<_> =
            artifact.children.iter().map(|child| child.platform.as_ref().unwrap().to_string()).collect();
        assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
        assert_eq!(artifact.children[0].blobs.len(), 2);
    }

    #[test]
    fn single_images_get_an_index_and_a_tar_is_unpacked() {
        let writer = Writer::new();
        writer.index(&[writer.image("amd64")]);
        let artifact = writer.read().unwrap();
        let index: Index = serde_json::from_slice(&artifact.index.bytes).unwrap();
        assert_eq!(index.manifests[0].platform.as_ref().unwrap().architecture, "amd64");
        let other = tempfile::tempdir().unwrap();
        let file = other.path().join("layout.tar");
        let mut archive = tar::Builder::new(File::create(&file).unwrap());
        archive.append_dir_all(".", writer.0.path()).unwrap();
        archive.finish().unwrap();
        let again = read(&file, other.path(), &BTreeMap::new()).unwrap();
        assert_eq!(again.index.digest, artifact.index.digest);
    }

    #[test]
    fn damage_is_found_before_anything_is_sent() {
        let writer = Writer::new();
        assert_eq!(writer.read().unwrap_err().code.id, "layout-invalid");
        writer.index(&[]);
        assert!(writer.read().unwrap_err().cause.ends_with("its index names no image"));
        let image = writer.image("amd64");
        writer.index(&[image]);
        let layer = writer.0.path().join("blobs/sha256").join(digest_of(b"shared").hex());
        fs::write(&layer, "Shared").unwrap();
        assert_eq!(writer.read().unwrap_err().code.id, "digest-mismatch");
        fs::remove_file(&layer).unwrap();
        assert_eq!(writer.read().unwrap_err().code.id, "layout-invalid");
        writer.index(&[writer.blob("text/plain", b"x")]);
        assert!(writer.read().unwrap_err().cause.contains("not an image manifest"));
        fs::remove_file(writer.0.path().join("oci-layout")).unwrap();
        assert!(writer.read().unwrap_err().cause.contains("oci-layout"));
    }
}
