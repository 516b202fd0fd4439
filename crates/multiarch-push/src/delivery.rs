//! One destination from its tags' states to its tags.

use std::path::Path;

use model::{Deadline, Digest, Failure, ImageName, Tag, codes::DEADLINE_PASSED};
use toolkit::Phases;

use crate::{
    adopt::adopt,
    artifact::Artifact,
    codes,
    destination::Destination,
    plan::{self, Early, TagState, TagStep},
    progress::Progress,
    push::{Push, Sent, Stock},
    report::{PlatformRow, rows},
    request::{OnExisting, Request},
};

/// What a destination has at the end.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    /// The destination.
    pub(crate) image: ImageName,
    /// The index.
    pub(crate) digest: Digest,
    /// Each tag and what happened to it, or would.
    pub(crate) tags: Vec<(Tag, TagStep)>,
    /// Each platform.
    pub(crate) platforms: Vec<PlatformRow>,
    /// What was sent.
    pub(crate) sent: Sent,
}

/// A push to all destinations, each of which goes its own way: none waits for another one, or fails with it.
#[derive(Debug)]
pub(crate) struct Pushing<'a> {
    request: &'a Request,
    artifact: &'a Artifact,
    stock: Stock,
    progress: &'a Progress,
    deadline: Deadline,
    phases: &'a Phases,
}

impl<'a> Pushing<'a> {
    /// Prepares it; `spool` is a directory for what several destinations share.
    pub(crate) fn new(
        request: &'a Request,
        artifact: &'a Artifact,
        spool: &Path,
        progress: &'a Progress,
        deadline: Deadline,
        phases: &'a Phases,
    ) -> Self {
        let fetched = (request.images.len() > 1).then(|| spool.to_owned());
        Self { request, artifact, stock: Stock::new(artifact, fetched), progress, deadline, phases }
    }

    /// Decides what happens to the tags of a destination.
    pub(crate) fn plan(&self, states: &[TagState]) -> Result<Vec<(Tag, TagStep)>, Failure> {
        let digest = &self.artifact.index.digest;
        let step = |state: &TagState| plan::tag_step(state, digest, self.request.on_existing);
        states.iter().map(|state| Ok((state.tag.clone(), step(state)?))).collect()
    }

    /// Brings the image to a destination, inside the deadline: the others have their own outcome.
    pub(crate) async fn deliver(
        &self,
        to: &Destination,
        states: &[TagState],
        planned: Vec<(Tag, TagStep)>,
    ) -> Result<Delivery, Failure> {
        let work = Box::pin(self.delivered(to, states, planned));
        tokio::time::timeout_at(self.deadline.instant().into(), work)
            .await
            .unwrap_or_else(|_| Err(late(&to.name().to_string(), self.deadline, self.phases)))
    }

    async fn delivered(
        &self,
        to: &Destination,
        states: &[TagState],
        planned: Vec<(Tag, TagStep)>,
    ) -> Result<Delivery, Failure> {
        let Self { request, artifact, .. } = self;
        let engine = Push::new(to, artifact, &self.stock, self.progress);
        if request.dry_run {
            return Ok(self.delivery(to, planned, Sent::default()));
        }
        if planned.iter().all(|(_, step)| *step == TagStep::Keep) {
            self.time("attach", Box::pin(engine.referrers())).await?;
            return Ok(self.delivery(to, planned, engine.sent()));
        }
        self.time("upload", engine.image()).await?;
        self.time("attach", Box::pin(engine.referrers())).await?;
        if request.on_existing == OnExisting::Skip {
            // Another run may have been faster: then its image is the one to name, not ours.
            let states = to.states(request).await?;
            if let Early::Adopt(digest) = plan::before_build(&states, request.on_existing)? {
                if digest != artifact.index.digest && request.images.len() > 1 {
                    let text = format!(
                        "{} got another image under the same tags meanwhile: {digest}, and not {}",
                        to.name(),
                        artifact.index.digest
                    );
                    return Err(Failure::new(&codes::TAG_EXISTS_DIFFERENT, text));
                }
                let adopted = Box::pin(adopt(to, request, &states, &digest, engine.sent()));
                return self.time("tag", adopted).await;
            }
        }
        let tags = self.time("tag", engine.tags(states, request.on_existing)).await?;
        Ok(self.delivery(to, tags, engine.sent()))
    }

    /// Times a phase of the only destination: those of several are under way at the same time.
    async fn time<T>(&self, name: &'static str, work: impl Future<Output = T>) -> T {
        if self.request.images.len() == 1 { self.phases.time(name, work).await } else { work.await }
    }

    fn delivery(&self, to: &Destination, tags: Vec<(Tag, TagStep)>, sent: Sent) -> Delivery {
        Delivery {
            image: to.name().clone(),
            digest: self.artifact.index.digest.clone(),
            tags,
            platforms: rows(self.artifact),
            sent,
        }
    }
}

/// The deadline has passed before an image was at `images`.
pub(crate) fn late(images: &str, deadline: Deadline, phases: &Phases) -> Failure {
    let last = phases.list().last().map_or("nothing", |(name, _)| *name);
    let seconds = deadline.budget().as_secs();
    let text = format!(
        "the push to {images} did not end within {seconds} s; the last phase that ended was `{last}`"
    );
    Failure::new(&DEADLINE_PASSED, text)
}
