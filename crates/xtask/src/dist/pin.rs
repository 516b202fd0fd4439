//! Pins our own `uses:` in a workflow to a release.

use super::version::Version;

/// The prefix of our own actions.
const OURS: &str = "org/day2-actions/";

/// Returns `text` with every `uses: org/day2-actions/<name>@v1` at `version`: one release, one set of actions. By
/// tag, since a commit cannot name its own hash; the tag of a full version never moves. Anything else that is used
/// must be pinned by hash already.
pub(crate) fn pin(text: &str, version: Version) -> Result<String, String> {
    let version = version.to_string();
    let mut pinned = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let Some((before, used)) = uses(line) else {
            pinned.push_str(line);
            continue;
        };
        let (name, reference) = used.split_once('@').ok_or_else(|| format!("`{used}` has no reference"))?;
        if name.starts_with(OURS) {
            let after = &line[before.len() + used.len()..];
            pinned.extend([before, name, "@", &version, after]);
        } else if reference.len() == 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            pinned.push_str(line);
        } else {
            return Err(format!("`{used}` is not pinned by its hash"));
        }
    }
    Ok(pinned)
}

/// Returns what is before the value of a line's `uses:`, and the value.
fn uses(line: &str) -> Option<(&str, &str)> {
    let start = line.find("uses: ")?;
    let is_key = line[..start].trim_start_matches([' ', '-']).is_empty();
    let value = line[start + "uses: ".len()..].split_whitespace().next()?;
    is_key.then(|| (&line[..start + "uses: ".len()], value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_uses_change() {
        let text = "# uses: org/day2-actions/a@v1\n  - uses: org/day2-actions/auto-merge@v1 # why\n    with: {a: b}\n";
        let pinned = pin(text, "v1.2.3".parse().unwrap()).unwrap();
        assert_eq!(
            pinned,
            "# uses: org/day2-actions/a@v1\n  - uses: org/day2-actions/auto-merge@v1.2.3 # why\n    with: {a: b}\n"
        );
    }

    #[test]
    fn others_must_be_pinned_by_hash() {
        let version = "v1.2.3".parse().unwrap();
        let hash = "  - uses: actions/checkout@0123456789012345678901234567890123456789 # v5\n";
        assert_eq!(pin(hash, version).unwrap(), hash);
        assert_eq!(
            pin("uses: actions/checkout@v5\n", version).unwrap_err(),
            "`actions/checkout@v5` is not pinned by its hash"
        );
    }
}
