//! The inputs about what is waited for, and what is done when that is too long.

use toolkit::Check;

use crate::{checks::Demand, request::Fallback};

/// Reads `checks`.
pub(super) fn checks(check: &mut Check<'_>, values: &[String]) -> Demand {
    Demand::parse(values).unwrap_or_else(|problem| {
        check.problem("checks", &problem);
        Demand::Required
    })
}

/// GitHub's auto-merge goes on after pushes and after a label is gone, so that it would merge what nobody approved.
const AUTO_MERGE_FORGETS: &str = "cannot be `auto-merge` together with `labels`, approvals or `checks` by name: GitHub \
    would merge later without asking for them, other commits too";

/// Reads `fallback`; `has_gate` if there are rules besides GitHub's own.
pub(super) fn fallback(check: &mut Check<'_>, values: &[String], has_gate: bool) -> Fallback {
    let known = |text: &str| match text {
        "none" | "merge-queue" | "auto-merge" => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is no fallback: expected `none`, `merge-queue` or `auto-merge`")),
    };
    let words = check.list("fallback", values, known);
    let has = |word: &str| words.iter().any(|one| one == word);
    if has("none") && words.len() > 1 {
        check.problem("fallback", "`none` stands alone");
    }
    if has("auto-merge") && has_gate {
        check.problem("fallback", AUTO_MERGE_FORGETS);
    }
    Fallback { merge_queue: has("merge-queue"), auto_merge: has("auto-merge") }
}
