//! Which decisions make the step fail.

use crate::decision::Decision;

/// The decisions that end with an exit code other than 0. What failed, as opposed to what was decided, always does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailOn(Vec<Decision>);

/// What may be chosen.
const CHOICE: [Decision; 3] = [Decision::Wait, Decision::Refuse, Decision::Configuration];

impl Default for FailOn {
    fn default() -> Self {
        Self(CHOICE.to_vec())
    }
}

impl FailOn {
    /// Reads the input's words; none at all means all three.
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let words: Vec<&str> = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => return Ok(Self::default()),
            ["none"] => return Ok(Self(Vec::new())),
            _ => {}
        }
        let read = |word: &&str| {
            CHOICE.into_iter().find(|decision| decision.as_str() == *word).ok_or_else(|| {
                format!(
                    "`{word}` is no decision: expected `wait`, `refuse` and `configuration`, or `none` alone"
                )
            })
        };
        words.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a run fails that came to these decisions, one for each reason.
    pub(crate) fn fails(&self, decisions: &[Decision]) -> bool {
        decisions.iter().any(|decision| *decision == Decision::Failed || self.0.contains(decision))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FailOn, String> {
        FailOn::parse(&text.split(',').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_run_fails_by_what_was_chosen() {
        use Decision::{Configuration, Failed, Refuse, Wait};
        for (words, passes, fails) in [
            ("", vec![], vec![Wait, Refuse, Configuration, Failed]),
            ("wait, refuse,configuration", vec![], vec![Wait, Refuse, Configuration, Failed]),
            ("refuse,configuration", vec![Wait], vec![Refuse, Configuration, Failed]),
            ("configuration", vec![Wait, Refuse], vec![Configuration, Failed]),
            ("none", vec![Wait, Refuse, Configuration], vec![Failed]),
        ] {
            let policy = parse(words).unwrap();
            for decision in passes {
                assert!(!policy.fails(&[decision]), "{words}: {decision:?}");
            }
            for decision in fails {
                assert!(policy.fails(&[decision]), "{words}: {decision:?}");
            }
        }
    }

    #[test]
    fn each_reason_counts() {
        let policy = parse("refuse").unwrap();
        assert!(policy.fails(&[Decision::Configuration, Decision::Refuse]));
        assert!(!policy.fails(&[Decision::Configuration, Decision::Wait]));
    }

    #[test]
    fn what_cannot_be_chosen_is_named() {
        for words in ["failed", "done", "wait,none", "Wait"] {
            assert!(parse(words).unwrap_err().contains("`none` alone"), "{words}");
        }
    }
}
