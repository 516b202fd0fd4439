//! Binding and serving one service, with the faults in front of it.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, middleware};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
};

use crate::{World, faults};

/// A port of 127.0.0.1, and who listens there.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    listener: TcpListener,
    /// Has the port and never listens: while nobody does, no connection of any program is given this port as its own.
    kept: TcpSocket,
}

/// Listens on a free port and returns the base URL.
pub(crate) fn bind() -> io::Result<(Port, String)> {
    let kept = bound((Ipv4Addr::LOCALHOST, 0).into())?;
    let address = kept.local_addr()?;
    let port = Port { address, listener: listen(address)?, kept };
    Ok((port, format!("http://{address}")))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    bound(address)?.listen(1024)
}

/// Listens where a server was before. A connection of some other program may have the port as its own for a while, if it
/// had it already when the port was chosen.
async fn listen_again(address: SocketAddr) -> io::Result<TcpListener> {
    loop {
        match listen(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            done => return done,
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // The port has two sockets, and connections of the time before may linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Serves `router` until the task is aborted.
pub(crate) async fn run(port: Port, service: &'static str, router: Router, world: Arc<World>) {
    let router = router.layer(middleware::from_fn_with_state((service, world), faults::apply));
    // An accept loop of axum only ends by being aborted.
    let _ = axum::serve(port.listener, router).await;
}

/// The same for a service that can be stopped and started again on its port, as `up` says; `serving` follows.
pub(crate) async fn run_restartable(
    port: Port,
    service: &'static str,
    router: Router,
    world: Arc<World>,
    (up, serving): (watch::Sender<bool>, watch::Sender<bool>),
) {
    if let Err(error) = restartable(port, service, router, world, up, serving).await {
        tracing::error!(%error, service, "cannot be started again");
    }
}

async fn restartable(
    port: Port,
    service: &'static str,
    router: Router,
    world: Arc<World>,
    up: watch::Sender<bool>,
    serving: watch::Sender<bool>,
) -> io::Result<()> {
    let Port { address, listener, kept: _kept } = port;
    let router = router.layer(middleware::from_fn_with_state((service, world), faults::apply));
    let mut next = Some(listener);
    loop {
        let listener = match next.take() {
            Some(listener) => listener,
            None => listen_again(address).await?,
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
