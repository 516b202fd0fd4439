use std::io::Write;

use tar::{Builder, Header};

use super::*;

/// Writes an archive: `path`, `path/`, `path -> target`, `path = hard link`, each file with its own path as text.
fn tar(lines: &[&str]) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    for line in lines {
        let mut header = Header::new_gnu();
        header.set_mode(0o644);
        header.set_uid(7);
        header.set_gid(8);
        header.set_size(0);
        // The name is put in as it is: `tar` itself would refuse some of them.
        let mut entry = |header: &mut Header, path: &str, kind, text: &str| {
            header.set_entry_type(kind);
            header.set_size(text.len() as u64);
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_cksum();
            archive.append(header, text.as_bytes()).unwrap();
        };
        let link = |header: &mut Header, target: &str| {
            header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        };
        if let Some((path, target)) = line.split_once(" -> ") {
            link(&mut header, target);
            entry(&mut header, path, EntryType::Symlink, "");
        } else if let Some((path, target)) = line.split_once(" = ") {
            link(&mut header, target);
            entry(&mut header, path, EntryType::Link, "");
        } else if line.ends_with('/') {
            entry(&mut header, line, EntryType::Directory, "");
        } else {
            entry(&mut header, line, EntryType::Regular, line);
        }
    }
    archive.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Lays layers over each other and lists what is there, with the text of files.
fn laid(layers: &[Vec<u8>]) -> Result<String, String> {
    let directory = tempfile::tempdir().unwrap();
    let mut tree = Tree::new();
    for (number, bytes) in layers.iter().enumerate() {
        let path = directory.path().join(format!("layer-{number}"));
        std::fs::write(&path, bytes).unwrap();
        layer(&mut tree, &path, &directory.path().join(format!("plain-{number}")))
            .map_err(|error| error.to_string())?;
    }
    let listed = tree.iter().map(|(path, node)| match &node.kind {
        NodeKind::File { source, offset, size } => {
            let bytes = std::fs::read(source).unwrap();
            let (from, length) = (usize::try_from(*offset).unwrap(), usize::try_from(*size).unwrap());
            format!("{}:{}", path.display(), String::from_utf8_lossy(&bytes[from..from + length]))
        }
        NodeKind::Directory => format!("{}/", path.display()),
        NodeKind::Symlink(target) => format!("{}->{}", path.display(), target.display()),
    });
    Ok(listed.collect::<Vec<_>>().join(" "))
}

#[test]
fn layers_make_a_file_system() {
    let below = tar(&["usr/", "usr/bin/", "bin -> usr/bin", "usr/bin/a", "d/", "d/x", "d/y", "o/", "o/old"]);
    for (above, expected) in [
        (
            &["./bin/b"][..],
            "bin->usr/bin d/ d/x:d/x d/y:d/y o/ o/old:o/old usr/ usr/bin/ usr/bin/a:usr/bin/a usr/bin/b:./bin/b",
        ),
        (
            &["d/.wh.x", "o/new", "o/.wh..wh..opq"],
            "bin->usr/bin d/ d/y:d/y o/ o/new:o/new usr/ usr/bin/ usr/bin/a:usr/bin/a",
        ),
        (&[".wh.d", ".wh.o", ".wh.usr", "bin/", "h", "l = h"], "bin/ h:h l:h"),
        (
            &["d", "o/h = usr/bin/a", ".wh.none"],
            "bin->usr/bin d:d o/ o/h:usr/bin/a o/old:o/old usr/ usr/bin/ usr/bin/a:usr/bin/a",
        ),
    ] {
        for above in [tar(above), gzip(&tar(above)), zstd::encode_all(&tar(above)[..], 1).unwrap()] {
            assert_eq!(laid(&[gzip(&below), above]).unwrap(), expected);
        }
    }
}

#[test]
fn nothing_leads_out() {
    for (lines, expected) in [
        (&["../x"][..], "leads out of the image"),
        (&["a/../../x"], "leads out of the image"),
        (&["l = ../../etc/passwd"], "leads out of the image"),
        (&["a -> b", "b -> a", "a/x"], "too many links"),
        (&["l = none"], "is a link to nothing"),
    ] {
        let message = laid(&[tar(lines)]).unwrap_err();
        assert!(message.contains(expected), "{lines:?}: {message}");
    }
    // A link that leads out leads to the top of the image, and what lies behind it lies inside.
    assert_eq!(laid(&[tar(&["out -> ../../..", "out/x"])]).unwrap(), "out->../../.. x:out/x");
}

#[test]
fn what_is_broken_is_an_error() {
    let whole = tar(&["a", "b"]);
    assert!(laid(&[whole[..512].to_vec()]).unwrap_err().contains("its entry `a` is cut off"));
    assert!(laid(&[whole[..300].to_vec()]).is_err());
    assert!(laid(&[gzip(&whole)[..40].to_vec()]).is_err());
}

#[test]
fn archives_are_told_from_other_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let found = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        archive(&path, directory.path()).unwrap().map(|tree| tree.len())
    };
    let lines = ["a", "b/", "b/.wh.x"];
    for bytes in [tar(&lines), gzip(&tar(&lines))] {
        assert_eq!(found(&bytes), Some(3));
    }
    assert_eq!(found(b"text"), None);
    assert_eq!(found(&gzip(b"text")), None);
    assert_eq!(found(b""), None);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_break_it(at in 0..2048_usize, byte: u8, cut in 0..3000_usize) {
        let mut bytes = tar(&["a/", "a/b", "c -> a", "c/d"]);
        bytes[at] = byte;
        bytes.truncate(cut);
        let _ = laid(&[bytes]);
    }
}
