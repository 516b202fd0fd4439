//! Which files there are, and which of them are known to be refused.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What kind of file it is, for the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Values of a Helm chart.
    Values,
    /// A kustomization.
    Kustomization,
    /// A template of a Helm chart.
    Template,
    /// A manifest, or any other YAML.
    Manifest,
}

/// One file.
pub(crate) struct File {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its package, without the version, and its path in there.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: Kind,
}

/// Lists the YAML files below `directories`, the large ones first.
pub(crate) fn all(directories: &[PathBuf]) -> Vec<File> {
    let mut files = Vec::new();
    for directory in directories {
        assert!(!directory.as_os_str().is_empty(), "DAY2_CORPUS names no directory, or an empty one");
        walk(directory, directory, &mut files);
    }
    files.sort_by_key(|(size, file)| (std::cmp::Reverse(*size), file.name.clone()));
    files.into_iter().map(|(_, file)| file).collect()
}

fn walk(package: &Path, directory: &Path, files: &mut Vec<(u64, File)>) {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    for entry in entries {
        let entry = entry.unwrap();
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            walk(package, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            let size = entry.metadata().unwrap().len();
            files.push((size, File { name: name(package, &path), kind: kind(&path), path }));
        }
    }
}

/// `…/helm.sh/helm/v4@v4.0.5/a/b.yaml` is `helm/v4/a/b.yaml`.
fn name(package: &Path, path: &Path) -> String {
    let parts: Vec<_> = package.iter().map(|part| part.to_string_lossy()).collect();
    let last = parts.last().map_or("", |part| part.split('@').next().unwrap_or_default());
    let above = parts.len().checked_sub(2).map_or("", |at| &parts[at]);
    format!("{above}/{last}/{}", path.strip_prefix(package).unwrap().display())
}

fn kind(path: &Path) -> Kind {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    if path.iter().any(|part| part == "templates") {
        Kind::Template
    } else if file.starts_with("kustomization.") {
        Kind::Kustomization
    } else if file.contains("values") {
        Kind::Values
    } else {
        Kind::Manifest
    }
}

/// The files that PyYAML reads and yaml-set refuses, each with the reason.
pub(crate) fn readable_but_refused() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("../../corpus/refused.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').expect("a file and a reason"))
}
