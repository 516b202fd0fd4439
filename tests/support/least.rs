//! For the tests of the least permissions of each action: every set that lacks one of them, and how a failure names it.

use model::Failure;
use toolkit::Spec;

/// A set of permissions that lacks one of those that are needed.
#[derive(Debug)]
pub(crate) struct Lacking {
    /// What it lacks.
    pub(crate) scope: &'static str,
    access: &'static str,
    /// What there is.
    pub(crate) rest: Vec<(&'static str, &'static str)>,
}

/// Returns every set that lacks one of `needs`, or has `read` in the place of `write`.
pub(crate) fn lacking(needs: &[(&'static str, &'static str)]) -> Vec<Lacking> {
    let mut sets = Vec::new();
    for (scope, access) in needs.iter().copied() {
        let others: Vec<_> = needs.iter().copied().filter(|(other, _)| *other != scope).collect();
        if access == "write" {
            let rest = others.iter().copied().chain([(scope, "read")]).collect();
            sets.push(Lacking { scope, access, rest });
        }
        sets.push(Lacking { scope, access, rest: others });
    }
    sets
}

impl Lacking {
    /// Checks that the failure is about this permission, spells it as `permissions:` has it, and says what it is for.
    pub(crate) fn is_named_by(&self, spec: &Spec, failure: &Failure) -> bool {
        let text = format!("{}\n{}", failure.remedy, failure.notes.join("\n"));
        let line = format!("`{}: {}`", self.scope, self.access);
        let purposes = spec.permissions.iter().filter(|permission| permission.scope == self.scope);
        text.contains(&line) && purposes.into_iter().any(|permission| text.contains(permission.why))
    }
}
