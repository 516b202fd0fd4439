//! The name of the pull request's branch: one for each target, so that all bumps of a target share one pull request.

use model::{Branch, Failure, codes::INVALID_INPUT};
use sha2::{Digest as _, Sha256};

/// Returns `bump/<base>/<id>`, where the id is the first 8 hexadecimal digits of the SHA-256 of the files' paths, sorted,
/// a line each: `printf '%s\n' a.yaml b.yaml | sha256sum | cut -c1-8`.
pub(super) fn of<'f>(base: &Branch, files: impl Iterator<Item = &'f str>) -> Result<Branch, Failure> {
    let mut files: Vec<&str> = files.collect();
    files.sort_unstable();
    files.dedup();
    let lines: String = files.iter().flat_map(|file| [file, "\n"]).collect();
    let digest = Sha256::digest(lines);
    let id: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("bump/{base}/{id}").parse().map_err(|error: model::ParseError| {
        Failure::new(&INVALID_INPUT, format!("no pull request can be made for branch `{base}`: {error}"))
            .with_remedy("Use a shorter name for the branch.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_depends_on_base_and_files_and_not_on_their_order() {
        let name = |base: &str, files: &[&str]| {
            of(&base.parse().unwrap(), files.iter().copied()).unwrap().as_str().to_owned()
        };
        assert_eq!(name("dev", &["a.yaml", "b.yaml"]), "bump/dev/e30ac03b");
        assert_eq!(name("dev", &["b.yaml", "a.yaml", "a.yaml"]), "bump/dev/e30ac03b");
        assert_ne!(name("dev", &["a.yaml"]), name("dev", &["b.yaml"]));
        assert!(name("release/1", &["a.yaml"]).starts_with("bump/release/1/"));
    }
}
