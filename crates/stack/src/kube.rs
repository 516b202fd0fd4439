//! A small client of the Kubernetes API: objects are JSON, places are paths.

use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use toolkit::http::{ClientOptions, install_tls_provider};

use crate::{Error, state::Cluster};

/// How long a single call may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Who writes, as server-side apply wants to know.
const MANAGER: &str = "day2-stack";

/// A client of one cluster, with the rights of its administrator.
#[derive(Debug, Clone)]
pub struct Kube {
    client: reqwest::Client,
    server: String,
    token: String,
}

impl Kube {
    /// A client of `cluster`, whose authority it trusts and nobody else's.
    pub fn new(cluster: &Cluster) -> Result<Self, Error> {
        install_tls_provider();
        let options = ClientOptions::default();
        let failed = |error: reqwest::Error| {
            Error::new(format!("cannot set up a client of {}: {error}", cluster.server))
        };
        let mut builder =
            reqwest::Client::builder().no_proxy().http1_only().connect_timeout(options.connect_timeout);
        for certificate in reqwest::Certificate::from_pem_bundle(cluster.ca_pem.as_bytes()).map_err(failed)? {
            builder = builder.add_root_certificate(certificate);
        }
        let client = builder.build().map_err(failed)?;
        Ok(Self { client, server: cluster.server.clone(), token: cluster.token.expose().to_owned() })
    }

    /// The object at `path` (`/api/v1/namespaces/app/pods/x`), or `None` where there is none.
    pub async fn get(&self, path: &str) -> Result<Option<Value>, Error> {
        let (status, body) = self.call(Method::GET, path, None).await?;
        if status == StatusCode::NOT_FOUND {
            Ok(None)
        } else {
            accepted(&Method::GET, path, status, body).map(Some)
        }
    }

    /// The items of a collection (`/api/v1/namespaces/app/pods?labelSelector=…`).
    pub async fn list(&self, path: &str) -> Result<Vec<Value>, Error> {
        let (status, body) = self.call(Method::GET, path, None).await?;
        let mut list = accepted(&Method::GET, path, status, body)?;
        match list["items"].take() {
            Value::Array(items) => Ok(items),
            _ => Err(Error::new(format!("GET {path}: a list without items"))),
        }
    }

    /// What is at `path` as text: a container's log (`…/pods/x/log?tailLines=50`).
    pub async fn text(&self, path: &str) -> Result<String, Error> {
        let (status, body) = self.call(Method::GET, path, None).await?;
        match accepted(&Method::GET, path, status, body)? {
            Value::String(text) => Ok(text),
            other => Ok(other.to_string()),
        }
    }

    /// Makes an object as it is given, or changes it: server-side apply, which wins over other writers.
    pub async fn apply(&self, object: &Value) -> Result<Value, Error> {
        let path = path_of(object)?;
        let url = format!("{path}?fieldManager={MANAGER}&force=true");
        let body = Some(("application/apply-patch+yaml", object.clone()));
        let (status, body) = self.call(Method::PATCH, &url, body).await?;
        accepted(&Method::PATCH, &path, status, body)
    }

    /// Makes an object in a collection; one that exists is an error.
    pub async fn create(&self, path: &str, object: &Value) -> Result<Value, Error> {
        let (status, body) =
            self.call(Method::POST, path, Some(("application/json", object.clone()))).await?;
        accepted(&Method::POST, path, status, body)
    }

    /// Lays a merge patch over an object.
    pub async fn patch(&self, path: &str, patch: Value) -> Result<Value, Error> {
        let body = Some(("application/merge-patch+json", patch));
        let (status, body) = self.call(Method::PATCH, path, body).await?;
        accepted(&Method::PATCH, path, status, body)
    }

    /// Lays a merge patch over an object's status.
    pub async fn patch_status(&self, path: &str, status: Value) -> Result<Value, Error> {
        self.patch(&format!("{path}/status"), json!({ "status": status })).await
    }

