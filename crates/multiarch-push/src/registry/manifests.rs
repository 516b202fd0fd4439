//! Manifests and indexes.

use bytes::Bytes;
use model::{Digest, Failure};
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use url::Url;

use super::{call::PATIENCE, client::Repository, retry::Trouble};
use crate::{
    codes,
    image::oci::{self, digest_of},
};

/// The statuses of a manifest that was taken: 201 by the specification, without `Location` from ECR.
pub(super) const STORED: &[u16] = &[200, 201, 202, 204];

/// A manifest with its bytes as they are.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The bytes.
    pub(crate) bytes: Bytes,
    /// The media type.
    pub(crate) media_type: String,
    /// The digest of the bytes.
    pub(crate) digest: Digest,
}

/// What looking for a manifest gave.
#[derive(Debug, Clone)]
pub(crate) enum Lookup {
    /// It is there.
    Found(Found),
    /// It is not there.
    Missing,
    /// The whole repository is not there.
    RepositoryMissing,
}

impl Repository {
    /// Returns the digest that a tag or digest has, none if it is not there.
    pub(crate) async fn head_manifest(&self, reference: &str) -> Result<Option<Digest>, Failure> {
        let url = self.url(&format!("manifests/{reference}"))?;
        let doing = format!("HEAD of the manifest `{reference}`");
        let reply = self
            .persist(async || self.read(&doing, &Method::HEAD, &url, oci::ACCEPT, &[200, 404]).await)
            .await?;
        if reply.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if let Some(digest) = content_digest(&reply) {
            return Ok(Some(digest));
        }
        // The header is optional by the specification.
        match self.get_manifest(reference).await? {
            Lookup::Found(found) => Ok(Some(found.digest)),
            Lookup::Missing | Lookup::RepositoryMissing => Ok(None),
        }
    }

    /// Reads a manifest by tag or digest; what is asked for by digest is checked against it.
    pub(crate) async fn get_manifest(&self, reference: &str) -> Result<Lookup, Failure> {
        let url = self.url(&format!("manifests/{reference}"))?;
        let doing = format!("the manifest `{reference}`");
        self.persist(async || {
            let reply = self.read(&doing, &Method::GET, &url, oci::ACCEPT, &[200, 404]).await?;
            if reply.status() == StatusCode::NOT_FOUND {
                let refusal = self.refusal(reply).await;
                return Ok(if refusal.is_repository_missing() {
                    Lookup::RepositoryMissing
                } else {
                    Lookup::Missing
                });
            }
            let header = reply.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let media_type = header.map(|text| text.split(';').next().unwrap_or(text).trim().to_owned());
            let bytes = self.drain(reply).await?;
            let digest = digest_of(&bytes);
            let media_type = media_type.filter(|text| is_known(text)).unwrap_or_else(|| own_type(&bytes));
            if reference.starts_with("sha256:") && digest.as_str() != reference {
                let text = format!("{} sent {doing} with other content: its digest is {digest}", self.name());
                return Err(Trouble::broken(Failure::new(&codes::DIGEST_MISMATCH, text)));
            }
            Ok(Lookup::Found(Found { bytes, media_type, digest }))
        })
        .await
    }

    /// Puts a manifest under its digest. Nobody can put anything else there, so that it may be repeated at will.
    pub(crate) async fn put_manifest(&self, manifest: &Found) -> Result<(), Failure> {
        let url = self.url(&format!("manifests/{}", manifest.digest))?;
        let doing = format!("the manifest {}", manifest.digest);
        let build = |client: &Client, url| put(client, url, manifest);
        self.persist(async || {
            let reply = self.call(&doing, STORED, &url, build).await?;
            self.stored(&doing, &manifest.digest, reply).await
        })
        .await
    }

    /// Puts a manifest under a tag. `is_due` is asked before each try, since a tag may have got another image while
    /// the last one failed or its reply was lost; returns whether the tag was still due and was put.
    pub(crate) async fn put_tag(
        &self,
        tag: &str,
        manifest: &Found,
        is_due: impl AsyncFn() -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        let url = self.url(&format!("manifests/{tag}"))?;
        let doing = format!("the tag `{tag}`");
        self.persist(async || {
            if !is_due().await? {
                return Ok(false);
            }
            let request = put(self.client(), url.clone(), manifest);
            let reply = self.call_once(&doing, STORED, &url, request, PATIENCE).await?;
            self.stored(&doing, &manifest.digest, reply).await?;
            Ok(true)
        })
        .await
    }

    /// Checks that a manifest or a blob was stored as what it is.
    pub(super) async fn stored(&self, doing: &str, digest: &Digest, reply: Response) -> Result<(), Trouble> {
        let said = content_digest(&reply);
        self.drain(reply).await?;
        match said.filter(|said| said != digest) {
            Some(said) => {
                let text = format!("{} stored {doing} as {said}, not as {digest}", self.name());
                Err(Failure::new(&codes::DIGEST_MISMATCH, text).into())
            }
            None => Ok(()),
        }
    }
}

/// Prepares a manifest's PUT.
pub(super) fn put(client: &Client, url: Url, manifest: &Found) -> RequestBuilder {
    client
        .put(url)
        .header(CONTENT_TYPE, &manifest.media_type)
        .header(CONTENT_LENGTH, manifest.bytes.len())
        .body(manifest.bytes.clone())
}

fn is_known(media_type: &str) -> bool {
    oci::is_index(media_type) || oci::is_manifest(media_type)
}

/// Returns the type that a manifest gives itself, for servers whose header says nothing of use.
fn own_type(bytes: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Typed {
        #[serde(rename = "mediaType")]
        media_type: String,
    }
    serde_json::from_slice::<Typed>(bytes).map(|typed| typed.media_type).unwrap_or_default()
}

fn content_digest(reply: &Response) -> Option<Digest> {
    reply.headers().get("docker-content-digest")?.to_str().ok()?.parse().ok()
}
