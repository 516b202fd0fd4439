//! The sandbox's oidc.

use std::sync::Arc;

use axum::Router;

use crate::World;

/// The state of oidc.
#[derive(Debug)]
pub struct State {}

impl State {
    pub(crate) fn new(_urls: &crate::world::Urls) -> Self {
        Self {}
    }
}

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new().with_state(world)
}
