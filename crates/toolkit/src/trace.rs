//! Debug logging: one line per remote call, shown with `RUNNER_DEBUG=1`.

use std::io::{self, Write};

use tracing_subscriber::{filter::LevelFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::Env;

/// Installs the subscriber if debug logging was asked for. A second call changes nothing.
pub fn init(env: &Env) {
    if !env.is_debug() {
        return;
    }
    let in_actions = env.in_actions();
    let targets = tracing_subscriber::filter::filter_fn(|metadata| is_ours(metadata.target()));
    let layer = fmt::layer()
        .without_time()
        .with_target(false)
        .with_level(false)
        .with_ansi(false)
        .with_writer(move || DebugLine { in_actions, buffer: Vec::new() });
    let _ = tracing_subscriber::registry().with(LevelFilter::DEBUG).with(targets).with(layer).try_init();
}

/// Whether an event comes from one of our crates; libraries may log headers and bodies.
fn is_ours(target: &str) -> bool {
    const OURS: &[&str] = &[
        "toolkit",
        "git",
        "github",
        "aws",
        "oidc_ecr_login",
        "multiarch_push",
        "bump_values",
        "argocd_sync",
        "auto_merge",
        "fast_forward",
        "day2",
    ];
    OURS.contains(&target.split("::").next().unwrap_or_default())
}

/// Collects one event and writes it as a whole line, since calls run concurrently.
struct DebugLine {
    in_actions: bool,
    buffer: Vec<u8>,
}

impl Write for DebugLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for DebugLine {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.buffer);
        let line = text.trim_end();
        let _ = if self.in_actions {
            writeln!(io::stdout(), "::debug::{}", crate::annotation::escape_data(line))
        } else {
            writeln!(io::stderr(), "debug: {line}")
        };
    }
}
