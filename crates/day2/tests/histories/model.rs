//! The judge's own book about a pull request.

use std::collections::BTreeMap;

use crate::steps::{Gate, Verdict, Who};

/// Who put the label that approves, on what.
#[derive(Debug, Clone)]
pub(crate) struct Put {
    pub by: Who,
    pub head: String,
    pub base: String,
}

/// The last word of a reviewer, on what.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub verdict: Verdict,
    pub head: String,
    pub base: String,
}

/// A pull request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    pub number: u64,
    pub head: String,
    pub base: String,
    pub open: bool,
    pub draft: bool,
    pub blocked: bool,
    pub label: Option<Put>,
    pub words: BTreeMap<&'static str, (Who, Word)>,
    /// The head that was approved, at each tick since the first.
    pub approved: Vec<(u64, Option<String>)>,
    /// The same if nobody's right to write had been taken away.
    pub approved_once: Vec<(u64, Option<String>)>,
}

impl Book {
    /// The head, if it may be merged into the base as things are.
    pub(crate) fn approval(&self, gate: Gate, may_write: impl Fn(Who) -> bool) -> Option<String> {
        let permitted = |who: Who| may_write(who) && !matches!(who, Who::Alice | Who::Bot);
        let is_it = |head: &str, base: &str| head == self.head && base == self.base;
        let labelled =
            self.label.as_ref().is_some_and(|put| permitted(put.by) && is_it(&put.head, &put.base));
        let mut approved = false;
        let mut refused = false;
        for (who, word) in self.words.values() {
            match word.verdict {
                Verdict::Approve => approved |= permitted(*who) && is_it(&word.head, &word.base),
                Verdict::Object => refused |= may_write(*who),
                Verdict::Comment => {}
            }
        }
        let reviewed = approved && !refused;
        let holds = match gate {
            Gate::Label => labelled,
            Gate::Review => reviewed,
            Gate::Both => labelled && reviewed,
        };
        // The label that forbids is a part of the gate of labels only.
        let blocked = self.blocked && gate != Gate::Review;
        (holds && self.open && !self.draft && !blocked).then(|| self.head.clone())
    }

    /// Writes down how things are.
    pub(crate) fn note(&mut self, tick: u64, approved: Option<String>, once: Option<String>) {
        for (list, now) in [(&mut self.approved, approved), (&mut self.approved_once, once)] {
            if list.last().is_none_or(|(_, last)| *last != now) {
                list.push((tick, now));
            }
        }
    }

    /// Whether `head` was approved at some moment from `first` until before `end`.
    pub(crate) fn was_approved(&self, head: &str, first: u64, end: u64) -> bool {
        was(&self.approved, head, first, end)
    }

    /// The same if nobody's right to write had been taken away.
    pub(crate) fn was_approved_once(&self, head: &str, first: u64, end: u64) -> bool {
        was(&self.approved_once, head, first, end)
    }
    /// Whether `head` is approved now.
    pub(crate) fn is_approved(&self, head: &str) -> bool {
        self.approved.last().is_some_and(|(_, approved)| approved.as_deref() == Some(head))
    }
}

fn was(list: &[(u64, Option<String>)], head: &str, first: u64, end: u64) -> bool {
    let is_in = |place: usize, from: u64| {
        let until = list.get(place + 1).map_or(u64::MAX, |(tick, _)| *tick);
        from < end && until > first
    };
    let mut entries = list.iter().enumerate();
    entries.any(|(place, (from, approved))| approved.as_deref() == Some(head) && is_in(place, *from))
}
