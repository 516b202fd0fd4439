//! One push from beginning to end: facts, plan, effects.

use std::{path::Path, sync::Arc};

use futures_util::future::try_join_all;
use model::{Deadline, Failure, codes::DEADLINE_PASSED, codes::FILE_ACCESS};
use toolkit::{Env, Host, Phases};

use crate::{
    adopt::adopt,
    artifact::Artifact,
    build::build,
    builder, codes,
    job::Job,
    layout,
    plan::{self, Early, Method, TagState},
    push::{Push, Sent},
    registry::{Keychain, Lookup, Registry, Repository},
    report::{Outcome, not_built, report, rows},
    request::{Builder, BuilderChoice, DockerfileSource, OnExisting, Origin, Request, Source},
};

/// Carries out a request.
pub(crate) async fn run(request: Request, host: &Host) -> Result<(), Failure> {
    let deadline = Deadline::after(request.timeout);
    let phases = Phases::new();
    let work = Box::pin(push(&request, host, deadline, &phases));
    let done = tokio::time::timeout_at(deadline.instant().into(), work).await.unwrap_or_else(|_| {
        let last = phases.list().last().map_or("nothing", |(name, _)| *name);
        let text = format!(
            "the push to {} did not end within {} s; the last phase that ended was `{last}`",
            request.image,
            deadline.budget().as_secs()
        );
        Err(Failure::new(&DEADLINE_PASSED, text))
    })?;
    match done {
        Done::Pushed(outcome) => host.publish(&report(&outcome, &phases, deadline.elapsed())),
        Done::NotBuilt(builder) => host.publish(&not_built(&request, builder)),
    }
}

/// How a run ended.
enum Done {
    /// With an image that is there, or would be.
    Pushed(Box<Outcome>),
    /// A dry run does not start a builder, and so does not know the image.
    NotBuilt(Builder),
}

