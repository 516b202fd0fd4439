//! What the pull request says.

use crate::{obstacles::in_one_line, outcome::Why, request::Request};

/// Begins each description of ours: one without it was rewritten by a person, and is left as it is.
pub(super) const MARK: &str = "<!-- day2: fast-forward -->";

/// Title and description. `lacks` tells that the target is not in the pull request's branch yet.
pub(super) fn describe(request: &Request, why: &Why, lacks: bool) -> (String, String) {
    let (branch, sync, to) = (&request.branch, &request.sync_branch, &request.to);
    let title = format!("Merge {} into {branch}", to.short());
    let mut paragraphs = vec![MARK.to_owned()];
    paragraphs.push(match why {
        Why::Diverged => format!("`{branch}` and {to} have diverged."),
        Why::Conflict => format!("`{branch}` and {to} have diverged, and merging them is a conflict."),
        Why::Refused(failure) => {
            // Quoted as text: what GitHub says can name files and checks.
            let cause = in_one_line(&failure.cause).replace('<', "&lt;").replace('@', "@\u{200b}");
            format!("{to} waits here, since `{branch}` is not moved directly: {cause}")
        }
    });
    if lacks {
        paragraphs.push(format!(
            "**{to} is not in this pull request yet**, since it conflicts with `{sync}`: merge it into `{sync}` by hand."
        ));
    } else if matches!(why, Why::Conflict) {
        paragraphs.push(format!("Solve the conflict on `{sync}`."));
    }
    paragraphs.push(format!(
        "Merge this **with a merge commit**: squash or rebase would give `{branch}` other commits, and every later \
         fast-forward would fail."
    ));
    paragraphs.push(
        "Further promotions are added to this pull request while it is open, and commits that people push to its branch stay."
            .to_owned(),
    );
    (title, paragraphs.join("\n\n"))
}
