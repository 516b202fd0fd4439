//! Blobs: is it there, mount it, upload it, copy it from another registry.

use std::path::Path;

use bytes::Bytes;
use futures_util::StreamExt;
use model::{Digest, Failure, codes::FILE_ACCESS};
use reqwest::{
    Body, Client, Method, RequestBuilder, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt;
use url::Url;

use super::{
    body::{self, Content, Fault},
    call::REDIRECTS,
    client::Repository,
    retry::Trouble,
};
use crate::{codes, image::oci::digest_of, progress::Progress};

/// The statuses that registries have for success: 201 by the specification, others by habit.
const DONE: &[u16] = &[200, 201, 202, 204];

/// A blob to bring to a repository.
#[derive(Debug, Clone)]
pub(crate) struct Upload<'a> {
    /// Its digest.
    pub(crate) digest: &'a Digest,
    /// Its size.
    pub(crate) size: u64,
    /// Its bytes.
    pub(crate) content: Content<'a>,
    /// Repositories of the same registry that it may be taken over from, the likeliest first.
    pub(crate) mount_from: &'a [String],
    /// Is told of what is sent.
    pub(crate) progress: &'a Progress,
}

/// How a blob came to be where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placed {
    /// It was there.
    Present,
    /// It was taken over from another repository of the registry.
    Mounted,
    /// Its bytes were sent.
    Uploaded {
        /// The first repository that it was asked to be taken over from, and was not.
        not_from: Option<String>,
    },
}

