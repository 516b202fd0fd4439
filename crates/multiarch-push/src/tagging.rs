//! Writing one tag, on a registry that others write to at the same time.
//!
//! The distribution specification has no conditional PUT, so that a tag is looked at right before each one: a
//! decision that was made before a failed try says nothing about what the tag names after it.

use std::sync::{Mutex, PoisonError};

use model::{Failure, codes::UNEXPECTED_REPLY};

use crate::{
    codes,
    plan::{TagState, TagStep, tag_step},
    registry::{Found, Repository},
    request::OnExisting,
};

/// Writes `image` under a tag as far as the rules allow, and returns what was done to the tag.
pub(crate) async fn write_tag(
    repository: &Repository,
    image: &Found,
    state: &TagState,
    on_existing: OnExisting,
) -> Result<TagStep, Failure> {
    let digest = &image.digest;
    let tag = state.tag.as_str();
    let begun: Mutex<Option<TagStep>> = Mutex::new(None);
    let is_due = async || {
        let existing = repository.head_manifest(tag).await?;
        let mut begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
        // An earlier try took effect, and only its reply was lost.
        if begun.is_some() && existing.as_ref() == Some(digest) {
            return Ok(false);
        }
        let step = tag_step(&TagState { existing, ..state.clone() }, digest, on_existing)?;
        let is_due = step != TagStep::Keep;
        *begun = is_due.then_some(step);
        Ok(is_due)
    };
    let put = repository.put_tag(tag, image, is_due).await;
    let step = begun.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or(TagStep::Keep);
    match put {
        Ok(true) => {}
        Ok(false) => return Ok(step),
        // Someone pushed the same at the same time.
        Err(failure) if failure.code == &codes::TAG_IMMUTABLE => {
            return match repository.head_manifest(tag).await? {
                Some(there) if there == *digest => Ok(TagStep::Keep),
                Some(there) => {
                    Err(failure.with_note(format!("the tag names {there}, this image is {digest}")))
                }
                None => Err(failure),
            };
        }
        Err(failure) => return Err(failure),
    }
    match repository.head_manifest(tag).await? {
        Some(there) if there == *digest => Ok(step),
        Some(there) => Err(Failure::new(
            &codes::TAG_EXISTS_DIFFERENT,
            format!(
                "the tag `{tag}` was moved by someone else while it was pushed: it names {there}, not {digest}"
            ),
        )),
        None => Err(Failure::new(
            &UNEXPECTED_REPLY,
            format!("the registry took the tag `{tag}` and does not have it"),
        )),
    }
}
