//! What was done, in figures.

use std::{collections::BTreeMap, fmt};

use super::files::Kind;

/// Counts, and what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Files of each kind that were edited.
    pub(crate) edited: BTreeMap<Kind, usize>,
    /// Files that were refused, by reason.
    pub(crate) refused: BTreeMap<String, usize>,
    /// Files that PyYAML does not read although yaml-set does, so that nothing judged their edits.
    pub(crate) unjudged: Vec<String>,
    /// Files that PyYAML reads and yaml-set refuses, with the reason.
    pub(crate) readable_but_refused: Vec<(String, String)>,
    /// Scalars in the edited files.
    pub(crate) leaves: usize,
    /// Leaves that were set alone.
    pub(crate) one_by_one: usize,
    /// Leaves that were set together with all others of their file.
    pub(crate) at_once: usize,
    /// Keys that were added, one by one.
    pub(crate) added: usize,
    /// Keys that were not added, by reason.
    pub(crate) refused_keys: BTreeMap<String, usize>,
    /// Leaves that were not set, by reason.
    pub(crate) refused_leaves: BTreeMap<String, usize>,
    /// What the judge complains of.
    pub(crate) problems: Vec<String>,
}

impl Figures {
    /// Adds those of another file.
    pub(crate) fn add(&mut self, other: Self) {
        sum(&mut self.edited, other.edited);
        sum(&mut self.refused, other.refused);
        sum(&mut self.refused_leaves, other.refused_leaves);
        sum(&mut self.refused_keys, other.refused_keys);
        self.added += other.added;
        self.unjudged.extend(other.unjudged);
        self.readable_but_refused.extend(other.readable_but_refused);
        self.leaves += other.leaves;
        self.one_by_one += other.one_by_one;
        self.at_once += other.at_once;
        self.problems.extend(other.problems);
    }

    /// Returns what there is too little of, or too much: then the run says nothing, however good it looks.
    pub(crate) fn lacks(&self) -> Vec<String> {
        let files = self.edited.values().sum::<usize>();
        let mut lacks: Vec<String> = [
            ("files edited", files, FILES),
            ("edits one by one", self.one_by_one, EDITS),
            ("edits all at once", self.at_once, EDITS),
            ("keys added", self.added, KEYS),
        ]
        .into_iter()
        .filter(|(_, count, least)| count < least)
        .map(|(what, count, least)| format!("{count} {what}, fewer than {least}"))
        .collect();
        if self.unjudged.len() > UNJUDGED {
            lacks.push(format!("{} files not readable by PyYAML, more than {UNJUDGED}", self.unjudged.len()));
        }
        lacks
    }
}

/// How many files, edits of each way and new keys there must be at least.
const FILES: usize = 2_000;
const EDITS: usize = 40_000;
const KEYS: usize = 2_000;

/// How many files may be left without a judge.
const UNJUDGED: usize = 60;

fn sum<K: Ord>(into: &mut BTreeMap<K, usize>, from: BTreeMap<K, usize>) {
    for (key, count) in from {
        *into.entry(key).or_default() += count;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |kind| self.edited.get(&kind).copied().unwrap_or_default();
        writeln!(
            formatter,
            "figures: {} files edited ({} values, {} kustomizations, {} in templates/, {} manifests), {} leaves; \
             {} edits one by one, {} all at once, {} keys added",
            self.edited.values().sum::<usize>(),
            of(Kind::Values),
            of(Kind::Kustomization),
            of(Kind::Template),
            of(Kind::Manifest),
            self.leaves,
            self.one_by_one,
            self.at_once,
            self.added,
        )?;
        write!(
            formatter,
            "figures: refused: {} files ({}), of which PyYAML reads {}; edits: {}; keys: {}; not readable by PyYAML: {}",
            self.refused.values().sum::<usize>(),
            listed(&self.refused),
            self.readable_but_refused.len(),
            listed(&self.refused_leaves),
            listed(&self.refused_keys),
            self.unjudged.len(),
        )?;
        for (file, reason) in &self.readable_but_refused {
            write!(formatter, "\nreadable by PyYAML, refused as {reason}: {file}")?;
        }
        for file in &self.unjudged {
            write!(formatter, "\nnot readable by PyYAML: {file}")?;
        }
        Ok(())
    }
}

fn listed(counts: &BTreeMap<String, usize>) -> String {
    let parts: Vec<String> = counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}
