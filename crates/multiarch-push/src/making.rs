//! Making an artifact of what was asked for.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use model::{Deadline, Failure, ImageName, ImageRef, Platform, codes::INTERNAL};
use toolkit::{Env, Host};

use crate::{
    append::append,
    artifact::Artifact,
    build::build,
    builder, codes,
    image::{Dependencies, LayerCache, Maker},
    job::Job,
    layout::{self, Layouts},
    marks::Marks,
    plan::{self, Method},
    promote::Original,
    registry::Registry,
    request::{AppendSource, Builder, BuilderChoice, DockerfileSource, Origin, Request, Source},
};

/// What came of making an artifact.
pub(crate) enum Made {
    /// It is ready.
    Artifact(Artifact),
    /// This builder would make it, were this no dry run.
    ByBuilder(Builder),
}

/// What an artifact is made of and by.
pub(crate) struct Sources<'a> {
    /// What was asked for.
    pub(crate) request: &'a Request,
    /// Where it comes from.
    pub(crate) origin: &'a Origin,
    /// The Dockerfile and its context, where there is one.
    pub(crate) job: Option<Arc<Job>>,
    /// Who builds it.
    pub(crate) method: Option<Method>,
    /// Where base images are.
    pub(crate) registry: &'a Arc<Registry>,
    /// The layers of earlier runs.
    pub(crate) cache: Option<&'a LayerCache>,
    /// The directory for what is written.
    pub(crate) spool: &'a Path,
    /// The time for it.
    pub(crate) deadline: Deadline,
    /// Is told what is done.
    pub(crate) host: &'a Host,
}

impl Sources<'_> {
    /// Makes the artifact.
    pub(crate) async fn artifact(&self) -> Result<Made, Failure> {
        match (&self.job, &self.method) {
            (Some(job), Some(Method::Build(builder, program))) => self.built(job, *builder, program).await,
            (Some(job), _) => match build(job.clone(), self.registry, &self.maker()).await {
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
        // The builder has annotated the manifests, and not the index.
        // Nor does buildah keep the order of the platforms.
        self.read(&[target], &job.marks.annotations(), &job.source.platforms).await.map(Made::Artifact)
    }

    async fn as_it_is(&self) -> Result<Artifact, Failure> {
        let unable = |what: String| Err(Failure::new(&INTERNAL, what));
        match &self.request.source {
            Source::Layouts(paths) => self.read(paths, &self.request.annotations, &[]).await,
            Source::Append(source) => self.appended(source).await,
            Source::Promote(from) => self.original(from).await,
            Source::Dockerfile(_) => unable("a Dockerfile without a job".to_owned()),
        }
    }

    async fn appended(&self, source: &AppendSource) -> Result<Artifact, Failure> {
        let epoch = self.origin.epoch.unwrap_or_default();
        let marks = Marks::new(self.request, self.origin, epoch);
        let dependencies = match &self.request.layers.dependencies {
            Some(dependencies) => dependencies.clone(),
            None => Dependencies::usual().map_err(|error| Failure::new(&INTERNAL, error))?,
        };
        append(source, &dependencies, &marks, epoch, self.registry, &self.maker()).await
    }

    fn maker(&self) -> Arc<Maker> {
        let cache = self.cache.filter(|cache| match cache.check(self.spool) {
            Ok(()) => true,
            Err(reason) => {
                self.host.info(&reason);
                false
            }
        });
        Maker::new(self.request.layers.compression, self.spool, cache.cloned())
    }

    async fn original(&self, from: &ImageRef) -> Result<Artifact, Failure> {
        let original = Original::find(self.registry, from).await?;
        if from.digest.is_none() {
            self.host.info(&format!("{from} is {}", original.digest()));
        }
        original.read(&self.request.images, self.request.attest.referrers).await
    }

    async fn read(
        &self,
        paths: &[PathBuf],
        annotations: &BTreeMap<String, String>,
        platforms: &[Platform],
    ) -> Result<Artifact, Failure> {
        let layouts = Layouts {
            paths: paths.to_vec(),
            spool: self.spool.to_owned(),
            annotations: annotations.clone(),
            platforms: platforms.to_vec(),
            referrers: self.request.attest.referrers,
        };
        let read = tokio::task::spawn_blocking(move || layout::read(&layouts))
            .await
            .map_err(|error| Failure::new(&INTERNAL, format!("reading broke off: {error}")))??;
        for note in read.notes {
            self.host.info(&note);
        }
        Ok(read.artifact)
    }
}

/// Decides who builds.
pub(crate) async fn method(job: &Job, source: &DockerfileSource, env: &Env) -> Result<Method, Failure> {
    let obstacle = job.obstacle();
    // Programs are looked for only if one is going to be used.
    let found = match (source.builder, &obstacle) {
        (BuilderChoice::None, _) | (BuilderChoice::Auto, None) => Vec::new(),
        _ => builder::usable(builder::available(env)).await,
    };
    plan::method(source.builder, obstacle, &found, &job.shown)
}

/// Returns the images that layers come from, as far as they are known before.
pub(crate) fn bases(request: &Request, job: Option<&Job>) -> Result<Vec<ImageName>, Failure> {
    match &request.source {
        Source::Append(source) => return Ok(vec![source.base.name.clone()]),
        Source::Promote(from) => return Ok(vec![from.name.clone()]),
        Source::Dockerfile(_) | Source::Layouts(_) => {}
    }
    let Some(job) = job else { return Ok(Vec::new()) };
    let platforms = job.source.platforms.iter().chain([&job.build_platform]);
    let mut found = Vec::new();
    for platform in platforms {
        found.extend(job.base(platform)?.image.map(|image| image.name));
    }
    Ok(found)
}

/// Completes the image's origin from the repository that the context is in: what is checked out, not what the run
/// was started for, since a pipeline goes on with the merge that it made itself.
pub(crate) async fn with_git(request: &Request, env: &Env) -> Origin {
    let mut origin = request.origin.clone();
    let directory = match &request.source {
        Source::Dockerfile(source) => source.context.as_path(),
        Source::Append(_) => Path::new(env.get("GITHUB_WORKSPACE").unwrap_or(".")),
        Source::Layouts(_) | Source::Promote(_) => return origin,
    };
    let Ok(repo) = git::Repo::open(directory).await else { return origin };
    if let Ok(head) = repo.head().await {
        origin.revision = Some(head);
    }
    if origin.epoch.is_none() {
        origin.epoch = repo.head_commit_time().await.ok().and_then(|time| u64::try_from(time).ok());
    }
    origin
}
