//! What happened in all histories together.

use std::{collections::BTreeMap, time::Duration};

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub histories: u64,
    pub steps: u64,
    /// Runs of auto-merge that came to an end.
    pub runs: u64,
    pub forwards: u64,
    pub calls: u64,
    pub merges_by_us: u64,
    pub merges_by_people: u64,
    /// Merges whose approval was withdrawn after the run's last read.
    pub in_the_window: u64,
    pub results: BTreeMap<String, u64>,
    pub reasons: BTreeMap<String, u64>,
    pub forward_results: BTreeMap<String, u64>,
}

impl Figures {
    pub(crate) fn add(&mut self, other: &Self) {
        self.histories += other.histories;
        self.steps += other.steps;
        self.runs += other.runs;
        self.forwards += other.forwards;
        self.calls += other.calls;
        self.merges_by_us += other.merges_by_us;
        self.merges_by_people += other.merges_by_people;
        self.in_the_window += other.in_the_window;
        for (mine, theirs) in [
            (&mut self.results, &other.results),
            (&mut self.reasons, &other.reasons),
            (&mut self.forward_results, &other.forward_results),
        ] {
            for (name, count) in theirs {
                *mine.entry(name.clone()).or_default() += count;
            }
        }
    }

    /// One line of all.
    pub(crate) fn line(&self, took: Duration) -> String {
        let list = |counts: &BTreeMap<String, u64>| {
            let mut counts: Vec<_> = counts.iter().collect();
            counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
        };
        format!(
            "{} histories of {} steps in {:.0} s; {} calls; {} runs of auto-merge ({}), {} merges by them ({} of \
             them with an approval withdrawn after the last read), {} merges by people; refusals: {}; {} runs of \
             fast-forward ({})",
            self.histories,
            self.steps,
            took.as_secs_f64(),
            self.calls,
            self.runs,
            list(&self.results),
            self.merges_by_us,
            self.in_the_window,
            self.merges_by_people,
            list(&self.reasons),
            self.forwards,
            list(&self.forward_results),
        )
    }

    /// Histories in which nothing happens would prove nothing.
    pub(crate) fn check(&self, count: u64) {
        assert_eq!(self.histories, count);
        assert!(self.merges_by_us * 4 > count, "too few merges: {}", self.merges_by_us);
        assert!(self.merges_by_people * 20 > count, "too few merges by people: {}", self.merges_by_people);
        for reason in [
            "merge-head-moved",
            "label-before-push",
            "label-by-author",
            "label-before-base",
            "labeller-permission",
        ] {
            assert!(self.reasons.contains_key(reason), "no run is refused for {reason}: {:?}", self.reasons);
        }
        for result in ["fast-forwarded", "back-merged", "up-to-date", "pull-request"] {
            let results = &self.forward_results;
            assert!(results.contains_key(result), "no run of fast-forward ends as {result}: {results:?}");
        }
    }
}
