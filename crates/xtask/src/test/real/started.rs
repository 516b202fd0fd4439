//! Images that are started, each platform's, by what their own configuration says.

use std::{os::unix::fs::MetadataExt as _, path::Path};

use crate::{
    test::stage::{Outcome, cargo, without},
    tools,
};

const TESTS: &[&str] =
    &["test", "-p", "multiarch-push", "--test", "registries", "--", "started", "--ignored"];

/// Builds the program of the images for both processors, and plays the scenarios.
pub(in crate::test) fn run(root: &Path) -> Outcome {
    if let Some(why) = missing() {
        return without(why);
    }
    match tools::go::static_programs(&root.join("tests/registries/tell")) {
        Ok(programs) => cargo(root, TESTS, &[("DAY2_TELL", &programs.display().to_string())]),
        Err(why) => without(why),
    }
}

/// Says in one line what this machine lacks.
fn missing() -> Option<String> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
    let other = if cfg!(target_arch = "aarch64") { "x86_64" } else { "aarch64" };
    if !is_root {
        return Some(
            "images are started by root only, who may change the root directory and the user".to_owned(),
        );
    }
    if !Path::new(&format!("/usr/bin/qemu-{other}-static")).is_file() {
        return Some(format!(
            "qemu-{other}-static is not there: install the Debian package qemu-user-static"
        ));
    }
    tools::on_path("unshare").is_none().then(|| "unshare is not there: install util-linux".to_owned())
}
