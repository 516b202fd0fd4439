//! The policy document of a scope.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Access, LONGEST_POLICY, Scope};

/// The names of each access.
type Groups = Vec<(Access, BTreeSet<String>)>;

/// Returns the document and the prefixes that names were collapsed to; none if it cannot be made short enough.
pub(super) fn policy(scope: &Scope, partition: &str) -> Option<(String, Vec<String>)> {
    let mut groups: Groups = Access::ALL
        .iter()
        .map(|access| {
            let names = scope.repositories.iter().filter(|(_, wanted)| wanted == access);
            (*access, names.map(|(name, _)| name.to_string()).collect())
        })
        .filter(|(_, names): &(Access, BTreeSet<String>)| !names.is_empty())
        .collect();
    let mut prefixes = Vec::new();
    loop {
        let text = document(&groups, partition, scope.public).to_string();
        // STS counts characters; names are ASCII.
        if text.len() <= LONGEST_POLICY {
            prefixes.retain(|prefix| groups.iter().any(|(_, names)| names.contains(prefix)));
            return Some((text, prefixes));
        }
        prefixes.push(collapse(&mut groups)?);
    }
}

/// Replaces the names of one access that have the longest prefix in common by that prefix, so that as little as
/// possible is added; returns what stands there now. None if no names have one.
fn collapse(groups: &mut Groups) -> Option<String> {
    let candidates = groups.iter().enumerate().flat_map(|(index, (_, names))| {
        let sorted: Vec<&String> = names.iter().collect();
        let pairs = sorted.windows(2).map(|pair| match pair {
            [one, other] => common(one, other),
            _ => String::new(),
        });
        pairs.map(move |prefix| (prefix.len(), index, prefix)).collect::<Vec<_>>()
    });
    let (_, index, prefix) = candidates.filter(|(length, ..)| *length > 0).max()?;
    let (_, names) = groups.get_mut(index)?;
    names.retain(|name| !name.starts_with(&prefix));
    let pattern = format!("{prefix}*");
    names.insert(pattern.clone());
    Some(pattern)
}

/// Returns the common prefix of two names up to a separator, so that `team-a/` never becomes `t`.
fn common(one: &str, other: &str) -> String {
    let shared: String =
        one.chars().zip(other.chars()).take_while(|(a, b)| a == b && *a != '*').map(|(a, _)| a).collect();
    let end = shared.rfind(['/', '-', '_', '.']).map_or(0, |at| at + 1);
    shared.chars().take(end).collect()
}

