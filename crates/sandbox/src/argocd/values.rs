//! Helm values: merged, and read as templates print them.

use serde_json::Value;

/// Lays `over` over `base` as Helm does: maps are merged, `null` removes, everything else replaces.
pub(super) fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                if value.is_null() {
                    base.remove(&name);
                } else {
                    merge(base.entry(name).or_insert(Value::Null), value);
                }
            }
        }
        (base, over) => *base = over,
    }
}

/// Prints a scalar as a Go template does. Helm reads numbers as float64, so that an unquoted tag made of
/// digits is printed with an exponent (helm/helm#1643): `58467965` becomes `5.8467965e+07`.
pub(super) fn print(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map(float).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// `%v` of a float64: the shortest digits, with an exponent below -4 and from 21 digits or 6 short ones on.
fn float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_merge_and_null_removes() {
        let mut base = json!({ "image": { "repository": "r", "tag": "1" }, "a": [1], "b": 1 });
        merge(&mut base, json!({ "image": { "tag": "2" }, "a": [2], "b": null }));
        assert_eq!(base, json!({ "image": { "repository": "r", "tag": "2" }, "a": [2] }));
    }

    #[test]
    fn numbers_are_floats() {
        for (value, text) in [
            (json!(58_467_965), "5.8467965e+07"),
            (json!(1e10), "1e+10"),
            (json!(1.5), "1.5"),
            (json!(123_456), "123456"),
            (json!("58467965"), "58467965"),
        ] {
            assert_eq!(print(&value), text);
        }
    }
}
