//! The tokens of new keys and values.

use granit_parser::ScalarStyle;

use crate::{fresh::Fresh, insert::layout::Layout, token::flow_token};

/// Writes a value: without quotes where every reader sees a string, and never so in JSON.
pub(crate) fn scalar_token(value: &str, in_flow: bool, json: bool) -> String {
    let style = if json { ScalarStyle::DoubleQuoted } else { ScalarStyle::Plain };
    flow_token(value, style, in_flow)
}

/// Writes a key.
pub(crate) fn key_token(key: &str, in_flow: bool, json: bool) -> String {
    scalar_token(key, in_flow, json)
}

/// Writes an entry of a mapping in brackets.
pub(crate) fn flow_entry(key: &str, value: &Fresh, json: bool) -> String {
    format!("{}: {}", key_token(key, true, json), Layout::in_brackets(value, json))
}
