//! How far a push is: on a terminal one line that is rewritten in place, in a log a calm one now and then and one for each
//! platform that is there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use model::Deadline;
use tokio::time::{MissedTickBehavior, interval};
use toolkit::{Annotation, Host, Level};

use crate::report::bytes;

/// How often the line of a terminal is rewritten, and how often a log gets one.
const LIVE: Duration = Duration::from_millis(200);
const CALM: Duration = Duration::from_secs(5);

/// What is counted, over all destinations.
#[derive(Debug, Default)]
struct Counts {
    bytes: AtomicU64,
    sent: AtomicU64,
    spared: AtomicU64,
    layers: AtomicUsize,
    layers_done: AtomicUsize,
    platforms: AtomicUsize,
    platforms_done: AtomicUsize,
}

/// What there is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Total {
    /// Bytes of blobs.
    pub(crate) bytes: u64,
    /// Blobs.
    pub(crate) layers: usize,
    /// Manifests of platforms.
    pub(crate) platforms: usize,
}

/// Counts what is done and tells of it.
#[derive(Debug)]
pub(crate) struct Progress {
    host: Host,
    clock: Deadline,
    counts: Arc<Counts>,
}

impl Progress {
    /// Starts with nothing to do; the time of `clock` is told.
    pub(crate) fn new(host: &Host, clock: Deadline) -> Self {
        Self { host: host.clone(), clock, counts: Arc::default() }
    }

    /// Adds what there is to do: for each destination once.
    pub(crate) fn begin(&self, total: Total) {
        self.counts.bytes.fetch_add(total.bytes, Relaxed);
        self.counts.layers.fetch_add(total.layers, Relaxed);
        self.counts.platforms.fetch_add(total.platforms, Relaxed);
    }

    /// Returns a counter for one try to send something: what a try has sent that failed is no progress.
    pub(crate) fn meter(&self) -> Meter {
        Meter(Arc::new(Try {
            counts: self.counts.clone(),
            sent: AtomicU64::new(0),
            kept: AtomicBool::new(false),
        }))
    }

    /// A blob is where it belongs; `spared` bytes of it were not sent.
    pub(crate) fn layer_done(&self, spared: u64) {
        self.counts.layers_done.fetch_add(1, Relaxed);
        self.counts.spared.fetch_add(spared, Relaxed);
    }

    /// A platform's manifest is at this destination.
    pub(crate) fn platform_done(&self, platform: &str, destination: &str) {
        self.counts.platforms_done.fetch_add(1, Relaxed);
        if !self.host.is_live() {
            self.say(&format!("{platform} is in {destination}"));
        }
    }

    /// Writes a line that stays, with the time.
    pub(crate) fn say(&self, text: &str) {
        self.host.info(&format!("{:>5.1} s  {text}", self.clock.elapsed().as_secs_f32()));
    }

    /// Warns of something that does not stop the push.
    pub(crate) fn warn(&self, text: &str) {
        self.host.annotate(&Annotation::new(Level::Warning, "multiarch-push", text));
    }

    /// Tells of the progress for as long as `work` takes.
    pub(crate) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        let is_live = self.host.is_live();
        let mut ticks = interval(if is_live { LIVE } else { CALM });
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first one is at once, when there is nothing to tell.
        ticks.tick().await;
        let begun = self.clock.elapsed();
        let telling = async {
            // Without an end of its own.
            loop {
                ticks.tick().await;
                let line = line(&self.counts, self.clock.elapsed().saturating_sub(begun));
                if is_live {
                    self.host.rewrite(vec![line]);
                } else {
                    self.say(&line);
                }
            }
        };
        let result = tokio::select! {
            biased;
            result = work => result,
            never = telling => never,
        };
        if is_live {
            self.host.rewrite(Vec::new());
        }
        result
    }
}

/// The bytes of one try.
#[derive(Debug, Clone)]
pub(crate) struct Meter(Arc<Try>);

#[derive(Debug)]
struct Try {
    counts: Arc<Counts>,
    sent: AtomicU64,
    kept: AtomicBool,
}

impl Meter {
    /// Counts bytes that were handed to the connection.
    pub(crate) fn sent(&self, bytes: u64) {
        self.0.sent.fetch_add(bytes, Relaxed);
        self.0.counts.sent.fetch_add(bytes, Relaxed);
    }

    /// The try has succeeded.
    pub(crate) fn keep(&self) {
        self.0.kept.store(true, Relaxed);
    }
}

impl Drop for Try {
    fn drop(&mut self) {
        if !self.kept.load(Relaxed) {
            self.counts.sent.fetch_sub(self.sent.load(Relaxed), Relaxed);
        }
    }
}

fn line(counts: &Counts, took: Duration) -> String {
    let (sent, spared) = (counts.sent.load(Relaxed), counts.spared.load(Relaxed));
    let all = counts.bytes.load(Relaxed);
    let millis = took.as_millis().max(1);
    let rate = u64::try_from(u128::from(sent) * 1000 / millis).unwrap_or(u64::MAX);
    format!(
        "sent {} of {} ({}/s), {} of {} layers, {} of {} platforms",
        bytes(sent),
        bytes(all.saturating_sub(spared)),
        bytes(rate),
        counts.layers_done.load(Relaxed),
        counts.layers.load(Relaxed),
        counts.platforms_done.load(Relaxed),
        counts.platforms.load(Relaxed),
    )
}

#[cfg(test)]
mod tests {
    use std::io;

    use toolkit::Env;

    use super::*;

    fn progress() -> Progress {
        let host = Host::with_streams(Env::default(), Box::new(io::sink()), Box::new(io::sink()));
        Progress::new(&host, Deadline::after(Duration::from_secs(60)))
    }

    #[test]
    fn a_line_tells_bytes_layers_and_platforms() {
        let progress = progress();
        progress.begin(Total { bytes: 200_000_000, layers: 14, platforms: 2 });
        let meter = progress.meter();
        meter.sent(30_000_000);
        meter.keep();
        drop(meter);
        progress.layer_done(80_000_000);
        progress.layer_done(0);
        progress.platform_done("linux/amd64", "a.example/b");
        insta::assert_snapshot!(
            line(&progress.counts, Duration::from_secs(2)),
            @"sent 30.0 MB of 120.0 MB (15.0 MB/s), 2 of 14 layers, 1 of 2 platforms"
        );
    }

    #[test]
    fn a_try_that_failed_is_no_progress() {
        let progress = progress();
        let meter = progress.meter();
        let body = meter.clone();
        body.sent(5);
        drop(meter);
        assert_eq!(progress.counts.sent.load(Relaxed), 5);
        drop(body);
        assert_eq!(progress.counts.sent.load(Relaxed), 0);
    }
}
