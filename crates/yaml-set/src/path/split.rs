//! Splitting `path=value` lines.

/// Splits `text` at the first `at` that is outside brackets and a document's selector, and not escaped: for
/// `path=value` lines.
///
/// ```
/// use yaml_set::split_top_level;
///
/// let line = "containers[name=web].image=nginx:1";
/// assert_eq!(split_top_level(line, '='), Some(("containers[name=web].image", "nginx:1")));
/// let line = "@kind=Deployment,name=web.spec.x=v=1";
/// assert_eq!(split_top_level(line, '='), Some(("@kind=Deployment,name=web.spec.x", "v=1")));
/// ```
pub fn split_top_level(text: &str, at: char) -> Option<(&str, &str)> {
    let path = text.len() - text.trim_start().len();
    let path = path + if text[path..].starts_with('@') { selector_end(&text[path..]) } else { 0 };
    let (mut quote, mut inside, mut escaped) = (None, false, false);
    for (position, c) in text[path..].char_indices().map(|(position, c)| (path + position, c)) {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) => quote = (c != open).then_some(open),
            (None, '"' | '\'') if inside => quote = Some(c),
            (None, '[') => inside = true,
            (None, ']') => inside = false,
            (None, _) if c == at && !inside => {
                return Some((&text[..position], &text[position + c.len_utf8()..]));
            }
            _ => {}
        }
    }
    None
}

/// Returns where the selector at the start of `text` ends: where its number does, or the value of its last
/// condition.
fn selector_end(text: &str) -> usize {
    let number = 1 + text[1..].bytes().take_while(u8::is_ascii_digit).count();
    if number > 1 {
        return number;
    }
    // In a key, brackets hold quoted keys; a value ends at what is not in quotes.
    let (mut in_value, mut quote, mut inside, mut escaped) = (false, None, false, false);
    for (position, c) in text.char_indices().skip(1) {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) => quote = (c != open).then_some(open),
            (None, '"' | '\'') if in_value || inside => quote = Some(c),
            (None, '[') if !in_value => inside = true,
            (None, ']') if !in_value => inside = false,
            (None, '=' | '.' | '[') if in_value => return position,
            (None, '=') if !inside => in_value = true,
            (None, ',') if in_value => in_value = false,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_outside_brackets_and_selectors_only() {
        for (line, path, value) in [
            (r#"["a=b"].c=d=e"#, r#"["a=b"].c"#, "d=e"),
            (r"a\=b=c", r"a\=b", "c"),
            ("a'b=c", "a'b", "c"),
            ("@2.x=v", "@2.x", "v"),
            ("@12[0]=v", "@12[0]", "v"),
            (" @kind=Deployment,name=web.spec.x = v", " @kind=Deployment,name=web.spec.x ", " v"),
            ("@metadata.namespace=a.x=v", "@metadata.namespace=a.x", "v"),
            (r#"@a="x.y=,z"[n=w].q=v"#, r#"@a="x.y=,z"[n=w].q"#, "v"),
            (r#"@metadata.labels["a.b/c=d"]=x.y=v"#, r#"@metadata.labels["a.b/c=d"]=x.y"#, "v"),
            (r"\@a=b.c=v", r"\@a", "b.c=v"),
        ] {
            assert_eq!(split_top_level(line, '='), Some((path, value)), "{line}");
        }
        for line in ["a[x=y]", "@kind=Deployment", "@kind=Deployment,name=web.x", "a", ""] {
            assert_eq!(split_top_level(line, '='), None, "{line}");
        }
    }
}
