//! The same sync again and again: how long it takes, what it costs, and how soon the end of it is told.

use std::time::{Duration, Instant};

use super::{
    place::{Place, Shape, World},
    watch::{Moments, Watch},
    ways::{Client, Programs, Who, Wish},
};
use crate::bench::{child::Ended, median, proxy::Line};

/// So often each way is gone.
pub(super) const ROUNDS: usize = 20;
/// argocd-sync's own default.
pub(super) const SETTLE: Duration = Duration::from_secs(2);

/// A way, where it plays, and what came of it.
struct Track<'a> {
    title: &'static str,
    old_pods_gone: bool,
    client: Client<'a>,
    place: Place<'a>,
    watch: Watch,
    samples: Vec<Sample>,
    failures: usize,
}

struct Sample {
    pushed: Instant,
    ended: Ended,
    moments: Moments,
    requests: usize,
    connections: usize,
}

type Moment = fn(&Sample) -> Option<Instant>;

/// The two tables of the page.
pub(super) struct Tables {
    pub(super) costs: String,
    pub(super) delays: String,
}

/// Goes each way once in each round, so that a machine that is busy for a while is so for all of them.
pub(super) async fn measure(world: &World, programs: &Programs) -> Result<Tables, String> {
    let mut tracks = Vec::new();
    for (name, title, who, old_pods_gone) in [
        ("rounds-cli", "`argocd app sync` and `argocd app wait`", Who::Cli, false),
        ("rounds-promoted", "argocd-sync", Who::Ours, false),
        ("rounds-gone", "argocd-sync, `wait-for: old-pods-gone`", Who::Ours, true),
    ] {
        let place = Place::new(world, name, Shape::default()).await?;
        tracks.push(Track {
            title,
            old_pods_gone,
            client: Client::new(who, programs, &world.state.argocd, Line::default()).await?,
            watch: Watch::start(&world.kube, &world.kube, name),
            place,
            samples: Vec::new(),
            failures: 0,
        });
    }
    for round in 0..ROUNDS {
        for track in &mut tracks {
            track.once(&format!("{:040x}", round + 1)).await?;
        }
        eprintln!("round {} of {ROUNDS}", round + 1);
    }
    let tables = Tables {
        costs: tracks.iter().map(Track::costs).collect(),
        delays: tracks.iter().map(Track::delays).collect(),
    };
    for track in tracks {
        track.place.leave().await?;
    }
    Ok(tables)
}

impl Track<'_> {
    async fn once(&mut self, tag: &str) -> Result<(), String> {
        let (requests, connections) = (self.client.line.requests(), self.client.line.connections());
        let pushed = Instant::now();
        let revision = self.place.bump(tag).await?;
        let wish = Wish {
            application: &self.place.name,
            revision: &revision,
            tag,
            tells_revision: true,
            old_pods_gone: self.old_pods_gone,
            token: self.place.world.state.accounts.ci.token.expose(),
        };
        let (_, ended) = self.client.sync(&self.place, &wish).await?;
        let requests = self.client.line.requests() - requests;
        let connections = self.client.line.connections() - connections;
        // What the verdict did not wait for is waited for here.
        self.place.quiet(tag).await?;
        let moments = self.watch.moments(pushed, tag);
        if ended.succeeded() {
            self.samples.push(Sample { pushed, ended, moments, requests, connections });
        } else {
            eprintln!("{} failed ({:?}):\n{}", self.title, ended.code, ended.said);
            self.failures += 1;
        }
        Ok(())
    }

    fn costs(&self) -> String {
        let all = |of: fn(&Sample) -> Duration| self.samples.iter().map(of).collect::<Vec<_>>();
        let walls = all(|sample| sample.ended.at - sample.pushed);
        let count = |of: fn(&Sample) -> usize| median(&self.samples.iter().map(of).collect::<Vec<_>>());
        format!(
            "| {} | {} of {} | {:.1} s | {:.1} s | {} | {} | {} ms | {} MB |\n",
            self.title,
            self.samples.len(),
            self.samples.len() + self.failures,
            median(&walls).as_secs_f64(),
            walls.iter().max().copied().unwrap_or_default().as_secs_f64(),
            count(|sample| sample.requests),
            count(|sample| sample.connections),
            median(&all(|sample| sample.ended.cpu)).as_millis(),
            median(&self.samples.iter().map(|sample| sample.ended.peak).collect::<Vec<_>>()) / 1024,
        )
    }

    /// How long after the moment that the pipeline waits for Argo CD knew of it, and the verdict came.
    fn delays(&self) -> String {
        let settle = if self.client.who == Who::Ours { SETTLE } else { Duration::ZERO };
        let settle = i64::try_from(settle.as_millis()).unwrap_or_default();
        let from: Moment =
            if self.old_pods_gone { |it| it.moments.old_gone } else { |it| it.moments.cutover };
        let told: Moment = if self.old_pods_gone { |it| it.moments.told_gone } else { |it| it.moments.told };
        let since = |to: Moment| -> Vec<i64> {
            self.samples.iter().filter_map(|sample| Some(millis(from(sample)?, to(sample)?))).collect()
        };
        let (told, ended) = (since(told), since(|it| Some(it.ended.at)));
        let from = if self.old_pods_gone { "the last old pod is gone" } else { "the active Service moves" };
        let ended: Vec<i64> = ended.iter().map(|millis| millis - settle).collect();
        let worst = |values: &[i64]| values.iter().max().copied().unwrap_or_default();
        format!(
            "| {} | {from} | {} ms | {} ms | {} ms | {} ms | {} |\n",
            self.title,
            median(&told),
            worst(&told),
            median(&ended),
            worst(&ended),
            ended.iter().filter(|millis| **millis < 0).count(),
        )
    }
}

/// Milliseconds from one moment to another, which may be before it.
fn millis(from: Instant, to: Instant) -> i64 {
    let forward = i64::try_from(to.saturating_duration_since(from).as_millis()).unwrap_or(i64::MAX);
    let back = i64::try_from(from.saturating_duration_since(to).as_millis()).unwrap_or(i64::MAX);
    forward - back
}
