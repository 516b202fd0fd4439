//! Takes the values of a pull request's bumps over to a base that has moved on: the values, never the bytes.

use yaml_set::{Edit, Path, SetError, set};

use crate::message::Bump;

/// One file in its three states.
#[derive(Debug, Clone)]
pub(super) struct Texts<'t> {
    /// Its path, as the request has it.
    pub(super) path: &'t str,
    /// Where the pull request's branch left the base.
    pub(super) common: &'t str,
    /// On the base, now.
    pub(super) base: &'t str,
    /// On the pull request's branch.
    pub(super) pull: &'t str,
}

/// A value, as far as there is one: none where there is no such place, and none inside where nothing is written.
type Found = Option<Option<String>>;

/// Puts the values of `bumps` onto the base's text. The error says why that cannot be done exactly.
///
/// Exactly means: the bumps' values are all that the pull request changes, and none of them was changed on the base
/// too. Places of `ours` are left to the edit that comes next.
pub(super) fn carry(file: &Texts<'_>, bumps: &[Bump], ours: &[String]) -> Result<String, String> {
    let mut wanted: Vec<(&str, Path, String)> = Vec::new();
    for place in bumps.iter().flat_map(|bump| &bump.places) {
        let Some(path) = place.strip_prefix(file.path).and_then(|rest| rest.strip_prefix(':')) else {
            continue;
        };
        let parsed: Path = path.parse().map_err(|_| format!("`{place}` is no place"))?;
        match value(file.pull, &parsed).map_err(|error| format!("`{place}`: {error}"))? {
            Some(value) => wanted.push((place, parsed, value.unwrap_or_default())),
            None => return Err(format!("`{place}` is not in the pull request")),
        }
    }
    let edit = |(_, path, value): &(&str, Path, String)| {
        Edit::new(path.clone(), value.clone()).creating(true).following_aliases(true)
    };
    let again = set(file.common, &wanted.iter().map(edit).collect::<Vec<_>>());
    if again.map_err(|error| error.to_string())?.text != file.pull {
        return Err(format!("`{}` has other changes there", file.path));
    }
    let mut edits = Vec::new();
    for one in &wanted {
        let (place, path, wanted) = one;
        if ours.iter().any(|own| own == place) {
            continue;
        }
        let now = value(file.base, path).map_err(|error| error.to_string())?;
        if now.as_ref().is_some_and(|now| now.as_deref() == Some(wanted)) {
            continue;
        }
        if now != value(file.common, path).map_err(|error| error.to_string())? {
            return Err(format!("`{place}` was changed on the base too"));
        }
        edits.push(edit(one));
    }
    set(file.base, &edits).map(|edited| edited.text).map_err(|error| error.to_string())
}

/// Reads a value.
pub(super) fn value(text: &str, path: &Path) -> Result<Found, SetError> {
    // An edit says what was there before; what it would write is thrown away.
    let probe = Edit::new(path.clone(), "probe").following_aliases(true);
    match set(text, &[probe]) {
        Ok(edited) => Ok(edited.changes.into_iter().next().map(|change| change.old)),
        Err(SetError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMON: &str = "# dev\na: \"1\"   # one\nb: '1'\nc: x\n";

    fn bump(places: &[&str]) -> Bump {
        Bump { places: places.iter().map(ToString::to_string).collect(), ..Bump::default() }
    }

    fn carried(base: &str, pull: &str, places: &[&str], ours: &[&str]) -> Result<String, String> {
        let ours: Vec<String> = ours.iter().map(ToString::to_string).collect();
        carry(&Texts { path: "v", common: COMMON, base, pull }, &[bump(places)], &ours)
    }

    #[test]
    fn values_move_and_the_base_s_own_changes_stay() {
        let base = COMMON.replace("# dev", "# development").replace("c: x", "c: y\nd: z");
        let pull = COMMON.replace("\"1\"", "\"2\"").replace("'1'", "'3'");
        let text = carried(&base, &pull, &["v:a", "v:b", "other:a"], &[]).unwrap();
        assert_eq!(text, "# development\na: \"2\"   # one\nb: '3'\nc: y\nd: z\n");
        let text = carried(&base, &pull, &["v:a", "v:b"], &["v:a"]).unwrap();
        assert_eq!(text, "# development\na: \"1\"   # one\nb: '3'\nc: y\nd: z\n", "ours comes later");
    }

    #[test]
    fn what_is_not_exact_is_not_done() {
        let pull = COMMON.replace("\"1\"", "\"2\"");
        let by_hand = pull.replace("c: x", "c: by hand");
        assert_eq!(carried(COMMON, &by_hand, &["v:a"], &[]).unwrap_err(), "`v` has other changes there");
        let base = COMMON.replace("\"1\"", "\"9\"");
        assert_eq!(carried(&base, &pull, &["v:a"], &[]).unwrap_err(), "`v:a` was changed on the base too");
        assert_eq!(carried(&base, &pull, &["v:a"], &["v:a"]).unwrap(), base);
        let gone = "b: '1'\n";
        assert!(carried(COMMON, gone, &["v:a"], &[]).unwrap_err().contains("not in the pull request"));
    }

    #[test]
    fn a_value_that_has_arrived_already_is_no_conflict() {
        let pull = COMMON.replace("\"1\"", "\"2\"");
        let base = pull.replace("c: x", "c: y");
        assert_eq!(carried(&base, &pull, &["v:a"], &[]).unwrap(), base);
    }
}
