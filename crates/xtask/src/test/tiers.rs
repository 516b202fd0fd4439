//! The tiers that are asked for by name. One whose needs are missing says which, and how to get them.

use super::{
    cluster, corpus, fuzz, real,
    stage::{Stage, cargo},
};
use crate::registries::Kind;

/// Returns the stages of the chosen tiers.
pub(super) fn chosen(real: bool, is_cluster: bool, long: bool) -> Vec<Stage> {
    let mut stages = Vec::new();
    if real {
        stages.push(Stage::new("real: docker-registry", |root| real::run(root, Kind::Debian)));
        stages.push(Stage::new("real: Distribution v3", |root| real::run(root, Kind::Distribution)));
        stages.push(Stage::new("real: crane registry serve", |root| real::run(root, Kind::Crane)));
        stages.push(Stage::new("real: buildah", real::buildah));
        stages.push(Stage::new("real: AWS by moto", real::moto));
    }
    if is_cluster {
        stages.push(Stage::new("cluster: argocd-sync", cluster::run));
    }
    if long {
        stages.push(Stage::new("long: random cases", |root| {
            cargo(root, &["test", "--release", "-p", "yaml-set"], &[("PROPTEST_CASES", "20000")])
        }));
        stages.push(Stage::cargo(
            "long: histories of merges",
            &["test", "-p", "day2", "--test", "histories", "--", "--ignored", "--nocapture"],
        ));
        stages.push(Stage::cargo(
            "long: thirty merges at once",
            &["test", "-p", "auto-merge", "--test", "sandbox", "--", "storm", "--ignored", "--nocapture"],
        ));
        stages.push(Stage::cargo(
            "long: memory of a large layer",
            &[
                "test",
                "-p",
                "multiarch-push",
                "--test",
                "registries",
                "--",
                "memory",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ],
        ));
        stages.push(Stage::new("long: images are started", real::started::run));
        stages.push(Stage::new("long: real YAML files", |root| corpus::run(root, corpus::Extent::Full)));
        stages.push(Stage::new("long: fuzzing", fuzz::run));
    }
    stages
}
