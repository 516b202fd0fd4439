//! A line between a client and a server on loopback that takes as long as one through the Internet, counts what goes
//! through it, and may be cut where nothing does.

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
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

/// So much is carried at once at most.
const CHUNK: usize = 64 * 1024;

/// How the first line of a request of HTTP/1.1 begins and ends.
const METHODS: &[&[u8]] = &[b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE "];
const VERSION: &[u8] = b" HTTP/1.1";
/// No first line is longer.
const LONGEST_LINE: usize = 8 * 1024;

/// A port that leads to a server; what is sent arrives later, in both directions.
pub(super) struct Proxy {
    /// Where clients connect to.
    pub(super) address: SocketAddr,
    counts: Arc<Counts>,
}

/// What a line is like.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line {
    /// Half of the round trip.
    pub(super) one_way: Duration,
    /// A connection on which nothing went for so long is cut.
    pub(super) cut_idle: Option<Duration>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

impl Proxy {
    /// Starts it: every byte takes its time, and a connection is open after one round trip, as with TCP.
    pub(super) async fn start(server: SocketAddr, line: Line) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let counts = Arc::<Counts>::default();
        let counted = counts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counted.connections.fetch_add(1, Ordering::Relaxed);
                let counts = counted.clone();
                // A side that breaks off is seen by the other one.
                tokio::spawn(async move { carry(client, server, line, &counts.requests).await });
            }
        });
        Ok(Self { address, counts })
    }

    /// How many connections there were so far.
    pub(super) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::Relaxed)
    }

    /// How many requests of HTTP/1.1 there were so far, on all connections.
    pub(super) fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::Relaxed)
    }
}

async fn carry(client: TcpStream, server: SocketAddr, line: Line, requests: &AtomicUsize) -> io::Result<()> {
    // A client on loopback is connected at once, and one elsewhere may send only after a round trip.
    let open = Instant::now() + 2 * line.one_way;
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (touched, last) = watch::channel(open);
    let touched = &touched;
    let there = pass(from_client, to_server, open, line.one_way, |bytes| {
        touched.send_replace(Instant::now());
        requests.fetch_add(usize::from(begins_request(bytes)), Ordering::Relaxed);
    });
    let back = pass(from_server, to_client, open, line.one_way, |_| {
        touched.send_replace(Instant::now());
    });
    tokio::select! {
        result = async { tokio::try_join!(there, back) } => result.map(drop),
        () = idle(last, line.cut_idle) => Ok(()),
    }
}

/// Whether a request begins with these bytes. A client that waits for the answer before it asks again, as all of ours do, has its
/// next request at the beginning of what it sends; not looking further keeps large bodies cheap.
fn begins_request(bytes: &[u8]) -> bool {
    if !METHODS.iter().any(|method| bytes.starts_with(method)) {
        return false;
    }
    let line = bytes.iter().take(LONGEST_LINE).position(|byte| *byte == b'\r');
    line.and_then(|end| bytes.get(..end)).is_some_and(|line| line.ends_with(VERSION))
}

/// Waits until nothing went for too long.
async fn idle(last: watch::Receiver<Instant>, limit: Option<Duration>) {
    let Some(limit) = limit else { return std::future::pending().await };
    loop {
        let due = *last.borrow() + limit;
        if due <= Instant::now() {
            return;
        }
        sleep_until(due).await;
    }
}

/// Carries one direction. What follows is read while what went before is on its way.
async fn pass(
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    open: Instant,
    one_way: Duration,
    mut saw: impl FnMut(&[u8]),
) -> io::Result<()> {
    let (sender, mut under_way) = mpsc::unbounded_channel();
    let read = async move {
        let mut buffer = vec![0; CHUNK];
        loop {
            let length = from.read(&mut buffer).await?;
            let bytes = buffer.get(..length).unwrap_or_default().to_vec();
            saw(&bytes);
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
        let server = echo().await;
        let proxy = Proxy::start(server, Line { one_way, ..Line::default() }).await.unwrap();
        let begin = Instant::now();
        let mut client = TcpStream::connect(proxy.address).await.unwrap();
        for round_trips in [2, 3] {
            client.write_all(b"x").await.unwrap();
            client.read_exact(&mut [0]).await.unwrap();
            assert!(begin.elapsed() >= one_way * 2 * round_trips);
        }
        assert_eq!(proxy.connections(), 1);
    }

    #[tokio::test]
    async fn requests_are_counted_and_an_idle_connection_is_cut() {
        let server = echo().await;
        let line = Line { cut_idle: Some(Duration::from_millis(50)), ..Line::default() };
        let proxy = Proxy::start(server, line).await.unwrap();
        let mut client = TcpStream::connect(proxy.address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert_eq!(client.read_to_end(&mut Vec::new()).await.unwrap(), 18);
        assert_eq!(proxy.requests(), 1);
    }

    #[test]
    fn a_request_begins_with_its_first_line() {
        assert!(begins_request(b"PUT /v2/a HTTP/1.1\r\nHost: b\r\n\r\nGET / HTTP/1.1\r\n"));
        assert!(!begins_request(b"GET what a body may begin with\r\n"));
        assert!(!begins_request(b"a body\r\nGET / HTTP/1.1\r\n"));
    }

    /// A server that says what it hears.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (mut from, mut to) = stream.into_split();
            let _ = tokio::io::copy(&mut from, &mut to).await;
        });
        address
    }
}
