//! Tells a template from YAML that is broken.

/// The lines, from 1, of the first template actions in a text that is no YAML.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Actions {
    /// One outside quotes, comments and block scalars, where `{{` is no text.
    pub(crate) bare: Option<usize>,
    /// One in a block scalar.
    pub(crate) in_block: Option<usize>,
}

impl Actions {
    /// Looks at each line for itself, since there is no tree.
    ///
    /// `"{{ .Values.x }}"` in quotes is ordinary YAML, and common in values files.
    pub(crate) fn find(text: &str) -> Self {
        let mut found = Self::default();
        let mut block: Option<usize> = None;
        for (index, line) in text.lines().enumerate() {
            let trimmed = line.trim_start();
            let indent = line.len() - trimmed.len();
            if block.is_some_and(|above| trimmed.is_empty() || indent > above) {
                if line.contains("{{") {
                    found.in_block.get_or_insert(index + 1);
                }
                continue;
            }
            block = block_below(line);
            let before = trimmed.split("{{").next().unwrap_or_default();
            if !trimmed.starts_with('#') && trimmed.contains("{{") && !before.contains(['"', '\'', '`']) {
                found.bare.get_or_insert(index + 1);
            }
        }
        found
    }
}

/// Returns how far the owner of a block scalar is indented whose header ends the line, as in `- key: |-  # why`.
fn block_below(line: &str) -> Option<usize> {
    let line = line.split(" #").next().unwrap_or_default().trim_end();
    let (before, header) = line.rsplit_once([' ', '\t'])?;
    let is_header = header
        .strip_prefix(['|', '>'])
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+')));
    let last = before.split_whitespace().next_back()?;
    if !is_header || !(last.ends_with([':', '-']) || last.starts_with(['!', '&'])) {
        return None;
    }
    // The indentation of the key, or of the last dash if there is none.
    let mut indent = line.len() - line.trim_start().len();
    while let Some(rest) = line[indent..].strip_prefix('-') {
        let content = rest.trim_start();
        if content.len() == rest.len() || content.starts_with(['|', '>', '!', '&']) {
            break;
        }
        indent = line.len() - content.len();
    }
    Some(indent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_actions_outside_quotes_only() {
        for (text, bare, in_block) in [
            ("a: 1\n{{- if .Values.x }}\n", Some(2), None),
            ("a: {{ .Values.x }}\n", Some(1), None),
            ("# {{ x }}\na: \"{{ .Values.x }}\"\n", None, None),
            ("a: |\n  {{ x }}\n\n  {{ y }}\nb: 1\n", None, Some(2)),
            ("a: |\n  {{ x }}\nb: {{ y }}\n", Some(3), Some(2)),
            ("- a: >-  # c\n    {{ x }}\n  b: {{ y }}\n", Some(3), Some(2)),
            ("- - |2\n   {{ x }}\n", None, Some(2)),
            ("a: !t |+\n {{ x }}\n", None, Some(2)),
            ("a: x |\n  {{ x }}\n", Some(2), None),
        ] {
            assert_eq!(Actions::find(text), Actions { bare, in_block }, "{text}");
        }
    }
}
