//! What refers to an image: the referrers API, and the tag that stands in for it where it is lacking
//! (<https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers>).

use bytes::Bytes;
use model::{Digest, Failure, codes::UNEXPECTED_REPLY};
use reqwest::{Client, Method, StatusCode, header::LINK};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{
    client::Repository,
    manifests::{Found, Lookup, STORED, put},
};
use crate::image::oci::{self, Descriptor, digest_of};

/// How often the list under a tag is written anew if somebody else writes it at the same time.
const TRIES: usize = 5;

/// How many pages of a list are read.
const PAGES: usize = 100;

/// What became of a manifest that refers to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filed {
    /// The registry lists it with its subject.
    Listed,
    /// The registry has no such list: it is in the one under the tag `sha256-…`.
    UnderTag,
    /// The registry stores no manifests of this shape.
    Refused,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

/// Returns the tag under which referrers of `subject` are listed where the API is lacking.
pub(crate) fn fallback_tag(subject: &Digest) -> String {
    format!("sha256-{}", subject.hex())
}

impl Repository {
    /// Returns what refers to `subject`: what the API lists, and what is listed under the tag that stands in for it.
    pub(crate) async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, Failure> {
        let (listed, tagged) = tokio::try_join!(self.listed(subject), self.tagged(subject))?;
        let mut found = listed.unwrap_or_default();
        for descriptor in tagged.map(|(list, _)| list.manifests).unwrap_or_default() {
            if !found.iter().any(|known| known.digest == descriptor.digest) {
                found.push(descriptor);
            }
        }
        Ok(found)
    }

    /// Asks the API; none if there is none.
    async fn listed(&self, subject: &Digest) -> Result<Option<Vec<Descriptor>>, Failure> {
        let mut url = self.url(&format!("referrers/{subject}"))?;
        let mut found = Vec::new();
        for _ in 0..PAGES {
            let Some((list, next)) = self.page(subject, &url).await? else { return Ok(None) };
            found.extend(list.manifests);
            match next {
                Some(next) => url = next,
                None => return Ok(Some(found)),
            }
        }
        Err(Failure::new(
            &UNEXPECTED_REPLY,
            format!("{} lists referrers of {subject} without end", self.name()),
        ))
    }

    async fn page(&self, subject: &Digest, url: &Url) -> Result<Option<(List, Option<Url>)>, Failure> {
        let doing = format!("the referrers of {subject}");
        self.persist(async || {
            // What does not know the path says so in many ways.
            let reply = self.read(&doing, &Method::GET, url, oci::INDEX, &[200, 400, 404, 405, 501]).await?;
            let is_there = reply.status() == StatusCode::OK;
            let next = reply.headers().get(LINK).and_then(|link| next_page(link.to_str().ok()?, url));
            let body = self.drain(reply).await?;
            // A web page for any path is no list either.
            Ok(serde_json::from_slice::<List>(&body).ok().filter(|_| is_there).map(|list| (list, next)))
        })
        .await
    }

    /// Reads the list under the tag; none if there is no such tag.
    async fn tagged(&self, subject: &Digest) -> Result<Option<(List, Bytes)>, Failure> {
        let tag = fallback_tag(subject);
        let Lookup::Found(found) = self.get_manifest(&tag).await? else { return Ok(None) };
        match serde_json::from_slice::<List>(&found.bytes) {
            Ok(list) if oci::is_index(&found.media_type) => Ok(Some((list, found.bytes))),
            _ => Ok(None),
        }
    }

    /// Puts a manifest that refers to `subject`, and makes sure that it is found from there.
    pub(crate) async fn put_referrer(&self, manifest: &Found, subject: &Digest) -> Result<Filed, Failure> {
        let url = self.url(&format!("manifests/{}", manifest.digest))?;
        let doing = format!("the referrer {}", manifest.digest);
        let expected: Vec<u16> = STORED.iter().chain(&[405, 415]).copied().collect();
        let build = |client: &Client, url| put(client, url, manifest);
        let reply = self
            .persist(async || {
                let reply = self.call(&doing, &expected, &url, build).await?;
                let (status, says_so) = (reply.status(), reply.headers().contains_key("oci-subject"));
                self.drain(reply).await?;
                Ok((status, says_so))
            })
            .await?;
        match reply {
            (StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNSUPPORTED_MEDIA_TYPE, _) => Ok(Filed::Refused),
            // ECR sent the header before it had the API (soci-snapshotter#1327): it has to be asked in any case.
            _ if self.lists(subject, &manifest.digest).await? => Ok(Filed::Listed),
            _ => self.file_under_tag(manifest, subject).await.map(|()| Filed::UnderTag),
        }
    }

