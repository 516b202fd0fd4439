//! Free ports below the range that the system gives to outgoing connections, so that a part that is stopped finds its
//! port free when it is started again.

use std::net::{Ipv4Addr, TcpListener};

use rand::Rng;

use crate::Error;

/// Linux hands out 32768 to 60999 (`net.ipv4.ip_local_port_range`).
const FIRST: u16 = 15_000;
const LAST: u16 = 32_000;

/// Ports that this stack has taken. Each is held until a part takes it over, so that no other stack gets it meanwhile.
#[derive(Debug)]
pub(crate) struct Ports {
    next: u16,
    held: Vec<(u16, TcpListener)>,
}

impl Ports {
    /// Begins at a random place, so that stacks that start at the same time do not meet.
    pub(crate) fn new() -> Self {
        Self { next: rand::thread_rng().gen_range(FIRST..LAST), held: Vec::new() }
    }

    /// Takes a port that nobody listens on.
    pub(crate) fn take(&mut self) -> Result<u16, Error> {
        for _ in FIRST..LAST {
            let port = self.next;
            self.next = if port + 1 < LAST { port + 1 } else { FIRST };
            if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                self.held.push((port, listener));
                return Ok(port);
            }
        }
        Err(Error::new(format!("no port between {FIRST} and {LAST} is free on 127.0.0.1")))
    }

    /// Lets the ports go that a part is about to listen on.
    pub(crate) fn release(&mut self, ports: &[u16]) {
        self.held.retain(|(port, _)| !ports.contains(port));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_held_until_it_is_released() {
        let mut ports = Ports::new();
        let port = ports.take().unwrap();
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err());
        ports.release(&[port]);
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok());
    }

    #[test]
    fn what_somebody_else_has_is_left_alone() {
        let mut ports = Ports::new();
        let theirs = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.next));
        let wanted = ports.next;
        let port = ports.take().unwrap();
        assert!(theirs.is_err() || port != wanted, "{port}");
    }
}
