//! From the request token of a running job to the claims that are made for it.

use super::Subject;
use crate::{World, github::Run};

/// Returns the job that `request_token` was given to.
pub(super) fn subject(world: &World, request_token: &str) -> Option<Subject> {
    world
        .oidc
        .job(request_token)
        .or_else(|| world.github.run_by_oidc_token(request_token).map(|run| of_run(&run)))
}

fn of_run(run: &Run) -> Subject {
    let spec = &run.spec;
    let branch = |side: &str| {
        // Empty for all events but these two, as `GITHUB_HEAD_REF` is.
        let name = spec.event["pull_request"][side]["ref"].as_str().unwrap_or_default();
        if spec.event_name.starts_with("pull_request") { name.to_owned() } else { String::new() }
    };
    let job_workflow_ref =
        if spec.job_workflow_ref.is_empty() { &spec.workflow_ref } else { &spec.job_workflow_ref };
    Subject {
        repository: spec.repository.clone(),
        repository_id: run.repository_id,
        repository_visibility: run.repository_visibility.clone(),
        owner_id: run.repository_owner_id,
        event_name: spec.event_name.clone(),
        environment: spec.environment.clone(),
        ref_: spec.ref_.clone(),
        sha: spec.sha.clone(),
        head_ref: branch("head"),
        base_ref: branch("base"),
        actor: spec.actor.clone(),
        actor_id: run.actor_id,
        run_id: run.id,
        run_number: run.number,
        run_attempt: run.attempt,
        workflow: run.workflow(),
        workflow_ref: spec.workflow_ref.clone(),
        job_workflow_ref: job_workflow_ref.clone(),
    }
}
