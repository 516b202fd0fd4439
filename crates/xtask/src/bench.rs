//! `cargo xtask bench yaml`: what bump-values changes in real files, against what yq and kustomize change,
//! `cargo xtask bench merge`: how long auto-merge and fast-forward take, next to gh and git,
//! `cargo xtask bench sync`: argocd-sync next to the argocd CLI, on a real Argo CD, and
//! `cargo xtask bench push`: multiarch-push next to crane, regctl, skopeo, buildah and oci-client,
//! `cargo xtask bench login`: oidc-ecr-login next to the calls of the two actions that it stands for.

mod child;
mod login;
mod merge;
mod proxy;
mod push;
mod replay;
mod scene;
mod sync;
mod ways;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{dist, process, tools};

/// What is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// What is compared
    #[arg(value_enum)]
    what: What,
    /// A release build of day2, if there is one already
    #[arg(long, value_name = "PATH")]
    day2: Option<PathBuf>,
    #[command(flatten)]
    extent: push::Extent,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// Edits of YAML: writes docs/bump-comparison.md
    Yaml,
    /// Merges and fast-forwards at 20 ms round trip: writes docs/merge-comparison.md
    Merge,
    /// Syncs and failures on a real Argo CD: writes docs/sync-comparison.md
    Sync,
    /// Pushes of an image with two platforms, at several distances: writes docs/push-comparison.md
    Push,
    /// Logins next to the calls of the two actions that are used instead, at several distances: writes
    /// docs/login-comparison.md
    Login,
}

/// Measures, and writes the page.
pub(crate) fn run(root: &Path, args: &BenchArgs) -> Result<(), String> {
    match args.what {
        What::Yaml => yaml(root, args.day2.as_deref()),
        What::Merge => merge::run(root, args.day2.as_deref()),
        What::Sync => sync::run(root, args.day2.as_deref()),
        What::Login => login::run(root, args.day2.as_deref(), &args.extent),
        What::Push => push::run(root, args.day2.as_deref(), &args.extent),
    }
}

fn yaml(root: &Path, day2: Option<&Path>) -> Result<(), String> {
    let comparison = root.join("tests/comparison");
    let packages = tools::go::modules(&root.join("tests/corpus"))?;
    let packages = std::env::join_paths(packages).map_err(|error| error.to_string())?;
    let yq = tools::go::program(&comparison.join("yq"), "github.com/mikefarah/yq/v4", "yq")?;
    let kustomize = "sigs.k8s.io/kustomize/kustomize/v5";
    let kustomize = tools::go::program(&comparison.join("kustomize"), kustomize, "kustomize")?;
    let day2 = release(root, day2)?;
    let page = root.join("docs/bump-comparison.md");
    let mut command = Command::new(tools::python_with_yaml()?);
    command.arg(comparison.join("compare.py")).arg("--packages").arg(packages);
    for (name, path) in [("--yq", &yq), ("--kustomize", &kustomize), ("--ours", &day2), ("--out", &page)] {
        command.arg(name).arg(path);
    }
    process::output(&mut command).map(drop)
}

/// The build that `--day2` named, or a release build.
fn release(root: &Path, day2: Option<&Path>) -> Result<PathBuf, String> {
    match day2 {
        Some(path) => path.canonicalize().map_err(|error| format!("{}: {error}", path.display())),
        None => Ok(dist::build::binary(root, dist::build::Profile::Release)?.path),
    }
}

/// The value in the middle.
fn median<T: Copy + Ord + Default>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_one_in_the_middle() {
        assert_eq!(median(&[9, 1, 5]), 5);
        assert_eq!(median::<u8>(&[]), 0);
    }
}
