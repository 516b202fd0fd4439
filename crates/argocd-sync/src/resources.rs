//! Which of an application's resources are synced.

use std::str::FromStr;

use model::{Failure, ParseError, codes as general};

use crate::wire::{OperationState, ResourceId, ResourceStatus};

/// Rules by which resources are taken and left out, as `argocd app sync --resource` has them. Without rules it is the
/// whole application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Resources(Vec<Rule>);

/// `GROUP:KIND:[NAMESPACE/]NAME`; `*` in place of a part stands for all, and a `!` in front leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    is_excluding: bool,
    group: String,
    kind: String,
    /// Any, if it is not given.
    namespace: Option<String>,
    name: String,
}

impl Resources {
    /// Makes them of rules.
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// Whether it is the whole application.
    pub(crate) fn are_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a resource is taken: by any rule, or because all rules leave out; and by no rule that leaves it out
    /// (util/argo `IncludeResource`).
    pub(crate) fn take(&self, resource: &ResourceId) -> bool {
        let (excluding, including): (Vec<&Rule>, Vec<&Rule>) =
            self.0.iter().partition(|rule| rule.is_excluding);
        (including.is_empty() || including.iter().any(|rule| rule.fits(resource)))
            && !excluding.iter().any(|rule| rule.fits(resource))
    }

    /// Returns those of the application's resources that are taken. Argo CD knows no rules, so that they are applied here.
    /// Hooks are left out: Argo CD runs none of them in such a sync.
    pub(crate) fn of<'a>(&self, all: &'a [ResourceStatus]) -> impl Iterator<Item = &'a ResourceStatus> {
        all.iter().filter(|resource| self.are_all() || (!resource.hook && self.take(&resource.id())))
    }

    /// Whether they name anything: what the application has, or what its operation dealt with and has maybe pruned.
    pub(crate) fn name_any(&self, all: &[ResourceStatus], ended: Option<&OperationState>) -> bool {
        let results = ended.and_then(|state| state.sync_result.as_ref());
        self.are_all()
            || self.of(all).next().is_some()
            || results.is_some_and(|results| results.resources.iter().any(|one| self.take(&one.id())))
    }

    /// Whether an operation on `these` resources, all if there are none, is one on ours.
    pub(crate) fn covers(&self, these: &[ResourceId]) -> bool {
        if self.are_all() {
            these.is_empty()
        } else {
            !these.is_empty() && these.iter().all(|resource| self.take(resource))
        }
    }
}

/// The failure of rules that name nothing: a slip of the pen would hold otherwise.
pub(crate) fn none_named(application: &str, all: &[ResourceStatus]) -> Failure {
    let cause = format!("`resources` names none of the resources of application {application}");
    let mut failure = Failure::new(&general::INVALID_INPUT, cause);
    failure.notes = all
        .iter()
        .map(|resource| {
            let ResourceId { group, kind, namespace, name } = resource.id();
            format!("{group}:{kind}:{namespace}/{name}")
        })
        .collect();
    failure
}

impl Rule {
    fn fits(&self, resource: &ResourceId) -> bool {
        let is = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        is(&self.group, &resource.group)
            && is(&self.kind, &resource.kind)
            && is(&self.name, &resource.name)
            && self.namespace.as_ref().is_none_or(|namespace| is(namespace, &resource.namespace))
    }
}

impl FromStr for Rule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (is_excluding, rest) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let expected = "`GROUP:KIND:NAME` or `GROUP:KIND:NAMESPACE/NAME` (the group of a Service is empty: `:Service:web`), \
             with `!` in front to leave out, and `*` for all of a part";
        let parts: Vec<&str> = rest.split(':').map(str::trim).collect();
        let [group, kind, name] = parts[..] else {
            return Err(ParseError::new("a resource", text, expected));
        };
        let (namespace, name) =
            name.split_once('/').map_or((None, name), |(namespace, name)| (Some(namespace), name));
        if kind.is_empty() || name.is_empty() || name.contains('/') || namespace == Some("") {
            return Err(ParseError::new("a resource", text, expected));
        }
        let (group, kind) = (group.to_owned(), kind.to_owned());
        Ok(Self { is_excluding, group, kind, namespace: namespace.map(Into::into), name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(group: &str, kind: &str, name: &str) -> ResourceId {
        ResourceId { group: group.into(), kind: kind.into(), namespace: "app".into(), name: name.into() }
    }

    fn resources(rules: &[&str]) -> Resources {
        Resources::new(rules.iter().map(|rule| rule.parse().unwrap()).collect())
    }

    #[test]
    fn rules_take_and_leave_out() {
        let (rollout, service) = (id("argoproj.io", "Rollout", "web"), id("", "Service", "web"));
        for (rules, rollout_taken, service_taken) in [
            (&["argoproj.io:Rollout:web"][..], true, false),
            (&["*:*:web"], true, true),
            (&["*:*:app/*", "!:Service:*"], true, false),
            (&["!argoproj.io:Rollout:*"], false, true),
            (&["*:*:other/web"], false, false),
            (&[":Service:app/web", "argoproj.io:Rollout:*"], true, true),
        ] {
            let resources = resources(rules);
            assert_eq!(
                (resources.take(&rollout), resources.take(&service)),
                (rollout_taken, service_taken),
                "{rules:?}"
            );
        }
    }

    #[test]
    fn an_operation_on_more_is_none_on_ours() {
        let (web, other) = (id("", "Service", "web"), id("", "Service", "other"));
        assert!(resources(&[]).covers(&[]) && !resources(&[]).covers(std::slice::from_ref(&web)));
        let some = resources(&[":Service:web"]);
        assert!(some.covers(std::slice::from_ref(&web)) && !some.covers(&[web, other]));
        assert!(!some.covers(&[]));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "Service:web", "a:b:c:d", ":Service:", "::web", ":Service:a/b/c", ":Service:/web"] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}