fn document(groups: &Groups, partition: &str, public: bool) -> Value {
    let mut tokens = vec!["ecr:GetAuthorizationToken"];
    if public {
        tokens.extend(["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]);
    }
    let mut statements = vec![json!({ "Effect": "Allow", "Action": tokens, "Resource": "*" })];
    for (access, names) in groups {
        let resource = |service: &str, region: &str| {
            let arn = |name: &String| format!("arn:{partition}:{service}:{region}:*:repository/{name}");
            names.iter().map(arn).collect::<Vec<_>>()
        };
        let actions = |service: &str| {
            access.actions().iter().map(|action| format!("{service}:{action}")).collect::<Vec<_>>()
        };
        statements
            .push(json!({ "Effect": "Allow", "Action": actions("ecr"), "Resource": resource("ecr", "*") }));
        // The gallery is read by anyone.
        if public && *access != Access::Pull {
            let writing: Vec<String> = actions("ecr-public")
                .into_iter()
                .filter(|action| {
                    !["BatchGetImage", "GetDownloadUrlForLayer", "ListImageReferrers", "ListImages"]
                        .iter()
                        .any(|read| action.ends_with(read))
                })
                .collect();
            let resource = resource("ecr-public", "");
            statements.push(json!({ "Effect": "Allow", "Action": writing, "Resource": resource }));
        }
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::RepositoryName;

    fn scope(lines: &[(&str, Access)]) -> Scope {
        let repositories = lines.iter().map(|(name, access)| (name.parse().unwrap(), *access)).collect();
        Scope { repositories, public: false }
    }

    /// Whether the document allows `action` on the repository, as IAM reads it.
    fn allows(document: &Value, action: &str, repository: &str) -> bool {
        document["Statement"].as_array().unwrap().iter().any(|statement| {
            let one = |value: &Value, wanted: &str| {
                let text = value.as_str().unwrap();
                text == wanted || text == "*" || matches(text, wanted)
            };
            let resource = format!("arn:aws:ecr:*:*:repository/{repository}");
            statement["Action"].as_array().unwrap().iter().any(|value| one(value, action))
                && match &statement["Resource"] {
                    Value::Array(all) => all.iter().any(|value| one(value, &resource)),
                    all => one(all, &resource),
                }
        })
    }

    /// `*` at the end is any text; the names here have it nowhere else.
    fn matches(pattern: &str, text: &str) -> bool {
        pattern.strip_suffix('*').is_some_and(|prefix| text.starts_with(prefix))
    }

    #[test]
    fn the_document_says_what_was_asked() {
        let wanted = scope(&[("product/dev", Access::Push), ("base/*", Access::Pull)]);
        let (text, prefixes) = wanted.policy("aws").unwrap();
        insta::assert_snapshot!(text, @r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken"],"Resource":"*"},{"Effect":"Allow","Action":["ecr:BatchCheckLayerAvailability","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","ecr:ListImageReferrers"],"Resource":["arn:aws:ecr:*:*:repository/base/*"]},{"Effect":"Allow","Action":["ecr:BatchCheckLayerAvailability","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","ecr:ListImageReferrers","ecr:CompleteLayerUpload","ecr:InitiateLayerUpload","ecr:PutImage","ecr:UploadLayerPart"],"Resource":["arn:aws:ecr:*:*:repository/product/dev"]}]}"#);
        assert!(prefixes.is_empty());
        let public = Scope { public: true, ..wanted };
        assert!(public.policy("aws").unwrap().0.contains("sts:GetServiceBearerToken"));
        assert!(scope(&[("x", Access::Pull)]).policy("aws-cn").unwrap().0.contains("arn:aws-cn:ecr:"));
    }

    #[test]
    fn names_without_a_common_prefix_are_refused_when_they_are_too_many() {
        let names: Vec<String> = (0..60).map(|n| format!("{}x{n}", char::from(b'a' + n % 26))).collect();
        let wanted = scope(&names.iter().map(|name| (name.as_str(), Access::Push)).collect::<Vec<_>>());
        assert!(wanted.policy("aws").unwrap_err().contains("2048"));
    }

    fn name() -> impl Strategy<Value = String> {
        "(team-[ab]|shared|x{1,40})/(api|web|job|cron){1,3}-[a-z0-9]{1,20}".prop_map(|name| name)
    }

    proptest! {
        #[test]
        fn a_policy_is_short_and_says_no_more_than_its_prefixes(
            names in prop::collection::btree_set(name(), 1..60),
            stranger in name(),
        ) {
            let access = |index: usize| Access::ALL[index % Access::ALL.len()];
            let repositories: Vec<(RepositoryName, Access)> =
                names.iter().enumerate().map(|(index, name)| (name.parse().unwrap(), access(index))).collect();
            let scope = Scope { repositories: repositories.clone(), public: false };
            if let Ok((text, prefixes)) = scope.policy("aws") {
                prop_assert!(text.len() <= LONGEST_POLICY);
                let document: Value = serde_json::from_str(&text).unwrap();
                prop_assert!(allows(&document, "ecr:GetAuthorizationToken", "any"));
                for (name, access) in &repositories {
                    for action in access.actions() {
                        let action = format!("ecr:{action}");
                        prop_assert!(allows(&document, &action, name.as_str()));
                    }
                }
                // A name that nobody asked for is reached through a prefix only, and only by what was asked for it.
                for action in Access::ALL.into_iter().flat_map(Access::actions) {
                    let full = format!("ecr:{action}");
                    if !names.contains(&stranger) && allows(&document, &full, &stranger) {
                        let asked = prefixes.iter().filter(|prefix| matches(prefix, &stranger)).any(|prefix| {
                            repositories.iter().filter(|(name, access)| {
                                matches(prefix, name.as_str()) && access.actions().contains(&action)
                            }).count() >= 2
                        });
                        prop_assert!(asked, "{} {}", action, stranger);
                    }
                }
            }
        }
    }
}
