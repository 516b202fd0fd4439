//! The signals by which a run is cancelled: GitHub's runner sends SIGINT, then SIGTERM, then SIGKILL
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-cancellation>).

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal that ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// SIGINT: Ctrl-C, or the runner's first word.
    Interrupt,
    /// SIGTERM: the runner's second word.
    Terminate,
}

impl Cancelled {
    /// The signal's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }

    /// The exit code that shells give to a process that the signal ended: 128 and the signal's number.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// The signals, from the moment this is made on.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Begins to listen; until then a signal ends the process at once. Needs a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the first of them.
    pub(crate) async fn next(&mut self) -> Cancelled {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Cancelled::Interrupt,
            Some(()) = self.terminate.recv() => Cancelled::Terminate,
            else => std::future::pending().await,
        }
    }
}
