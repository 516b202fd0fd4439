//! Turns what went wrong into a failure with the place and the remedy.

use git::RemoteError;
use github::{GraphqlError, codes::WORKFLOWS_PERMISSION, snapshot::SnapshotError};
use model::{
    Branch, Failure,
    codes::{DEADLINE_PASSED, FILE_ACCESS, INVALID_INPUT, UNREACHABLE},
};
use yaml_set::SetError;

use crate::{
    codes::{
        BRANCH_NOT_FOUND, BRANCH_PROTECTED, FILE_NOT_FOUND, GIT_ACCESS_DENIED, GIT_FAILED, GIT_MISSING,
        GIT_REPOSITORY_NOT_FOUND, HELM_TEMPLATE, HOST_NOT_TRUSTED, PATH_NOT_FOUND, PUSH_REJECTED,
        YAML_INVALID, YAML_REFUSED,
    },
    request::Remote,
    way::WriteError,
};

/// An edit of `file` that was refused.
pub(crate) fn of_edit(file: &str, error: &SetError) -> Failure {
    let code = match error {
        SetError::Invalid { .. } => &YAML_INVALID,
        SetError::Template { .. } => &HELM_TEMPLATE,
        SetError::NotFound { .. } | SetError::NoDocument { .. } => &PATH_NOT_FOUND,
        SetError::Conflict { .. } => &INVALID_INPUT,
        _ => &YAML_REFUSED,
    };
    let failure = Failure::new(code, format!("`{file}`: {error}")).at(file, error.line());
    let failure = match error {
        SetError::Alias { .. } | SetError::Shared { .. } => failure.with_remedy(
            "Set `follow-alias: true` to change the value for all that share it, or write it out in this place.",
        ),
        _ => failure,
    };
    match error.found() {
        [] => failure,
        found => failure.with_note(format!("found there: {}", found.join(", "))),
    }
}

/// A file that the branch has not.
pub(crate) fn no_file(file: &str, remote: &Remote, head: &str) -> Failure {
    Failure::new(
        &FILE_NOT_FOUND,
        format!("{} has no file `{file}` on branch `{}` at {head}", remote.repository, remote.branch),
    )
}

/// A read that failed.
pub(crate) fn of_read(error: GraphqlError, remote: &Remote) -> Failure {
    explained(error.into_failure(&reading(remote)), remote, "read")
}

fn reading(remote: &Remote) -> String {
    format!("read branch `{}` of {}", remote.branch, remote.repository)
}

/// GitHub's interfaces are of no use for that repository.
pub(crate) fn not_on_github(remote: &Remote) -> Failure {
    let cause = format!("{} is not on the run's GitHub, or there is no token for it", remote.repository);
    Failure::new(&INVALID_INPUT, cause).with_remedy("Use `method: auto` or `method: git`.")
}

/// A branch that is not there.
pub(crate) fn no_branch(branch: &Branch, remote: &Remote) -> Failure {
    Failure::new(&BRANCH_NOT_FOUND, format!("{} has no branch `{branch}`", remote.repository))
}

/// Git could not do what it was told.
pub(crate) fn of_git(error: &RemoteError, remote: &Remote) -> Failure {
    let code = match error {
        RemoteError::NoGit(_) | RemoteError::TooOld { .. } => &GIT_MISSING,
        RemoteError::Disk { .. } => &FILE_ACCESS,
        RemoteError::Denied { .. } => &GIT_ACCESS_DENIED,
        RemoteError::NotFound { .. } => &GIT_REPOSITORY_NOT_FOUND,
        RemoteError::HostKey { .. } | RemoteError::Certificate { .. } => &HOST_NOT_TRUSTED,
        RemoteError::Unreachable { .. } => &UNREACHABLE,
        RemoteError::TimedOut { .. } => &DEADLINE_PASSED,
        RemoteError::BadFile { .. } => &INVALID_INPUT,
        RemoteError::Failed { .. } => &GIT_FAILED,
    };
    let failure = Failure::new(code, format!("cannot {}: {error}", remote.committing()));
    match error.remedy() {
        remedy if code == &GIT_ACCESS_DENIED => {
            failure.with_remedy(format!("{remedy} On GitHub a token needs `contents: write`."))
        }
        remedy => failure.with_remedy(remedy),
    }
}

