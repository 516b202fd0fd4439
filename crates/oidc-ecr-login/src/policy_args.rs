//! The inputs that narrow a session down.

use aws::{Access, LONGEST_POLICY, MOST_MANAGED, Scope, SessionPolicy};
use serde_json::Value;
use toolkit::Check;

use crate::{identity_args::Surroundings, scoped};

/// What the session is narrowed down to.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PolicyArgs {
    /// Repositories that the session is narrowed down to, one per line: `NAME`, or `NAME=pull`, `NAME=push`,
    /// `NAME=promote`, `NAME=create` (for `create-repository`: pushed to, and made if it is missing); `*` in a name is any text; of an image's whole name, registry and tag are left out
    #[arg(long, value_name = "NAME[=ACCESS]", value_delimiter = '\n')]
    repositories: Vec<String>,

    /// What the session may do with `repositories` that do not say: `pull`, `push`, `promote` or `create`
    #[arg(long, value_name = "ACCESS", default_value = "push")]
    access: Option<String>,

    /// Policy document that the session is narrowed down to; not together with `repositories`
    #[arg(long, value_name = "JSON")]
    inline_session_policy: Option<String>,

    /// ARNs of managed policies that the session is narrowed down to, one per line
    #[arg(long, value_name = "ARN", value_delimiter = '\n')]
    managed_session_policies: Vec<String>,
}

impl PolicyArgs {
    /// Returns the policies, and the prefixes that names of repositories were collapsed to.
    pub(crate) fn check(
        &self,
        check: &mut Check<'_>,
        partition: &str,
        around: &Surroundings<'_>,
    ) -> (SessionPolicy, Vec<String>) {
        let access =
            check.optional("access", self.access.as_deref(), str::parse::<Access>).unwrap_or(Access::Push);
        let lines: Vec<String> =
            self.repositories.iter().flat_map(|text| text.split(',')).map(str::to_owned).collect();
        let repositories =
            check.list("repositories", &lines, |text| scoped::parse(text, access, around.hosts));
        let given = check.optional("inline-session-policy", self.inline_session_policy.as_deref(), document);
        let managed = check.list("managed-session-policies", &self.managed_session_policies, policy_arn);
        if managed.len() > MOST_MANAGED {
            check.problem("managed-session-policies", &format!("names more than {MOST_MANAGED} policies"));
        }
        if repositories.is_empty() {
            return (SessionPolicy { inline: given, managed }, Vec::new());
        }
        if given.is_some() {
            check.problem(
                "inline-session-policy",
                "and `repositories` cannot be used together: each makes the policy",
            );
        }
        match (Scope { repositories, public: around.public }).policy(partition) {
            Ok((text, widened)) => (SessionPolicy { inline: Some(text), managed }, widened),
            Err(problem) => {
                check.problem("repositories", &problem);
                (SessionPolicy { inline: None, managed }, Vec::new())
            }
        }
    }

    /// Returns the name of the first input of these that was given.
    pub(crate) fn first_given(&self) -> &'static str {
        let is_given = |values: &[String]| values.iter().any(|text| !text.trim().is_empty());
        if is_given(&self.repositories) {
            "repositories"
        } else if self.inline_session_policy.is_some() {
            "inline-session-policy"
        } else {
            "managed-session-policies"
        }
    }
}

/// A document of AWS's form; white space, which counts, is taken out.
fn document(text: &str) -> Result<String, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    if !value["Statement"].is_array() && !value["Statement"].is_object() {
        return Err("has no `Statement`".to_owned());
    }
    let short = value.to_string();
    if short.chars().count() > LONGEST_POLICY {
        return Err(format!("has more than the {LONGEST_POLICY} characters that AWS takes"));
    }
    Ok(short)
}

fn policy_arn(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", _, resource] if resource.starts_with("policy/") => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is not the ARN of a policy: expected `arn:aws:iam::ACCOUNT:policy/NAME`")),
    }
}
