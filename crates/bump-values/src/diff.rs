//! What a change looks like.

use similar::TextDiff;

use crate::edit::EditedFile;

/// Returns a unified diff of the files that changed.
pub(crate) fn unified(files: &[EditedFile]) -> String {
    files.iter().filter(|file| file.changed()).map(of_file).collect()
}

fn of_file(file: &EditedFile) -> String {
    TextDiff::from_lines(&file.before, &file.after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{}", file.path), &format!("b/{}", file.path))
        .to_string()
}
