//! Images that are built in process.

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
