//! Bills of materials and provenance, attached to what was pushed.

use sandbox::faults::{Effect, Fault};
use serde_json::Value;

use crate::stage::{Ran, SHA, Stage};

const SBOM: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6"}"#;

fn stage_with_sbom(stage: &Stage) -> String {
    stage.write("sbom.json", SBOM);
    format!("--sbom={}", stage.directory.path().join("sbom.json").display())
}

/// Returns the manifests of a repository that refer to another, and what their only layer holds.
fn referrers(stage: &Stage, repository: &str) -> Vec<(Value, String)> {
    let registry = &stage.world().registry;
    let manifests = registry.manifests(repository).into_iter().map(|digest| {
        let (_, _, bytes) = registry.manifest(repository, &digest).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    });
    let referring = manifests.filter(|manifest| manifest.get("subject").is_some());
    let content = |manifest: Value| {
        let layer = manifest["layers"][0]["digest"].as_str().unwrap();
        let layer = String::from_utf8(registry.blob(repository, layer).unwrap()).unwrap();
        (manifest, layer)
    };
    referring.map(content).collect()
}

fn fallback(ran: &Ran) -> String {
    ran.outputs["digest"].replace(':', "-")
}

#[tokio::test]
async fn a_bill_of_materials_and_the_provenance_refer_to_the_index() {
    let mut stage = Stage::new().await;
    stage.env.insert("GITHUB_RUN_ID".to_owned(), "42".to_owned());
    let sbom = stage_with_sbom(&stage);
    let ran = stage.push(&[&sbom, "--provenance=true"]).await.unwrap();
    let digest = &ran.outputs["digest"];
    let index = stage.index("product/dev", SHA);
    assert_eq!(index["manifests"].as_array().unwrap().len(), 2, "{index}");
    let referrers = referrers(&stage, "product/dev");
    assert_eq!(referrers.len(), 2);
    for (manifest, content) in &referrers {
        assert_eq!(manifest["subject"]["digest"], digest.as_str());
        if manifest["artifactType"] == "application/vnd.cyclonedx+json" {
            assert_eq!(content, SBOM);
        } else {
            let statement: Value = serde_json::from_str(content).unwrap();
            assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
            assert_eq!(statement["subject"][0]["digest"]["sha256"], digest.trim_start_matches("sha256:"));
            let base = &statement["predicate"]["buildDefinition"]["resolvedDependencies"][1];
            assert!(base["uri"].as_str().unwrap().contains("/base/python:3@sha256:"), "{statement}");
        }
    }
    // Nothing stands in for the API where there is one, and a second run attaches nothing more.
    assert!(!stage.world().registry.has("product/dev", &fallback(&ran)));
    let again = stage.push(&[&sbom, "--provenance=true"]).await.unwrap();
    assert_eq!(again.outputs["changed"], "false");
    assert_eq!(self::referrers(&stage, "product/dev").len(), 2);
}

#[tokio::test]
async fn where_the_api_is_lacking_a_tag_lists_the_referrers() {
    let mut stage = Stage::new().await;
    stage.env.insert("GITHUB_RUN_ID".to_owned(), "42".to_owned());
    let effect = Effect::Reply {
        status: 404,
        body: "404 page not found".to_owned(),
        content_type: "text/plain".to_owned(),
        headers: Vec::new(),
    };
    stage.world().faults.add(Fault { times: None, ..Fault::once("registry", "GET", "/referrers/", effect) });
    let sbom = stage_with_sbom(&stage);
    let argv = [format!("--image={}/product/moving", stage.registry()), sbom, "--provenance".to_owned()];
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let ran = stage.push(&argv).await.unwrap();
    assert!(ran.log.contains("does not list referrers"), "{}", ran.log);
    let list = stage.index("product/moving", &fallback(&ran));
    let kinds: Vec<&str> = list["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["artifactType"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["application/vnd.cyclonedx+json", "application/vnd.in-toto+json"]);
    stage.push(&argv).await.unwrap();
    assert_eq!(stage.index("product/moving", &fallback(&ran)), list);
}

#[tokio::test]
async fn where_such_manifests_are_refused_an_older_shape_is_listed_under_a_tag() {
    let stage = Stage::new().await;
    stage.world().registry.configure(|settings| settings.refuse_artifacts = true);
    let sbom = stage_with_sbom(&stage);
    let ran = stage.push(&[&sbom]).await.unwrap();
    assert!(ran.log.contains("stores no manifests that refer to others"), "{}", ran.log);
    let list = stage.index("product/dev", &fallback(&ran));
    let entry = &list["manifests"][0];
    assert_eq!(entry["artifactType"], "application/vnd.cyclonedx+json");
    let (_, _, bytes) =
        stage.world().registry.manifest("product/dev", entry["digest"].as_str().unwrap()).unwrap();
    let manifest: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.cyclonedx+json");
}

#[tokio::test]
async fn a_file_that_is_no_bill_of_materials_stops_the_push() {
    let stage = Stage::new().await;
    stage.write("sbom.json", r#"{"name":"x"}"#);
    let sbom = format!("--sbom={}", stage.directory.path().join("sbom.json").display());
    let failure = stage.push(&[&sbom]).await.unwrap_err();
    assert_eq!(failure.code.id, "sbom-invalid");
    assert!(stage.writes().is_empty());
}
