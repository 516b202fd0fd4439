//! Characters that end a line in YAML 1.1, but not in YAML 1.2.

use granit_parser::ScalarStyle;

use crate::{
    SetError,
    lines::line_number,
    tree::{Kind, Tree},
};

/// Refuses a text that has one of them where it decides what the text is: after it, an older reader such as `PyYAML`
/// sees a new line, and there perhaps a key that others see as part of a comment.
pub(crate) fn check(text: &str, tree: &Tree<'_>) -> Result<(), SetError> {
    let mut quoted = tree
        .nodes
        .iter()
        .filter(|node| matches!(node.kind, Kind::Scalar { style: ScalarStyle::DoubleQuoted, .. }))
        .map(|node| node.span.clone())
        .peekable();
    for (at, found) in text.match_indices(['\u{85}', '\u{2028}', '\u{2029}']) {
        while quoted.next_if(|span| span.end <= at).is_some() {}
        if !quoted.peek().is_some_and(|span| span.contains(&at)) {
            let code = found.chars().next().map(u32::from).unwrap_or_default();
            return Err(SetError::LineBreak { line: line_number(text, at), code });
        }
    }
    Ok(())
}
