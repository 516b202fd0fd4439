//! A line between a client and a server on loopback that takes as long as one through the Internet.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// So much is carried at once at most.
const CHUNK: usize = 64 * 1024;

/// A port that leads to a server; what is sent arrives later, in both directions.
pub(super) struct Proxy {
    /// Where clients connect to.
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts it: every byte takes `one_way`, and a connection is open after one round trip, as with TCP.
    pub(super) async fn start(server: SocketAddr, one_way: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                // A side that breaks off is seen by the other one.
                tokio::spawn(async move { carry(client, server, one_way).await });
            }
        });
        Ok(Self { address, connections })
    }

    /// How many connections there were so far.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn carry(client: TcpStream, server: SocketAddr, one_way: Duration) -> io::Result<()> {
    // A client on loopback is connected at once, and one elsewhere may send only after a round trip.
    let open = Instant::now() + 2 * one_way;
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = pass(from_client, to_server, open, one_way);
    let back = pass(from_server, to_client, open, one_way);
    tokio::try_join!(there, back).map(drop)
}

/// Carries one direction. What follows is read while what went before is on its way.
async fn pass(
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    open: Instant,
    one_way: Duration,
) -> io::Result<()> {
    let (sender, mut under_way) = mpsc::unbounded_channel();
    let read = async move {
        let mut buffer = vec![0; CHUNK];
        loop {
            let length = from.read(&mut buffer).await?;
            let bytes = buffer.get(..length).unwrap_or_default().to_vec();
            // The other side is gone, or this one has ended.
            if sender.send((Instant::now().max(open) + one_way, bytes)).is_err() || length == 0 {
                return Ok(());
            }
        }
    };
    let write = async move {
        while let Some((due, bytes)) = under_way.recv().await {
            sleep_until(due).await;
            to.write_all(&bytes).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(read, write).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_takes_a_round_trip_and_a_connection_one_more() {
        let one_way = Duration::from_millis(20);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut byte = [0];
            while stream.read(&mut byte).await.unwrap() > 0 {
                stream.write_all(&byte).await.unwrap();
            }
        });
        let proxy = Proxy::start(server, one_way).await.unwrap();
        let begin = Instant::now();
        let mut client = TcpStream::connect(proxy.address).await.unwrap();
        for round_trips in [2, 3] {
            client.write_all(b"x").await.unwrap();
            client.read_exact(&mut [0]).await.unwrap();
            assert!(begin.elapsed() >= one_way * 2 * round_trips);
        }
        assert_eq!(proxy.connections(), 1);
    }
}
