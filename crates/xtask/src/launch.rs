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

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

    use super::*;

    /// A tree with `dist/run` and, if asked, a program in the place of the binary.
    fn tree(has_binary: bool) -> tempfile::TempDir {
        let tree = tempfile::tempdir().unwrap();
        let platform = if cfg!(target_arch = "aarch64") { "linux-arm64" } else { "linux-amd64" };
        let directory = tree.path().join("dist").join(platform);
        fs::create_dir_all(&directory).unwrap();
        fs::copy(crate::root().join("dist/run"), tree.path().join("dist/run")).unwrap();
        if has_binary {
            let program = directory.join("day2");
            fs::write(&program, "#!/bin/sh\necho \"day2 $*, BASH_ENV=${BASH_ENV-}\"\nexit 3\n").unwrap();
            fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        tree
    }

    /// Runs a step as the runner does: the text in a file, which takes the place of `{0}`.
    fn step(action: &Path, text: &str) -> (i32, String) {
        let script = action.join("step.sh");
        fs::create_dir_all(action).unwrap();
        fs::write(&script, text).unwrap();
        let shell = SHELL.split(" # ").next().unwrap().replace("{0}", script.to_str().unwrap());
        let mut words = shell.split(' ');
        let output = Command::new(words.next().unwrap())
            .args(words)
            .env("GITHUB_ACTION_PATH", action)
            .env("GITHUB_ACTIONS", "true")
            .env("DAY2_ACTION", "auto-merge")
            .env("BASH_ENV", "/nowhere")
            .env("ENV", "/nowhere")
            .env("GITHUB_PATH", action.join("path"))
            .output()
            .unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), text)
    }

    #[test]
    fn the_same_step_finds_the_binary_in_a_release_and_in_the_sources() {
        let tree = tree(true);
        for directory in ["auto-merge", "actions/auto-merge"] {
            let (code, text) = step(&tree.path().join(directory), RUN);
            assert_eq!((code, text.as_str()), (3, "day2 auto-merge, BASH_ENV=\n"), "{directory}");
        }
    }

    #[test]
    fn without_a_binary_one_sentence_says_which_refs_have_one() {
        let tree = tree(false);
        let (code, text) = step(&tree.path().join("auto-merge"), RUN);
        assert_eq!(code, 2);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            text.starts_with(
                "::error title=no day2 binary::This ref of day2-actions has no binary for linux-"
            )
        );
        assert!(text.contains("@v1 or @v1.2.3"), "{text}");
    }

    #[test]
    fn the_root_action_puts_the_binary_on_the_path() {
        let tree = tree(true);
        let action = fs::read_to_string(crate::root().join("action.yml")).unwrap();
        assert!(action.contains(SHELL), "{action}");
        let text = action.lines().find_map(|line| line.trim().strip_prefix("run: ")).unwrap();
        assert_eq!(step(tree.path(), text), (0, String::new()));
        let path = fs::read_to_string(tree.path().join("path")).unwrap();
        assert!(Path::new(path.trim_end()).join("day2").is_file(), "{path}");
    }
}
