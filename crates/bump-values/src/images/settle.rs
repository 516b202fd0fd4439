//! What is to be written where an image is named.
//!
//! | wanted | Helm | kustomize | string |
//! |---|---|---|---|
//! | tag | tag set, digest emptied: it would win | the same | `name:tag` |
//! | digest | digest set, tag stays: empty, a chart takes its own version | digest set, `newTag` emptied | `name@digest` |
//! | both | both set | both set: `name:tag@digest` | `name:tag@digest` |
//!
//! Emptied is right for kustomize, which compares with `""` (kustomize `api/filters/imagetag/updater.go`): with both set it
//! writes both (kubernetes-sigs/kustomize#5664), so that a stale one would show.

use model::{Digest, Failure, Tag};
use yaml_set::{Edit, Segment};

use super::{
    site::{Form, Parts, Site, Slot},
    wanted::{Wanted, split},
};
use crate::{codes::IMAGE_INCOMPLETE, request::Permit};

/// Returns the edits of one place.
pub(super) fn edits(
    file: &str,
    site: &Site<'_>,
    wanted: &Wanted,
    permit: Permit,
) -> Result<Vec<Edit>, Failure> {
    let tag = wanted.image.tag.as_ref().map(Tag::as_str);
    let digest = wanted.image.digest.as_ref().map(Digest::as_str);
    let work = Work { file, site, permit };
    match &site.parts {
        Parts::Within(old) => {
            // What is before the name stays, and so does the name: `nginx` does not become `docker.io/library/nginx`.
            let (front, image) = old.split_at(old.find('=').map_or(0, |at| at + 1));
            let name = split(image).0;
            let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
            let digest = digest.map(|digest| format!("@{digest}")).unwrap_or_default();
            Ok(vec![permit.edit(site.at.clone(), &format!("{front}{name}{tag}{digest}"))])
        }
        Parts::Apart { tag: tag_at, digest: digest_at } => {
            let clears_tag = site.form == Form::Kustomize;
            let mut edits = Vec::new();
            edits.extend(work.part("tag", tag_at, tag, clears_tag)?);
            edits.extend(work.part("digest", digest_at, digest, true)?);
            Ok(edits)
        }
    }
}

struct Work<'w> {
    file: &'w str,
    site: &'w Site<'w>,
    permit: Permit,
}

impl Work<'_> {
    fn part(
        &self,
        what: &str,
        slot: &Slot<'_>,
        wanted: Option<&str>,
        clears: bool,
    ) -> Result<Option<Edit>, Failure> {
        let is_there = slot.scalar.is_some() || self.permit.create || self.site.form == Form::Added;
        match wanted {
            Some(_) if !is_there => Err(self.incomplete(what, slot)),
            Some(value) => {
                let is_bare = matches!(slot.path.segments().last(), Some(Segment::Key(key)) if key == "sha");
                let value = if is_bare { value.trim_start_matches("sha256:") } else { value };
                Ok(Some(self.permit.edit(slot.path.clone(), value)))
            }
            None => {
                let text = slot.scalar.and_then(|scalar| scalar.value.as_deref()).unwrap_or_default();
                Ok((clears && !text.is_empty()).then(|| self.permit.edit(slot.path.clone(), "")))
            }
        }
    }

    fn incomplete(&self, what: &str, slot: &Slot<'_>) -> Failure {
        let Site { name, at, line, .. } = self.site;
        Failure::new(
            &IMAGE_INCOMPLETE,
            format!("`{}` names {name} at `{at}`, but has no `{}` for its {what}", self.file, slot.path),
        )
        .at(self.file, Some(*line))
    }
}
