//! Whether a role's trust policy admits a token. The rules are those of the IAM user guide, "IAM JSON policy
//! elements", as far as they matter for `sts:AssumeRoleWithWebIdentity`.

use serde_json::{Map, Value};

/// What policies that are written for AWS call the issuer. In this world it is the sandbox's own.
const GITHUB: &str = "token.actions.githubusercontent.com";

/// Who wants to assume a role, as its trust policy sees it.
pub(crate) struct Caller<'a> {
    /// The call that has to be allowed.
    pub(crate) action: &'a str,
    /// The token's issuer without its scheme: the prefix of condition keys. Empty for a caller with keys.
    pub(crate) provider: &'a str,
    /// The token's claims, or the condition keys of a caller with keys.
    pub(crate) claims: &'a Value,
    /// The names of a caller with keys: its session, its role, its account.
    pub(crate) principals: &'a [String],
}

/// Whether `policy` allows `caller`: some statement allows it, and none denies it.
pub(crate) fn admits(policy: &Value, caller: &Caller<'_>) -> bool {
    let matching = |effect: &str| {
        list(&policy["Statement"]).any(|statement| {
            statement["Effect"] == effect
                && action_matches(&statement["Action"], caller.action)
                && principal_matches(&statement["Principal"], caller)
                && conditions_hold(&statement["Condition"], caller)
        })
    };
    matching("Allow") && !matching("Deny")
}

/// Whether `pattern` with `*` and `?` matches the whole of `text`.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: behind the last star, with one more character eaten by it.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after, eaten)) => {
                    retry = Some((after, eaten + 1));
                    p = after;
                    t = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// JSON policies write one value without its list.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(values) => values.iter(),
        Value::Null => [].iter(),
        one => std::slice::from_ref(one).iter(),
    }
}

/// Whether a permission policy allows `action` on `resource`: the part of IAM that session policies need.
pub(crate) fn permits(policy: &Value, action: &str, resource: &str) -> bool {
    let matching = |effect: &str| {
        list(&policy["Statement"]).any(|statement| {
            let resources = || list(&statement["Resource"]).filter_map(Value::as_str);
            statement["Effect"] == effect
                && action_matches(&statement["Action"], action)
                && resources().any(|pattern| like(pattern, resource))
        })
    };
    matching("Allow") && !matching("Deny")
}

/// Whether a permission policy allows `action` on anything.
pub(crate) fn names(policy: &Value, action: &str) -> bool {
    list(&policy["Statement"])
        .any(|statement| statement["Effect"] == "Allow" && action_matches(&statement["Action"], action))
}

fn action_matches(action: &Value, wanted: &str) -> bool {
    list(action)
        .filter_map(Value::as_str)
        .any(|pattern| like(&pattern.to_ascii_lowercase(), &wanted.to_ascii_lowercase()))
}

fn principal_matches(principal: &Value, caller: &Caller<'_>) -> bool {
    principal == "*"
        || list(&principal["AWS"])
            .filter_map(Value::as_str)
            .any(|name| name == "*" || caller.principals.iter().any(|own| own == name))
        || list(&principal["Federated"]).filter_map(Value::as_str).any(|federated| {
            federated == "*"
                || federated
                    .split_once(":oidc-provider/")
                    .is_some_and(|(_, provider)| own_name(provider, caller) == caller.provider)
        })
}

fn own_name<'a>(provider: &'a str, caller: &'a Caller<'_>) -> &'a str {
    if provider.eq_ignore_ascii_case(GITHUB) { caller.provider } else { provider }
}

fn conditions_hold(condition: &Value, caller: &Caller<'_>) -> bool {
    let Value::Object(operators) = condition else { return condition.is_null() };
    operators
        .iter()
        .all(|(operator, keys)| keys.as_object().is_some_and(|keys| holds(operator, keys, caller)))
}

