//! The step of every `action.yml`: from `uses:` to the binary (docs/decisions/0061-launcher.md).

/// The shell line. `ENV`, `BASH_ENV` and the like could run code that an earlier step left behind, in a step that
/// holds a token; a bare `sh` would let them. That it is no well-known shell is what zizmor has to be told.
pub(crate) const SHELL: &str =
    "/usr/bin/env -u ENV -u BASH_ENV -u SHELLOPTS -u BASHOPTS /bin/sh -eu {0} # zizmor: ignore[misfeature]";

/// The step's text, the same for all actions; which one it is comes in `DAY2_ACTION`. The launcher is beside the
/// action's directory in a release (`<name>/`) and one further up in the sources (`actions/<name>/`), so that the
/// file that is tested is byte for byte the file that is shipped. The variable `GITHUB_ACTION_PATH`, since the
/// expression `github.action_path` is wrong in jobs with a container (actions/runner#716).
pub(crate) const RUN: &str = r#"dist="$GITHUB_ACTION_PATH/../dist"; [ -f "$dist/run" ] || dist="$GITHUB_ACTION_PATH/../../dist"; exec /bin/sh "$dist/run" "$DAY2_ACTION""#;
