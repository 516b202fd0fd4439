//! The command line: one subcommand per action, and completions.

use clap::{Arg, Command, builder::PossibleValuesParser};

use crate::Action;

const AFTER_HELP: &str = concat!(
    "Each action is also a GitHub Action, `uses: org/day2-actions/<action>@v1`, with the same names as inputs.\n\n",
    "Secrets are never taken from the command line: pass `--token=env:NAME`, or set the variable that the help names. ",
    "`RUNNER_DEBUG=1` shows each remote call.\n\n",
    "Exit codes: 0 done or nothing to do, 1 remote failure, 2 bad input or configuration, 3 refused by policy, ",
    "4 deadline passed, 70 bug. Each failure has a code, explained in docs/errors.md.",
);

/// Builds the command of the whole program.
pub fn command(actions: &[Action]) -> Command {
    let shells = PossibleValuesParser::new(["bash", "elvish", "fish", "powershell", "zsh"]);
    Command::new("day2")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Takes a change from pull request to running pods on EKS")
        .after_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands(actions.iter().map(of_action))
        .subcommand(
            Command::new("completions")
                .about("Print completions for a shell")
                .arg(Arg::new("shell").required(true).value_parser(shells).help("The shell")),
        )
}

/// Builds the command of one action.
pub(crate) fn of_action(action: &Action) -> Command {
    let outputs: String = action
        .spec
        .outputs
        .iter()
        .map(|output| format!("\n  {:<18} {}", output.name, output.description))
        .collect();
    (action.spec.command)()
        .name(action.spec.name)
        .about(action.spec.summary)
        .after_help(format!("Outputs:{outputs}"))
}
