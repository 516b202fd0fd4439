//! Binding and serving one service, with the faults in front of it.

use std::{io, sync::Arc};

use axum::{Router, middleware};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
};

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

/// The same for a service that can be stopped and started again on its port, as `up` says; `serving` follows.
pub(crate) async fn run_restartable(
    listener: TcpListener,
    service: &'static str,
    router: Router,
    world: Arc<World>,
    (up, serving): (watch::Sender<bool>, watch::Sender<bool>),
) {
    // The end of the server is the end of the task.
    let _ = restartable(listener, service, router, world, up, serving).await;
}

async fn restartable(
    listener: TcpListener,
    service: &'static str,
    router: Router,
    world: Arc<World>,
    up: watch::Sender<bool>,
    serving: watch::Sender<bool>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let router = router.layer(middleware::from_fn_with_state((service, world), faults::apply));
    let mut next = Some(listener);
    loop {
        let listener = if let Some(listener) = next.take() {
            listener
        } else {
            let socket = TcpSocket::new_v4()?;
            // Connections of the time before may linger.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(1024)?
        };
        serving.send_replace(true);
        let mut receiver = up.subscribe();
        let stopped = async move { drop(receiver.wait_for(|up| !up).await) };
        // Idle connections are closed, and calls under way get their answers.
        axum::serve(listener, router.clone()).with_graceful_shutdown(stopped).await?;
        serving.send_replace(false);
        if up.subscribe().wait_for(|up| *up).await.is_err() {
            return Ok(());
        }
    }
}