/// The host took the push and refused the commit: GitHub's own rules (`GH006`, `GH013`), or somebody's hook.
pub(crate) fn of_push(words: String, remote: &Remote) -> WriteError {
    let says = |texts: &[&str]| texts.iter().any(|text| words.contains(text));
    let cause = |words: &str| format!("cannot {}: the host refused: {words}", remote.committing());
    if says(&["without `workflows` permission", "without `workflow` scope"]) {
        let failure = Failure::new(&WORKFLOWS_PERMISSION, cause(&in_one_line(&words)));
        return WriteError::Refused(of_workflow(failure, remote));
    }
    if github::names_a_rule(&words) {
        return WriteError::Protected { rules: words };
    }
    WriteError::Refused(Failure::new(&PUSH_REJECTED, cause(&in_one_line(&words))))
}

/// The words of a refusal in one line.
pub(crate) fn in_one_line(words: &str) -> String {
    words.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A snapshot that could not be read.
pub(crate) fn of_snapshot(error: SnapshotError, remote: &Remote) -> Failure {
    let doing = reading(remote);
    match error {
        SnapshotError::NoBranch { .. } => Failure::new(&BRANCH_NOT_FOUND, error.to_string()),
        other => explained(other.into_failure(&doing), remote, "read"),
    }
}

/// A commit that was refused for good.
pub(crate) fn of_commit(error: GraphqlError, remote: &Remote) -> Failure {
    of_workflow(explained(error.into_failure(&remote.committing()), remote, "write"), remote)
}

/// The App's token is made before anything is read, so that only the paths in `files` can say whether it needs
/// `workflows`: where a link leads is seen too late.
fn of_workflow(failure: Failure, remote: &Remote) -> Failure {
    if *failure.code != WORKFLOWS_PERMISSION || remote.app.is_none() {
        return failure;
    }
    failure.with_remedy(
        "Name the file itself in `files`, not a link to it: the App's token asks for `workflows: write` only where a \
         path in `files` begins with `.github/workflows/`, and the App has to have that permission.",
    )
}

/// A commit that a rule of the branch forbids. The texts name the rules, on several lines.
pub(crate) fn protected(rules: &str, remote: &Remote) -> Failure {
    Failure::new(&BRANCH_PROTECTED, format!("cannot {}: {}", remote.committing(), in_one_line(rules)))
}

/// A missing permission is a matter of three lines of YAML: show them.
fn explained(failure: Failure, remote: &Remote, access: &str) -> Failure {
    if *failure.code != github::codes::PERMISSION_DENIED {
        return failure;
    }
    failure
        .with_remedy(format!(
            "Give the job `contents: {access}` as below; `GITHUB_TOKEN` reaches only its own repository, so for another \
             one pass the token of a GitHub App that is installed on {}.",
            remote.repository
        ))
        .with_note(format!("permissions:\n  contents: {access}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, path: &str) -> Failure {
        let edit = yaml_set::Edit::new(path.parse().unwrap(), "v");
        of_edit("values/dev.yaml", &yaml_set::set(text, &[edit]).unwrap_err())
    }

    #[test]
    fn a_path_that_matches_nothing_names_what_there_is() {
        let failure = refused("image:\n  repository: r\n  tag: v1\n", "image.tga");
        insta::assert_snapshot!(failure, @"`values/dev.yaml`: `image.tga` matches nothing: the nearest part that exists is `image` (path-not-found)");
        assert_eq!(failure.notes, ["found there: repository, tag"]);
        assert_eq!(failure.location.unwrap().line, Some(2));
    }

    #[test]
    fn each_kind_has_its_code() {
        for (text, path, code) in [
            ("a: [\n", "a", "yaml-invalid"),
            ("a: {{ .Values.x }}\n", "a", "helm-template"),
            ("a: 1\n", "b", "path-not-found"),
            ("a: {b: 1}\n", "a", "yaml-refused"),
            ("a: &x 1\nb: *x\n", "a", "yaml-refused"),
        ] {
            assert_eq!(refused(text, path).code.id, code, "{text}");
        }
    }
}
