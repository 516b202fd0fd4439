//! An image's configuration, edited as JSON so that what a base image has and the specification has not (health
//! checks, shells) survives (<https://github.com/opencontainers/image-spec/blob/main/config.md>,
//! <https://github.com/moby/docker-image-spec>).

use model::{Digest, Platform};
use serde_json::{Map, Value, json};

use super::oci::{PlatformSpec, digest_of};

/// The search path of an image that begins with nothing, as BuildKit sets it.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A configuration that instructions change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ImageConfig {
    /// The whole object; its `config` is replaced by `inner` in the end, and keeps its place until then.
    outer: Map<String, Value>,
    /// The object under `config`.
    inner: Map<String, Value>,
}

impl ImageConfig {
    /// The configuration of `scratch`.
    pub(crate) fn scratch(platform: &Platform) -> Self {
        let mut config = Self { outer: Map::new(), inner: Map::new() };
        config.set("Env", vec![format!("PATH={DEFAULT_PATH}")]);
        config.set("WorkingDir", "/");
        config.set_platform(&platform.into());
        config
    }

    /// Reads a base image's configuration. None if it is no JSON object.
    pub(crate) fn of_base(bytes: &[u8]) -> Option<Self> {
        let mut outer: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
        // What Docker's old builder noted about itself says nothing about an image that is built on it.
        for key in ["container", "container_config", "docker_version", "id", "parent", "author"] {
            outer.shift_remove(key);
        }
        let inner =
            outer.get_mut("config").and_then(Value::as_object_mut).map(std::mem::take).unwrap_or_default();
        Some(Self { outer, inner })
    }

    /// Returns the platform that the configuration says it is for.
    pub(crate) fn platform(&self) -> Option<Platform> {
        let text = |key: &str| self.outer.get(key)?.as_str().map(str::to_owned);
        let spec = PlatformSpec {
            architecture: text("architecture")?,
            os: text("os")?,
            variant: text("variant"),
            os_version: None,
        };
        Some(spec.to_platform())
    }

    fn set_platform(&mut self, platform: &PlatformSpec) {
        self.outer.insert("architecture".to_owned(), platform.architecture.clone().into());
        self.outer.insert("os".to_owned(), platform.os.clone().into());
        if let Some(variant) = &platform.variant {
            self.outer.insert("variant".to_owned(), variant.clone().into());
        }
    }

    /// Returns a field of the inner `config`.
    fn get(&self, key: &str) -> Option<&Value> {
        self.inner.get(key)
    }

    /// Returns a text of the inner `config`, empty if there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns a list of texts of the inner `config`.
    pub(crate) fn list(&self, key: &str) -> Vec<String> {
        let texts = |value: &Value| {
            value.as_array().map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        };
        self.get(key).and_then(texts).unwrap_or_default()
    }

