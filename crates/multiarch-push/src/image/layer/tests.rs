use std::{fs, fs::File, io::Read, os::unix::fs::PermissionsExt, sync::Arc};

use super::*;
use crate::{
    context::Node,
    dockerfile::Owner,
    image::{compress::Compression, oci::digest_of},
};

fn maker(spool: &Path) -> Arc<Maker> {
    Maker::new(Compression::Gzip, spool, None)
}

fn write(tree: &Tree, epoch: u64, spool: &Path) -> Result<(Layer, std::path::PathBuf), model::Failure> {
    let layer = maker(spool).make(LayerFiles { tree: tree.clone(), epoch })?;
    let path = layer.file.path.get().unwrap().clone();
    Ok((layer, path))
}

fn tree(directory: &Path) -> Tree {
    let file = |name: &str, mode| {
        let source = directory.join(name);
        fs::write(&source, name.repeat(1000)).unwrap();
        fs::set_permissions(&source, fs::Permissions::from_mode(0o600)).unwrap();
        let size = fs::metadata(&source).unwrap().len();
        Node { kind: NodeKind::File { source, offset: 0, size }, mode, owner: Owner { uid: 7, gid: 8 } }
    };
    let long = "d".repeat(90);
    Tree::from([
        ("app".into(), Node { kind: NodeKind::Directory, mode: 0o755, owner: Owner::default() }),
        ("app/b".into(), file("b", 0o644)),
        ("app/a".into(), file("a", 0o755)),
        (format!("{long}/{long}/long").into(), file("long", 0o644)),
        ("z".into(), Node { kind: NodeKind::Symlink("app/a".into()), mode: 0o777, owner: Owner::default() }),
    ])
}

#[test]
fn the_archive_reads_back() {
    let directory = tempfile::tempdir().unwrap();
    let (layer, path) = write(&tree(directory.path()), 1_000_000, directory.path()).unwrap();
    let compressed = fs::read(path).unwrap();
    assert_eq!(digest_of(&compressed), layer.digest);
    assert_eq!(compressed.len() as u64, layer.size);
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&compressed[..]).read_to_end(&mut plain).unwrap();
    assert_eq!(digest_of(&plain), layer.diff_id);
    let mut archive = tar::Archive::new(&plain[..]);
    let entries: Vec<String> = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!(header.mtime().unwrap(), 1_000_000);
            let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            let mode = header.mode().unwrap();
            format!("{:.8} {mode:o} {} {}", path, header.uid().unwrap(), header.size().unwrap())
        })
        .collect();
    assert_eq!(
        entries,
        ["app/ 755 0 0", "app/a 755 7 1000", "app/b 644 7 1000", "dddddddd 644 7 4000", "z 777 0 0"]
    );
}

#[test]
fn the_same_input_gives_the_same_digest() {
    let written = |names: &[&str]| {
        let directory = tempfile::tempdir().unwrap();
        // Files are made in another order and at other times and places; only the content counts.
        for name in names {
            fs::write(directory.path().join(name), "").unwrap();
        }
        write(&tree(directory.path()), 5, directory.path()).unwrap().0.digest
    };
    let first = written(&["a", "b"]);
    assert_eq!(first, written(&["b", "a"]));
    insta::assert_snapshot!(first, @"sha256:427a6f21d73964bde591879834baa9f3d03a4469c306fa1c93619b184c19965f");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
    #[test]
    fn any_tree_reads_back(files in proptest::collection::btree_map("[a-c]{1,120}(/[a-c]{1,3}){0,3}", 0..70_000usize, 0..6)) {
        let directory = tempfile::tempdir().unwrap();
        let mut tree = Tree::new();
        for (index, (path, size)) in files.iter().enumerate() {
            let source = directory.path().join(index.to_string());
            fs::write(&source, vec![b'x'; *size]).unwrap();
            let kind = NodeKind::File { source, offset: 0, size: *size as u64 };
            tree.insert(path.into(), Node { kind, mode: 0o644, owner: Owner::default() });
        }
        let (layer, path) = write(&tree, 7, directory.path()).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(File::open(path).unwrap()));
        let mut found = std::collections::BTreeMap::new();
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            found.insert(path, usize::try_from(entry.size()).unwrap());
        }
        proptest::prop_assert_eq!(found, files);
        let again = write(&tree, 7, directory.path()).unwrap().0;
        proptest::prop_assert_eq!(again.digest, layer.digest);
    }
}

#[test]
fn a_file_that_changes_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let tree = tree(directory.path());
    for content in ["", "longer than it was, by far ".repeat(1000).as_str()] {
        fs::write(directory.path().join("a"), content).unwrap();
        let failure = write(&tree, 5, directory.path()).unwrap_err();
        assert!(failure.cause.contains("changed while it was read"), "{failure}");
    }
}

#[test]
fn a_file_within_an_archive_is_cut_out() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("archive");
    fs::write(&source, "beforethe fileafter").unwrap();
    let kind = NodeKind::File { source, offset: 6, size: 8 };
    let tree = Tree::from([("f".into(), Node { kind, mode: 0o644, owner: Owner::default() })]);
    let (_, path) = write(&tree, 0, directory.path()).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(File::open(path).unwrap()));
    let mut text = String::new();
    archive.entries().unwrap().next().unwrap().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "the file");
}
