//! From arguments and environment to an exit code.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::Path,
    process::ExitCode,
};

use clap::{ArgMatches, error::ErrorKind};
use model::{Exit, Failure, codes};
use toolkit::{Annotation, Env, Host, Level, overlay, render_failure, trace};

use crate::{
    Action, actions,
    cancel::{Cancelled, Signals},
    cli,
};

/// Runs the program. `argv` begins with the program's name, which picks the action when it is one's name, so
/// that a link or copy called `bump-values` needs no subcommand.
pub fn main(argv: Vec<OsString>, env: Env) -> ExitCode {
    let actions = actions();
    panics_exit_with_70(&env);
    trace::init(&env);
    let argv = with_subcommand(argv, &actions);
    let chosen = argv
        .get(1)
        .and_then(|name| name.to_str())
        .and_then(|name| actions.iter().find(|action| action.spec.name == name));
    let host = Host::new(env);
    match chosen {
        Some(action) => match run_action(action, argv, &host) {
            Ok(code) => ExitCode::from(code as u8),
            Err(cancelled) => ExitCode::from(cancelled.exit_code()),
        },
        None => ExitCode::from(run_other(&actions, argv, &host) as u8),
    }
}

/// A panic is a bug of ours: it says so and ends with the exit code of one, whatever the panic strategy.
#[expect(clippy::disallowed_methods, clippy::exit, reason = "a panic hook has no caller to return a code to")]
fn panics_exit_with_70(env: &Env) {
    let host = Host::new(env.clone());
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        render_failure(&host, "day2", &Failure::new(&codes::INTERNAL, format!("a panic at {place}")));
        std::process::exit(i32::from(Exit::Bug as u8));
    }));
}

/// Inserts the subcommand that the program's own name stands for.
fn with_subcommand(mut argv: Vec<OsString>, actions: &[Action]) -> Vec<OsString> {
    let name = argv.first().and_then(|path| Path::new(path).file_name()).and_then(OsStr::to_str);
    if let Some(action) = actions.iter().find(|action| Some(action.spec.name) == name) {
        argv.insert(1, action.spec.name.into());
    }
    argv
}

fn run_action(action: &Action, argv: Vec<OsString>, host: &Host) -> Result<Exit, Cancelled> {
    let name = action.spec.name;
    let command = cli::of_action(action).bin_name(format!("day2 {name}"));
    // What is left is the action's own command line, with its name in the place of the program's.
    let argv = overlay::lay_over(&command, argv.into_iter().skip(1).collect(), host.env());
    warn_of_unknown_inputs(&command, name, host);
    let matches = match command.try_get_matches_from(argv) {
        Ok(matches) => matches,
        Err(error) => return Ok(usage(&error, name, host)),
    };
    match run_to_end(action, &matches, host) {
        Ok(Ok(())) => Ok(Exit::Done),
        Ok(Err(failure)) => {
            let failure = action.spec.explained(failure);
            render_failure(host, name, &failure);
            Ok(failure.code.exit)
        }
        Err(cancelled) => {
            host.info(&format!("{name} was cancelled by {}", cancelled.name()));
            Err(cancelled)
        }
    }
}

/// Runs the action on a runtime of its own, until it ends or is cancelled. Then it is dropped where it stands: its
/// children are killed, and its private files go.
fn run_to_end(action: &Action, matches: &ArgMatches, host: &Host) -> Result<Result<(), Failure>, Cancelled> {
    let started =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().and_then(
            |runtime| {
                let signals = runtime.block_on(async { Signals::listen() })?;
                Ok((runtime, signals))
            },
        );
    let (runtime, mut signals) = match started {
        Ok(started) => started,
        Err(error) => {
            let cause = format!("cannot start the runtime: {error}");
            return Ok(Err(Failure::new(&codes::INTERNAL, cause)));
        }
    };
    let result = runtime.block_on(async {
        tokio::select! {
            biased;
            result = (action.run)(matches, host) => Ok(result),
            cancelled = signals.next() => Err(cancelled),
        }
    });
    // Tasks that still run hold nothing that must be finished: every write was awaited.
    runtime.shutdown_background();
    result
}

fn run_other(actions: &[Action], argv: Vec<OsString>, host: &Host) -> Exit {
    let mut command = cli::command(actions);
    match command.clone().try_get_matches_from(argv) {
        Ok(matches) => match matches.subcommand() {
            Some(("completions", matches)) => completions(&mut command, matches),
            _ => Exit::Bug,
        },
        Err(error) => usage(&error, "day2", host),
    }
}

fn completions(command: &mut clap::Command, matches: &ArgMatches) -> Exit {
    let shell = matches.get_one::<String>("shell").and_then(|name| name.parse::<clap_complete::Shell>().ok());
    let Some(shell) = shell else { return Exit::Input };
    clap_complete::generate(shell, command, "day2", &mut io::stdout());
    Exit::Done
}

/// Prints help, version or what is wrong with the command line.
fn usage(error: &clap::Error, action: &str, host: &Host) -> Exit {
    // A closed pipe is no reason to fail.
    let _ = error.print();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Exit::Done;
    }
    if host.in_actions() {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        host.annotate(&Annotation::new(Level::Error, format!("{action}: invalid-input"), first));
    }
    Exit::Input
}

/// A misspelt input of a workflow reaches the runner only as a warning; one in the environment is worth a warning too.
fn warn_of_unknown_inputs(command: &clap::Command, action: &str, host: &Host) {
    if !host.in_actions() {
        return;
    }
    for name in overlay::unknown_inputs(command, host.env()) {
        host.debug(&format!("{action} has no input `{name}`; `INPUT_*` of that name is ignored"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_name_can_be_the_action() {
        let argv = vec![OsString::from("/opt/bin/bump-values"), OsString::from("--dry-run")];
        let argv = with_subcommand(argv, &actions());
        assert_eq!(argv[1], "bump-values");
    }

    #[test]
    fn every_command_is_well_formed() {
        cli::command(&actions()).debug_assert();
    }
}
