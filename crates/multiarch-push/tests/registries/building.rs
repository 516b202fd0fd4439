//! Images that are built in process.

use std::io::Read as _;

use crate::stage::Stage;

#[tokio::test]
async fn two_platforms_are_built_and_are_whole() {
    let stage = Stage::new().await;
    let ran = stage.push(&["--tags=v1", "--labels=team=a b"]).await.unwrap();
    let (digest, index) = stage.whole("dev", "v1").await;
    assert_eq!((&ran["digest"], ran["changed"].as_str()), (&digest, "true"));
    let platforms: Vec<&str> = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|child| child["platform"]["architecture"].as_str().unwrap())
        .collect();
    assert_eq!(platforms, ["amd64", "arm64"]);
}

#[tokio::test]
async fn a_second_run_sends_nothing_and_one_with_another_file_little() {
    let stage = Stage::new().await;
    let first = stage.push(&["--tags=v1"]).await.unwrap();
    let second = stage.push(&["--tags=v1"]).await.unwrap();
    assert_eq!(second["digest"], first["digest"]);
    assert_eq!((second["changed"].as_str(), second["bytes-uploaded"].as_str()), ("false", "0"));
    stage.write("context/app.py", "print('other')\n");
    let third = stage.push(&["--tags=v2"]).await.unwrap();
    let sent =
        |ran: &std::collections::BTreeMap<String, String>| ran["bytes-uploaded"].parse::<u64>().unwrap();
    assert!(sent(&third) < sent(&first), "{} is not less than {}", sent(&third), sent(&first));
    stage.whole("dev", "v2").await;
}

#[tokio::test]
async fn two_runs_at_once_make_one_image() {
    let stage = Stage::new().await;
    let other = crate::process::Process::new(&stage, &stage.argv());
    let (ours, theirs) = tokio::join!(stage.push(&["--tags=v1"]), other.run(&["--tags=v1"]));
    let (digest, _) = stage.whole("dev", "v1").await;
    assert_eq!((&ours.unwrap()["digest"], &theirs["digest"]), (&digest, &digest));
}

#[tokio::test]
async fn zstd_is_taken_by_every_registry() {
    let stage = Stage::new().await;
    let ran = stage.push(&["--tags=v1", "--compression=zstd"]).await.unwrap();
    let (digest, index) = stage.whole("dev", "v1").await;
    assert_eq!(ran["digest"], digest);
    for child in index["manifests"].as_array().unwrap() {
        let child = child["digest"].as_str().unwrap();
        let manifest = stage.registry.manifest(&stage.repository("dev"), child).await.unwrap().json();
        // The layer of the base stays as it is.
        let types: Vec<&str> = manifest["layers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|layer| layer["mediaType"].as_str().unwrap().rsplit_once('+').unwrap().1)
            .collect();
        assert_eq!((types[0], types.last().copied()), ("gzip", Some("zstd")));
    }
}

#[tokio::test]
async fn files_are_put_upon_a_base_for_each_platform() {
    let stage = Stage::new().await;
    let argv = [
        format!("--image={}", stage.image("appended")),
        format!("--base={}:3", stage.image("base")),
        format!("--append={}/wheels/{{arch}}:/srv", stage.path("context").display()),
        "--cmd=serve".to_owned(),
        "--tags=v1".to_owned(),
    ];
    stage.run(argv.iter().map(String::as_str)).await.unwrap();
    let (_, index) = stage.whole("appended", "v1").await;
    let repository = stage.repository("appended");
    for child in index["manifests"].as_array().unwrap() {
        let manifest = stage.registry.manifest(&repository, child["digest"].as_str().unwrap()).await.unwrap();
        let layer = manifest.json()["layers"][1]["digest"].as_str().unwrap().to_owned();
        let layer = stage.registry.blob(&repository, &layer).await.unwrap();
        let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(&layer[..]));
        let mut text = String::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            if entry.path().unwrap().ends_with("srv/x.whl") {
                entry.read_to_string(&mut text).unwrap();
            }
        }
        assert_eq!(text, child["platform"]["architecture"].as_str().unwrap());
    }
}
