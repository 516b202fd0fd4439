//! Running other programs, with errors that say what was run.

use std::process::{Command, Stdio};

/// What cargo tells a program that it runs. The build script of `ring` asks to be run again when one of them changes: passed on,
/// half of the dependencies would be built anew whenever a person and this program take turns.
const OF_CARGO: &[&str] = &[
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Returns `cargo` as from a shell.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new("cargo");
    for name in OF_CARGO {
        command.env_remove(name);
    }
    command
}

/// Runs `command` and returns its standard output without the last line end. Its standard error is passed on.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run {}: {error}", name(command)))?;
    if !output.status.success() {
        return Err(format!("{} failed ({})", name(command), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Runs `command` and returns all that it says, as an error if it failed.
pub(crate) fn text(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("cannot run {}: {error}", name(command)))?;
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let text = text.trim_end().to_owned();
    if output.status.success() { Ok(text) } else { Err(text) }
}

/// Runs `command` without its output; a failure carries the last lines of it.
pub(crate) fn quiet(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("cannot run {}: {error}", name(command)))?;
    if output.status.success() {
        return Ok(());
    }
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = lines[lines.len().saturating_sub(5)..].join("\n  ");
    Err(format!("{} failed ({})\n  {tail}", name(command), output.status))
}

/// Returns the program and its first arguments: enough to know what it was.
fn name(command: &Command) -> String {
    let arguments = command.get_args().take(6).map(|argument| argument.to_string_lossy());
    let words: Vec<_> = std::iter::once(command.get_program().to_string_lossy()).chain(arguments).collect();
    format!("`{}`", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_was_run_and_what_it_said() {
        let error = quiet(Command::new("sh").args(["-c", "echo no such thing >&2; exit 3"])).unwrap_err();
        assert_eq!(error, "`sh -c echo no such thing >&2; exit 3` failed (exit status: 3)\n  no such thing");
        assert!(
            output(&mut Command::new("/no/such/program"))
                .unwrap_err()
                .starts_with("cannot run `/no/such/program`")
        );
    }
}
