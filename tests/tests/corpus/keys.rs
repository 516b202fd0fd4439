//! New keys in the mappings of one file.

use std::collections::HashSet;

use serde_json::json;
use yaml_set::{Edit, Path, Scalar, Segment, set};

use super::{
    figures::Figures,
    judge::Judge,
    leaves::{path, reason, sample},
};

/// The new key, which no file has.
const KEY: &str = "day2NewKey";

/// Values that need no quotes, and that do.
const VALUES: [&str; 4] = ["v1.2.3", "1.20", "a: b #c", ""];

/// Adds a key to `count` of the mappings that have a scalar, one by one, and hands the results to the judge.
pub(crate) fn add(text: &str, scalars: &[Scalar], count: usize, judge: &mut Judge, figures: &mut Figures) {
    let mappings = mappings(scalars);
    for (turn, at) in sample(mappings.len(), count).into_iter().enumerate() {
        let mapping = &mappings[at];
        let value = VALUES[turn % VALUES.len()];
        let edit = Edit::new(mapping.child(Segment::Key(KEY.to_owned())), value).creating(true);
        match set(text, &[edit]) {
            Ok(edited) => {
                figures.added += 1;
                judge.tell(
                    &json!({ "under": path(mapping), "key": KEY, "value": value, "text": edited.text }),
                );
            }
            Err(error) => *figures.refused_keys.entry(reason(&error)).or_default() += 1,
        }
    }
}

/// Returns the mappings that the scalars are in, each once.
fn mappings(scalars: &[Scalar]) -> Vec<Path> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for scalar in scalars {
        let document = scalar.path.document().unwrap_or(1);
        if let Some((above, Segment::Key(_))) = scalar.path.split_last() {
            let above = above.in_document(document);
            if seen.insert(above.clone()) {
                found.push(above);
            }
        }
    }
    found
}
