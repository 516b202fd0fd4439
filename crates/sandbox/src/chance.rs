//! Faults by chance, of which each is decided by a seed and the number of the call: a storm that can be had again.

use std::sync::Mutex;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
};
use serde::{Deserialize, Serialize};

use crate::faults::{Effect, lock};

/// A fault that hits a share of the calls that it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chance {
    /// The service; empty for all.
    #[serde(default)]
    pub service: String,
    /// The HTTP method; empty for all.
    #[serde(default)]
    pub method: String,
    /// A part of the path and query; empty for all.
    #[serde(default)]
    pub path: String,
    /// A part of the request's body; empty for all. It tells GraphQL's mutations from its queries.
    #[serde(default)]
    pub body: String,
    /// How many of a hundred calls it hits.
    pub percent: u64,
    /// What the choice follows from.
    pub seed: u64,
    /// What happens, one of these.
    pub effects: Vec<Effect>,
}

/// The chances that are set, each with the number of calls that it has matched.
#[derive(Debug, Default)]
pub(crate) struct Chances(Mutex<Vec<(Chance, u64)>>);

impl Chances {
    pub(crate) fn add(&self, chance: Chance) {
        lock(&self.0).push((chance, 0));
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Returns what happens to a call, and the call again, whose body may have been read for that.
    pub(crate) async fn hit(
        &self,
        (service, method, path): (&str, &str, &str),
        request: Request,
    ) -> (Request, Option<Effect>) {
        let fits = |chance: &Chance| {
            (chance.service.is_empty() || chance.service == service)
                && (chance.method.is_empty() || chance.method == method)
                && path.contains(&chance.path)
        };
        let Some(at) = lock(&self.0).iter().position(|(chance, _)| fits(chance)) else {
            return (request, None);
        };
        let (head, body) = request.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let effect = self.draw(at, &bytes);
        (Request::from_parts(head, Body::from(bytes)), effect)
    }

    fn draw(&self, at: usize, body: &[u8]) -> Option<Effect> {
        let mut chances = lock(&self.0);
        let (chance, calls) = chances.get_mut(at)?;
        let needle = chance.body.as_bytes();
        if !needle.is_empty() && !body.windows(needle.len()).any(|part| part == needle) {
            return None;
        }
        *calls += 1;
        let number = mixed(chance.seed.wrapping_add(calls.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let choices = u64::try_from(chance.effects.len()).unwrap_or(1).max(1);
        let choice = usize::try_from((number / 100) % choices).unwrap_or_default();
        (number % 100 < chance.percent).then(|| chance.effects.get(choice).cloned()).flatten()
    }
}

/// The last steps of `SplitMix64`: neighbours become as different as any two numbers.
fn mixed(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: u64, body: &[u8]) -> Vec<bool> {
        let chances = Chances::default();
        chances.add(Chance {
            service: String::new(),
            method: String::new(),
            path: String::new(),
            body: "mutation".to_owned(),
            percent: 20,
            seed,
            effects: vec![Effect::Drop, Effect::DropAfter],
        });
        (0..1000).map(|_| chances.draw(0, body).is_some()).collect()
    }

    #[test]
    fn a_seed_is_a_storm_and_its_share_is_kept() {
        let first = drawn(1, b"a mutation");
        assert_eq!(first, drawn(1, b"a mutation"));
        assert_ne!(first, drawn(2, b"a mutation"));
        let hits = first.iter().filter(|hit| **hit).count();
        assert!((150..250).contains(&hits), "{hits}");
        assert!(!drawn(1, b"a query").contains(&true));
    }
}
