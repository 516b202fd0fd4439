//! The sandbox's own controls over HTTP, for a sandbox in another process: faults and the calls so far.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{delete, get, post},
};

use crate::{World, faults::Call, faults::Fault};

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/faults", post(add_fault))
        .route("/faults", delete(clear_faults))
        .route("/calls", get(calls))
        .with_state(world)
}

async fn add_fault(State(world): State<Arc<World>>, Json(fault): Json<Fault>) -> StatusCode {
    world.faults.add(fault);
    StatusCode::CREATED
}

async fn clear_faults(State(world): State<Arc<World>>) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

async fn calls(State(world): State<Arc<World>>) -> Json<Vec<Call>> {
    Json(world.faults.calls())
}
