//! Entries of a commit's trees, as `git ls-tree -z` writes them.

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file or a symbolic link.
    Blob,
    Tree,
    /// A submodule.
    Commit,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mode: u32,
    pub(crate) kind: Kind,
    pub(crate) oid: String,
    pub(crate) path: String,
}

/// Reads `<mode> SP <type> SP <object> TAB <path> NUL`…
/// (<https://git-scm.com/docs/git-ls-tree#_output_format>); none if it is something else. Paths that are not UTF-8 are
/// left out: nobody can have asked for them.
pub(crate) fn parse(output: &[u8]) -> Option<Vec<Entry>> {
    let records = output.split(|&byte| byte == 0).filter(|record| !record.is_empty());
    let mut entries = Vec::new();
    for record in records {
        let tab = record.iter().position(|&byte| byte == b'\t')?;
        let mut words = std::str::from_utf8(&record[..tab]).ok()?.split(' ');
        let mode = u32::from_str_radix(words.next()?, 8).ok()?;
        let kind = match words.next()? {
            "blob" => Kind::Blob,
            "tree" => Kind::Tree,
            "commit" => Kind::Commit,
            _ => return None,
        };
        let oid = words.next()?.to_owned();
        if let Ok(path) = std::str::from_utf8(&record[tab + 1..]) {
            entries.push(Entry { mode, kind, oid, path: path.to_owned() });
        }
    }
    Some(entries)
}

/// Says what is wrong with `path` as the path of a file in a commit, by the rules of git's index
/// (`verify_path` in <https://github.com/git/git/blob/master/read-cache.c>).
pub(crate) fn problem(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        Some("it is empty")
    } else if path.contains('\0') {
        Some("it has a NUL in it")
    } else if path.starts_with('/') {
        Some("it is not relative to the root of the repository")
    } else if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        Some("it has an empty part, `.` or `..` in it")
    } else if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
        Some("it has `.git` in it")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_entries() {
        let records: [&[u8]; 4] = [
            b"100755 blob 1\ta b\n/c",
            b"040000 tree 2\td",
            b"160000 commit 3\te\tf",
            b"100644 blob 4\t\xff",
        ];
        let output = records.join(&0);
        let entries = parse(&output).unwrap();
        let found: Vec<_> = entries
            .iter()
            .map(|entry| (entry.mode, entry.kind, entry.oid.as_str(), entry.path.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (0o100_755, Kind::Blob, "1", "a b\n/c"),
                (0o40_000, Kind::Tree, "2", "d"),
                (0o160_000, Kind::Commit, "3", "e\tf"),
            ]
        );
        assert_eq!(parse(b""), Some(Vec::new()));
        assert!(parse(b"nonsense\0").is_none() && parse(b"1 blob\tx\0").is_none());
    }

    #[test]
    fn knows_bad_paths() {
        for path in ["", "/a", "a//b", "a/", "./a", "a/../b", ".git/config", "a/.GIT/x", "a\0b"] {
            assert!(problem(path).is_some(), "{path}");
        }
        for path in ["a", "a b/é.yaml", ".github/x", "..a", "a\nb"] {
            assert_eq!(problem(path), None, "{path}");
        }
    }
}
