//! One push from beginning to end: facts, plan, effects.

use std::sync::Arc;

use futures_util::future::{join_all, try_join_all};
use model::{Deadline, Failure, ImageName, codes::FILE_ACCESS};
use toolkit::{Env, Host, Phases};

use crate::{
    adopt::adopt,
    attest,
    delivery::{Delivery, Pushing, late},
    destination::Destination,
    image::LayerCache,
    job::Job,
    making::{Made, Sources, bases, method, with_git},
    plan::{self, Early, TagState},
    progress::Progress,
    push::Sent,
    registry::{Amazon, Keychain, Registry},
    report::{Outcome, not_built, report, rows},
    request::{Builder, OnExisting, Request, Source},
};

/// Carries out a request.
pub(crate) async fn run(request: Request, host: &Host) -> Result<(), Failure> {
    let deadline = Deadline::after(request.timeout);
    let phases = Phases::new();
    let work = Box::pin(with_cache(&request, host, deadline, &phases));
    let done = tokio::time::timeout_at(deadline.instant().into(), work).await.unwrap_or_else(|_| {
        let images: Vec<String> = request.images.iter().map(ToString::to_string).collect();
        Err(late(&images.join(" and "), deadline, &phases))
    })?;
    match done {
        Done::Pushed(outcome) => host.publish(&report(&outcome, &phases, deadline.elapsed())),
        Done::Partly(outcome, failure) => {
            host.publish(&report(&outcome, &phases, deadline.elapsed()))?;
            Err(failure)
        }
        Done::NotBuilt(builder) => host.publish(&not_built(&request, builder)),
    }
}

/// How a run ended.
enum Done {
    /// With an image that is there, or would be.
    Pushed(Outcome),
    /// With an image that is at some of its destinations, and why it is not at the others.
    Partly(Outcome, Failure),
    /// A dry run does not start a builder, and so does not know the image.
    NotBuilt(Builder),
}

/// Pushes, and does so again without the layer cache if that has named a layer wrongly: then a destination has refused
/// to go on before it had a tag.
async fn with_cache(
    request: &Request,
    host: &Host,
    deadline: Deadline,
    phases: &Phases,
) -> Result<Done, Failure> {
    let Some(cache) = request.layers.cache.clone().map(LayerCache::new) else {
        return Box::pin(push(request, None, host, deadline, phases)).await;
    };
    let done = Box::pin(push(request, Some(&cache), host, deadline, phases)).await;
    if !cache.has_misled() {
        return done;
    }
    host.info(
        "the layer cache named a layer by a digest that it does not have: the image is made again without it",
    );
    Box::pin(push(request, None, host, deadline, phases)).await
}

