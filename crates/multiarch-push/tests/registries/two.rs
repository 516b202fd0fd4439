//! Two registries: the one of the other scenarios, and the sandbox's.

use crate::stage::Stage;

/// The second registry, and logins for both in the first one's stage.
async fn both() -> (Stage, Stage) {
    let (stage, second) = (Stage::new().await, Stage::on_sandbox().await);
    stage.sign_in(&[&stage, &second]);
    (stage, second)
}

#[tokio::test]
async fn both_get_what_is_built_once() {
    let (stage, second) = both().await;
    let other = format!("--image={}", second.image("dev"));
    let ran = stage.push(&[&other, "--tags=v1"]).await.unwrap();
    for stage in [&stage, &second] {
        assert_eq!(stage.whole("dev", "v1").await.0, ran["digest"]);
    }
    assert_eq!(ran["images"].lines().count(), 2);
}

#[tokio::test]
async fn an_image_is_promoted_from_one_to_several_with_what_refers_to_it() {
    let (stage, second) = both().await;
    stage.write("sbom.json", r#"{"spdxVersion":"SPDX-2.3"}"#);
    let sbom = format!("--sbom={}", stage.path("sbom.json").display());
    let digest = stage.push(&["--tags=v1", &sbom]).await.unwrap()["digest"].clone();
    let bill = stage.registry.referrers(&stage.repository("dev"), &digest).await;
    assert_eq!(bill.len(), 1);
    let argv = [
        format!("--from={}@{digest}", stage.image("dev")),
        format!("--image={}", second.image("live")),
        format!("--image={}", stage.image("live")),
        "--tags=v2".to_owned(),
    ];
    stage.run(argv.iter().map(String::as_str)).await.unwrap();
    for stage in [&stage, &second] {
        assert_eq!(stage.whole("live", "v2").await.0, digest);
        let repository = stage.repository("live");
        assert_eq!(stage.registry.referrers(&repository, &digest).await, bill);
        let bill = stage.registry.manifest(&repository, &bill[0]).await.unwrap().json();
        let file = bill["layers"][0]["digest"].as_str().unwrap();
        assert_eq!(stage.registry.blob(&repository, file).await.unwrap(), br#"{"spdxVersion":"SPDX-2.3"}"#);
    }
}

#[tokio::test]
async fn an_image_of_another_registry_is_promoted_with_what_refers_to_it() {
    let (stage, second) = both().await;
    second.write("sbom.json", r#"{"spdxVersion":"SPDX-2.3"}"#);
    let sbom = format!("--sbom={}", second.path("sbom.json").display());
    let digest = second.push(&["--tags=v1", &sbom]).await.unwrap()["digest"].clone();
    let argv = [
        format!("--from={}@{digest}", second.image("dev")),
        format!("--image={}", stage.image("live")),
        "--tags=v2".to_owned(),
    ];
    stage.run(argv.iter().map(String::as_str)).await.unwrap();
    assert_eq!(stage.whole("live", "v2").await.0, digest);
    let bill = second.registry.referrers(&second.repository("dev"), &digest).await;
    assert_eq!(stage.registry.referrers(&stage.repository("live"), &digest).await, bill);
}
