//! How long each phase of an action took.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Phases in the order in which they ended.
#[derive(Debug, Default)]
pub struct Phases(Mutex<Vec<(&'static str, Duration)>>);

impl Phases {
    /// Starts empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Awaits `work` and records how long it took.
    pub async fn time<T>(&self, name: &'static str, work: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let result = work.await;
        self.record(name, start.elapsed());
        result
    }

    /// Records a phase; one that is recorded again grows.
    pub fn record(&self, name: &'static str, took: Duration) {
        let mut phases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match phases.iter_mut().find(|(known, _)| *known == name) {
            Some((_, total)) => *total += took,
            None => phases.push((name, took)),
        }
    }

    /// Returns name and duration of each phase.
    pub fn list(&self) -> Vec<(&'static str, Duration)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns `{"phase":milliseconds,…}`.
    pub fn to_json(&self) -> String {
        let map: serde_json::Map<String, serde_json::Value> = self
            .list()
            .into_iter()
            .map(|(name, took)| (name.to_owned(), u64::try_from(took.as_millis()).unwrap_or(u64::MAX).into()))
            .collect();
        serde_json::Value::Object(map).to_string()
    }

    /// Returns rows for a summary's table.
    pub fn rows(&self) -> Vec<Vec<String>> {
        self.list().into_iter().map(|(name, took)| vec![name.to_owned(), human(took)]).collect()
    }
}

/// Returns a duration for people: `85 ms`, `1.2 s`, `2 min 5 s`.
pub(crate) fn human(took: Duration) -> String {
    match took.as_millis() {
        millis @ 0..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{:.1} s", took.as_secs_f64()),
        _ => format!("{} min {} s", took.as_secs() / 60, took.as_secs() % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_add_up_and_keep_their_order() {
        let phases = Phases::new();
        phases.record("read", Duration::from_millis(2));
        phases.record("write", Duration::from_millis(1500));
        phases.record("read", Duration::from_millis(3));
        assert_eq!(phases.to_json(), r#"{"read":5,"write":1500}"#);
        assert_eq!(phases.rows()[1], ["write", "1.5 s"]);
    }
}
