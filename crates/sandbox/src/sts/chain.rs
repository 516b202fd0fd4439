//! `AssumeRole`: a role that is assumed with the keys of a session.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Session, State,
    assume::Wanted,
    policy::{self, Caller},
    reply::StsError,
};

/// The longest session that is opened with a role's keys.
const CHAINED: i64 = 3600;

pub(super) fn assume(
    state: &State,
    from: &Session,
    form: &BTreeMap<String, String>,
) -> Result<Session, StsError> {
    let wanted = Wanted::read(state, form)?;
    let given = tags(form);
    let denied = |action: &str| {
        let message = format!(
            "User: {} is not authorized to perform: {action} on resource: {}",
            from.arn, wanted.role_arn
        );
        StsError::new(403, "AccessDenied", message)
    };
    if !from.may("sts:AssumeRole", wanted.role_arn) {
        return Err(denied("sts:AssumeRole"));
    }
    let role = state.role(wanted.role_arn).ok_or_else(|| denied("sts:AssumeRole"))?;
    let mut keys: Map<String, Value> =
        given.iter().map(|(key, value)| (format!("aws:RequestTag/{key}"), value.as_str().into())).collect();
    keys.extend(
        from.tags.iter().map(|(key, value)| (format!("aws:PrincipalTag/{key}"), value.as_str().into())),
    );
    if let Some(id) = form.get("ExternalId") {
        keys.insert("sts:ExternalId".to_owned(), id.as_str().into());
    }
    let keys = Value::Object(keys);
    let account = from.arn.split(':').nth(4).unwrap_or_default();
    let principals =
        [from.arn.clone(), from.role_arn.clone(), account.to_owned(), format!("arn:aws:iam::{account}:root")];
    for action in ["sts:AssumeRole", "sts:TagSession"] {
        let caller = Caller { action, provider: "", claims: &keys, principals: &principals };
        let is_needed = action == "sts:AssumeRole" || !given.is_empty();
        if is_needed && !policy::admits(&role.trust_policy, &caller) {
            return Err(denied(action));
        }
    }
    if given.keys().any(|key| from.transitive.contains(key)) {
        let message = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag \
                       key from the calling session.";
        return Err(StsError::new(400, "InvalidParameterValue", message));
    }
    if wanted.duration > CHAINED {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(StsError::new(400, "ValidationError", message));
    }
    wanted.check_duration(&role)?;
    let mut session = wanted.session(&role);
    session.transitive.clone_from(&from.transitive);
    session.transitive.extend(numbered(form, |index| format!("TransitiveTagKeys.member.{index}")));
    let passed_on = from.tags.iter().filter(|(key, _)| from.transitive.contains(key));
    session.tags = passed_on.map(|(key, value)| (key.clone(), value.clone())).chain(given).collect();
    Ok(session)
}

fn tags(form: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let keys = numbered(form, |index| format!("Tags.member.{index}.Key"));
    let values = numbered(form, |index| format!("Tags.member.{index}.Value"));
    keys.into_iter().zip(values).collect()
}

/// A list as the query protocol writes it.
fn numbered(form: &BTreeMap<String, String>, name: impl Fn(usize) -> String) -> Vec<String> {
    (1..=50).map_while(|index| form.get(&name(index)).cloned()).collect()
}
