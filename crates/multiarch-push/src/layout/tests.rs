//! Layouts on disk: whole, several, packed, and damaged.

use std::{
    fs::{self, File},
    path::Path,
};

use serde_json::{Value, json};

use super::*;
use crate::image::oci::digest_of;

/// Writes a layout.
struct Writer(tempfile::TempDir);

impl Writer {
    fn new() -> Self {
        let writer = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(writer.0.path().join("blobs/sha256")).unwrap();
        fs::write(writer.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        writer
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = digest_of(bytes);
        fs::write(self.file(&digest), bytes).unwrap();
        json!({"mediaType": media_type, "digest": digest.as_str(), "size": bytes.len()})
    }

    fn file(&self, digest: &Digest) -> PathBuf {
        self.path().join("blobs/sha256").join(digest.hex())
    }

    fn manifest(&self, media_type: &str, architecture: &str, layer: &Value) -> Value {
        let config = json!({"architecture": architecture, "os": "linux"}).to_string();
        let config = self.blob(oci::CONFIG, config.as_bytes());
        let manifest =
            json!({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [layer]});
        self.blob(media_type, manifest.to_string().as_bytes())
    }

    fn image(&self, architecture: &str) -> Value {
        let layer = self.blob(oci::LAYER_GZIP, b"shared");
        self.manifest(oci::MANIFEST, architecture, &layer)
    }

    /// What BuildKit writes beside an image.
    fn attestation(&self, image: &Value) -> Value {
        let mut statement = self.blob("application/vnd.in-toto+json", b"{\"_type\":\"statement\"}");
        statement["annotations"] = json!({"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"});
        let mut attestation = self.manifest(oci::MANIFEST, "unknown", &statement);
        attestation["platform"] = json!({"architecture": "unknown", "os": "unknown"});
        attestation["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": image["digest"],
        });
        attestation
    }

    fn nested(&self, manifests: &[Value]) -> Value {
        let index =
            json!({"schemaVersion": 2, "x": "kept", "annotations": {"own": "kept"}, "manifests": manifests});
        self.blob(oci::INDEX, index.to_string().as_bytes())
    }

    fn index(&self, manifests: &[Value]) {
        let index = json!({"schemaVersion": 2, "manifests": manifests});
        fs::write(self.path().join("index.json"), index.to_string()).unwrap();
    }

    fn read(&self) -> Result<Artifact, Failure> {
        read_all(&[self.path()]).map(|read| read.artifact)
    }
}

fn layouts(paths: &[&Path]) -> Layouts {
    Layouts {
        paths: paths.iter().map(|path| path.to_path_buf()).collect(),
        spool: PathBuf::from("/nonexistent"),
        platforms: Vec::new(),
        annotations: BTreeMap::new(),
        referrers: false,
    }
}

fn read_all(paths: &[&Path]) -> Result<Read, Failure> {
    read(&layouts(paths))
}

fn platforms(artifact: &Artifact) -> Vec<String> {
    artifact.children.iter().filter_map(|child| Some(child.platform.as_ref()?.to_string())).collect()
}

fn one(architecture: &str) -> Writer {
    let writer = Writer::new();
    writer.index(&[writer.image(architecture)]);
    writer
}

#[test]
fn an_index_is_kept_byte_by_byte() {
    let writer = Writer::new();
    let index = writer.nested(&[writer.image("amd64"), writer.image("arm64")]);
    // The same index under two names, as BuildKit writes it for two tags.
    writer.index(&[index.clone(), index.clone()]);
    let artifact = writer.read().unwrap();
    assert_eq!(artifact.index.digest.as_str(), index["digest"]);
    assert_eq!(platforms(&artifact), ["linux/amd64", "linux/arm64"]);
    assert_eq!(artifact.children[0].blobs.len(), 2);
}

#[test]
fn nested_indexes_come_after_what_they_name() {
    let writer = Writer::new();
    let (amd64, arm64) = (writer.image("amd64"), writer.image("arm64"));
    let inner = writer.nested(std::slice::from_ref(&arm64));
    writer.index(&[writer.nested(&[amd64.clone(), inner.clone()])]);
    let artifact = writer.read().unwrap();
    let order: Vec<&str> = artifact.children.iter().map(|child| child.manifest.digest.as_str()).collect();
    assert_eq!(order, [&amd64, &arm64, &inner].map(|one| one["digest"].as_str().unwrap()));
    assert!(artifact.children[2].blobs.is_empty());
}

