//! Server-sent events, cut out of a body's chunks
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).
//!
//! Argo CD's streams send `data: {json}` and a `:` line every 15 seconds when asked by
//! `Accept: text/event-stream`, and bare lines of JSON otherwise; some proxies drop that header, so both are read.

/// More than this in one event is no Application, whose limit in etcd is 1.5 MiB.
const MAX_EVENT: usize = 16 * 1024 * 1024;

/// Collects chunks and returns whole events.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    buffer: Vec<u8>,
    data: String,
}

/// An event grew beyond all bounds.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than 16 MiB")]
pub(crate) struct TooLong;

impl Parser {
    /// Adds a chunk and returns the data of each event that it completes.
    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<Vec<String>, TooLong> {
        self.buffer.extend_from_slice(chunk);
        let mut events = Vec::new();
        let mut start = 0;
        while let Some(length) = self.buffer[start..].iter().position(|&byte| byte == b'\n') {
            let line = &self.buffer[start..start + length];
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
            start += length + 1;
            events.extend(self.line(line));
        }
        self.buffer.drain(..start);
        if self.buffer.len() + self.data.len() > MAX_EVENT { Err(TooLong) } else { Ok(events) }
    }

    /// Returns what the end of the body leaves. The standard drops an event without its empty line, but Argo CD ends
    /// a stream that it refuses right after the error.
    pub(crate) fn finish(mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.buffer);
        let rest = String::from_utf8_lossy(&rest).trim_end().to_owned();
        let event = if rest.is_empty() { None } else { self.line(rest) };
        event.or_else(|| self.line(String::new()))
    }

    /// Takes one line; an empty one ends an event, and a bare line of JSON is an event.
    fn line(&mut self, line: String) -> Option<String> {
        if line.is_empty() {
            return (!self.data.is_empty()).then(|| std::mem::take(&mut self.data));
        }
        if line.starts_with('{') {
            return Some(line);
        }
        // Comments (`:`) and other fields (`event:`, `id:`) carry nothing that Argo CD uses.
        let data = line.strip_prefix("data:")?;
        if !self.data.is_empty() {
            self.data.push('\n');
        }
        self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str =
        ":\n\ndata: {\"a\":1}\n\n:\n\ndata: {\"b\":\ndata: 2}\r\n\r\nevent: x\nid: 7\n\n{\"c\":3}\n";

    #[test]
    fn events_are_cut_wherever_the_chunks_end() {
        for size in 1..STREAM.len() {
            let mut parser = Parser::default();
            let events: Vec<String> =
                STREAM.as_bytes().chunks(size).flat_map(|chunk| parser.feed(chunk).unwrap()).collect();
            assert_eq!(events, ["{\"a\":1}", "{\"b\":\n2}", "{\"c\":3}"], "chunks of {size}");
        }
    }

    #[test]
    fn an_unfinished_event_is_kept_back() {
        let mut parser = Parser::default();
        assert!(parser.feed(b"data: {\"a\":").unwrap().is_empty());
        assert!(parser.feed(b"1}\n").unwrap().is_empty());
        assert_eq!(parser.feed(b"\n").unwrap(), ["{\"a\":1}"]);
    }

    #[test]
    fn an_event_at_the_end_of_the_body_counts() {
        for text in
            ["data: {\"error\":1}\n", "data: {\"error\":1}", "{\"error\":1}", ":\n\ndata: {\"error\":1}\r\n"]
        {
            let mut parser = Parser::default();
            assert!(parser.feed(text.as_bytes()).unwrap().is_empty());
            assert_eq!(parser.finish().as_deref(), Some("{\"error\":1}"), "{text}");
        }
        assert_eq!(Parser::default().finish(), None);
    }

    #[test]
    fn a_body_without_end_is_refused() {
        let mut parser = Parser::default();
        let chunk = vec![b'x'; 1024 * 1024];
        assert_eq!((0..17).map(|_| parser.feed(&chunk)).find_map(Result::err), Some(TooLong));
    }
}