    async fn lists(&self, subject: &Digest, digest: &Digest) -> Result<bool, Failure> {
        let listed = self.listed(subject).await?;
        Ok(listed.is_some_and(|listed| listed.iter().any(|descriptor| descriptor.digest == *digest)))
    }

    /// Adds a manifest to the list under the tag of `subject`. Others may do so at the same time, and the
    /// specification has no way to prevent it: the list is read again after it was written.
    async fn file_under_tag(&self, manifest: &Found, subject: &Digest) -> Result<(), Failure> {
        let tag = fallback_tag(subject);
        for _ in 0..TRIES {
            let there = self.tagged(subject).await?;
            if there
                .as_ref()
                .is_some_and(|(list, _)| list.manifests.iter().any(|one| one.digest == manifest.digest))
            {
                return Ok(());
            }
            let list = with_entry(there.as_ref().map(|(_, bytes)| bytes.as_ref()), manifest);
            let digest = digest_of(&list);
            let list = Found { bytes: list.into(), media_type: oci::INDEX.to_owned(), digest };
            self.put_tag(&tag, &list, async || Ok(true)).await?;
        }
        let text = format!("the tag `{tag}` in {} is written by others all the time", self.name());
        Err(Failure::new(&UNEXPECTED_REPLY, text))
    }
}

/// Returns the list with an entry more; what else it has is kept.
fn with_entry(list: Option<&[u8]>, manifest: &Found) -> Vec<u8> {
    let own: Value = serde_json::from_slice(&manifest.bytes).unwrap_or_default();
    let mut entry = json!({
        "mediaType": manifest.media_type,
        "digest": manifest.digest.as_str(),
        "size": manifest.bytes.len(),
    });
    let kind = own.get("artifactType").or_else(|| own.get("config")?.get("mediaType"));
    if let Some(kind) = kind {
        entry["artifactType"] = kind.clone();
    }
    if let Some(annotations) = own.get("annotations") {
        entry["annotations"] = annotations.clone();
    }
    let mut list = list
        .and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok())
        .unwrap_or_else(|| json!({ "schemaVersion": 2, "mediaType": oci::INDEX, "manifests": [] }));
    if let Some(entries) = list.get_mut("manifests").and_then(Value::as_array_mut) {
        entries.push(entry);
    }
    list.to_string().into_bytes()
}

/// Reads `Link: <…>; rel="next"`; another host is not asked.
fn next_page(header: &str, base: &Url) -> Option<Url> {
    let (target, rest) = header.strip_prefix('<')?.split_once('>')?;
    if !rest.contains("next") {
        return None;
    }
    base.join(target).ok().filter(|next| next.origin() == base.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_what_it_has() {
        let manifest = |text: &str| Found {
            bytes: text.as_bytes().to_vec().into(),
            media_type: oci::MANIFEST.to_owned(),
            digest: digest_of(text.as_bytes()),
        };
        let one = manifest(r#"{"artifactType":"a/b","annotations":{"x":"y"}}"#);
        let list = with_entry(None, &one);
        let other = manifest(r#"{"config":{"mediaType":"c/d"}}"#);
        let list: Value = serde_json::from_slice(&with_entry(Some(&list), &other)).unwrap();
        assert_eq!(list["manifests"][0]["digest"], one.digest.as_str());
        assert_eq!(list["manifests"][0]["artifactType"], "a/b");
        assert_eq!(list["manifests"][0]["annotations"]["x"], "y");
        assert_eq!(list["manifests"][1]["artifactType"], "c/d");
        assert_eq!(list["manifests"][1]["size"], other.bytes.len());
    }

    #[test]
    fn pages_stay_at_their_host() {
        let base: Url = "https://a.example/v2/x/referrers/sha256:1".parse().unwrap();
        let next = |header| next_page(header, &base).map(|url| url.to_string());
        assert_eq!(next(r#"</v2/x?last=1>; rel="next""#).as_deref(), Some("https://a.example/v2/x?last=1"));
        assert_eq!(next(r#"<https://b.example/x>; rel="next""#), None);
        assert_eq!(next("nonsense"), None);
    }
}
