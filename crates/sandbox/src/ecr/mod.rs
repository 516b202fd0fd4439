//! The sandbox's ecr.

use std::sync::Arc;

use axum::Router;

use crate::World;

/// The state of ecr.
#[derive(Debug)]
pub struct State {}

impl State {
    pub(crate) fn new() -> Self {
        Self {}
    }
}

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new().with_state(world)
}