async fn push(request: &Request, host: &Host, deadline: Deadline, phases: &Phases) -> Result<Done, Failure> {
    let spool = spool(host.env())?;
    let origin = with_git(request).await;
    let job = match &request.source {
        Source::Layouts(_) | Source::Append(_) | Source::Promote(_) => None,
        Source::Dockerfile(source) => {
            Some(Arc::new(Job::read(source, &origin, &request.labels, &request.annotations, host.env())?))
        }
    };
    let method = match (&job, &request.source) {
        (Some(job), Source::Dockerfile(source)) => Some(method(job, source, host.env()).await?),
        _ => None,
    };
    let registry = Registry::new(Keychain::load(host.env())?, deadline)?;
    let repository = registry.destination(&request.image, &siblings(request, job.as_deref())?).await?;

    // The registry is asked while the image is made: what it refuses is known before the work is done.
    let source = Sources { request, job, method, registry: &registry, spool: spool.path(), deadline, host };
    let asked = phases.time("check", facts(&repository, request));
    let made = phases.time("assemble", source.artifact());
    let states = match request.on_existing {
        OnExisting::Skip | OnExisting::Fail => {
            let states = asked.await?;
            if let Early::Adopt(digest) = plan::before_build(&states, request.on_existing)? {
                let adopted = adopt(&repository, request, &states, &digest, Sent::default());
                return Ok(Done::Pushed(Box::new(phases.time("tag", adopted).await?)));
            }
            Err(states)
        }
        _ => Ok(asked),
    };
    let (states, artifact) = match states {
        Ok(asked) => tokio::try_join!(asked, made)?,
        Err(states) => (states, made.await?),
    };
    let artifact = match artifact {
        Made::Artifact(artifact) => artifact,
        Made::ByBuilder(builder) => return Ok(Done::NotBuilt(builder)),
    };
    let digest = &artifact.index.digest;
    let platforms = rows(&artifact);
    let names: Vec<&str> = platforms.iter().map(|row| row.platform.as_str()).collect();
    host.info(&format!("the image is {digest}, for {}", names.join(", ")));
    let planned = states
        .iter()
        .map(|state| Ok((state.tag.clone(), plan::tag_step(state, digest, request.on_existing)?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    let nothing_to_do = planned.iter().all(|(_, step)| *step == plan::TagStep::Keep);
    let outcome = |tags, sent| {
        Done::Pushed(Box::new(Outcome {
            image: request.image.clone(),
            digest: digest.clone(),
            tags,
            platforms: platforms.clone(),
            sent,
            dry_run: request.dry_run,
        }))
    };
    let engine = Push::new(&repository, &artifact);
    if request.dry_run || nothing_to_do {
        let sent = if request.dry_run { Sent::default() } else { engine.sent(&artifact) };
        return Ok(outcome(planned, sent));
    }
    phases.time("upload", engine.children(&artifact)).await?;
    phases.time("attach", engine.referrers(&artifact)).await?;
    if request.on_existing == OnExisting::Skip {
        // Another run may have been faster: then its image is the one to name, not ours.
        let states = phases.time("check", facts(&repository, request)).await?;
        if let Early::Adopt(digest) = plan::before_build(&states, request.on_existing)? {
            let adopted = adopt(&repository, request, &states, &digest, engine.sent(&artifact));
            return Ok(Done::Pushed(Box::new(phases.time("tag", adopted).await?)));
        }
    }
    let mut tags = Vec::new();
    for state in &states {
        let step = phases.time("tag", engine.tag(&artifact, state, request.on_existing)).await?;
        tags.push((state.tag.clone(), step));
    }
    Ok(outcome(tags, engine.sent(&artifact)))
}

/// What came of making an artifact.
enum Made {
    /// It is ready.
    Artifact(Artifact),
    /// This builder would make it, were this no dry run.
    ByBuilder(Builder),
}

/// What an artifact is made of and by.
struct Sources<'a> {
    request: &'a Request,
    job: Option<Arc<Job>>,
    method: Option<Method>,
    registry: &'a Arc<Registry>,
    spool: &'a Path,
    deadline: Deadline,
    host: &'a Host,
}

impl Sources<'_> {
    /// Makes the artifact.
    async fn artifact(&self) -> Result<Made, Failure> {
        match (&self.job, &self.method) {
            (Some(job), Some(Method::Build(builder, program))) => self.built(job, *builder, program).await,
            (Some(job), _) => match build(job.clone(), self.registry, self.spool).await {
                // Some obstacles show only in the context or in the base image.
                Err(failure) if failure.code == &codes::DOCKERFILE_NEEDS_BUILDER => {
                    match (
                        job.source.builder,
                        builder::usable(builder::available(self.host.env())).await.first(),
                    ) {
                        (BuilderChoice::Auto, Some((builder, program))) => {
                            self.built(job, *builder, program).await
                        }
                        _ => Err(failure),
                    }
                }
                result => result.map(Made::Artifact),
            },
            (None, _) => self.as_it_is().await.map(Made::Artifact),
        }
    }

    async fn built(&self, job: &Job, builder: Builder, program: &Path) -> Result<Made, Failure> {
        if self.request.dry_run {
            return Ok(Made::ByBuilder(builder));
        }
        self.host.info(&format!("{} needs a builder: {} is used", job.shown, builder.as_str()));
        let target = self.spool.join("built");
        builder::run(builder, program, job, &target, self.deadline, self.host).await?;
        self.read(&target).await.map(Made::Artifact)
    }

    async fn as_it_is(&self) -> Result<Artifact, Failure> {
        let unable = |what: String| Err(Failure::new(&model::codes::INTERNAL, what));
        match &self.request.source {
            Source::Layouts(paths) => match paths.as_slice() {
                [path] => self.read(path).await,
                _ => unable(format!("{} layouts", paths.len())),
            },
            Source::Append(append) => unable(format!("nothing can be appended to {} yet", append.base)),
            Source::Promote(from) => unable(format!("{from} cannot be promoted yet")),
            Source::Dockerfile(_) => unable("a Dockerfile without a job".to_owned()),
        }
    }

    async fn read(&self, path: &Path) -> Result<Artifact, Failure> {
        let (path, spool) = (path.to_owned(), self.spool.to_owned());
        let annotations = self.request.annotations.clone();
        tokio::task::spawn_blocking(move || layout::read(&path, &spool, &annotations))
            .await
            .map_err(|error| Failure::new(&model::codes::INTERNAL, format!("reading broke off: {error}")))?
    }
}

/// Asks the registry for every tag, and makes sure that the repository is there: ECR says in the body of a 404
/// which of the two is missing, and a repository that is made by pushing is told by beginning an upload.
async fn facts(repository: &Repository, request: &Request) -> Result<Vec<TagState>, Failure> {
    let fixed = request.tags.iter().map(|tag| (tag, false));
    let moving = request.moving_tags.iter().map(|tag| (tag, true));
    let states = try_join_all(fixed.chain(moving).map(async |(tag, moves)| {
        let existing = repository.head_manifest(tag.as_str()).await?;
        Ok::<_, Failure>(TagState { tag: tag.clone(), moves, existing })
    }))
    .await?;
    if let Some(first) = states.first().filter(|_| states.iter().all(|state| state.existing.is_none()))
        && let Lookup::RepositoryMissing = repository.get_manifest(first.tag.as_str()).await?
    {
        repository.probe_upload().await?;
    }
    Ok(states)
}

async fn method(job: &Job, source: &DockerfileSource, env: &Env) -> Result<Method, Failure> {
    let obstacle = job.obstacle();
    // Programs are looked for only if one is going to be used.
    let found = match (source.builder, &obstacle) {
        (BuilderChoice::None, _) | (BuilderChoice::Auto, None) => Vec::new(),
        _ => builder::usable(builder::available(env)).await,
    };
    plan::method(source.builder, obstacle, &found, &job.shown)
}

/// Returns the repositories of the destination's registry that base images are in, for the scope of the login.
fn siblings(request: &Request, job: Option<&Job>) -> Result<Vec<String>, Failure> {
    let Some(job) = job else { return Ok(Vec::new()) };
    let platforms = job.source.platforms.iter().chain([&job.build_platform]);
    let mut found = Vec::new();
    for platform in platforms {
        if let Some(image) = job.base(platform)?.image
            && image.name.registry() == request.image.registry()
            && image.name.repository() != request.image.repository()
        {
            found.push(image.name.repository().to_owned());
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Completes the image's origin from the repository that the context is in: what is checked out, not what the run
/// was started for, since a pipeline goes on with the merge that it made itself.
async fn with_git(request: &Request) -> Origin {
    let mut origin = request.origin.clone();
    let Source::Dockerfile(source) = &request.source else { return origin };
    let Ok(repo) = git::Repo::open(&source.context).await else { return origin };
    if let Ok(head) = repo.head().await {
        origin.revision = Some(head);
    }
    if origin.epoch.is_none() {
        origin.epoch = repo.head_commit_time().await.ok().and_then(|time| u64::try_from(time).ok());
    }
    origin
}

/// Makes the directory for layers, which goes when the action ends; the runner empties `RUNNER_TEMP` with each job.
fn spool(env: &Env) -> Result<tempfile::TempDir, Failure> {
    let directory = env.get("RUNNER_TEMP").map_or_else(std::env::temp_dir, Into::into);
    tempfile::Builder::new().prefix("day2-push-").tempdir_in(&directory).map_err(|error| {
        Failure::new(&FILE_ACCESS, format!("cannot make a directory in {}: {error}", directory.display()))
    })
}