/// How an upload begins.
enum Begun {
    /// With a blob that is there now.
    Mounted,
    /// With an address to send it to.
    Session(Url, Option<String>),
}

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

    /// Reads a blob into a file and checks it.
    pub(crate) async fn fetch_blob(&self, digest: &Digest, size: u64, path: &Path) -> Result<(), Failure> {
        let url = self.url(&format!("blobs/{digest}"))?;
        let doing = format!("the blob {digest}");
        self.persist(async || {
            let reply = self.read(&doing, &Method::GET, &url, "*/*", &[200]).await?;
            let unwritable = |error: std::io::Error| {
                Failure::new(&FILE_ACCESS, format!("cannot write {}: {error}", path.display()))
            };
            let mut file = tokio::fs::File::create(path).await.map_err(unwritable)?;
            let (mut hash, mut length, mut pieces) = (Sha256::new(), 0, reply.bytes_stream());
            while let Some(piece) = self.in_time(pieces.next()).await? {
                let piece = piece.map_err(|error| self.broken(error))?;
                length += piece.len() as u64;
                if length > size {
                    break;
                }
                hash.update(&piece);
                file.write_all(&piece).await.map_err(unwritable)?;
            }
            file.flush().await.map_err(unwritable)?;
            let found = Digest::from_sha256(hash.finalize().into());
            if found == *digest && length == size {
                return Ok(());
            }
            let text = format!("{} sent {doing} with other content: {length} bytes, {found}", self.name());
            Err(Trouble::broken(Failure::new(&codes::DIGEST_MISMATCH, text)))
        })
        .await
    }

    /// Whether uploads can be begun: the sure way to tell a repository that is made by pushing from one that is
    /// missing. Nothing is sent, and the registry forgets the session by itself.
    pub(crate) async fn probe_upload(&self) -> Result<(), Failure> {
        let url = self.url("blobs/uploads/")?;
        self.persist(async || self.call("an upload", DONE, &url, open_session).await.map(drop)).await
    }

    /// Brings a blob here that is not there. Every try begins with a fresh upload: ECR keeps no state that could be
    /// relied on (mise#11376), and a session that has failed is spoilt.
    pub(crate) async fn upload(&self, upload: &Upload<'_>) -> Result<Placed, Failure> {
        self.persist(async || match self.begin(upload).await? {
            Begun::Mounted => Ok(Placed::Mounted),
            Begun::Session(session, not_from) => {
                self.send_whole(upload, session).await?;
                Ok(Placed::Uploaded { not_from })
            }
        })
        .await
    }

    /// Begins an upload, or mounts the blob instead.
    ///
    /// By the specification, a registry that does not mount answers 202 and an upload's address. Some refuse instead,
    /// for example with 403 if the caller may not read the other repository: then the bytes are sent, and a refusal
    /// that has another reason comes again with the ordinary upload.
    async fn begin(&self, upload: &Upload<'_>) -> Result<Begun, Trouble> {
        let mut begun = None;
        for from in upload.mount_from.iter().filter(|from| self.may_mount(from)) {
            match self.open(Some((upload.digest, from))).await {
                Err(Trouble::Fatal(failure)) => {
                    tracing::debug!("nothing is mounted from {from} any more: {failure}");
                    self.stop_mounting(from);
                }
                Ok(Begun::Session(session, _)) => {
                    let not_from = match begun {
                        Some(Begun::Session(_, not_from)) => not_from,
                        _ => Some(from.clone()),
                    };
                    begun = Some(Begun::Session(session, not_from));
                }
                result => return result,
            }
        }
        match begun {
            Some(begun) => Ok(begun),
            None => self.open(None).await,
        }
    }

    /// Opens an upload, or mounts a blob from another repository.
    async fn open(&self, mount: Option<(&Digest, &str)>) -> Result<Begun, Trouble> {
        let mut url = self.url("blobs/uploads/")?;
        if let Some((digest, from)) = mount {
            url.query_pairs_mut().append_pair("mount", digest.as_str()).append_pair("from", from);
        }
        let reply = self.call("an upload", DONE, &url, open_session).await?;
        if reply.status() == StatusCode::CREATED && mount.is_some() {
            self.drain(reply).await?;
            return Ok(Begun::Mounted);
        }
        let session = self.location(&reply);
        self.drain(reply).await?;
        Ok(Begun::Session(session?, None))
    }

    /// Sends a blob in one PUT.
    async fn send_whole(&self, upload: &Upload<'_>, mut session: Url) -> Result<(), Trouble> {
        let Upload { digest, size, content, .. } = upload;
        session.query_pairs_mut().append_pair("digest", digest.as_str());
        // A try that fails takes back what it has told.
        let meter = upload.progress.meter();
        let fault = Fault::default();
        let doing = format!("the blob {digest}");
        let mut copying = None;
        let body = match content {
            Content::Bytes(bytes) => {
                meter.sent(*size);
                Body::from((*bytes).clone())
            }
            Content::File(path, offset) => {
                body::of_file(path, *offset, (digest, *size), meter.clone(), fault.clone())
            }
            Content::Repository(source) => {
                // It is never closed.
                copying = self.copies().acquire().await.ok();
                let url = source.url(&format!("blobs/{digest}"))?;
                let reply = source.read(&doing, &Method::GET, &url, "*/*", &[200]).await?;
                Body::wrap_stream(body::metered(reply.bytes_stream(), meter.clone()))
            }
        };
        let request = self
            .client()
            .put(session.clone())
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, *size)
            .body(body);
        let sent = self.call_once(&doing, DONE, &session, request, self.deadline().remaining()).await;
        drop(copying);
        if let Some(failure) = fault.take() {
            return Err(failure.into());
        }
        let stored = match sent {
            Ok(reply) => self.stored(&doing, digest, reply).await,
            Err(trouble) => Err(trouble),
        };
        match (stored, content) {
            // Which of the two is wrong, the file or what arrived of it?
            (Err(trouble), Content::File(path, offset)) if trouble.is_about_content() => {
                Err(body::damage(path, *offset, digest, *size).await.map_or(trouble, Trouble::from))
            }
            (stored, _) => stored.map(|()| meter.keep()),
        }
    }
}

fn open_session(client: &Client, url: Url) -> RequestBuilder {
    client.post(url).header(CONTENT_LENGTH, 0)
}