#[test]
fn a_tar_file_gives_the_same_image_compressed_or_not() {
    let writer = one("amd64");
    let artifact = writer.read().unwrap();
    let index: Index = serde_json::from_slice(&artifact.index.bytes).unwrap();
    assert_eq!(index.manifests[0].platform.as_ref().unwrap().architecture, "amd64");
    let other = tempfile::tempdir().unwrap();
    let (plain, packed) = (other.path().join("layout.tar"), other.path().join("layout.tar.gz"));
    let mut archive = tar::Builder::new(File::create(&plain).unwrap());
    archive.append_dir_all(".", writer.path()).unwrap();
    archive.finish().unwrap();
    let mut encoder =
        flate2::write::GzEncoder::new(File::create(&packed).unwrap(), flate2::Compression::fast());
    std::io::copy(&mut File::open(&plain).unwrap(), &mut encoder).unwrap();
    encoder.finish().unwrap();
    for path in [&plain, &packed] {
        let spool = tempfile::tempdir().unwrap();
        let layouts = Layouts { spool: spool.path().to_owned(), ..layouts(&[path]) };
        let again = read(&layouts).unwrap().artifact;
        assert_eq!(again.index.digest, artifact.index.digest, "{}", path.display());
        assert_eq!(again.children[0].blobs.len(), 2);
    }
}

#[test]
fn layouts_of_native_builds_become_one_image() {
    let (amd64, arm64) = (one("amd64"), one("arm64"));
    let united = read_all(&[amd64.path(), arm64.path(), amd64.path()]).unwrap().artifact;
    assert_eq!(platforms(&united), ["linux/amd64", "linux/arm64"]);
    assert_eq!(united.index.media_type, oci::INDEX);
    // The order of layouts is that of the index, and the digest is the same each time.
    let again = read_all(&[amd64.path(), arm64.path()]).unwrap().artifact;
    assert_eq!(again.index.digest, united.index.digest);

    let indexed = Writer::new();
    indexed.index(&[indexed.nested(&[indexed.image("arm64"), indexed.image("s390x")])]);
    let united = read_all(&[amd64.path(), indexed.path()]).unwrap().artifact;
    assert_eq!(platforms(&united), ["linux/amd64", "linux/arm64", "linux/s390x"]);
    assert!(!united.children.iter().any(|child| oci::is_index(&child.manifest.media_type)));
}

#[test]
fn two_images_for_one_platform_are_named_with_their_layouts() {
    let (one, other) = (one("amd64"), Writer::new());
    let layer = other.blob(oci::LAYER_GZIP, b"other");
    other.index(&[other.manifest(oci::MANIFEST, "amd64", &layer)]);
    let failure = read_all(&[one.path(), other.path()]).unwrap_err();
    assert_eq!(failure.code.id, "layout-conflict");
    for path in [one.path(), other.path()] {
        assert!(failure.cause.contains(path.to_str().unwrap()), "{failure}");
    }
    assert!(failure.cause.starts_with("for linux/amd64 there are two images: sha256:"), "{failure}");
}

#[test]
fn dockers_own_types_are_kept() {
    let writer = Writer::new();
    let layer = writer.blob("application/vnd.docker.image.rootfs.diff.tar.gzip", b"docker");
    let image = writer.manifest(oci::DOCKER_MANIFEST, "amd64", &layer);
    writer.index(std::slice::from_ref(&image));
    let artifact = writer.read().unwrap();
    assert_eq!(artifact.index.media_type, oci::DOCKER_LIST);
    assert_eq!(artifact.children[0].manifest.media_type, oci::DOCKER_MANIFEST);
    assert_eq!(artifact.children[0].manifest.digest.as_str(), image["digest"]);
}

#[test]
fn annotations_make_a_new_index_around_the_same_images() {
    let writer = Writer::new();
    let image = writer.image("amd64");
    let inner = writer.nested(std::slice::from_ref(&image));
    writer.index(std::slice::from_ref(&inner));
    let annotations = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    let artifact = read(&Layouts { annotations, ..layouts(&[writer.path()]) }).unwrap().artifact;
    let index: Value = serde_json::from_slice(&artifact.index.bytes).unwrap();
    assert_eq!(index["annotations"], json!({"own": "kept", "a": "b"}));
    assert_eq!(index["manifests"][0]["digest"], image["digest"]);
    assert_ne!(artifact.index.digest.as_str(), inner["digest"]);
}

