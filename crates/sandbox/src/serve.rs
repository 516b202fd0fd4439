//! Binding and serving one service, with the faults in front of it.

use std::{io, sync::Arc};

use axum::{Router, middleware};
use tokio::net::TcpListener;

use crate::{World, faults};

/// Listens on a free port of 127.0.0.1 and returns the base URL.
pub(crate) async fn bind() -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Serves `router` until the task is aborted.
pub(crate) async fn run(listener: TcpListener, service: &'static str, router: Router, world: Arc<World>) {
    let router = router.layer(middleware::from_fn_with_state((service, world), faults::apply));
    // An accept loop of axum only ends by being aborted.
    let _ = axum::serve(listener, router).await;
}
