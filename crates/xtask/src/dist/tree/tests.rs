//! The tree from a checkout of a few files.

use std::os::unix::fs::symlink;

use super::*;

fn checkout() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("action.yml", "name: day2\n"),
        ("LICENSE-MIT", "MIT\n"),
        ("LICENSE-APACHE", "Apache\n"),
        ("README.md", "sources\n"),
        ("dist/run", "#!/bin/sh\n"),
        ("dist/README.md", "dist\n"),
        ("docs/errors.md", "errors\n"),
        ("docs/merging.md", "see [auto-merge](../actions/auto-merge/README.md)\n"),
        ("actions/auto-merge/action.yml", "name: auto-merge\n"),
        ("actions/auto-merge/README.md", "see [errors](../../docs/errors.md)\n"),
        (".github/workflows/dev.yml", "      - uses: org/day2-actions/auto-merge@v1\n"),
        (".github/workflows/prod.yml", "name: prod\n"),
        (".github/workflows/ci.yml", "name: ci\n"),
        ("crates/day2/src/main.rs", "fn main() {}\n"),
        ("built", "ELF"),
    ] {
        write(&root.path().join(name), text).unwrap();
    }
    for program in ["dist/run", "built"] {
        fs::set_permissions(root.path().join(program), fs::Permissions::from_mode(0o775)).unwrap();
    }
    root
}

fn assembled(root: &Path, out: &Path) -> Result<(), String> {
    let binary = Binary { path: root.join("built"), platform: "linux-amd64", target: String::new() };
    assemble(root, out, "v1.2.3".parse().unwrap(), &binary)
}

#[test]
fn the_tree_has_everything_that_a_job_needs_and_no_sources() {
    let (root, out) = (checkout(), tempfile::tempdir().unwrap());
    assembled(root.path(), out.path()).unwrap();
    let mut paths = Vec::new();
    collect(out.path(), &mut paths).unwrap();
    let mut names: Vec<_> =
        paths.iter().map(|path| path.strip_prefix(out.path()).unwrap().to_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            ".github/workflows/dev.yml",
            ".github/workflows/prod.yml",
            "LICENSE-APACHE",
            "LICENSE-MIT",
            "README.md",
            "SHA256SUMS",
            "action.yml",
            "auto-merge/README.md",
            "auto-merge/action.yml",
            "dist/README.md",
            "dist/linux-amd64/day2",
            "dist/run",
            "docs/errors.md",
            "docs/merging.md",
        ]
    );
    let mode = |name: &str| fs::metadata(out.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("dist/run"), mode("dist/linux-amd64/day2"), mode("action.yml")), (0o755, 0o755, 0o644));
    assert_eq!(read(&out.path().join("auto-merge/README.md")).unwrap(), "see [errors](../docs/errors.md)\n");
    assert_eq!(
        read(&out.path().join("docs/merging.md")).unwrap(),
        "see [auto-merge](../auto-merge/README.md)\n"
    );
    assert!(read(&out.path().join(".github/workflows/dev.yml")).unwrap().contains("auto-merge@v1.2.3"));
    let sums = read(&out.path().join("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), names.len() - 1);
    assert!(sums.lines().all(|line| line.len() > 66 && line.as_bytes()[64] == b' '), "{sums}");
}

#[test]
fn a_tree_is_replaced_and_anything_else_is_left_alone() {
    let (root, out) = (checkout(), tempfile::tempdir().unwrap());
    assembled(root.path(), out.path()).unwrap();
    write(&out.path().join("old"), "").unwrap();
    assembled(root.path(), out.path()).unwrap();
    assert!(!out.path().join("old").exists());

    let precious = tempfile::tempdir().unwrap();
    write(&precious.path().join("thesis.txt"), "").unwrap();
    assert!(assembled(root.path(), precious.path()).unwrap_err().contains("not a release tree"));
    assert!(precious.path().join("thesis.txt").exists());
}

#[test]
fn a_link_is_refused() {
    let out = tempfile::tempdir().unwrap();
    symlink("/nowhere", out.path().join("link")).unwrap();
    assert!(sums(out.path()).unwrap_err().ends_with("link is not a plain file"));
}
