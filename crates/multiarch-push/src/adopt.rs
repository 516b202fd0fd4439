//! `on-existing: skip` with an image that is there: it is not built again, and the tags that lack are given to it.

use model::{Digest, Failure, codes::UNEXPECTED_REPLY};

use crate::{
    delivery::Delivery,
    destination::Destination,
    plan::{TagState, TagStep, tag_step},
    push::Sent,
    registry::Lookup,
    report::listed,
    request::Request,
    tagging::write_tag,
};

/// Gives all tags to the image with this digest; `sent` is what was sent before it was found.
pub(crate) async fn adopt(
    to: &Destination,
    request: &Request,
    states: &[TagState],
    digest: &Digest,
    mut sent: Sent,
) -> Result<Delivery, Failure> {
    let repository = &to.repository;
    let Lookup::Found(image) = repository.get_manifest(digest.as_str()).await? else {
        let text = format!("{} has a tag for {digest}, and does not have this image", to.name());
        return Err(Failure::new(&UNEXPECTED_REPLY, text));
    };
    let planned = states
        .iter()
        .map(|state| Ok((state, tag_step(state, digest, request.on_existing)?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    let mut tags = Vec::new();
    for (state, mut step) in planned {
        if step != TagStep::Keep && !request.dry_run {
            step = write_tag(repository, &image, state, request.on_existing).await?;
            if step != TagStep::Keep {
                sent.bytes_uploaded += image.bytes.len() as u64;
            }
        }
        tags.push((state.tag.clone(), step));
    }
    Ok(Delivery { image: to.name().clone(), digest: digest.clone(), tags, platforms: listed(&image), sent })
}