async fn push(
    request: &Request,
    cache: Option<&LayerCache>,
    host: &Host,
    deadline: Deadline,
    phases: &Phases,
) -> Result<Done, Failure> {
    let spool = spool(host.env())?;
    let sbom = request.attest.sbom()?;
    let origin = with_git(request, host.env()).await;
    let job = match &request.source {
        Source::Layouts(_) | Source::Append(_) | Source::Promote(_) => None,
        Source::Dockerfile(source) => Some(Arc::new(Job::read(source, request, &origin, host.env())?)),
    };
    let method = match (&job, &request.source) {
        (Some(job), Source::Dockerfile(source)) => Some(method(job, source, host.env()).await?),
        _ => None,
    };
    let registry = Registry::new(Keychain::load(host.env())?, Amazon::new(host), deadline)?;
    let bases = bases(request, job.as_deref())?;
    let open = request.images.iter().map(|image| Destination::open(&registry, image, request, &bases));
    let destinations = try_join_all(open).await?;

    // The registries are asked while the image is made: what they refuse is known before the work is done.
    let source = Sources {
        request,
        origin: &origin,
        job,
        method,
        registry: &registry,
        cache,
        spool: spool.path(),
        deadline,
        host,
    };
    let asked = phases.time("check", facts(&destinations, request));
    let made = phases.time("assemble", source.artifact());
    let (states, made) = match request.on_existing {
        OnExisting::Skip | OnExisting::Fail => {
            let states = asked.await?;
            if let Early::Adopt(digest) = plan::before_building(&states, request.on_existing)? {
                let each = destinations.iter().zip(&states);
                let adopted =
                    join_all(each.map(|(to, states)| adopt(to, request, states, &digest, Sent::default())));
                return summed(request, phases.time("tag", adopted).await);
            }
            (states, made.await?)
        }
        OnExisting::SameDigestOk | OnExisting::Overwrite => tokio::try_join!(asked, made)?,
    };
    let mut artifact = match made {
        Made::Artifact(artifact) => artifact,
        Made::ByBuilder(builder) => return Ok(Done::NotBuilt(builder)),
    };
    let names: Vec<String> = rows(&artifact).into_iter().map(|row| row.platform).collect();
    host.info(&format!("the image is {}, for {}", artifact.index.digest, names.join(", ")));
    if let Some(sbom) = &sbom {
        attest::attach_sbom(&mut artifact, sbom);
    }
    let is_new = states.iter().flatten().any(|state| state.existing.as_ref() != Some(&artifact.index.digest));
    // A run that finds the image there has not made it.
    if let Some(facts) = request.attest.provenance.as_ref().filter(|_| is_new) {
        attest::attach_provenance(&mut artifact, facts, &origin, &request.images);
    }
    let progress = Progress::new(host, deadline);
    let pushing = Pushing::new(request, &artifact, spool.path(), &progress, deadline, phases);
    // What is refused at one destination is known before anything is written to another.
    let planned = states.iter().map(|states| pushing.plan(states)).collect::<Result<Vec<_>, _>>()?;
    let work = destinations.iter().zip(&states).zip(planned);
    let work = join_all(work.map(|((to, states), planned)| pushing.deliver(to, states, planned)));
    let results = progress.beside(phases.time("push", work)).await;
    summed(request, results)
}

/// Sums up what became of each destination.
fn summed(request: &Request, results: Vec<Result<Delivery, Failure>>) -> Result<Done, Failure> {
    let (mut deliveries, mut failed) = (Vec::new(), Vec::new());
    for (image, result) in request.images.iter().zip(results) {
        match result {
            Ok(delivery) => deliveries.push(delivery),
            Err(failure) => failed.push((image, failure)),
        }
    }
    let Some(failure) = several(request.images.len(), failed) else {
        return Ok(Done::Pushed(Outcome { deliveries, dry_run: request.dry_run }));
    };
    if deliveries.is_empty() {
        Err(failure)
    } else {
        Ok(Done::Partly(Outcome { deliveries, dry_run: request.dry_run }, failure))
    }
}

/// Makes one failure of those of several destinations: it is the first one's, and names the others.
fn several(destinations: usize, failed: Vec<(&ImageName, Failure)>) -> Option<Failure> {
    let count = failed.len();
    let mut failed = failed.into_iter();
    let (image, mut first) = failed.next()?;
    if destinations > 1 {
        first.cause =
            format!("{count} of {destinations} destinations did not get the image: {image}: {}", first.cause);
    }
    for (image, failure) in failed {
        first.notes.push(format!("{image}: {failure}; {}", failure.remedy));
        first.notes.extend(failure.notes);
    }
    Some(first)
}

/// Asks every destination for its tags.
async fn facts(destinations: &[Destination], request: &Request) -> Result<Vec<Vec<TagState>>, Failure> {
    // A layout is read faster than an answer comes: it is asked once more then, beside the other questions.
    let is_made = matches!(request.source, Source::Dockerfile(_) | Source::Append(_)) || request.dry_run;
    try_join_all(destinations.iter().map(async |to| {
        let states = to.states(request).await?;
        // Nothing is made before it is known that nothing is refused.
        if is_made && !to.is_made_if_missing() {
            to.ready().await?;
        }
        Ok(states)
    }))
    .await
}

/// Makes the directory for layers, which goes when the action ends; the runner empties `RUNNER_TEMP` with each job.
fn spool(env: &Env) -> Result<tempfile::TempDir, Failure> {
    let directory = env.get("RUNNER_TEMP").map_or_else(std::env::temp_dir, Into::into);
    tempfile::Builder::new().prefix("day2-push-").tempdir_in(&directory).map_err(|error| {
        Failure::new(&FILE_ACCESS, format!("cannot make a directory in {}: {error}", directory.display()))
    })
}