    /// Returns a label.
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.get("Labels")?.get(name)?.as_str()
    }

    /// Sets a field of the inner `config`.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.inner.insert(key.to_owned(), value.into());
    }

    /// Removes a field of the inner `config`.
    pub(crate) fn remove(&mut self, key: &str) {
        self.inner.shift_remove(key);
    }

    /// Adds to a map of the inner `config`: labels, ports, volumes.
    pub(crate) fn put(&mut self, key: &str, name: &str, value: impl Into<Value>) {
        let map = self.inner.entry(key).or_insert_with(|| json!({}));
        if !map.is_object() {
            *map = json!({});
        }
        if let Some(map) = map.as_object_mut() {
            map.insert(name.to_owned(), value.into());
        }
    }

    /// Returns an environment variable.
    pub(crate) fn env(&self, name: &str) -> Option<String> {
        self.list("Env").iter().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
    }

    /// Sets an environment variable, in its old place if it has one.
    pub(crate) fn set_env(&mut self, name: &str, value: &str) {
        let mut list = self.list("Env");
        let pair = format!("{name}={value}");
        let is_same = |old: &&mut String| old.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        match list.iter_mut().find(is_same) {
            Some(old) => *old = pair,
            None => list.push(pair),
        }
        self.set("Env", list);
    }

    /// Sets the top-level `author`.
    pub(crate) fn set_author(&mut self, author: &str) {
        self.outer.insert("author".to_owned(), author.into());
    }

    /// Adds an entry to the history. A base image that has layers and no history keeps having none, since a history
    /// must tell about every layer or not be there.
    pub(crate) fn add_history(&mut self, created: &str, created_by: &str, is_empty: bool) {
        let has_layers = !self.diff_ids().is_empty();
        if has_layers && self.outer.get("history").is_none_or(|history| !history.is_array()) {
            return;
        }
        let mut entry = json!({"created": created, "created_by": created_by, "comment": "day2-actions"});
        if is_empty {
            entry["empty_layer"] = true.into();
        }
        if let Some(history) = self.outer.entry("history").or_insert_with(|| json!([])).as_array_mut() {
            history.push(entry);
        }
    }

    fn diff_ids(&self) -> Vec<String> {
        let ids =
            self.outer.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids")).and_then(Value::as_array);
        ids.map(|ids| ids.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
    }

    /// Returns the finished configuration with `layers` on top, and its digest.
    pub(crate) fn finish(mut self, created: &str, layers: &[Digest]) -> (Vec<u8>, Digest) {
        let mut ids = self.diff_ids();
        ids.extend(layers.iter().map(ToString::to_string));
        self.outer.insert("config".to_owned(), Value::Object(self.inner));
        self.outer.insert("created".to_owned(), created.into());
        self.outer.insert("rootfs".to_owned(), json!({"type": "layers", "diff_ids": ids}));
        let bytes = Value::Object(self.outer).to_string().into_bytes();
        let digest = digest_of(&bytes);
        (bytes, digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_keeps_what_is_not_changed() {
        let base = br#"{"architecture":"arm64","os":"linux","variant":"v8","container":"x","config":{"Env":["PATH=/bin","A=1"],"Healthcheck":{"Test":["NONE"]}},"rootfs":{"type":"layers","diff_ids":["sha256:b"]},"history":[{"created_by":"b"}]}"#;
        let mut config = ImageConfig::of_base(base).unwrap();
        assert_eq!(config.platform().unwrap().to_string(), "linux/arm64/v8");
        config.set_env("A", "2");
        config.set_env("PATHS", "3");
        config.put("Labels", "l", "v");
        config.add_history("T", "COPY a", false);
        let (bytes, _) = config.finish("T", &[Digest::from_sha256([0; 32])]);
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r#"{"architecture":"arm64","os":"linux","variant":"v8","config":{"Env":["PATH=/bin","A=2","PATHS=3"],"Healthcheck":{"Test":["NONE"]},"Labels":{"l":"v"}},"rootfs":{"type":"layers","diff_ids":["sha256:b","sha256:0000000000000000000000000000000000000000000000000000000000000000"]},"history":[{"created_by":"b"},{"created":"T","created_by":"COPY a","comment":"day2-actions"}],"created":"T"}"#);
    }

    #[test]
    fn a_base_without_history_gets_none() {
        let mut config =
            ImageConfig::of_base(br#"{"rootfs":{"type":"layers","diff_ids":["sha256:b"]}}"#).unwrap();
        config.add_history("T", "x", true);
        assert!(config.outer.get("history").is_none());
    }

    #[test]
    fn scratch_has_a_path() {
        let config = ImageConfig::scratch(&"linux/arm/v7".parse().unwrap());
        assert_eq!(config.platform().unwrap().to_string(), "linux/arm/v7");
        assert_eq!(config.env("PATH").as_deref(), Some(DEFAULT_PATH));
        assert_eq!(config.env("PAT"), None);
        assert!(ImageConfig::of_base(b"[]").is_none());
    }
}
