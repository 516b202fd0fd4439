//! The arguments that every action has.

use std::time::Duration;

use crate::Check;

/// `--timeout` and `--dry-run`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct CommonArgs {
    /// How long the action may take in all, such as `45s` or `2m`
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,

    /// Find out what would be done, print it, and stop
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub dry_run: Option<String>,
}

impl CommonArgs {
    /// Returns the time that the action has, `default` if none was given.
    pub fn budget(&self, check: &mut Check<'_>, default: Duration) -> Duration {
        check
            .optional("timeout", self.timeout.as_deref(), |text| {
                model::parse_duration(text).and_then(|budget| {
                    let zero = || model::ParseError::new("a duration", text, "more than nothing");
                    (!budget.is_zero()).then_some(budget).ok_or_else(zero)
                })
            })
            .unwrap_or(default)
    }

    /// Whether only the plan is wanted.
    pub fn dry_run(&self, check: &mut Check<'_>) -> bool {
        check.flag("dry-run", self.dry_run.as_deref(), false)
    }
}
