//! Builders, played by a script that notes how it was called and writes a layout.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::{
    layouts,
    stage::{DOCKERFILE, SHA, Stage},
};

/// Puts a program on PATH that copies a ready layout to where it is told to.
fn play(stage: &mut Stage, name: &str, body: &str) {
    let bin = stage.directory.path().join("bin");
    stage.write(
        &format!("bin/{name}"),
        &format!("#!/bin/sh\necho \"$@\" >> '{}/calls'\n{body}", bin.display()),
    );
    fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    stage.env.insert("PATH".to_owned(), bin.to_str().unwrap().to_owned());
    stage.write("context/Dockerfile", &format!("{DOCKERFILE}RUN make\n"));
}

#[tokio::test]
async fn a_builder_writes_a_layout_that_is_pushed() {
    let mut stage = Stage::new().await;
    let layout = stage.directory.path().join("ready");
    layouts::write(&layout);
    let body = format!(
        "for arg; do case $arg in *dest=*) /bin/cp -r '{}' \"${{arg##*dest=}}\";; esac; done\necho building >&2\n",
        layout.display()
    );
    play(&mut stage, "docker", &body);
    let ran = stage.push(&["--labels=a=b"]).await.unwrap();
    let index = stage.index("product/dev", SHA);
    assert_eq!(index["annotations"]["org.opencontainers.image.revision"], SHA);
    for child in index["manifests"].as_array().unwrap() {
        let digest = child["digest"].as_str().unwrap().trim_start_matches("sha256:");
        assert!(layout.join("blobs/sha256").join(digest).is_file(), "{digest} is not what was built");
    }
    assert!(ran.log.contains("building"), "{}", ran.log);
    let calls = fs::read_to_string(stage.directory.path().join("bin/calls")).unwrap();
    let build = calls.lines().last().unwrap();
    for part in [
        "buildx build --provenance=false --sbom=false --file ",
        " --platform linux/amd64,linux/arm64 ",
        " --build-arg BASE=",
        " --label a=b ",
        " --annotation manifest:org.opencontainers.image.revision=a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 ",
        " --output type=oci,tar=false,rewrite-timestamp=true,dest=",
    ] {
        assert!(build.contains(part), "{part} is not in {build}");
    }
}

#[tokio::test]
async fn every_builder_is_called_in_its_own_way() {
    for (program, parts) in [
        (
            "buildctl",
            &[
                "build --frontend dockerfile.v0 --local context=",
                " --opt filename=Dockerfile ",
                " --opt build-arg:SOURCE_DATE_EPOCH=1700000000 ",
                ",\"annotation-manifest.org.opencontainers.image.revision=",
            ][..],
        ),
        ("buildah", &["build --timestamp 1700000000 --file ", " --manifest ", " --annotation org."]),
    ] {
        let mut stage = Stage::new().await;
        play(&mut stage, program, "exit 1\n");
        stage.push(&[]).await.unwrap_err();
        let calls = fs::read_to_string(stage.directory.path().join("bin/calls")).unwrap();
        for part in parts {
            assert!(calls.contains(part), "{part} is not in {calls}");
        }
    }
}

#[tokio::test]
async fn a_dry_run_starts_no_builder() {
    let mut stage = Stage::new().await;
    play(&mut stage, "buildah", "exit 1\n");
    let ran = stage.push(&["--dry-run"]).await.unwrap();
    assert!(ran.log.contains("buildah would be started"), "{}", ran.log);
    assert!(!stage.directory.path().join("bin/calls").exists());
}

#[tokio::test]
async fn an_obstacle_in_the_context_goes_to_the_builder() {
    let mut stage = Stage::new().await;
    play(&mut stage, "buildah", "exit 1\n");
    stage.write("context/Dockerfile", "ARG BASE\nFROM $BASE\nCOPY --chown=app app.py /\n");
    let failure = stage.push(&[]).await.unwrap_err();
    assert_eq!(failure.code.id, "builder-failed");
    let failure = stage.push(&["--builder=none"]).await.unwrap_err();
    assert_eq!(failure.code.id, "dockerfile-needs-builder");
}

#[tokio::test]
async fn a_builder_that_fails_is_quoted() {
    let mut stage = Stage::new().await;
    play(&mut stage, "buildctl", "echo 'no such file: x' >&2\nexit 3\n");
    let failure = stage.push(&[]).await.unwrap_err();
    assert_eq!(failure.code.id, "builder-failed");
    assert_eq!(failure.notes, ["no such file: x"]);
    assert!(stage.writes().is_empty());
}

/// Builds with the buildah of this machine, in a storage of its own that needs neither root nor namespaces. Is run by
/// `cargo xtask test --real`.
#[tokio::test]
#[ignore = "needs buildah"]
async fn a_real_buildah_writes_what_is_pushed() {
    let mut stage = Stage::new().await;
    let root = stage.directory.path().join("containers");
    let storage = format!(
        "[storage]\ndriver = \"vfs\"\ngraphroot = \"{0}/graph\"\nrunroot = \"{0}/run\"\n",
        root.display()
    );
    stage.write("storage.conf", &storage);
    let bin = stage.directory.path().join("bin");
    stage.write(
        "bin/buildah",
        &format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF='{}' exec buildah \"$@\"\n",
            stage.directory.path().join("storage.conf").display()
        ),
    );
    fs::set_permissions(bin.join("buildah"), fs::Permissions::from_mode(0o755)).unwrap();
    stage.env.insert("PATH".to_owned(), bin.to_str().unwrap().to_owned());
    stage.write("context/Dockerfile", "FROM scratch\nARG TARGETARCH\nCOPY wheels/$TARGETARCH/ /wheels/\n");
    let argv = ["--builder=buildah", "--timeout=120s", "--annotations=a=b"];
    let ran = stage.push(&argv).await.unwrap();
    let index = stage.index("product/dev", SHA);
    assert_eq!(index["annotations"]["a"], "b");
    for architecture in ["amd64", "arm64"] {
        let (manifest, config) = stage.image("product/dev", SHA, architecture);
        assert_eq!(manifest["annotations"]["a"], "b");
        assert_eq!(
            (&config["architecture"], &config["created"]),
            (&architecture.into(), &"2023-11-14T22:13:20Z".into())
        );
    }
    // Reproducible: the same files and the same time give the same image.
    let again = stage.push(&argv).await.unwrap();
    assert_eq!(again.outputs["digest"], ran.outputs["digest"]);
    assert_eq!(again.outputs["changed"], "false");
}
