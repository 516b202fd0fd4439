use super::*;

fn file(path: &str) -> NewFile<'_> {
    NewFile { path, mode: 0o100_644, bytes: b"x" }
}

#[test]
fn writes_what_fast_import_reads() {
    let parent: CommitSha = "1".repeat(40).parse().unwrap();
    let files = [NewFile { path: "a\"b\\\n/é", mode: 0o100_755, bytes: b"1\n" }];
    let commit = NewCommit { parent: &parent, message: "é\n\nbody", author: None, files: &files };
    let who = Signature { name: "A <x>\n".to_owned(), email: "a@example.org".to_owned() };
    assert_eq!(
        String::from_utf8(stream(&commit, &who)).unwrap(),
        format!(
            "commit refs/day2/new\nmark :1\nauthor A x <a@example.org> now\ncommitter A x <a@example.org> now\n\
             data 9\né\n\nbody\nfrom {parent}\nM 100755 inline \"a\\\"b\\\\\\n/é\"\ndata 2\n1\n\nget-mark :1\ndone\n"
        )
    );
}

#[test]
fn files_must_not_exclude_each_other() {
    assert!(conflict(&[file("a/b"), file("a/c"), file("ab")]).is_none());
    for (files, reason) in [
        (vec![file("a"), file("a")], "`a` cannot be written: it is there twice"),
        (vec![file("a/b/c"), file("a/b")], "`a/b` cannot be written: it is both a file and a directory"),
        (
            vec![NewFile { mode: 0o160_000, ..file("a") }],
            "`a` cannot be written: its mode is 160000, which is none of a file",
        ),
    ] {
        assert_eq!(conflict(&files).unwrap().to_string(), reason);
    }
}
