use serde_json::{Value, json};

use super::*;
use crate::fixtures::{request, with};

const OLD: &str = "a.b/product/dev:old";

fn reverted(source: (&str, Value), live: &[&str]) -> Result<Revert, String> {
    let before = with(&[("/status/summary/images", json!(live))]);
    let app = with(&[("/spec/source", Value::Null), source]);
    revert(&app, &request(), &Baseline::before(&before), false)
}

fn source(rest: &Value) -> (&'static str, Value) {
    let mut source = json!({"repoURL": "https://github.com/org/day2-product.git", "path": "charts/app", "targetRevision": "dev"});
    source.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    ("/spec/source", source)
}

#[test]
fn the_inputs_restore_what_was_live() {
    let helm = source(
        &json!({"helm": {"valueFiles": ["../../values/dev.values.yaml", "/common.yaml", "https://x/y.yaml"]}}),
    );
    let revert = reverted(helm, &[OLD, "a.b/sidecar:1"]).unwrap();
    insta::assert_snapshot!(revert.notes().join("\n"), @r"
    to restore what was live before, run bump-values with:
      files: |
        values/dev.values.yaml
        common.yaml
      images: |
        a.b/product/dev:old
      repository: org/day2-product
      branch: dev
      on-stale: overwrite
    only while Git still names the image of this deployment: it overwrites a newer one as well
    ");
    insta::assert_snapshot!(revert.to_json(), @r#"{"files":"values/dev.values.yaml\ncommon.yaml","images":"a.b/product/dev:old","repository":"org/day2-product","branch":"dev","on-stale":"overwrite"}"#);
}

#[test]
fn files_are_those_of_the_kind_of_source() {
    for (rest, expected) in [
        (json!({"helm": {}}), vec!["charts/app/values.yaml"]),
        (json!({"kustomize": {}, "path": "overlays/./dev/"}), vec!["overlays/dev/kustomization.yaml"]),
        (json!({"helm": {"valueFiles": ["../../../out.yaml"]}}), vec![]),
        (json!({"chart": "app", "path": ""}), vec![]),
        (json!({}), vec![]),
    ] {
        assert_eq!(reverted(source(&rest), &[OLD]).unwrap().files, expected, "{rest}");
    }
}

#[test]
fn values_of_another_source_lie_in_its_repository() {
    let sources = json!([
        {"repoURL": "https://charts.example.com", "chart": "app", "targetRevision": "1.2.3",
         "helm": {"valueFiles": ["$values/dev/values.yaml"]}},
        {"repoURL": "git@github.com:org/config.git", "targetRevision": "main", "ref": "values"},
    ]);
    let revert = reverted(("/spec/sources", sources), &[OLD]).unwrap();
    assert_eq!(
        (revert.files.join(","), revert.repository, revert.branch),
        ("dev/values.yaml".into(), "org/config".into(), "main".into())
    );
}

#[test]
fn of_several_sources_ours_is_restored() {
    let sources = json!([
        {"repoURL": "https://github.com/org/platform", "path": "base", "targetRevision": "main", "helm": {}},
        {"repoURL": "https://github.com/org/day2-product", "path": "charts/app", "targetRevision": "dev", "helm": {}},
    ]);
    let app = with(&[("/spec/source", Value::Null), ("/spec/sources", sources)]);
    let mut request = request();
    request.origin.repository = Some("https://github.com/org/day2-product".parse().unwrap());
    let before = with(&[("/status/summary/images", json!([OLD]))]);
    let revert = revert(&app, &request, &Baseline::before(&before), false).unwrap();
    assert_eq!(
        (revert.files.join(","), revert.repository, revert.branch),
        ("charts/app/values.yaml".into(), "org/day2-product".into(), "dev".into())
    );
}

#[test]
fn of_a_hydrator_the_dry_source_is_restored_whatever_was_rendered() {
    let hydrated = |dry: Value| {
        let mut source = source(&dry).1;
        source["repoURL"] = json!("https://github.com/org/dry");
        let app = with(&[
            ("/spec/sourceHydrator", json!({"drySource": source})),
            ("/status/sourceType", json!("Kustomize")),
        ]);
        let before = with(&[("/status/summary/images", json!([OLD]))]);
        let revert = revert(&app, &request(), &Baseline::before(&before), false).unwrap();
        (revert.files.join(","), revert.repository, revert.branch)
    };
    let place = |files: &str| (files.to_owned(), "org/dry".to_owned(), "dev".to_owned());
    assert_eq!(hydrated(json!({"helm": {}})), place("charts/app/values.yaml"));
    assert_eq!(hydrated(json!({})), place(""));
}

#[test]
fn what_others_have_set_since_is_not_overwritten() {
    let overtaken = Revert { is_overtaken: true, ..reverted(source(&json!({"helm": {}})), &[OLD]).unwrap() };
    assert!(overtaken.to_json().contains(r#""on-stale":"skip""#));
    assert!(
        overtaken
            .notes()
            .join("\n")
            .ends_with("on-stale: skip\nits branch has gone on since: a newer image there is kept")
    );
}

#[test]
fn what_cannot_be_restored_is_said() {
    let helm = || source(&json!({"helm": {}}));
    assert!(reverted(helm(), &[]).unwrap_err().starts_with("no pod ran"));
    assert!(reverted(helm(), &["a.b/product/dev:new"]).unwrap_err().starts_with("no pod ran"));
    assert!(reverted(helm(), &[OLD, "a.b/product/dev:older"]).unwrap_err().contains("several images"));
    let mut request = request();
    request.images.clear();
    assert!(revert(&with(&[]), &request, &Baseline::default(), false).is_err());
}

#[test]
fn a_repository_is_named_without_secrets() {
    for (url, expected) in [
        ("https://github.com/org/app", "org/app"),
        ("https://user:pass@github.com/org/app.git", "org/app"),
        ("git@github.com:org/app.git", "org/app"),
        ("ssh://git@github.com:22/org/app.git", "org/app"),
        ("https://user:pass@git.example.com/group/sub/app", "git.example.com/group/sub/app"),
    ] {
        assert_eq!(repository(url), expected, "{url}");
    }
}