/// One operator with all its keys: each key must hold, for any of its values.
fn holds(operator: &str, keys: &Map<String, Value>, caller: &Caller<'_>) -> bool {
    let name = operator.trim_start_matches("ForAnyValue:").trim_start_matches("ForAllValues:");
    let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
    keys.iter().all(|(key, wanted)| {
        let actual = claim(key, caller);
        let any = |matches: fn(&str, &str) -> bool| {
            list(wanted)
                .filter_map(Value::as_str)
                .any(|wanted| actual.iter().any(|actual| matches(wanted, actual)))
        };
        if actual.is_empty() && (if_exists || operator.starts_with("ForAllValues:")) {
            return true;
        }
        match name {
            "StringEquals" => any(|wanted, actual| wanted == actual),
            "StringNotEquals" => !any(|wanted, actual| wanted == actual),
            "StringEqualsIgnoreCase" => any(str::eq_ignore_ascii_case),
            "StringNotEqualsIgnoreCase" => !any(str::eq_ignore_ascii_case),
            "StringLike" => any(like),
            "StringNotLike" => !any(like),
            "Null" => list(wanted).any(|wanted| text(wanted) == Some(actual.is_empty().to_string())),
            _ => false,
        }
    })
}

/// Returns the values of a condition key such as `token.actions.githubusercontent.com:sub`.
fn claim(key: &str, caller: &Caller<'_>) -> Vec<String> {
    if caller.provider.is_empty() {
        return list(&caller.claims[key]).filter_map(text).collect();
    }
    let Some((provider, name)) = key.rsplit_once(':') else { return Vec::new() };
    if !own_name(provider, caller).eq_ignore_ascii_case(caller.provider) {
        return Vec::new();
    }
    list(&caller.claims[name]).filter_map(text).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(condition: &Value) -> Value {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }] })
    }

    fn admitted(condition: &Value) -> bool {
        let claims =
            json!({ "sub": "repo:org/x:ref:refs/heads/dev", "aud": "sts.amazonaws.com", "run_id": 7 });
        admits(
            &policy(condition),
            &Caller {
                action: "sts:AssumeRoleWithWebIdentity",
                provider: "127.0.0.1:80",
                claims: &claims,
                principals: &[],
            },
        )
    }

    #[test]
    fn operators() {
        let sub = "token.actions.githubusercontent.com:sub";
        for (condition, expected) in [
            (json!({ "StringEquals": { sub: "repo:org/x:ref:refs/heads/dev" } }), true),
            (json!({ "StringEquals": { sub: "repo:org/X:ref:refs/heads/dev" } }), false),
            (json!({ "StringEquals": { sub: ["a", "repo:org/x:ref:refs/heads/dev"] } }), true),
            (json!({ "StringEquals": { sub: "repo:org/x:*" } }), false),
            (json!({ "StringLike": { sub: ["repo:a/*", "repo:org/x:*"] } }), true),
            (json!({ "StringLike": { "127.0.0.1:80:sub": "repo:org/?:ref:*/dev" } }), true),
            (json!({ "StringLike": { "127.0.0.1:81:sub": "*" } }), false),
            (json!({ "StringEquals": { "127.0.0.1:80:environment": "dev" } }), false),
            (json!({ "StringEqualsIfExists": { "127.0.0.1:80:environment": "dev" } }), true),
            (json!({ "StringNotEquals": { sub: "other" } }), true),
            (json!({ "ForAnyValue:StringEquals": { "127.0.0.1:80:run_id": "7" } }), true),
            (json!({ "Null": { "127.0.0.1:80:environment": "true" } }), true),
            (json!({ "StringLike": { sub: "*" }, "StringEquals": { "127.0.0.1:80:aud": "x" } }), false),
            (json!({ "NumericEquals": { "127.0.0.1:80:run_id": "7" } }), false),
            (Value::Null, true),
        ] {
            assert_eq!(admitted(&condition), expected, "{condition}");
        }
    }

    #[test]
    fn a_denial_wins_and_other_principals_do_not_count() {
        let claims = json!({ "sub": "s" });
        let caller = Caller {
            action: "sts:AssumeRoleWithWebIdentity",
            provider: "127.0.0.1:80",
            claims: &claims,
            principals: &[],
        };
        let mut both = policy(&Value::Null);
        let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "sts:*" });
        both["Statement"].as_array_mut().unwrap().push(deny);
        assert!(!admits(&both, &caller));
        let mut other = policy(&Value::Null);
        other["Statement"][0]["Principal"] = json!({ "Federated": "arn:aws:iam::1:oidc-provider/other" });
        assert!(!admits(&other, &caller));
    }

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b", "aXbY", false),
            ("?", "", false),
            ("", "", true),
            ("repo:*:environment:?rod", "repo:o/r:environment:prod", true),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
