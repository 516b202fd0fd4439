//! Images that are brought from one repository to another as they are.

use serde_json::{Value, json};

use crate::stage::{PASSWORD, Ran, SHA, Stage};

const SOURCE_PASSWORD: &str = "pa55word-of-the-source";

/// Promotes an image inside of the stage's registry.
async fn promote(stage: &Stage, from: &str, to: &str, more: &[&str]) -> Result<Ran, model::Failure> {
    let registry = stage.registry();
    let argv = [format!("--image={registry}/{to}"), format!("--from={registry}/{from}")];
    stage.run(argv.iter().map(String::as_str).chain(more.iter().copied())).await
}

fn digest_of(stage: &Stage, repository: &str, reference: &str) -> String {
    stage.world().registry.manifest(repository, reference).unwrap().0
}

/// Asserts that a repository has a manifest and all that it leads to, byte by byte as in the source.
fn assert_whole(source: &Stage, from: &str, target: &Stage, to: &str, digest: &str) {
    let (_, media_type, bytes) = source.world().registry.manifest(from, digest).unwrap();
    let (_, other_type, other) = target.world().registry.manifest(to, digest).expect("a manifest is missing");
    assert_eq!((media_type, &bytes), (other_type, &other));
    let manifest: Value = serde_json::from_slice(&bytes).unwrap();
    for child in manifest["manifests"].as_array().into_iter().flatten() {
        assert_whole(source, from, target, to, child["digest"].as_str().unwrap());
    }
    let layers = manifest["layers"].as_array().into_iter().flatten();
    for blob in layers.chain(manifest.get("config")) {
        let blob = blob["digest"].as_str().unwrap();
        assert_eq!(target.world().registry.blob(to, blob), source.world().registry.blob(from, blob));
    }
}

#[tokio::test]
async fn another_repository_takes_the_blobs_over() {
    let stage = Stage::new().await;
    stage.world().registry.configure(|settings| settings.mount = true);
    let digest = digest_of(&stage, "base/python", "3");
    let ran = promote(&stage, "base/python:3", "product/dev", &["--moving-tags=latest"]).await.unwrap();
    assert_eq!(ran.outputs["digest"], digest);
    assert_eq!(ran.outputs["image"], format!("{}/product/dev@{digest}", stage.registry()));
    // The tag was looked up once, and that is said.
    assert!(ran.log.contains(&format!("base/python:3 is {digest}")), "{}", ran.log);
    let tags = stage.world().registry.tags("product/dev");
    assert_eq!((&tags[SHA], &tags["latest"]), (&digest, &digest));
    assert_whole(&stage, "base/python", &stage, "product/dev", &digest);
    assert_eq!(stage.world().registry.bytes_received("product/dev"), 0);
    let again = promote(&stage, "base/python:3", "product/dev", &["--moving-tags=latest"]).await.unwrap();
    assert_eq!(again.outputs["changed"], "false");
}

#[tokio::test]
async fn another_account_is_streamed_to_with_a_credential_for_each() {
    let (source, target) = (Stage::new().await, Stage::new().await);
    source.world().registry.add_password(SOURCE_PASSWORD);
    let auths = json!({ "auths": {
        source.registry(): { "username": "AWS", "password": SOURCE_PASSWORD },
        target.registry(): { "username": "AWS", "password": PASSWORD },
    } });
    target.write("docker/config.json", &auths.to_string());
    let digest = digest_of(&source, "base/python", "3");
    let argv = [
        format!("--image={}/product/dev", target.registry()),
        format!("--from={}/base/python@{digest}", source.registry()),
    ];
    let ran = target.run(argv.iter().map(String::as_str)).await.unwrap();
    assert!(!ran.log.contains(SOURCE_PASSWORD));
    assert_eq!(target.world().registry.tags("product/dev")[SHA], digest);
    assert_whole(&source, "base/python", &target, "product/dev", &digest);
    assert!(source.writes().is_empty());
}

#[tokio::test]
async fn a_tag_in_the_same_repository_is_one_put() {
    let stage = Stage::new().await;
    let digest = digest_of(&stage, "base/python", "3");
    let from = format!("base/python@{digest}");
    let ran = promote(&stage, &from, "base/python", &["--tags=stable"]).await.unwrap();
    assert_eq!(stage.world().registry.tags("base/python")["stable"], digest);
    let writes: Vec<String> =
        stage.writes().into_iter().map(|call| format!("{} {}", call.method, call.path)).collect();
    assert_eq!(writes, ["PUT /v2/base/python/manifests/stable"]);
    // The platforms are told all the same.
    assert!(ran.outputs["digests"].contains("linux/arm64"), "{}", ran.outputs["digests"]);
}