    /// Deletes an object; one that is not there is no error.
    pub async fn delete(&self, path: &str) -> Result<(), Error> {
        let (status, body) = self.call(Method::DELETE, path, None).await?;
        if status == StatusCode::NOT_FOUND {
            Ok(())
        } else {
            accepted(&Method::DELETE, path, status, body).map(drop)
        }
    }

    /// What happens in a collection from now on, each event as `{"type": "ADDED", "object": {…}}`, beginning with
    /// what is there. It ends when the server ends it, after some minutes.
    pub async fn watch(&self, path: &str) -> Result<impl Stream<Item = Result<Value, Error>> + use<>, Error> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let url = format!("{}{path}{mark}watch=true", self.server);
        let reply =
            self.client.get(url).bearer_auth(&self.token).send().await.map_err(|e| failed(path, &e))?;
        if !reply.status().is_success() {
            return Err(Error::new(format!("watching {path}: {}", reply.status())));
        }
        let path = path.to_owned();
        let chunks = reply.bytes_stream().map(move |chunk| chunk.map_err(|error| failed(&path, &error)));
        Ok(stream::unfold((chunks, Vec::new()), |(mut chunks, mut buffer)| async move {
            loop {
                if let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = buffer.drain(..=end).collect();
                    let event = serde_json::from_slice(&line).map_err(|error| Error::new(error.to_string()));
                    return Some((event, (chunks, buffer)));
                }
                match chunks.next().await? {
                    Ok(chunk) => buffer.extend_from_slice(&chunk),
                    Err(error) => return Some((Err(error), (chunks, Vec::new()))),
                }
            }
        }))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Value)>,
    ) -> Result<(StatusCode, Value), Error> {
        let url = format!("{}{path}", self.server);
        let mut request = self.client.request(method, url).bearer_auth(&self.token).timeout(PATIENCE);
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body.to_string());
        }
        let reply = request.send().await.map_err(|error| failed(path, &error))?;
        let status = reply.status();
        let text = reply.text().await.map_err(|error| failed(path, &error))?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }
}

/// Returns what was answered, or what the server said against it.
fn accepted(method: &Method, path: &str, status: StatusCode, body: Value) -> Result<Value, Error> {
    if status.is_success() {
        return Ok(body);
    }
    let said = body["message"].as_str().map_or_else(|| body.to_string(), str::to_owned);
    Err(Error::new(format!("{method} {path}: {status}: {said}")))
}

fn failed(path: &str, error: &reqwest::Error) -> Error {
    let mut text = format!("the Kubernetes API, {path}: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    Error::new(text)
}

/// Where an object is: `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME`. An object without a namespace in its
/// metadata is taken for one of the whole cluster.
pub fn path_of(object: &Value) -> Result<String, Error> {
    let text = |value: &Value, what: &str| {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Error::new(format!("an object without {what}: {object}")))
    };
    let version = text(&object["apiVersion"], "apiVersion")?;
    let name = text(&object["metadata"]["name"], "a name")?;
    let plural = plural(&text(&object["kind"], "a kind")?);
    let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
    Ok(match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{root}/namespaces/{namespace}/{plural}/{name}"),
        None => format!("{root}/{plural}/{name}"),
    })
}

/// `Ingress` → `ingresses`, `NetworkPolicy` → `networkpolicies`, `Pod` → `pods`.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_have_places() {
        for (object, path) in [
            (
                json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "x", "namespace": "app" } }),
                "/api/v1/namespaces/app/pods/x",
            ),
            (
                json!({ "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": { "name": "x", "namespace": "a" } }),
                "/apis/networking.k8s.io/v1/namespaces/a/ingresses/x",
            ),
            (
                json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "app" } }),
                "/api/v1/namespaces/app",
            ),
        ] {
            assert_eq!(path_of(&object).unwrap(), path);
        }
        assert_eq!(plural("NetworkPolicy"), "networkpolicies");
        let error = path_of(&json!({ "apiVersion": "v1", "kind": "Pod" })).unwrap_err().to_string();
        assert!(error.starts_with("an object without a name"), "{error}");
    }
}
