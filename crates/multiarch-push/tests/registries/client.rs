//! A registry as anybody sees it: the few calls of the distribution specification that the scenarios need.

use reqwest::{Client, RequestBuilder, StatusCode, header};
use serde_json::Value;
use sha2::{Digest, Sha256};
use toolkit::http::{ClientOptions, client};

pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A registry and how to sign in to it.
pub(crate) struct Registry {
    /// `host:port`.
    pub(crate) host: String,
    pub(crate) password: Option<&'static str>,
    http: Client,
}

/// A manifest that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) digest: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Manifest {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
}

impl Registry {
    pub(crate) fn new(host: String, password: Option<&'static str>) -> Self {
        let options = ClientOptions { follow_redirects: true, ..ClientOptions::default() };
        Self { host, password, http: client(&options).unwrap() }
    }

    /// Reads a manifest or an index by its tag or digest, and checks that it is what it is called.
    pub(crate) async fn manifest(&self, repository: &str, reference: &str) -> Option<Manifest> {
        let url = self.url(repository, &format!("manifests/{reference}"));
        let accept = format!("{INDEX}, {MANIFEST}");
        let reply = self.sign(self.http.get(url)).header(header::ACCEPT, accept).send().await.unwrap();
        if reply.status() == StatusCode::NOT_FOUND {
            return None;
        }
        assert_eq!(reply.status(), StatusCode::OK, "GET {repository}:{reference}");
        let media_type = reply.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let bytes = reply.bytes().await.unwrap().to_vec();
        let digest = digest_of(&bytes);
        assert!(!reference.starts_with("sha256:") || reference == digest, "{reference} has other content");
        Some(Manifest { digest, media_type, bytes })
    }

    /// Reads a blob and checks that it is what it is called.
    pub(crate) async fn blob(&self, repository: &str, digest: &str) -> Option<Vec<u8>> {
        let url = self.url(repository, &format!("blobs/{digest}"));
        let reply = self.sign(self.http.get(url)).send().await.unwrap();
        if reply.status() == StatusCode::NOT_FOUND {
            return None;
        }
        assert_eq!(reply.status(), StatusCode::OK, "GET {repository}@{digest}");
        let bytes = reply.bytes().await.unwrap().to_vec();
        assert_eq!(digest_of(&bytes), digest);
        Some(bytes)
    }

    /// Returns the tags of a repository; none if it is not there.
    pub(crate) async fn tags(&self, repository: &str) -> Vec<String> {
        let reply = self.sign(self.http.get(self.url(repository, "tags/list"))).send().await.unwrap();
        if reply.status() == StatusCode::NOT_FOUND {
            return Vec::new();
        }
        let listed: Value = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap();
        let tags = listed["tags"].as_array().cloned().unwrap_or_default();
        tags.into_iter().map(|tag| tag.as_str().unwrap().to_owned()).collect()
    }

    /// Returns the digests of what refers to an image, by the API or by the tag that stands in for it.
    pub(crate) async fn referrers(&self, repository: &str, digest: &str) -> Vec<String> {
        let url = self.url(repository, &format!("referrers/{digest}"));
        let reply = self.sign(self.http.get(url)).send().await.unwrap();
        let list = if reply.status() == StatusCode::OK {
            serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap()
        } else {
            let tag = digest.replace(':', "-");
            self.manifest(repository, &tag).await.map_or(Value::Null, |list| list.json())
        };
        let listed = list["manifests"].as_array().cloned().unwrap_or_default();
        listed.into_iter().map(|one| one["digest"].as_str().unwrap().to_owned()).collect()
    }

    /// Puts a blob and returns its digest.
    pub(crate) async fn put_blob(&self, repository: &str, bytes: Vec<u8>) -> String {
        let url = self.url(repository, "blobs/uploads/");
        let reply = self.sign(self.http.post(&url)).header(header::CONTENT_LENGTH, 0).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::ACCEPTED, "POST {repository}");
        let location = reply.headers()[header::LOCATION].to_str().unwrap();
        let mut session = reply.url().join(location).unwrap();
        let digest = digest_of(&bytes);
        session.query_pairs_mut().append_pair("digest", &digest);
        let put = self.http.put(session).header(header::CONTENT_TYPE, "application/octet-stream").body(bytes);
        assert_eq!(self.sign(put).send().await.unwrap().status(), StatusCode::CREATED, "PUT {repository}");
        digest
    }

    /// Puts a manifest and returns its digest and size.
    pub(crate) async fn put_manifest(
        &self,
        repository: &str,
        tag: Option<&str>,
        document: &Value,
    ) -> (String, usize) {
        let bytes = document.to_string().into_bytes();
        let (digest, size) = (digest_of(&bytes), bytes.len());
        let url = self.url(repository, &format!("manifests/{}", tag.unwrap_or(&digest)));
        let media_type = document["mediaType"].as_str().unwrap();
        let put = self.http.put(url).header(header::CONTENT_TYPE, media_type).body(bytes);
        assert_eq!(self.sign(put).send().await.unwrap().status(), StatusCode::CREATED, "PUT {repository}");
        (digest, size)
    }

    fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        match self.password {
            Some(password) => request.basic_auth("AWS", Some(password)),
            None => request,
        }
    }

    fn url(&self, repository: &str, rest: &str) -> String {
        format!("http://{}/v2/{repository}/{rest}", self.host)
    }
}

pub(crate) fn digest_of(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
