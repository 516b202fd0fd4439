//! A registry with ECR's habits: the OCI distribution specification over HTTP/1.1, and where ECR departs from it.

mod auth;
mod digest;
mod listing;
mod manifest;
mod pull;
mod push;
mod refusal;
mod repository;
mod route;
mod routes;
mod seed;
mod settings;
mod state;
mod store;
mod token;
mod upload;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::Router;

use crate::{World, faults::lock};
pub use settings::{ACCOUNT, Auth, REGION, Settings};

/// Repositories, uploads, and who may sign in besides the holders of passwords of the ECR API.
#[derive(Debug)]
pub struct State {
    store: store::Store,
    settings: Mutex<Settings>,
    repositories: Mutex<BTreeMap<String, repository::Repository>>,
    uploads: Mutex<BTreeMap<String, (String, state::SharedUpload)>>,
    passwords: Mutex<BTreeSet<String>>,
    tokens: Mutex<BTreeMap<String, (auth::Caller, String)>>,
}

impl State {
    pub(crate) fn new(directory: &Path) -> io::Result<Self> {
        Ok(Self {
            store: store::Store::new(directory)?,
            settings: Mutex::default(),
            repositories: Mutex::default(),
            uploads: Mutex::default(),
            passwords: Mutex::default(),
            tokens: Mutex::default(),
        })
    }

    /// Makes an empty repository; one that is there keeps what it has.
    pub fn create_repository(&self, name: &str, immutable: bool) {
        lock(&self.repositories).entry(name.to_owned()).or_default().immutable = immutable;
    }

    /// Lets tags that fit one of `filters` be moved in a repository whose tags are immutable otherwise
    /// (`IMMUTABLE_WITH_EXCLUSION`).
    pub fn exclude_from_immutability(&self, name: &str, filters: &[&str]) {
        let filters = filters.iter().map(|filter| (*filter).to_owned()).collect();
        lock(&self.repositories).entry(name.to_owned()).or_default().exclusions = filters;
    }

    /// Lets anybody pull from a repository.
    pub fn allow_anonymous_pull(&self, name: &str) {
        lock(&self.repositories).entry(name.to_owned()).or_default().public = true;
    }

    /// Accepts `AWS:<password>` for everything, without a call of the ECR API.
    pub fn add_password(&self, password: &str) {
        lock(&self.passwords).insert(password.to_owned());
    }

    /// Returns the registry's habits.
    pub fn settings(&self) -> Settings {
        lock(&self.settings).clone()
    }

    /// Changes the registry's habits.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.settings));
    }

    /// Returns the digest, the media type and the bytes of a manifest by its tag or digest.
    pub fn manifest(&self, repository: &str, reference: &str) -> Option<(String, String, Vec<u8>)> {
        let repositories = lock(&self.repositories);
        let (digest, manifest) = repositories.get(repository)?.resolve(reference)?;
        Some((digest.to_owned(), manifest.media_type.clone(), manifest.bytes.clone()))
    }

    /// Whether there is a manifest with this tag or digest.
    pub fn has(&self, repository: &str, reference: &str) -> bool {
        self.manifest(repository, reference).is_some()
    }

    /// Returns the names of the repositories.
    pub fn repositories(&self) -> Vec<String> {
        lock(&self.repositories).keys().cloned().collect()
    }

    /// Returns the digest behind every tag.
    pub fn tags(&self, repository: &str) -> BTreeMap<String, String> {
        lock(&self.repositories).get(repository).map(|repository| repository.tags.clone()).unwrap_or_default()
    }

    /// Returns the digests of the manifests, tagged or not.
    pub fn manifests(&self, repository: &str) -> Vec<String> {
        let repositories = lock(&self.repositories);
        repositories
            .get(repository)
            .map(|repository| repository.manifests.keys().cloned().collect())
            .unwrap_or_default()
    }

    /// Returns the digests of the blobs.
    pub fn blobs(&self, repository: &str) -> BTreeSet<String> {
        lock(&self.repositories)
            .get(repository)
            .map(|repository| repository.blobs.clone())
            .unwrap_or_default()
    }

    /// Returns the bytes of a blob that a repository has.
    pub fn blob(&self, repository: &str, digest: &str) -> Option<Vec<u8>> {
        self.check_blob(repository, digest).ok()?;
        std::fs::read(self.store.blob(digest)).ok()
    }

    /// Returns how many uploads were opened and not completed.
    pub fn uploads_in_progress(&self) -> usize {
        lock(&self.uploads).len()
    }

    /// Returns how many bytes of blobs a repository was sent, those of failed uploads counted too.
    pub fn bytes_received(&self, repository: &str) -> u64 {
        lock(&self.repositories).get(repository).map_or(0, |repository| repository.bytes_received)
    }
}

pub(crate) fn router(world: Arc<World>) -> Router {
    routes::router(world)
}

#[cfg(test)]
mod tests;
