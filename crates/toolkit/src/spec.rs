//! What an action is, for the program, its `action.yml`, its README and docs/errors.md.

use std::time::Duration;

use model::{Code, Failure};

/// An output of an action.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// The name, in kebab case.
    pub name: &'static str,
    /// What it holds, one sentence.
    pub description: &'static str,
}

/// A permission that an action's token needs.
#[derive(Debug, Clone, Copy)]
pub struct Permission {
    /// The key under `permissions:`.
    pub scope: &'static str,
    /// `read` or `write`.
    pub access: &'static str,
    /// When it is needed, such as "with `checks: all`"; empty if always.
    pub when: &'static str,
    /// What it is needed for: "merge the pull request".
    pub why: &'static str,
}

impl Permission {
    /// What for, and when if not always.
    pub fn purpose(&self) -> String {
        if self.when.is_empty() { self.why.to_owned() } else { format!("{}, {}", self.why, self.when) }
    }
}

/// The public face of one action.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// The name: `bump-values`.
    pub name: &'static str,
    /// One line without a full stop, for listings.
    pub summary: &'static str,
    /// A paragraph or two of Markdown for the README.
    pub about: &'static str,
    /// The arguments, which are the inputs.
    pub command: fn() -> clap::Command,
    /// The outputs, in the order in which they are shown.
    pub outputs: &'static [Output],
    /// The failures that only this action has.
    pub codes: &'static [&'static Code],
    /// What the job's token needs, at least.
    pub permissions: &'static [Permission],
    /// Defaults that are expressions of the workflow, such as `${{ github.token }}`.
    pub input_defaults: &'static [(&'static str, &'static str)],
    /// How long the action may take in all, if `timeout` is not given.
    pub timeout: Duration,
    /// Steps of a workflow, as YAML, for the README.
    pub example: &'static str,
}

impl Spec {
    /// What a job's token needs, one access for each scope, in the order in which they are declared: what is always
    /// needed, and what is needed `when` it `holds`.
    pub fn needs(&self, holds: impl Fn(&str) -> bool) -> Vec<(&'static str, &'static str)> {
        let mut needs: Vec<(&str, &str)> = Vec::new();
        for permission in self.permissions.iter().filter(|one| one.when.is_empty() || holds(one.when)) {
            match needs.iter_mut().find(|(scope, _)| *scope == permission.scope) {
                // `read` comes before `write` in the alphabet too.
                Some((_, access)) => *access = (*access).max(permission.access),
                None => needs.push((permission.scope, permission.access)),
            }
        }
        needs
    }

    /// The default of an input, for the reader; none where the help has the words for it.
    pub fn default_of(&self, input: &str) -> Option<String> {
        if input == "timeout" {
            return Some(format!("{}s", self.timeout.as_secs()));
        }
        self.input_defaults.iter().find(|(name, _)| *name == input).map(|(_, value)| (*value).to_owned())
    }

    /// Tells what the action needs the permissions for that a failure says are missing.
    #[must_use]
    pub fn explained(&self, mut failure: Failure) -> Failure {
        let missing = |scope: &str| failure.remedy.contains(&format!("`{scope}: "));
        let notes: Vec<String> = self
            .permissions
            .iter()
            .filter(|permission| missing(permission.scope))
            .map(|permission| {
                let (scope, access) = (permission.scope, permission.access);
                format!("{} needs `{scope}: {access}` to {}", self.name, permission.purpose())
            })
            .collect();
        failure.notes.extend(notes);
        failure
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::{Failure, codes};

    use super::{Permission, Spec};

    const SPEC: Spec = Spec {
        name: "auto-merge",
        summary: "",
        about: "",
        command: || clap::Command::new("auto-merge"),
        outputs: &[],
        codes: &[],
        permissions: &[
            Permission { scope: "contents", access: "write", when: "", why: "merge" },
            Permission { scope: "pull-requests", access: "read", when: "", why: "read the labels" },
            Permission {
                scope: "pull-requests",
                access: "write",
                when: "with `comment`",
                why: "write a comment",
            },
            Permission { scope: "checks", access: "read", when: "with `checks`", why: "read the checks" },
        ],
        input_defaults: &[("token", "${{ github.token }}")],
        timeout: Duration::from_secs(45),
        example: "",
    };

    #[test]
    fn defaults_are_those_of_the_workflow_and_of_the_code() {
        assert_eq!(SPEC.default_of("timeout").as_deref(), Some("45s"));
        assert_eq!(SPEC.default_of("token").as_deref(), Some("${{ github.token }}"));
        assert_eq!(SPEC.default_of("base"), None);
    }

    #[test]
    fn each_scope_has_the_highest_access_that_is_needed() {
        assert_eq!(SPEC.needs(|_| false), [("contents", "write"), ("pull-requests", "read")]);
        let commenting = SPEC.needs(|when| when == "with `comment`");
        assert_eq!(commenting, [("contents", "write"), ("pull-requests", "write")]);
    }

    #[test]
    fn a_missing_permission_is_explained_and_others_are_not() {
        let failure =
            Failure::new(&codes::INTERNAL, "x").with_remedy("`GET /x` needs `pull-requests: read`.");
        assert_eq!(
            SPEC.explained(failure).notes,
            [
                "auto-merge needs `pull-requests: read` to read the labels",
                "auto-merge needs `pull-requests: write` to write a comment, with `comment`",
            ]
        );
    }
}
