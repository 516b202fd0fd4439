//! Inputs of a workflow step, laid over the arguments of a command.
//!
//! A composite action gets no `INPUT_*` variables by itself (<https://github.com/actions/runner/issues/665>), so
//! each `action.yml` maps its inputs into them by hand, and this module turns them into arguments. Explicit
//! arguments win, empty variables count as not given.

use std::ffi::OsString;

use clap::{ArgAction, Command, parser::ValueSource};

use crate::Env;

/// The value name that marks an argument as a secret, which is passed by the name of a variable.
pub const SECRET_VALUE_NAME: &str = "env:NAME";

/// Returns the variable that carries an input: `INPUT_DRY_RUN` for `dry-run`.
pub fn variable(input: &str) -> String {
    format!("INPUT_{}", input.to_ascii_uppercase().replace('-', "_"))
}

/// Whether an argument is a secret.
pub fn is_secret(arg: &clap::Arg) -> bool {
    arg.get_value_names().is_some_and(|names| names.iter().any(|name| name == SECRET_VALUE_NAME))
}

/// Appends to `argv` (program name first) an argument for each input that `env` has and `argv` has not.
pub fn lay_over(command: &Command, mut argv: Vec<OsString>, env: &Env) -> Vec<OsString> {
    // What follows `--` would not be read as an option; none of our commands has positional arguments.
    if argv.iter().any(|argument| argument == "--" || argument == "--help" || argument == "-h") {
        return argv;
    }
    let explicit = command.clone().ignore_errors(true).try_get_matches_from(&argv).ok();
    let is_explicit = |id: &str| {
        explicit.as_ref().is_some_and(|matches| {
            matches!(matches.try_contains_id(id), Ok(true))
                && matches.value_source(id) == Some(ValueSource::CommandLine)
        })
    };
    for arg in command.get_arguments() {
        let Some(name) = arg.get_long() else { continue };
        let variable = variable(name);
        let Some(value) = env.get(&variable) else { continue };
        if is_explicit(arg.get_id().as_str()) {
            continue;
        }
        let mut push = |value: &str| argv.push(format!("--{name}={value}").into());
        if is_secret(arg) {
            push(&format!("env:{variable}"));
        } else if matches!(arg.get_action(), ArgAction::Append) {
            value.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(push);
        } else {
            push(value);
        }
    }
    argv
}

/// Returns the `INPUT_*` variables that no argument of `command` answers to, as input names.
pub fn unknown_inputs(command: &Command, env: &Env) -> Vec<String> {
    let known: Vec<String> = command.get_arguments().filter_map(|arg| arg.get_long()).map(variable).collect();
    env.with_prefix("INPUT_")
        .map(|(name, _)| name.to_ascii_lowercase().replace('_', "-"))
        .filter(|name| !known.contains(&variable(name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;

    fn command() -> Command {
        Command::new("x")
            .arg(Arg::new("image").long("image"))
            .arg(Arg::new("set").long("set").action(ArgAction::Append))
            .arg(Arg::new("token").long("token").value_name(SECRET_VALUE_NAME))
    }

    fn laid(argv: &[&str], env: &[(&str, &str)]) -> Vec<String> {
        let argv = argv.iter().map(OsString::from).collect();
        lay_over(&command(), argv, &Env::from_pairs(env.iter().copied()))
            .into_iter()
            .map(|argument| argument.into_string().unwrap())
            .collect()
    }

    #[test]
    fn inputs_become_arguments() {
        let env = [("INPUT_IMAGE", "a b"), ("INPUT_SET", "a=1\n\n  b=2 "), ("INPUT_TOKEN", "s3cret")];
        assert_eq!(
            laid(&["x"], &env),
            ["x", "--image=a b", "--set=a=1", "--set=b=2", "--token=env:INPUT_TOKEN"]
        );
    }

    #[test]
    fn explicit_arguments_win() {
        assert_eq!(laid(&["x", "--image", "mine"], &[("INPUT_IMAGE", "theirs")]), ["x", "--image", "mine"]);
        assert_eq!(laid(&["x", "--set=a=1"], &[("INPUT_SET", "b=2")]), ["x", "--set=a=1"]);
    }

    #[test]
    fn empty_means_unset() {
        assert_eq!(laid(&["x"], &[("INPUT_IMAGE", "")]), ["x"]);
    }

    #[test]
    fn a_value_that_looks_like_an_option_stays_a_value() {
        let argv = laid(&["x"], &[("INPUT_IMAGE", "--set=evil")]);
        let matches = command().try_get_matches_from(argv).unwrap();
        assert_eq!(matches.get_one::<String>("image").unwrap(), "--set=evil");
    }

    #[test]
    fn unknown_inputs_are_named() {
        let env = Env::from_pairs([("INPUT_IMAGE", "a"), ("INPUT_IMAGES_", "b"), ("INPUT_NO_SUCH", "c")]);
        assert_eq!(unknown_inputs(&command(), &env), ["images-", "no-such"]);
    }
}
