//! `oci-client-push LAYOUT REFERENCE`: pushes the image of an OCI layout with the crate oci-client, as well as its public
//! functions allow: a blob that is there is not sent, the others go out as streams, several at once, in one PUT each.
//!
//! The children get tags of their own, `TAG-ARCHITECTURE`: by digest, oci-client 0.18 panics where a registry answers without
//! `Location`, as ECR does. The password is taken from `REGISTRY_PASSWORD`; without one, nobody signs in.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use oci_client::{
    Client, Reference,
    client::{ClientConfig, ClientProtocol},
    errors::OciDistributionError,
    secrets::RegistryAuth,
};
use serde_json::Value;
use tokio_util::io::ReaderStream;

/// The crate's own number for `push`.
const AT_ONCE: usize = oci_client::client::DEFAULT_MAX_CONCURRENT_UPLOAD;
/// How large the pieces of a file are.
const CHUNK: usize = 256 * 1024;

type Failure = Box<dyn Error + Send + Sync>;

struct Push {
    client: Client,
    layout: PathBuf,
    target: Reference,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let [layout, target] = <[String; 2]>::try_from(std::env::args().skip(1).collect::<Vec<_>>())
        .map_err(|_| "usage: oci-client-push LAYOUT REFERENCE")?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config =
        ClientConfig { protocol: ClientProtocol::Http, use_monolithic_push: true, ..ClientConfig::default() };
    let push = Push { client: Client::new(config), layout: layout.into(), target: target.parse()? };
    let auth = match std::env::var("REGISTRY_PASSWORD") {
        Ok(password) => RegistryAuth::Basic("AWS".to_owned(), password),
        Err(_) => RegistryAuth::Anonymous,
    };
    push.client.store_auth_if_needed(push.target.resolve_registry(), &auth).await;
    push.image().await
}

impl Push {
    async fn image(&self) -> Result<(), Failure> {
        let index: Value = serde_json::from_slice(&tokio::fs::read(self.layout.join("index.json")).await?)?;
        let top = index["manifests"].get(0).ok_or("the layout has no image")?;
        let index: Value = serde_json::from_slice(&self.bytes(top).await?)?;
        let children = index["manifests"].as_array().ok_or("the layout's image is no index")?;
        let mut blobs = Vec::new();
        for child in children {
            let manifest: Value = serde_json::from_slice(&self.bytes(child).await?)?;
            let layers = manifest["layers"].as_array().cloned().unwrap_or_default();
            blobs.extend(layers.into_iter().chain([manifest["config"].clone()]));
        }
        blobs.sort_by_key(|blob| text(blob, "digest").to_owned());
        blobs.dedup_by_key(|blob| text(blob, "digest").to_owned());
        stream::iter(&blobs)
            .map(|blob| self.blob(blob))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        for child in children {
            let tag = format!("{}-{}", self.tag(), text(&child["platform"], "architecture"));
            self.manifest(child, &tag).await?;
        }
        self.manifest(top, self.tag()).await
    }

    async fn blob(&self, blob: &Value) -> Result<(), Failure> {
        let digest = text(blob, "digest");
        if self.client.blob_exists(&self.target, digest).await? {
            return Ok(());
        }
        let file = tokio::fs::File::open(self.path(blob)).await?;
        let bytes = ReaderStream::with_capacity(file, CHUNK).map_err(OciDistributionError::from);
        let size = blob["size"].as_u64();
        self.client.push_blob_stream(&self.target, bytes, digest, size).await?;
        Ok(())
    }

    async fn manifest(&self, manifest: &Value, tag: &str) -> Result<(), Failure> {
        let place = Reference::with_tag(
            self.target.registry().to_owned(),
            self.target.repository().to_owned(),
            tag.to_owned(),
        );
        let media_type = text(manifest, "mediaType").parse()?;
        self.client.push_manifest_raw(&place, self.bytes(manifest).await?, media_type).await?;
        Ok(())
    }

    async fn bytes(&self, blob: &Value) -> Result<Vec<u8>, Failure> {
        Ok(tokio::fs::read(self.path(blob)).await?)
    }

    fn path(&self, blob: &Value) -> PathBuf {
        let hex = text(blob, "digest").trim_start_matches("sha256:");
        Path::new(&self.layout).join("blobs/sha256").join(hex)
    }

    fn tag(&self) -> &str {
        self.target.tag().unwrap_or("latest")
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
