//! The program under test.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Returns the path of the `day2` binary of this build, which is built first if need be.
///
/// # Panics
/// If it cannot be built.
pub fn day2() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // A test's own executable is in `target/<profile>/deps`.
        let own = std::env::current_exe().unwrap_or_default();
        let directory = own.ancestors().nth(2).map(Path::to_owned).unwrap_or_default();
        let is_release = directory.ends_with("release");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "day2"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if is_release {
            cargo.arg("--release");
        }
        let built = cargo.status().is_ok_and(|status| status.success());
        let binary = directory.join("day2");
        assert!(built && binary.is_file(), "cannot build {}", binary.display());
        binary
    })
}
