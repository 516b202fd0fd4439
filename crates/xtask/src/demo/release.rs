//! The release tree as the runner gets it.

use std::path::Path;

use crate::dist::{
    build::{self, Profile},
    tree,
    version::Version,
};

/// Builds the tree and returns the refs that mean it.
pub(crate) fn build(root: &Path, out: &Path, profile: Profile) -> Result<Vec<String>, String> {
    let version = Version::of_workspace();
    let binary = build::binary(root, profile)?;
    tree::assemble(root, out, version, &binary)?;
    for name in ["dev.yml", "prod.yml"] {
        let path = out.join(".github/workflows").join(name);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        std::fs::write(&path, without_deployment(&text).map_err(|error| format!("{name}: {error}"))?)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(vec!["v1".to_owned(), version.to_string()])
}

/// Takes out the one key that act 0.2.89 does not know: `environment.deployment`, which GitHub added after it. It
/// only keeps GitHub from recording a deployment of the wrong commit, and there is nothing here that would.
fn without_deployment(text: &str) -> Result<String, String> {
    let is_it = |line: &&str| line.trim() == "deployment: false";
    match text.lines().filter(is_it).count() {
        1 => Ok(text.lines().filter(|line| !is_it(line)).map(|line| format!("{line}\n")).collect()),
        other => Err(format!("`deployment: false` is there {other} times")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_goes_and_nothing_else() {
        assert_eq!(
            without_deployment("a:\n  name: dev\n  deployment: false\nb: c\n").unwrap(),
            "a:\n  name: dev\nb: c\n"
        );
        assert!(without_deployment("a: b\n").is_err());
    }
}