#[tokio::test]
async fn an_image_without_an_index_goes_along_too() {
    let stage = Stage::new().await;
    let index = stage.index("base/python", "3");
    let child = index["manifests"][1]["digest"].as_str().unwrap().to_owned();
    let ran = promote(&stage, &format!("base/python@{child}"), "product/dev", &[]).await.unwrap();
    assert_eq!(stage.world().registry.tags("product/dev")[SHA], child);
    assert_whole(&stage, "base/python", &stage, "product/dev", &child);
    assert_eq!(ran.outputs["digests"], json!({ "linux/arm64": child }).to_string());
}

#[tokio::test]
async fn referrers_and_cosigns_tags_come_along() {
    let stage = Stage::new().await;
    stage.write("sbom.json", r#"{"spdxVersion":"SPDX-2.3"}"#);
    let sbom = format!("--sbom={}", stage.directory.path().join("sbom.json").display());
    let digest = stage.push(&[&sbom]).await.unwrap().outputs["digest"].clone();
    // Any image may play the signature.
    let signature = format!("sha256-{}.sig", digest.trim_start_matches("sha256:"));
    promote(&stage, "base/python:3", "product/dev", &[&format!("--tags={signature}")]).await.unwrap();
    let from = format!("product/dev@{digest}");

    promote(&stage, &from, "product/moving", &["--referrers=false", "--tags=bare"]).await.unwrap();
    let registry = &stage.world().registry;
    assert_eq!(registry.manifests("product/moving").len(), 3);

    promote(&stage, &from, "product/moving", &["--tags=v1"]).await.unwrap();
    let tags = registry.tags("product/moving");
    assert_eq!(tags["v1"], digest);
    assert_eq!(tags[&signature], digest_of(&stage, "base/python", "3"));
    assert_whole(&stage, "product/dev", &stage, "product/moving", &tags[&signature]);
    let referrer = registry.manifests("product/dev").into_iter().find(|manifest| {
        let (_, _, bytes) = registry.manifest("product/dev", manifest).unwrap();
        String::from_utf8(bytes).unwrap().contains("subject")
    });
    assert_whole(&stage, "product/dev", &stage, "product/moving", &referrer.expect("no referrer"));
}

#[tokio::test]
async fn a_signature_that_differs_at_the_destination_is_left_and_told() {
    let stage = Stage::new().await;
    let digest = digest_of(&stage, "base/python", "3");
    let signature = format!("--tags=sha256-{}.sig", digest.trim_start_matches("sha256:"));
    let index = stage.index("base/python", "3");
    let [one, other] = [0, 1].map(|at| index["manifests"][at]["digest"].as_str().unwrap());
    promote(&stage, &format!("base/python@{one}"), "base/python", &[&signature]).await.unwrap();
    promote(&stage, &format!("base/python@{other}"), "product/dev", &[&signature]).await.unwrap();
    let ran = promote(&stage, "base/python:3", "product/dev", &[]).await.unwrap();
    assert!(ran.log.contains(&format!("names {other} already, and not {one}")), "{}", ran.log);
    assert_eq!(stage.world().registry.tags("product/dev")[SHA], digest);
}

#[tokio::test]
async fn a_tag_with_another_digest_is_refused_before_anything_is_written() {
    let stage = Stage::new().await;
    stage.push(&[]).await.unwrap();
    let before = stage.writes().len();
    let failure = promote(&stage, "base/python:3", "product/dev", &[]).await.unwrap_err();
    assert_eq!(failure.code.id, "tag-exists-different");
    assert_eq!(stage.writes().len(), before);
}

#[tokio::test]
async fn what_is_not_there_is_said_before_anything_is_written() {
    let stage = Stage::new().await;
    for from in ["base/python:4", "base/ruby:3"] {
        let failure = promote(&stage, from, "product/dev", &[]).await.unwrap_err();
        assert_eq!(failure.code.id, "promoted-not-found");
        assert!(failure.cause.ends_with(from), "{failure}");
    }
    assert!(stage.writes().is_empty());
}

#[tokio::test]
async fn a_dry_run_reads_only() {
    let stage = Stage::new().await;
    let ran = promote(&stage, "base/python:3", "product/dev", &["--dry-run"]).await.unwrap();
    assert!(ran.log.contains("would be pushed"), "{}", ran.log);
    assert!(stage.writes().is_empty());
}
