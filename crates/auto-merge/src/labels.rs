//! Labels that must be there, and labels that must not.

/// `a,!b`: a has to be put, b must not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Labels {
    /// All of these have to be put, by someone who may.
    pub required: Vec<String>,
    /// None of these may be put.
    pub blocking: Vec<String>,
}

impl Labels {
    /// Sorts words by their `!`; a word alone is `!` is refused.
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let mut labels = Self::default();
        for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
            match word.strip_prefix('!').map(str::trim) {
                Some("") => return Err("`!` needs a label after it".to_owned()),
                Some(label) => labels.blocking.push(label.to_owned()),
                None => labels.required.push(word.to_owned()),
            }
        }
        match labels.required.iter().find(|label| contains(&labels.blocking, label)) {
            Some(label) => Err(format!("`{label}` cannot be required and blocking at once")),
            None => Ok(labels),
        }
    }
}

/// Labels are the same whatever their letters' case, as on GitHub.
fn contains(labels: &[String], label: &str) -> bool {
    labels.iter().any(|known| known.eq_ignore_ascii_case(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Labels, String> {
        Labels::parse(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn sorts_required_from_blocking() {
        let labels = parse(&["approval", " !wip ", "! do not merge", ""]).unwrap();
        assert_eq!(labels.required, ["approval"]);
        assert_eq!(labels.blocking, ["wip", "do not merge"]);
    }

    #[test]
    fn refuses_what_can_never_hold() {
        assert_eq!(parse(&["a", "!A"]).unwrap_err(), "`a` cannot be required and blocking at once");
        assert!(parse(&["!"]).is_err());
    }
}
