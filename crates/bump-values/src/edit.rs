//! Applies the edits of a request to the bytes of its files.

mod without;

use model::Failure;
use yaml_set::Change;

use crate::{
    codes::YAML_INVALID,
    failures,
    images::{self, Found, InFile},
    request::{FileEdits, Request},
    stale::Newer,
};

pub(crate) use self::without::{left, without};

/// A file before and after its edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EditedFile {
    pub(crate) path: String,
    pub(crate) before: String,
    pub(crate) after: String,
    /// What the edits did: at least one for each.
    pub(crate) changes: Vec<Change>,
    /// Where images were found.
    pub(crate) found: Vec<Found>,
    /// Values that are left as they are, since newer ones are there; there are no changes for them.
    pub(crate) left: Vec<Newer>,
}

impl EditedFile {
    /// Whether any byte differs.
    pub(crate) fn changed(&self) -> bool {
        self.before != self.after
    }
}

/// Applies the request to the bytes of its files, which are in its order: all edits, or none.
pub(crate) fn all(request: &Request, files: Vec<Vec<u8>>) -> Result<Vec<EditedFile>, Failure> {
    let of_files = request.files.iter().zip(files);
    let texts: Vec<(&FileEdits, String)> =
        of_files.map(|(file, bytes)| Ok((file, text(&file.path, bytes)?))).collect::<Result<_, Failure>>()?;
    let shown: Vec<(&str, &str)> =
        texts.iter().map(|(file, text)| (file.path.as_str(), text.as_str())).collect();
    let images = images::find(&request.images, request.permit, &shown)?;
    texts.into_iter().zip(images).map(|((file, text), images)| apply(file, text, images)).collect()
}

fn text(file: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|&byte| byte == b'\n').count();
        Failure::new(&YAML_INVALID, format!("`{file}` is not UTF-8 text on line {line}")).at(file, Some(line))
    })
}

fn apply(file: &FileEdits, before: String, images: InFile) -> Result<EditedFile, Failure> {
    let edits = [file.edits.clone(), images.edits].concat();
    let edited = yaml_set::set(&before, &edits).map_err(|error| failures::of_edit(&file.path, &error))?;
    let (after, changes) = (edited.text, edited.changes);
    let path = file.path.clone();
    Ok(EditedFile { path, before, after, changes, found: images.found, left: Vec::new() })
}

#[cfg(test)]
mod tests {
    use crate::{args::tests::request, plan::edit};

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_line() {
        let failure = edit(&request(&["v.yaml"], &["a=b"]), vec![b"a: 1\nb: \xff\n".to_vec()]).unwrap_err();
        assert_eq!(failure.to_string(), "`v.yaml` is not UTF-8 text on line 2 (yaml-invalid)");
    }
}
