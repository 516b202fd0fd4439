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
        self.unjudged.extend(other.unjudged);
        self.readable_but_refused.extend(other.readable_but_refused);
        self.leaves += other.leaves;
        self.one_by_one += other.one_by_one;
        self.at_once += other.at_once;
        self.problems.extend(other.problems);
    }
}

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
             {} edits one by one, {} all at once",
            self.edited.values().sum::<usize>(),
            of(Kind::Values),
            of(Kind::Kustomization),
            of(Kind::Template),
            of(Kind::Manifest),
            self.leaves,
            self.one_by_one,
            self.at_once,
        )?;
        write!(
            formatter,
            "figures: refused: {} files ({}), of which PyYAML reads {}; edits: {}; not readable by PyYAML: {}",
            self.refused.values().sum::<usize>(),
            listed(&self.refused),
            self.readable_but_refused.len(),
            listed(&self.refused_leaves),
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
