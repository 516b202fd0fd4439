//! What the handlers do to the state.

use std::sync::Arc;

use super::{
    State,
    auth::Caller,
    digest,
    refusal::Refusal,
    repository::{Manifest, Repository},
    upload::Upload,
};
use crate::{faults::lock, oidc::uuid};

/// An upload as it is shared between the requests for it.
pub(super) type SharedUpload = Arc<tokio::sync::Mutex<Upload>>;

impl State {
    /// Makes sure that the repository is there before anything is pushed to it.
    pub(super) fn ensure_repository(&self, name: &str) -> Result<(), Refusal> {
        let mut repositories = lock(&self.repositories);
        if !repositories.contains_key(name) {
            if !self.settings().create_on_push {
                return Err(Refusal::repository_unknown(name));
            }
            repositories.insert(name.to_owned(), Repository::default());
        }
        Ok(())
    }

    /// Checks that the repository is there and has the blob.
    pub(super) fn check_blob(&self, name: &str, digest: &str) -> Result<(), Refusal> {
        if !digest::is_valid(digest) {
            return Err(Refusal::not_a_digest(digest));
        }
        let repositories = lock(&self.repositories);
        let repository = repositories.get(name).ok_or_else(|| Refusal::repository_unknown(name))?;
        if repository.blobs.contains(digest) { Ok(()) } else { Err(Refusal::blob_unknown()) }
    }

    /// Mounts a blob if the account allows it and the source repository has a manifest that names it.
    pub(super) fn mount(&self, name: &str, digest: &str, from: &str) -> bool {
        if !self.settings().mount {
            return false;
        }
        let mut repositories = lock(&self.repositories);
        let source = repositories.get(from);
        if !source.is_some_and(|source| source.blobs.contains(digest) && source.refers_to(digest)) {
            return false;
        }
        repositories.get_mut(name).is_some_and(|target| {
            target.blobs.insert(digest.to_owned());
            true
        })
    }

    pub(super) fn open_upload(&self, name: &str) -> String {
        let id = uuid();
        let upload = Upload::new(self.store.upload(&id));
        lock(&self.uploads).insert(id.clone(), (name.to_owned(), Arc::new(tokio::sync::Mutex::new(upload))));
        id
    }

    pub(super) fn upload(&self, name: &str, id: &str) -> Result<SharedUpload, Refusal> {
        let uploads = lock(&self.uploads);
        let upload = uploads.get(id).filter(|(repository, _)| repository == name);
        upload.map(|(_, upload)| upload.clone()).ok_or_else(|| Refusal::upload_unknown(id))
    }

    pub(super) fn close_upload(&self, id: &str) {
        lock(&self.uploads).remove(id);
        // It has been renamed if the upload was completed.
        let _ = std::fs::remove_file(self.store.upload(id));
    }

    /// Puts a manifest under a tag or its own digest, if all that it names is there.
    pub(super) fn put_manifest(
        &self,
        name: &str,
        reference: &str,
        found: &str,
        manifest: Manifest,
    ) -> Result<(), Refusal> {
        let mut repositories = lock(&self.repositories);
        let repository = repositories.get_mut(name).ok_or_else(|| Refusal::repository_unknown(name))?;
        let by_digest = digest::is_valid(reference);
        if by_digest && reference != found {
            return Err(Refusal::digest_invalid(reference, found));
        }
        if !by_digest && repository.keeps(reference) && repository.tags.contains_key(reference) {
            return Err(Refusal::tag_immutable(name, reference));
        }
        let is_there = |digest: &&String| !repository.blobs.contains(digest.as_str());
        let missing: Vec<String> = manifest.references.blobs.iter().filter(is_there).cloned().collect();
        if !missing.is_empty() {
            return Err(Refusal::layers_missing(name, &missing));
        }
        let is_there = |digest: &&String| !repository.manifests.contains_key(digest.as_str());
        let missing: Vec<String> = manifest.references.manifests.iter().filter(is_there).cloned().collect();
        if !missing.is_empty() {
            return Err(Refusal::images_missing(name, &missing));
        }
        repository.manifests.insert(found.to_owned(), manifest);
        if !by_digest {
            repository.tags.insert(reference.to_owned(), found.to_owned());
        }
        Ok(())
    }

    pub(super) fn count(&self, name: &str, bytes: u64) {
        if let Some(repository) = lock(&self.repositories).get_mut(name) {
            repository.bytes_received += bytes;
        }
    }

    pub(super) fn is_public(&self, name: &str) -> bool {
        lock(&self.repositories).get(name).is_some_and(|repository| repository.public)
    }

    pub(super) fn is_local_password(&self, password: &str) -> bool {
        lock(&self.passwords).contains(password)
    }

    pub(super) fn add_token(&self, token: String, caller: Caller, repository: &str) {
        lock(&self.tokens).insert(token, (caller, repository.to_owned()));
    }

    pub(super) fn token(&self, token: &str) -> Option<(Caller, String)> {
        lock(&self.tokens).get(token).cloned()
    }
}
