//! Tells a template from YAML that is broken.

/// Returns the first line that has a template action outside quotes and comments.
///
/// `"{{ .Values.x }}"` in quotes is ordinary YAML, and common in values files.
pub(crate) fn template_line(text: &str) -> Option<usize> {
    text.lines()
        .position(|line| {
            let trimmed = line.trim_start();
            let before = trimmed.split("{{").next().unwrap_or_default();
            !trimmed.starts_with('#') && trimmed.contains("{{") && !before.contains(['"', '\'', '`'])
        })
        .map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_actions_outside_quotes_only() {
        assert_eq!(template_line("a: 1\n{{- if .Values.x }}\n"), Some(2));
        assert_eq!(template_line("a: {{ .Values.x }}\n"), Some(1));
        assert_eq!(template_line("# {{ x }}\na: \"{{ .Values.x }}\"\n"), None);
    }
}
