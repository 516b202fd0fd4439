//! One connection of a client, and the one to Argo CD that belongs to it.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep_until},
};

use super::{Request, State, fault::Effect};

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(86_400);

/// Serves it until either side ends it, or the proxy's state says so. Dropping both sockets cuts it.
pub(super) async fn serve(client: TcpStream, state: Arc<State>) {
    let mut cut = state.cut.subscribe();
    cut.mark_unchanged();
    tokio::select! {
        _ = relay(client, &state) => {}
        _ = cut.changed() => {}
    }
}

async fn relay(mut client: TcpStream, state: &State) -> io::Result<()> {
    let mut upstream = TcpStream::connect(&state.upstream).await?;
    let idle = state.idle.lock().unwrap().unwrap_or(NEVER);
    let end = Instant::now() + state.lifetime.lock().unwrap().unwrap_or(NEVER);
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut requests = Requests::default();
    let mut effect = None;
    // On a busy machine Argo CD takes longer to answer than the times are short; one that is cut while it is asked for a sync
    // may do it or not. That a reply is lost is another fault.
    let mut is_posted = false;
    let mut last = Instant::now();
    loop {
        tokio::select! {
            count = client.read(&mut asked) => {
                let bytes = &asked[..count?];
                if bytes.is_empty() {
                    return Ok(());
                }
                if let Some(request) = requests.begin(bytes) {
                    is_posted = request.method == "POST";
                    effect = state.request(request);
                }
                match effect {
                    Some(Effect::Fail(status)) if requests.is_whole() => {
                        let text = "<html>Bad Gateway</html>";
                        let head = format!(
                            "HTTP/1.1 {status} Gateway\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n{text}",
                            text.len()
                        );
                        client.write_all(head.as_bytes()).await?;
                    }
                    Some(Effect::Fail(_)) => {}
                    _ => upstream.write_all(bytes).await?,
                }
            }
            count = upstream.read(&mut answered) => {
                let bytes = &answered[..count?];
                is_posted = false;
                match effect {
                    _ if bytes.is_empty() => return Ok(()),
                    Some(Effect::LoseReply) => return Ok(()),
                    Some(Effect::Mute) => {}
                    Some(Effect::Truncate) => {
                        let body = find(bytes, b"\r\n\r\n").map_or(0, |end| end + 4);
                        client.write_all(&bytes[..body + (bytes.len() - body) / 2]).await?;
                        return Ok(());
                    }
                    Some(Effect::Fail(_)) | None => client.write_all(bytes).await?,
                }
            }
            () = sleep_until(end.min(last + idle)), if !is_posted => return Ok(()),
        }
        last = Instant::now();
    }
}

/// Finds where requests begin in what a client sends. It sends no request before the last one's reply.
#[derive(Default)]
struct Requests {
    head: Vec<u8>,
    /// How much of the body is still to come; none while the head is not whole.
    left: Option<usize>,
}

impl Requests {
    /// Takes bytes, and returns the request whose head they complete.
    fn begin(&mut self, bytes: &[u8]) -> Option<Request> {
        if let Some(left) = self.left.as_mut().filter(|left| **left > 0) {
            *left -= bytes.len();
            return None;
        }
        if self.left == Some(0) {
            *self = Self::default();
        }
        self.head.extend(bytes);
        let end = find(&self.head, b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&self.head[..end]).to_ascii_lowercase();
        let length = head
            .split("\r\ncontent-length: ")
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        self.left = Some(length.unwrap_or(0) - (self.head.len() - end));
        let head = String::from_utf8_lossy(&self.head[..end]).into_owned();
        let (line, head) = head.split_once("\r\n")?;
        let mut words = line.split(' ');
        Some(Request {
            method: words.next()?.to_owned(),
            path: words.next()?.to_owned(),
            head: head.to_owned(),
        })
    }

    fn is_whole(&self) -> bool {
        self.left == Some(0)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
