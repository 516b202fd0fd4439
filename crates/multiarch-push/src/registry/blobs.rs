//! Blobs: is it there, mount it, upload it, copy it from another registry.

use std::path::PathBuf;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use model::{Digest, Failure, codes::FILE_ACCESS};
use reqwest::{
    Body, Client, Method, RequestBuilder, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use tokio::io::AsyncReadExt;
use url::Url;

use super::{client::REDIRECTS, client::Repository, retry::Trouble};
use crate::{codes, image::oci::digest_of};

/// Where a blob's bytes come from.
#[derive(Debug, Clone)]
pub(crate) enum Content<'a> {
    /// Memory, for configurations.
    Bytes(&'a Bytes),
    /// A file, which is streamed.
    File(&'a PathBuf),
    /// Another repository, which is streamed through.
    Repository(&'a Repository),
}

/// How a blob came to be where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    /// It was there.
    Present,
    /// It was taken over from another repository of the registry.
    Mounted,
    /// Its bytes were sent.
    Uploaded,
}

/// How large the pieces of a file are on their way out.
const CHUNK: usize = 256 * 1024;

impl Repository {
    /// Whether a blob is there, in its full size.
    ///
    /// A redirect says that it is, and is not followed: it leads to an address that is signed for GET.
    pub(crate) async fn has_blob(&self, digest: &Digest, size: u64) -> Result<bool, Failure> {
        let url = self.url(&format!("blobs/{digest}"))?;
        let doing = format!("HEAD of the blob {digest}");
        let expected: Vec<u16> = [200, 404].iter().chain(REDIRECTS).copied().collect();
        let head = |client: &Client, url| client.head(url);
        let reply = self.persist(async || self.call(&doing, &expected, &url, head).await).await?;
        let length =
            reply.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        Ok(match reply.status() {
            StatusCode::NOT_FOUND => false,
            StatusCode::OK => length.is_none_or(|length| length == size),
            _ => true,
        })
    }

    /// Reads a small blob and checks it.
    pub(crate) async fn get_blob(&self, digest: &Digest) -> Result<Option<Bytes>, Failure> {
        let url = self.url(&format!("blobs/{digest}"))?;
        let doing = format!("the blob {digest}");
        self.persist(async || {
            let reply = self.read(&doing, &Method::GET, &url, "*/*", &[200, 404]).await?;
            if reply.status() == StatusCode::NOT_FOUND {
                return Ok(None);
            }
            let bytes = self.drain(reply).await?;
            if digest_of(&bytes) == *digest {
                return Ok(Some(bytes));
            }
            let text = format!("{} sent {doing} with other content", self.name());
            Err(Trouble::broken(Failure::new(&codes::DIGEST_MISMATCH, text)))
        })
        .await
    }

    /// Whether uploads can be begun: the sure way to tell a repository that is made by pushing from one that is
    /// missing. Nothing is sent, and the registry forgets the session by itself.
    pub(crate) async fn probe_upload(&self) -> Result<(), Failure> {
        let url = self.url("blobs/uploads/")?;
        self.persist(async || {
            self.call("an upload", &[200, 201, 202, 204], &url, open_session).await.map(drop)
        })
        .await
    }

    /// Brings a blob here, unless it is there. Every try begins with a fresh upload: ECR keeps no state that could
    /// be relied on (mise#11376), and a session that has failed is spoilt.
    pub(crate) async fn place_blob(
        &self,
        digest: &Digest,
        size: u64,
        content: Content<'_>,
        mount_from: Option<&str>,
    ) -> Result<Placed, Failure> {
        if self.has_blob(digest, size).await? {
            return Ok(Placed::Present);
        }
        self.persist(async || match self.begin(digest, mount_from).await? {
            None => Ok(Placed::Mounted),
            Some(session) => {
                self.send_whole(digest, size, &content, session).await?;
                Ok(Placed::Uploaded)
            }
        })
        .await
    }

    /// Begins an upload and returns its address; none if the blob could be mounted instead.
    ///
    /// By the specification, a registry that does not mount answers 202 and an upload's address. Some refuse instead,
    /// for example with 403 if the caller may not read `mount_from`: then the bytes are sent, and a refusal that has
    /// another reason comes again with the ordinary upload.
    async fn begin(&self, digest: &Digest, mount_from: Option<&str>) -> Result<Option<Url>, Trouble> {
        if let Some(from) = mount_from.filter(|from| self.may_mount(from)) {
            match self.open(Some((digest, from))).await {
                Err(Trouble::Fatal(failure)) => {
                    tracing::debug!("nothing is mounted from {from} any more: {failure}");
                    self.stop_mounting(from);
                }
                result => return result,
            }
        }
        self.open(None).await
    }

    /// Opens an upload, or mounts a blob from another repository.
    async fn open(&self, mount: Option<(&Digest, &str)>) -> Result<Option<Url>, Trouble> {
        let mut url = self.url("blobs/uploads/")?;
        if let Some((digest, from)) = mount {
            url.query_pairs_mut().append_pair("mount", digest.as_str()).append_pair("from", from);
        }
        let reply = self.call("an upload", &[200, 201, 202, 204], &url, open_session).await?;
        if reply.status() == StatusCode::CREATED && mount.is_some() {
            self.drain(reply).await?;
            return Ok(None);
        }
        let session = self.location(&reply);
        self.drain(reply).await?;
        Ok(Some(session?))
    }

    /// Sends a blob in one PUT.
    async fn send_whole(
        &self,
        digest: &Digest,
        size: u64,
        content: &Content<'_>,
        mut session: Url,
    ) -> Result<(), Trouble> {
        session.query_pairs_mut().append_pair("digest", digest.as_str());
        let body = Self::body(digest, content).await?;
        let request = self
            .client()
            .put(session.clone())
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, size)
            .body(body);
        let doing = format!("the blob {digest}");
        let reply = self
            .call_once(&doing, &[200, 201, 202, 204], &session, request, self.deadline().remaining())
            .await?;
        self.drain(reply).await.map(drop)
    }

    async fn body(digest: &Digest, content: &Content<'_>) -> Result<Body, Trouble> {
        match content {
            Content::Bytes(bytes) => Ok(Body::from((*bytes).clone())),
            Content::File(path) => {
                let file = tokio::fs::File::open(path).await.map_err(|error| {
                    Failure::new(&FILE_ACCESS, format!("cannot read {}: {error}", path.display()))
                })?;
                Ok(Body::wrap_stream(chunks(file)))
            }
            Content::Repository(source) => {
                let url = source.url(&format!("blobs/{digest}"))?;
                let doing = format!("the blob {digest}");
                let reply = source.read(&doing, &Method::GET, &url, "*/*", &[200]).await?;
                Ok(Body::wrap_stream(reply.bytes_stream()))
            }
        }
    }
}

fn open_session(client: &Client, url: Url) -> RequestBuilder {
    client.post(url).header(CONTENT_LENGTH, 0)
}

/// Reads a file piece by piece.
fn chunks(file: tokio::fs::File) -> impl Stream<Item = std::io::Result<Bytes>> {
    stream::unfold(Some(file), |state| async move {
        let mut file = state?;
        let mut buffer = bytes::BytesMut::with_capacity(CHUNK);
        match file.read_buf(&mut buffer).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(buffer.freeze()), Some(file))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .fuse()
}
