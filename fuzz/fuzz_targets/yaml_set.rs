//! Any bytes as text, with edits that are derived from them: no panic; and what `set` returns is exactly what was
//! wanted, for itself too when it is run again.
//!
//! An input is lines of `path=value`, with flags before the path, up to a line `%%`, and then the text.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use yaml_set::{Edit, decode, scalars, set, split_top_level};

/// `!` creates, `*` follows aliases: `!*a.b=v`.
fn edit(line: &str) -> Option<Edit> {
    let (flags, rest) = line.split_at(line.len() - line.trim_start_matches(['!', '*']).len());
    let (path, value) = split_top_level(rest, '=')?;
    let path: yaml_set::Path = path.parse().ok()?;
    assert_eq!(path.to_string().parse().as_ref(), Ok(&path), "the path does not survive");
    let value = value.replace("\\n", "\n");
    Some(Edit::new(path, value).creating(flags.contains('!')).following_aliases(flags.contains('*')))
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(input) = decode(bytes) else { return Corpus::Reject };
    let (lines, text) = input.split_once("\n%%\n").unwrap_or(("", input));
    let mut edits: Vec<Edit> = lines.lines().filter_map(edit).collect();
    if edits.is_empty() {
        // The text says itself what there is to be set.
        let found = scalars(text).unwrap_or_default();
        edits.extend(
            found.iter().step_by(found.len() / 3 + 1).map(|scalar| Edit::new(scalar.path.clone(), "v: 1")),
        );
    }
    let Ok(edited) = set(text, &edits) else { return Corpus::Keep };
    assert!(edited.changes.len() >= edits.len());
    assert_eq!(edited.changed(), edited.text != text);
    let again = set(&edited.text, &edits).expect("the same edits again");
    assert_eq!(again.text, edited.text, "not idempotent");
    assert!(!again.changed());
    assert_eq!(again.changes.len(), edited.changes.len());
    for change in edited.changes.iter().filter(|change| change.created) {
        assert_eq!(change.old, None);
    }
    if edits.iter().all(|edit| edit.create) && edited.changes.iter().all(|change| change.created) {
        assert!(is_subsequence(text.as_bytes(), edited.text.as_bytes()), "an insertion took bytes away");
    }
    Corpus::Keep
});

fn is_subsequence(few: &[u8], many: &[u8]) -> bool {
    let mut rest = many.iter();
    few.iter().all(|byte| rest.any(|found| found == byte))
}
