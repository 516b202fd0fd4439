//! Faults by chance, and many runs at a time: nothing half published, whatever happens.

use sandbox::{
    chance::Chance,
    faults::{Effect, Fault},
};

use crate::stage::{SHA, Stage};

/// Whether the tag leads to the whole image.
fn is_whole(stage: &Stage) -> bool {
    ["amd64", "arm64"].iter().all(|architecture| {
        let (manifest, _) = stage.image("product/dev", SHA, architecture);
        let blobs = stage.world().registry.blobs("product/dev");
        manifest["layers"]
            .as_array()
            .unwrap()
            .iter()
            .all(|layer| blobs.contains(layer["digest"].as_str().unwrap()))
    })
}

fn busy(headers: &[(&str, &str)]) -> Effect {
    Effect::Reply {
        status: 429,
        body: r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

#[tokio::test]
async fn a_share_of_broken_connections_does_no_harm() {
    for seed in 1..=2 {
        let stage = Stage::new().await;
        stage.world().faults.add_chance(Chance {
            service: "registry".to_owned(),
            method: String::new(),
            path: "/v2/".to_owned(),
            body: String::new(),
            percent: 5,
            seed,
            effects: vec![Effect::Drop, Effect::DropAfter, busy(&[("retry-after", "0")])],
        });
        let ran = stage.push(&[]).await.unwrap();
        assert_eq!(stage.world().registry.tags("product/dev")[SHA], ran.outputs["digest"], "seed {seed}");
        assert!(is_whole(&stage), "seed {seed}");
    }
}

#[tokio::test]
async fn a_burst_of_refusals_narrows_the_way_and_ends() {
    let stage = Stage::new().await;
    stage.world().faults.add(Fault { times: Some(20), ..Fault::once("registry", "", "/blobs/", busy(&[])) });
    stage.push(&[]).await.unwrap();
    assert!(is_whole(&stage));
}

#[tokio::test]
async fn two_runs_at_once_make_one_image() {
    let stage = Stage::new().await;
    let image = format!("--image={}/product/dev", stage.registry());
    let layout = format!("--layout={}", crate::layouts::written(&stage, "layout"));
    let argv = [image.as_str(), &layout];
    let (one, other) = tokio::join!(stage.run(argv), stage.rival(&argv));
    other.unwrap();
    let digest = &stage.world().registry.tags("product/dev")[SHA];
    assert_eq!(one.unwrap().outputs["digest"], *digest);
    assert_eq!(stage.index("product/dev", SHA)["manifests"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_limit_without_end_is_named_when_time_is_over() {
    let stage = Stage::new().await;
    stage.world().faults.add(Fault { times: None, ..Fault::once("registry", "", "/blobs/", busy(&[])) });
    let failure = stage.push(&["--timeout=1s"]).await.unwrap_err();
    assert_eq!(failure.code.id, "registry-rate-limited", "{failure}");
    assert!(stage.world().registry.tags("product/dev").is_empty());
}
