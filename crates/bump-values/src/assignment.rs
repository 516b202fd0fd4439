//! Lines of `set`: `path=value`, or `file:path=value` when there are several files.

use yaml_set::{Edit, Path, split_top_level};

use crate::request::{FileEdits, Permit};

/// Reads one line and says which of `files` it is for; all of them if it names none.
pub(crate) fn parse<'f>(
    line: &str,
    files: &'f [String],
    permit: Permit,
) -> Result<(Option<&'f String>, Edit), String> {
    // The file first: an equals sign in its name is not the one that counts. Of two names the longer one is meant.
    let names =
        files.iter().filter_map(|file| Some((file, line.strip_prefix(file.as_str())?.strip_prefix(':')?)));
    let named = names.max_by_key(|(file, _)| file.len());
    let (file, rest) = named.map_or((None, line), |(file, rest)| (Some(file), rest));
    let (path, value) =
        split_top_level(rest, '=').ok_or_else(|| format!("`{line}` has no `=`: write `path=value`"))?;
    if file.is_none()
        && let Some(other) = other_file(path)
    {
        // With `create` this would become a key with an odd name.
        return Err(format!("`{line}` names the file `{other}`, which is not one of `files`"));
    }
    let path: Path = path.trim().parse().map_err(|error: yaml_set::PathError| error.to_string())?;
    let value = match value.trim() {
        // Nearly always the output of a step that did not run.
        "" => return Err(format!("`{line}` has no value; an empty string is written `{path}=\"\"`")),
        "\"\"" | "''" => "",
        value => value,
    };
    Ok((file, permit.edit(path, value)))
}

/// Returns the file that a path seems to begin with.
fn other_file(path: &str) -> Option<&str> {
    let end = |ending: &str| path.find(&format!("{ending}:")).map(|at| at + ending.len());
    end(".yaml").or_else(|| end(".yml")).map(|end| &path[..end])
}

/// Deals the edits out to the files. A file without any is a problem, unless `may_be_none`.
pub(crate) fn deal(
    files: &[String],
    edits: &[(Option<&String>, Edit)],
    may_be_none: bool,
) -> Result<Vec<FileEdits>, String> {
    files
        .iter()
        .map(|file| {
            let of_file = edits.iter().filter(|(named, _)| named.is_none_or(|named| named == file));
            let edits: Vec<Edit> = of_file.map(|(_, edit)| edit.clone()).collect();
            if edits.is_empty() && !may_be_none {
                return Err(format!("has no line for `{file}`"));
            }
            Ok(FileEdits { path: file.clone(), edits })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn read<'f>(line: &str, files: &'f [String]) -> Result<(Option<&'f String>, Edit), String> {
        parse(line, files, Permit::default())
    }

    #[test]
    fn a_line_is_a_file_a_path_and_a_value() {
        let files = files(&["a.yaml", "b/c.yaml", "k=v.yaml", "b/c.yaml:x"]);
        for (line, file, path, value) in [
            ("image.tag=v1", None, "image.tag", "v1"),
            (
                "b/c.yaml:l[name=web].image = nginx:1.2=x ",
                Some("b/c.yaml"),
                "l[name=web].image",
                "nginx:1.2=x",
            ),
            ("k=v.yaml:a=b", Some("k=v.yaml"), "a", "b"),
            ("b/c.yaml:x:a=b", Some("b/c.yaml:x"), "a", "b"),
            (r#"["a=b"].c=d"#, None, r#"["a=b"].c"#, "d"),
            (r#"l[name="a]=b"].c=d"#, None, r#"l[name="a]=b"].c"#, "d"),
            (r"a\=b=c", None, r#"["a=b"]"#, "c"),
            ("@2.a=b", None, "@2.a", "b"),
            ("a=x:y.yaml:z", None, "a", "x:y.yaml:z"),
            ("a={{b}}", None, "a", "{{b}}"),
        ] {
            let (named, edit) = read(line, &files).unwrap();
            assert_eq!(named.map(String::as_str), file, "{line}");
            assert_eq!((edit.path.to_string().as_str(), edit.value.as_str()), (path, value), "{line}");
        }
    }

    #[test]
    fn permits_are_those_of_the_request() {
        let files = files(&["a.yaml"]);
        let edit = parse("a=b", &files, Permit { create: true, follow_alias: true }).unwrap().1;
        assert!(edit.create && edit.follow_alias);
        let edit = read("a=b", &files).unwrap().1;
        assert!(!edit.create && !edit.follow_alias);
    }

    #[test]
    fn a_file_that_is_not_listed_is_not_a_key() {
        let error = read("values/b.yaml:tag=v1", &files(&["values/a.yaml"])).unwrap_err();
        assert_eq!(
            error,
            "`values/b.yaml:tag=v1` names the file `values/b.yaml`, which is not one of `files`"
        );
    }

    #[test]
    fn an_empty_value_has_to_be_meant() {
        let files = files(&["a.yaml"]);
        assert_eq!(read("tag=\"\"", &files).unwrap().1.value, "");
        assert_eq!(
            read("tag= ", &files).unwrap_err(),
            "`tag= ` has no value; an empty string is written `tag=\"\"`"
        );
        assert_eq!(read("tag", &files).unwrap_err(), "`tag` has no `=`: write `path=value`");
        assert!(read("a..b=c", &files).unwrap_err().contains("not a path"));
    }

    #[test]
    fn a_line_without_a_file_is_for_all() {
        let files = files(&["a.yaml", "b.yaml"]);
        let edits = [read("tag=v1", &files).unwrap(), read("b.yaml:x=y", &files).unwrap()];
        let dealt = deal(&files, &edits, false).unwrap();
        assert_eq!(dealt.iter().map(|file| file.edits.len()).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(deal(&files, &edits[1..], false).unwrap_err(), "has no line for `a.yaml`");
    }
}