#[test]
fn the_platforms_have_the_order_that_was_asked_for() {
    let writer = Writer::new();
    let images = ["amd64", "arm64", "s390x"].map(|architecture| writer.image(architecture));
    writer.index(&images);
    let platforms = vec!["linux/arm64".parse().unwrap(), "linux/amd64".parse().unwrap()];
    let artifact = read(&Layouts { platforms, ..layouts(&[writer.path()]) }).unwrap().artifact;
    let index: Value = serde_json::from_slice(&artifact.index.bytes).unwrap();
    let order = index["manifests"].as_array().unwrap().iter().map(|image| &image["digest"]);
    assert!(order.eq([1, 0, 2].map(|at: usize| &images[at]["digest"])), "{index}");
}

#[test]
fn attestations_leave_the_index_and_may_become_referrers() {
    let writer = Writer::new();
    let image = writer.image("amd64");
    let attestation = writer.attestation(&image);
    writer.index(&[writer.nested(&[image.clone(), attestation.clone()])]);
    let dropped = read_all(&[writer.path()]).unwrap();
    let index = String::from_utf8(dropped.artifact.index.bytes.to_vec()).unwrap();
    assert!(!index.contains("unknown"), "{index}");
    assert!(dropped.artifact.referrers.is_empty());
    assert!(dropped.notes[0].contains("left out (1): set `referrers: true`"), "{:?}", dropped.notes);

    let attached = read(&Layouts { referrers: true, ..layouts(&[writer.path()]) }).unwrap();
    assert_eq!(attached.artifact.index.digest, dropped.artifact.index.digest);
    let [referrer] = attached.artifact.referrers.as_slice() else { panic!("not one referrer") };
    let manifest: Value = serde_json::from_slice(&referrer.child.manifest.bytes).unwrap();
    assert_eq!(manifest["subject"]["digest"], image["digest"]);
    assert_eq!(manifest["artifactType"], "application/vnd.in-toto+json");
    assert_eq!(manifest["annotations"]["in-toto.io/predicate-type"], "https://slsa.dev/provenance/v1");
    assert!(attached.notes[0].contains("attached as referrers (1)"), "{:?}", attached.notes);

    // One that is about an image that is not there belongs to nothing.
    let mut other = attestation;
    other["annotations"]["vnd.docker.reference.digest"] = json!(digest_of(b"other").as_str());
    writer.index(&[writer.nested(&[image, other])]);
    let left = read(&Layouts { referrers: true, ..layouts(&[writer.path()]) }).unwrap();
    assert!(left.artifact.referrers.is_empty() && left.notes[0].contains("about other images"));
}

#[test]
fn a_blob_is_looked_at_and_not_read() {
    let writer = one("amd64");
    let layer = writer.file(&digest_of(b"shared"));
    fs::write(&layer, "Shared").unwrap();
    assert!(writer.read().is_ok());
    fs::write(&layer, "shar").unwrap();
    let failure = writer.read().unwrap_err();
    assert_eq!(failure.code.id, "digest-mismatch");
    assert!(failure.cause.contains("of 6 bytes holds 4 bytes"), "{failure}");
}

#[test]
fn damage_is_found_before_anything_is_sent() {
    let writer = Writer::new();
    assert_eq!(writer.read().unwrap_err().code.id, "layout-invalid");
    writer.index(&[]);
    assert!(writer.read().unwrap_err().cause.ends_with("its index names no image"));
    let image = writer.image("amd64");
    writer.index(std::slice::from_ref(&image));
    let manifest = writer.file(&image["digest"].as_str().unwrap().parse().unwrap());
    let bytes = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, bytes.replace(':', " ")).unwrap();
    assert_eq!(writer.read().unwrap_err().code.id, "digest-mismatch");
    fs::write(&manifest, bytes).unwrap();
    let layer = writer.file(&digest_of(b"shared"));
    fs::remove_file(&layer).unwrap();
    assert_eq!(writer.read().unwrap_err().code.id, "layout-invalid");
    writer.index(&[writer.blob("text/plain", b"x")]);
    assert!(writer.read().unwrap_err().cause.contains("not an image manifest"));
    fs::remove_file(writer.path().join("oci-layout")).unwrap();
    assert!(writer.read().unwrap_err().cause.contains("oci-layout"));
    let nowhere = read_all(&[Path::new("/nonexistent/layout")]).unwrap_err();
    assert!(nowhere.cause.starts_with("`/nonexistent/layout` is no usable OCI image layout"), "{nowhere}");
}
