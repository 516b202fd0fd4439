//! A proxy in front of Argo CD, of the kind that load balancers are: HTTP/1.1 over plain TCP on loopback. It reads
//! requests, copies replies as they come, and misbehaves as it is told to.

mod connection;
mod fault;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{AbortHandle, JoinSet},
};

use fault::{Effect, Fault};

/// The proxy; it ends when it is dropped.
pub(crate) struct Front {
    url: String,
    state: Arc<State>,
    listening: AbortHandle,
}

/// What it does, and what it saw.
struct State {
    upstream: String,
    faults: Mutex<Vec<Fault>>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    idle: Mutex<Option<Duration>>,
    lifetime: Mutex<Option<Duration>>,
    is_down: AtomicBool,
    /// Changes when every connection is to end.
    cut: watch::Sender<u32>,
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// `GET`, …
    pub(crate) method: String,
    /// The path with the query.
    pub(crate) path: String,
    /// The headers, as they are on the wire.
    pub(crate) head: String,
}

impl Front {
    /// Starts one before the server at `url`, which is plain HTTP.
    pub(crate) async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (upstream, path) =
            url.strip_prefix("http://").unwrap().split_once('/').unwrap_or((&url[7..], ""));
        let state = Arc::new(State {
            upstream: upstream.to_owned(),
            faults: Mutex::default(),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            idle: Mutex::default(),
            lifetime: Mutex::default(),
            is_down: AtomicBool::new(false),
            cut: watch::Sender::new(0),
        });
        let task = tokio::spawn(listen(listener, state.clone()));
        Self { url: format!("http://{address}/{path}"), state, listening: task.abort_handle() }
    }

    /// Its address, to be used as Argo CD's.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Cuts every connection this long after it was made, whatever goes over it but the reply to a POST.
    pub(crate) fn cut_every(self, time: Duration) -> Self {
        *self.state.lifetime.lock().unwrap() = Some(time);
        self
    }

    /// Cuts a connection over which nothing went for this long, unless a POST waits for its reply.
    pub(crate) fn cut_idle_after(self, time: Duration) -> Self {
        *self.state.idle.lock().unwrap() = Some(time);
        self
    }

    /// Answers the next calls with a status of its own.
    pub(crate) fn fail(self, method: &str, path: &str, status: u16, times: usize) -> Self {
        self.add(method, path, times, Effect::Fail(status))
    }

    /// Passes the next calls on, and cuts the connection instead of answering.
    pub(crate) fn lose_reply(self, method: &str, path: &str, times: usize) -> Self {
        self.add(method, path, times, Effect::LoseReply)
    }

    /// Ends the next replies in the middle of their body.
    pub(crate) fn truncate(self, method: &str, path: &str, times: usize) -> Self {
        self.add(method, path, times, Effect::Truncate)
    }

    /// Lets the next replies never arrive, over a connection that stays.
    pub(crate) fn mute(self, method: &str, path: &str, times: usize) -> Self {
        self.add(method, path, times, Effect::Mute)
    }

    /// Cuts all connections, and refuses new ones until it is up again.
    pub(crate) fn down(&self, is_down: bool) {
        self.state.is_down.store(is_down, Ordering::SeqCst);
        self.state.cut.send_modify(|count| *count += 1);
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// How often something was called.
    pub(crate) fn calls(&self, method: &str, path: &str) -> usize {
        let is_it = |one: &&Request| one.method == method && one.path.contains(path);
        self.state.requests.lock().unwrap().iter().filter(is_it).count()
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    fn add(self, method: &str, path: &str, times: usize, effect: Effect) -> Self {
        let fault = Fault { method: method.to_owned(), path: path.to_owned(), times, effect };
        self.state.faults.lock().unwrap().push(fault);
        self
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl State {
    /// Notes a request and returns what is to happen to it.
    fn request(&self, request: Request) -> Option<Effect> {
        let mut faults = self.faults.lock().unwrap();
        let fault = faults.iter_mut().find(|fault| fault.matches(&request));
        self.requests.lock().unwrap().push(request);
        fault.map(|fault| {
            fault.times -= 1;
            fault.effect
        })
    }
}

/// Accepts connections. Those that are open end with it.
async fn listen(listener: TcpListener, state: Arc<State>) {
    let mut open = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { return };
        if !state.is_down.load(Ordering::SeqCst) {
            state.connections.fetch_add(1, Ordering::SeqCst);
            open.spawn(connection::serve(client, state.clone()));
        }
        while open.try_join_next().is_some() {}
    }
}
