use super::*;
use crate::{args::tests::request, request::Permit};

fn outcome(result: Result) -> (Request, Outcome) {
    let request = request(&["values/dev.yaml"], &["image.tag=v2", "image.digest=x"]);
    let text = b"image:\n  tag: v1  # set by the pipeline\n  digest:\n".to_vec();
    let outcome = Outcome {
        result,
        commit: "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3".into(),
        files: crate::plan::edit(&request, vec![text]).unwrap(),
        attempts: 2,
        way: "by GraphQL to branch dev of org/product".into(),
        method: Method::Graphql,
        why: "chosen because this is a workflow".into(),
        failure: None,
        timings: vec![vec!["read".into(), "120 ms".into()]],
    };
    (request, outcome)
}

#[test]
fn a_commit_is_shown_with_its_diff() {
    let url = "https://github.com/org/product/commit/a94a8fe".to_owned();
    let (request, outcome) = outcome(Result::Committed { url, verified: Some(true) });
    let report = report(&request, &outcome);
    insta::assert_snapshot!(report.summary.as_str(), @r"
    ### Values set

    Committed a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 by GraphQL to branch dev of org/product at attempt 2.

    | File | Path | Before | Wanted |
    | --- | --- | --- | --- |
    | `values/dev.yaml` | `image.tag` | `v1` | `v2` |
    | `values/dev.yaml` | `image.digest` | `(empty)` | `x` |

    ```diff
    --- a/values/dev.yaml
    +++ b/values/dev.yaml
    @@ -1,3 +1,3 @@
     image:
    -  tag: v1  # set by the pipeline
    -  digest:
    +  tag: v2  # set by the pipeline
    +  digest: x
    ```

    [The commit on GitHub](https://github.com/org/product/commit/a94a8fe)

    <details><summary>Way and timings</summary>

    Method: by GraphQL to branch dev of org/product, chosen because this is a workflow.

    | Phase | Time |
    | --- | --- |
    | read | 120 ms |

    </details>
    ");
    insta::assert_snapshot!(report.lines.join("\n"), @"Committed a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 by GraphQL to branch dev of org/product at attempt 2");
    insta::assert_debug_snapshot!(report.outputs, @r#"
    [
        (
            "changed",
            "true",
        ),
        (
            "commit",
            "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
        ),
        (
            "previous",
            "{\"values/dev.yaml\":{\"image.tag\":\"v1\",\"image.digest\":null}}",
        ),
        (
            "superseded",
            "false",
        ),
        (
            "attempts",
            "2",
        ),
        (
            "diff",
            "--- a/values/dev.yaml\n+++ b/values/dev.yaml\n@@ -1,3 +1,3 @@\n image:\n-  tag: v1  # set by the pipeline\n-  digest:\n+  tag: v2  # set by the pipeline\n+  digest: x",
        ),
        (
            "method",
            "graphql",
        ),
        (
            "verified",
            "true",
        ),
        (
            "pull-request",
            "",
        ),
    ]
    "#);
    assert_eq!(report.annotations[0].message, "image.tag: v1 → v2");
    assert_eq!(report.annotations[0].location.as_ref().unwrap().line, Some(2));
}

#[test]
fn each_end_has_its_words() {
    let place = "values/dev.yaml:image.tag".to_owned();
    let newer = Newer { place, commit: None, why: crate::stale::Why::Run(9) };
    for result in [Result::Unchanged, Result::Superseded(newer), Result::Planned, Result::Written] {
        let (request, outcome) = outcome(result);
        let report = report(&request, &outcome);
        assert_eq!(report.lines.len(), 1);
        assert_eq!(report.outputs[0].1 == "true", matches!(outcome.result, Result::Written));
        assert_eq!(report.outputs[3].1 == "true", matches!(outcome.result, Result::Superseded(_)));
    }
}

/// The end of a commit that sets this in `values/dev.yaml`.
fn committed(text: &str, set: &[&str], images: &[&str], permit: Permit) -> (Request, Outcome) {
    let mut request = request(&["values/dev.yaml"], set);
    request.images = images.iter().map(|image| image.parse().unwrap()).collect();
    request.permit = permit;
    for edit in &mut request.files[0].edits {
        *edit = permit.edit(edit.path.clone(), &edit.value);
    }
    let (_, outcome) = outcome(Result::Committed { url: String::new(), verified: Some(true) });
    let files = crate::plan::edit(&request, vec![text.into()]).unwrap();
    (request, Outcome { files, attempts: 1, ..outcome })
}

fn output<'r>(report: &'r Report, name: &str) -> &'r str {
    report.outputs.iter().find(|(found, _)| *found == name).map_or("", |(_, value)| value)
}

#[test]
fn images_are_listed_with_form_and_place() {
    let text =
        "web:\n  image: {repository: x.io/a, tag: v1}\njob:\n  image: x.io/a:v0\nold: {repository: x.io/a}\n";
    let (request, outcome) = committed(text, &["web.image.tag=v2"], &["x.io/a:v2"], Permit::default());
    let report = report(&request, &outcome);
    insta::assert_snapshot!(report.lines.join("\n"), @r"
    x.io/a:v2 is in values/dev.yaml:2 at web.image.repository (Helm values, `repository` and `tag`)
    x.io/a:v2 is in values/dev.yaml:4 at job.image (image string)
    x.io/a:v2 is in values/dev.yaml:5 at old.repository (Helm values, `repository` and `tag`; left as it is, since it has neither a tag nor a digest of its own)
    Committed a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 by GraphQL to branch dev of org/product
    ");
    let page = report.summary.as_str();
    let at = page.find("| Image").unwrap();
    insta::assert_snapshot!(page[at..page.find("```").unwrap()].trim_end(), @r"
    | Image | File | Found as | At |
    | --- | --- | --- | --- |
    | `x.io/a:v2` | `values/dev.yaml` | Helm values, `repository` and `tag` | web.image.repository, line 2 |
    | `x.io/a:v2` | `values/dev.yaml` | image string | job.image, line 4 |
    | `x.io/a:v2` | `values/dev.yaml` | Helm values, `repository` and `tag`; left as it is, since it has neither a tag nor a digest of its own | old.repository, line 5 |
    ");
}

#[test]
fn a_diff_with_fences_stays_inside_its_own() {
    let text = "a: |\n  ```\n  </details>\nb: v1\n";
    let (request, outcome) = committed(text, &["b=v2"], &[], Permit::default());
    let summary = report(&request, &outcome).summary;
    assert!(summary.as_str().contains("````diff\n"), "{}", summary.as_str());
    assert!(summary.as_str().contains("+b: v2\n````\n"), "{}", summary.as_str());
}

#[test]
fn what_is_long_is_cut_and_said() {
    let text: String = (0..1_500).map(|index| format!("k{index}: {}\n", "x".repeat(160))).collect();
    let set: Vec<String> = (0..1_500).map(|index| format!("k{index}=v2")).collect();
    let set: Vec<&str> = set.iter().map(String::as_str).collect();
    let (request, outcome) = committed(&text, &set, &[], Permit::default());
    let report = report(&request, &outcome);
    assert!(output(&report, "diff").len() < 250_000);
    assert!(output(&report, "diff").ends_with(" more lines are not shown"));
    assert!(report.summary.as_str().len() < 100_000);
    assert!(report.summary.as_str().contains("… and 1400 more."));
    assert_eq!(report.annotations.len(), 10);
}

#[test]
fn another_repositorys_file_is_no_place_for_an_annotation() {
    let (mut request, outcome) = committed("a: v1\n", &["a=v2"], &[], Permit::default());
    assert!(report(&request, &outcome).annotations[0].location.is_some());
    request.origin.repository = Some("org/other".parse().unwrap());
    let annotation = &report(&request, &outcome).annotations[0];
    assert_eq!((annotation.message.as_str(), &annotation.location), ("values/dev.yaml:1: a: v1 → v2", &None));
}

#[test]
fn previous_values_lead_back() {
    let text = "a: [{b: x}, {b: w}]\n---\nimages:\n- name: n.io/a\n  newTag: v1\nc: \"\"\nd: 'it''s'\n";
    let set = ["@1.a[1].b=z", "c=new", "d=v"];
    let (request, outcome) = committed(text, &set, &["n.io/a:v2"], Permit::default());
    let report = report(&request, &outcome);
    let previous: Value = serde_json::from_str(output(&report, "previous")).unwrap();
    insta::assert_snapshot!(previous, @r#"{"values/dev.yaml":{"@1.a[1].b":"w","c":"","d":"it's","@2.images[name=\"n.io/a\"].newTag":"v1"}}"#);
    let back: Vec<yaml_set::Edit> = previous["values/dev.yaml"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, value)| yaml_set::Edit::new(path.parse().unwrap(), value.as_str().unwrap()))
        .collect();
    assert_eq!(yaml_set::set(&outcome.files[0].after, &back).unwrap().text, text);
}
