//! The arrows between our crates.

use std::{collections::BTreeSet, fs, path::Path};

/// What each crate may depend on of ours; one that is not listed may depend on nothing of ours.
const ARROWS: &[(&str, &[&str])] = &[
    // Secrets, deadlines and failures are values of the model, so the runtime knows them
    // (docs/decisions/0001-toolkit-knows-model.md).
    ("toolkit", &["model"]),
    ("git", &["model"]),
    ("github", &["model"]),
    // The deadline's HTTP client, the job's OIDC token, masks (docs/decisions/0021-aws-crate.md).
    ("aws", &["model", "toolkit"]),
    ("oidc-ecr-login", SIX),
    ("multiarch-push", SIX),
    ("bump-values", FIVE),
    ("argocd-sync", FIVE),
    ("auto-merge", FIVE),
    ("fast-forward", FIVE),
    (
        "day2",
        &[
            "model",
            "toolkit",
            "oidc-ecr-login",
            "multiarch-push",
            "bump-values",
            "argocd-sync",
            "auto-merge",
            "fast-forward",
        ],
    ),
    ("runner", &["sandbox"]),
    // A test bed: it shares the runtime's environment and TLS provider, and no client.
    ("stack", &["model", "toolkit"]),
    ("xtask", &["model", "toolkit", "github", "day2", "sandbox", "runner", "stack"]),
    ("e2e", &["sandbox", "runner", "yaml-set"]),
];

/// What an action may use; never another action.
const FIVE: &[&str] = &["model", "toolkit", "yaml-set", "git", "github"];

/// What an action that works with AWS may use.
const SIX: &[&str] = &["model", "toolkit", "yaml-set", "git", "github", "aws"];

/// Returns each arrow that is not allowed.
pub(super) fn problems(root: &Path) -> Result<Vec<String>, String> {
    let crates = fs::read_dir(root.join("crates")).map_err(|error| format!("cannot list crates: {error}"))?;
    let mut directories: Vec<_> = crates.flatten().map(|entry| entry.path()).collect();
    directories.push(root.join("tests"));
    let ours: BTreeSet<String> =
        directories.iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
    let mut problems = Vec::new();
    for directory in directories {
        let path = directory.join("Cargo.toml");
        let Ok(manifest) = fs::read_to_string(&path) else { continue };
        let name = if directory.ends_with("tests") {
            "e2e"
        } else {
            directory.file_name().and_then(|n| n.to_str()).unwrap_or_default()
        };
        let allowed = ARROWS.iter().find(|(from, _)| *from == name).map_or(&[][..], |(_, to)| to);
        for (section, dependency) in
            dependencies(&manifest).filter(|(_, dependency)| ours.contains(*dependency))
        {
            // Tests may run against the sandbox or a stack; nothing that is shipped may.
            let is_bed = ["sandbox", "stack"].contains(&dependency);
            let is_test = section == "dev-dependencies" && is_bed && name != "model";
            if !allowed.contains(&dependency) && !is_test {
                problems.push(format!(
                    "crates/{name}: the arrow to `{dependency}` in [{section}] is not allowed"
                ));
            }
        }
    }
    Ok(problems)
}

/// Returns section and name of each dependency in a manifest.
fn dependencies(manifest: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut section = "";
    manifest.lines().filter_map(move |line| {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            // `[dependencies.model]` is a section for one dependency.
            return name.split_once("dependencies.").map(|(_, dependency)| (name, dependency));
        }
        let is_dependency = section.ends_with("dependencies") && !line.starts_with('#');
        let end = line.find([' ', '.', '='])?;
        is_dependency.then(|| (section, &line[..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_found_in_their_sections() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\nmodel.workspace = true\n# no\n[dev-dependencies]\nsandbox = { path = \"..\" }\n[dependencies.git]\npath = \"..\"\n";
        let found: Vec<_> = dependencies(manifest).collect();
        let wanted =
            [("dependencies", "model"), ("dev-dependencies", "sandbox"), ("dependencies.git", "git")];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_forbidden_arrow_is_found() {
        let root = tempfile::tempdir().unwrap();
        for (name, manifest) in [
            ("model", "[dependencies]\n"),
            ("bump-values", "[dependencies]\nmodel.workspace = true\nargocd-sync.workspace = true\n"),
            (
                "argocd-sync",
                "[dependencies]\nsandbox.workspace = true\n[dev-dependencies]\nsandbox.workspace = true\n",
            ),
            ("sandbox", "[dependencies]\n"),
        ] {
            let directory = root.path().join("crates").join(name);
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join("Cargo.toml"), manifest).unwrap();
        }
        let mut problems = problems(root.path()).unwrap();
        problems.sort();
        assert_eq!(
            problems,
            [
                "crates/argocd-sync: the arrow to `sandbox` in [dependencies] is not allowed",
                "crates/bump-values: the arrow to `argocd-sync` in [dependencies] is not allowed",
            ]
        );
    }
}
