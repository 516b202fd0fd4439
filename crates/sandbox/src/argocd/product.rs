//! What the templates of `examples/product` make, which take a real Helm to run: a Rollout with an active and a preview
//! Service, and an Ingress.
//!
//! Each object carries a hash of the values and templates that it is made from, so that a change of any shows.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{template::Context, values};

/// Values that are no part of the pod template.
const NOT_OF_PODS: [&str; 4] = ["replicaCount", "ingress", "rollout", "service"];

/// Makes the objects of the templates; without any, all of them. The error is Helm's.
pub(super) fn objects(
    chart: &str,
    context: Context<'_>,
    templates: &[String],
    auto_promotion: bool,
) -> Result<Vec<Value>, String> {
    let has = |kind: &str| {
        let line = format!("kind: {kind}");
        templates.is_empty() || templates.iter().any(|text| text.lines().any(|found| found == line))
    };
    let (name, merged) = (context.release, context.values);
    let mut objects = Vec::new();
    if has("Service") {
        objects.extend([name.to_owned(), format!("{name}-preview")].map(|name| service(&name, merged)));
    }
    if has("Rollout") {
        let pauses = templates.iter().any(|text| text.contains("autoPromotionEnabled: false"));
        objects.push(rollout(chart, context, templates, auto_promotion && !pauses)?);
    }
    let ingress = &merged["ingress"];
    if has("Ingress") && ingress["enabled"] != json!(false) && ingress["name"].is_string() {
        objects.push(json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": { "name": values::print(&ingress["name"]), "labels": labels(&hash(&ingress.to_string())) },
        }));
    }
    Ok(objects)
}

fn service(name: &str, merged: &Value) -> Value {
    let port = merged["service"]["port"].as_i64().unwrap_or(80);
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": name, "labels": labels(&hash(&merged["service"].to_string())) },
        "spec": { "ports": [{ "name": "http", "port": port, "targetPort": "http" }] },
    })
}

fn rollout(
    chart: &str,
    context: Context<'_>,
    templates: &[String],
    auto_promotion: bool,
) -> Result<Value, String> {
    let (name, merged) = (context.release, context.values);
    let mut of_pods = merged.clone();
    if let Some(values) = of_pods.as_object_mut() {
        values.retain(|name, _| !NOT_OF_PODS.contains(&name.as_str()));
    }
    let made_from = format!("{}{}", merged["rollout"], templates.concat());
    Ok(json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": { "name": name, "labels": labels(&hash(&made_from)) },
        "spec": {
            "replicas": merged["replicaCount"].as_u64().unwrap_or(1),
            "revisionHistoryLimit": 3,
            "strategy": { "blueGreen": {
                "activeService": name,
                "previewService": format!("{name}-preview"),
                "autoPromotionEnabled": auto_promotion,
                "scaleDownDelaySeconds": merged["rollout"]["scaleDownDelaySeconds"].as_i64().unwrap_or(30),
            } },
            "template": {
                "metadata": { "labels": labels(&hash(&of_pods.to_string())) },
                "spec": { "containers": [{ "name": "product", "image": image(chart, merged)? }] },
            },
        },
    }))
}

fn image(chart: &str, merged: &Value) -> Result<String, String> {
    let image = &merged["image"];
    let mut reference = values::print(&image["repository"]);
    if reference.is_empty() {
        return Err(format!(
            "Error: execution error at ({chart}/templates/rollout.yaml): image.repository is required"
        ));
    }
    for (sign, field) in [(':', "tag"), ('@', "digest")] {
        let value = values::print(&image[field]);
        if !value.is_empty() {
            reference = format!("{reference}{sign}{value}");
        }
    }
    Ok(reference)
}

fn labels(made_from: &str) -> Value {
    json!({ "app.kubernetes.io/name": "product", "made-from": made_from })
}

/// Ten hexadecimal digits.
pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(5).fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(values: &Value, templates: &[&str]) -> Vec<Value> {
        let context = Context { values, release: "product", namespace: "app" };
        let templates: Vec<String> = templates.iter().map(ToString::to_string).collect();
        objects("app", context, &templates, true).unwrap()
    }

    #[test]
    fn the_pod_template_does_not_depend_on_replicas() {
        let with = |replicas: u64, tag: &str| {
            let values = json!({ "image": { "repository": "r", "tag": tag }, "replicaCount": replicas });
            made(&values, &["kind: Rollout"]).remove(0)
        };
        let template = |rollout: &Value| rollout["spec"]["template"].clone();
        assert_eq!(template(&with(1, "a")), template(&with(2, "a")));
        assert_ne!(with(1, "a"), with(2, "a"));
        assert_ne!(template(&with(1, "a")), template(&with(1, "b")));
        assert_eq!(template(&with(2, "a"))["spec"]["containers"][0]["image"], "r:a");
    }

    #[test]
    fn only_what_a_template_makes_is_made() {
        let values = json!({ "image": { "repository": "r" }, "ingress": { "name": "i" } });
        assert_eq!(made(&values, &[]).len(), 4);
        assert_eq!(made(&values, &["kind: Service"]).len(), 2);
        let rollout = &made(&values, &["a\nkind: Rollout\nautoPromotionEnabled: false"])[0];
        assert_eq!(rollout["spec"]["strategy"]["blueGreen"]["autoPromotionEnabled"], json!(false));
        let off = json!({ "image": { "repository": "r" }, "ingress": { "enabled": false, "name": "i" } });
        assert_eq!(made(&off, &["kind: Ingress"]), Vec::<Value>::new());
    }
}
