//! The sandbox's argocd.

use std::sync::Arc;

use axum::Router;

use crate::World;

/// The state of argocd.
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
