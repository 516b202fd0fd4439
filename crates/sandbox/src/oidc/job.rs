//! From the request token of a running job to the claims that are made for it.

use super::Subject;
use crate::World;

/// Returns the job that `request_token` was given to.
pub(super) fn subject(world: &World, request_token: &str) -> Option<Subject> {
    world.oidc.job(request_token)
}
