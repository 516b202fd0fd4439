//! The composition root.

use std::process::ExitCode;

use toolkit::Env;

fn main() -> ExitCode {
    day2::main(std::env::args_os().collect(), Env::from_process())
}
