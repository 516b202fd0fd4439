//! The registry over real HTTP.

mod pulling;
mod pushing;
mod signing_in;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use super::digest;
use crate::{Config, Sandbox};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A sandbox with the repository `product/dev` and a client that is signed in.
struct Fixture {
    sandbox: Sandbox,
    client: Client,
}

impl Fixture {
    async fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        sandbox.world().registry.add_password("secret");
        sandbox.world().registry.create_repository("product/dev", true);
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { sandbox, client }
    }

    fn registry(&self) -> &super::State {
        &self.sandbox.world().registry
    }

    fn anonymous(&self, method: &str, path: &str) -> RequestBuilder {
        let base = if path.starts_with('/') { self.sandbox.world().urls.registry.as_str() } else { "" };
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{base}{path}"))
    }

    fn call(&self, method: &str, path: &str) -> RequestBuilder {
        self.anonymous(method, path).basic_auth("AWS", Some("secret"))
    }

    async fn open(&self, repository: &str) -> String {
        let reply = self.call("POST", &format!("/v2/{repository}/blobs/uploads/")).send().await.unwrap();
        assert_eq!(reply.status(), 202);
        header(&reply, "location")
    }

    async fn push_blob(&self, repository: &str, bytes: &[u8]) -> String {
        let (place, digest) = (self.open(repository).await, digest::of(bytes));
        let reply =
            self.call("PUT", &format!("{place}?digest={digest}")).body(bytes.to_vec()).send().await.unwrap();
        assert_eq!(reply.status(), 201);
        digest
    }

    /// Pushes an image of one layer by digest; returns its digest and its bytes.
    async fn push_image(&self, repository: &str, layer: &[u8]) -> (String, String) {
        let (config, layer_digest) =
            (self.push_blob(repository, b"{}").await, self.push_blob(repository, layer).await);
        let text = image(&config, &layer_digest);
        let reply = self.put(repository, &digest::of(text.as_bytes()), MANIFEST, &text).await;
        assert_eq!(reply.status(), 201);
        (digest::of(text.as_bytes()), text)
    }

    async fn put(&self, repository: &str, reference: &str, media_type: &str, text: &str) -> Response {
        let call = self.call("PUT", &format!("/v2/{repository}/manifests/{reference}"));
        call.header("content-type", media_type).body(text.to_owned()).send().await.unwrap()
    }
}

fn image(config: &str, layer: &str) -> String {
    format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"c","digest":"{config}","size":2}},"layers":[{{"mediaType":"l","digest":"{layer}","size":1}}]}}"#
    )
}

fn index(children: &[&str]) -> String {
    let children: Vec<String> = children
        .iter()
        .map(|digest| format!(r#"{{"mediaType":"{MANIFEST}","digest":"{digest}","size":1}}"#))
        .collect();
    format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, children.join(","))
}

fn header(reply: &Response, name: &str) -> String {
    reply.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// Returns the status, the code and the message of a refusal.
async fn refusal(reply: Response) -> (u16, String, String) {
    let status = reply.status().as_u16();
    let body: Value = reply.json().await.unwrap();
    let text = |name: &str| body["errors"][0][name].as_str().unwrap_or_default().to_owned();
    (status, text("code"), text("message"))
}
