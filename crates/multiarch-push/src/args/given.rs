//! Which inputs have a value, and which of them do not go together.

use toolkit::Check;

/// The kinds of source, in the order in which one wins if several were given by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `from`.
    Promote,
    /// `layout`.
    Layout,
    /// `base` and `append`.
    Append,
    /// `context` and `file`; also what is meant if nothing is given.
    Dockerfile,
}

/// Whether an input has a value: one that is empty counts as left out, as GitHub has it.
pub(super) fn is_given(values: &[String]) -> bool {
    values.iter().any(|value| !value.trim().is_empty())
}

/// Returns the names of the inputs that have a value.
pub(super) fn given<const N: usize>(inputs: [(&'static str, &[String]); N]) -> Vec<&'static str> {
    inputs.into_iter().filter(|(_, values)| is_given(values)).map(|(name, _)| name).collect()
}

/// Returns an input's value without white space around it, none if it is empty.
pub(super) fn text(value: Option<&String>) -> Option<String> {
    value.map(|value| value.trim()).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Finds the one kind of source that was asked for, and names every pair of inputs that ask for different ones.
pub(super) fn one_kind(check: &mut Check<'_>, kinds: &[(Kind, Vec<&'static str>)]) -> Kind {
    let mut asked = kinds.iter().filter_map(|(kind, inputs)| Some((*kind, inputs, *inputs.first()?)));
    let Some((kind, _, first)) = asked.next() else { return Kind::Dockerfile };
    for other in asked.flat_map(|(_, inputs, _)| inputs) {
        let text = format!("and input `{other}` are two kinds of source: give one of the two");
        check.problem(first, &text);
    }
    kind
}

/// Reads `NAME=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not of the form `NAME=VALUE`")),
    }
}
