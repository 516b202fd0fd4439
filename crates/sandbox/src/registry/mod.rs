//! The sandbox's registry.

use std::sync::Arc;

use axum::Router;

use crate::World;

/// The state of registry.
#[derive(Debug)]
pub struct State {}

impl State {
    pub(crate) fn new(directory: &std::path::Path) -> std::io::Result<Self> {
        crate::world::created(directory)?; Ok(Self {})
    }
}

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new().with_state(world)
}
