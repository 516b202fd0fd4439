//! Lines of `set`: `path=value`, or `file:path=value` when there are several files.

use yaml_set::{Edit, Path, split_top_level};

use crate::request::FileEdits;

/// Reads one line and says which of `files` it is for; all of them if it names none.
pub(crate) fn parse<'f>(line: &str, files: &'f [String]) -> Result<(Option<&'f String>, Edit), String> {
    // The file goes first, since `@key=value` is a document only at the start of a path.
    let named =
        files.iter().find_map(|file| Some((file, line.strip_prefix(file.as_str())?.strip_prefix(':')?)));
    let (file, rest) = named.map_or((None, line), |(file, rest)| (Some(file), rest));
    let (path, value) =
        split_top_level(rest, '=').ok_or_else(|| format!("`{line}` has no `=`: write `path=value`"))?;
    let path: Path = path.trim().parse().map_err(|error: yaml_set::PathError| error.to_string())?;
    let value = match value.trim() {
        // Nearly always the output of a step that did not run.
        "" => return Err(format!("`{line}` has no value; an empty string is written `{path}=\"\"`")),
        "\"\"" | "''" => "",
        value => value,
    };
    Ok((file, Edit::new(path, value)))
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

    #[test]
    fn a_line_may_name_its_file() {
        let files = files(&["a.yaml", "b/c.yaml"]);
        let (file, edit) = parse("b/c.yaml:l[name=web].image = nginx:1.2=x ", &files).unwrap();
        assert_eq!(file.unwrap(), "b/c.yaml");
        assert_eq!(
            (edit.path.to_string().as_str(), edit.value.as_str()),
            ("l[name=web].image", "nginx:1.2=x")
        );
        let (file, edit) = parse("a.yaml:@kind=Deployment,name=web.spec.x=v=1", &files).unwrap();
        assert_eq!(
            (file.unwrap().as_str(), edit.path.to_string().as_str(), edit.value.as_str()),
            ("a.yaml", "@kind=Deployment,name=web.spec.x", "v=1")
        );
        let (file, edit) = parse("c.yaml:tag=v1", &files).unwrap();
        assert_eq!((file, edit.path.segments().len()), (None, 2));
    }

    #[test]
    fn an_empty_value_has_to_be_meant() {
        let files = files(&["a.yaml"]);
        assert_eq!(parse("tag=\"\"", &files).unwrap().1.value, "");
        assert_eq!(
            parse("tag= ", &files).unwrap_err(),
            "`tag= ` has no value; an empty string is written `tag=\"\"`"
        );
        assert_eq!(parse("tag", &files).unwrap_err(), "`tag` has no `=`: write `path=value`");
        assert!(parse("a..b=c", &files).unwrap_err().contains("not a path"));
    }

    #[test]
    fn a_line_without_a_file_is_for_all() {
        let files = files(&["a.yaml", "b.yaml"]);
        let edits = [parse("tag=v1", &files).unwrap(), parse("b.yaml:x=y", &files).unwrap()];
        let dealt = deal(&files, &edits, false).unwrap();
        assert_eq!(dealt.iter().map(|file| file.edits.len()).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(deal(&files, &edits[1..], false).unwrap_err(), "has no line for `a.yaml`");
    }
}
