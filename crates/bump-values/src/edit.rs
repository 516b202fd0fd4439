//! Applies the edits of a request to the bytes of its files.

use model::Failure;
use yaml_set::Change;

use crate::{codes::YAML_INVALID, failures, images::Search, request::FileEdits};

/// A file before and after its edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EditedFile {
    pub(crate) path: String,
    pub(crate) before: String,
    pub(crate) after: String,
    /// One for each edit.
    pub(crate) changes: Vec<Change>,
}

impl EditedFile {
    /// Whether any byte differs.
    pub(crate) fn changed(&self) -> bool {
        self.before != self.after
    }
}

/// Applies the edits of one file, and those of the images that are found in it, to `bytes`.
pub(crate) fn apply(
    file: &FileEdits,
    images: &mut Search<'_>,
    bytes: Vec<u8>,
) -> Result<EditedFile, Failure> {
    let before = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|&byte| byte == b'\n').count();
        Failure::new(&YAML_INVALID, format!("`{}` is not UTF-8 text on line {line}", file.path))
            .at(&file.path, Some(line))
    })?;
    let edits = [file.edits.clone(), images.edits(&file.path, &before)?].concat();
    let edited = yaml_set::set(&before, &edits).map_err(|error| failures::of_edit(&file.path, &error))?;
    Ok(EditedFile { path: file.path.clone(), before, after: edited.text, changes: edited.changes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_line() {
        let edits = vec![yaml_set::Edit::new("a".parse().unwrap(), "b")];
        let file = FileEdits { path: "v.yaml".into(), edits };
        let failure = apply(&file, &mut Search::new(&[]), b"a: 1\nb: \xff\n".to_vec()).unwrap_err();
        assert_eq!(failure.to_string(), "`v.yaml` is not UTF-8 text on line 2 (yaml-invalid)");
    }
}
