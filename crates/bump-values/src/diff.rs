//! What a change looks like.

use similar::TextDiff;

use crate::edit::EditedFile;

/// The most bytes of a diff: the outputs of a job have 1 MB in all, counted in UTF-16
/// (<https://docs.github.com/en/actions/reference/limits>).
const LONGEST: usize = 200_000;

/// Returns a unified diff of the files that changed; what is too long is cut, and the last line says so.
pub(crate) fn unified(files: &[EditedFile]) -> String {
    let whole = files.iter().filter(|file| file.changed()).map(of_file).collect();
    cut(whole, LONGEST)
}

/// Returns at most `longest` bytes in whole lines, with a last line that says how many are missing.
pub(crate) fn cut(diff: String, longest: usize) -> String {
    if diff.len() <= longest {
        return diff;
    }
    let end = diff[..diff.floor_char_boundary(longest)].rfind('\n').map_or(0, |at| at + 1);
    let missing = diff[end..].lines().count();
    format!("{}… {missing} more lines are not shown\n", &diff[..end])
}

fn of_file(file: &EditedFile) -> String {
    TextDiff::from_lines(&file.before, &file.after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{}", file.path), &format!("b/{}", file.path))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_at_a_line() {
        let diff = "-é\n+b\n+c\n".to_owned();
        assert_eq!(cut(diff.clone(), 10), diff);
        assert_eq!(cut(diff.clone(), 8), "-é\n+b\n… 1 more lines are not shown\n");
        assert_eq!(cut(diff.clone(), 4), "-é\n… 2 more lines are not shown\n");
        assert_eq!(cut(diff, 2), "… 3 more lines are not shown\n");
    }
}
