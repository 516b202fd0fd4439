//! Arbitrary bytes for yaml-set, made by libFuzzer; see fuzz/.

use std::{path::Path, process::Command};

use super::stage::{Outcome, without};
use crate::{process, tools};

/// How long it runs, in seconds.
const SECONDS: u32 = 60;

/// The last lines of the output that are shown: the complaint, the input, and how to run it again.
const SHOWN: usize = 60;

/// Runs the fuzz target for a minute.
pub(super) fn run(root: &Path) -> Outcome {
    let has_nightly = process::quiet(Command::new("rustup").args(["run", "nightly", "cargo", "--version"]));
    if has_nightly.is_err() {
        return without("there is no nightly toolchain: `rustup toolchain install nightly`".to_owned());
    }
    let path = match tools::path_with_cargo_fuzz() {
        Ok(path) => path,
        Err(why) => return without(why),
    };
    let time = format!("-max_total_time={SECONDS}");
    let output = Command::new("rustup")
        .args(["run", "nightly", "cargo", "fuzz", "run", "--fuzz-dir", "fuzz", "yaml_set", "--"])
        .args([&time, "-print_final_stats=1"])
        .env("PATH", path)
        .current_dir(root)
        .output();
    match output {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr);
            match executed(&text) {
                Some(count) if output.status.success() => Outcome::Noted { note: format!("{count} inputs") },
                _ => {
                    let lines: Vec<&str> = text.lines().collect();
                    Outcome::failed(lines[lines.len().saturating_sub(SHOWN)..].join("\n"))
                }
            }
        }
        Err(error) => Outcome::failed(format!("cannot run `rustup run nightly cargo fuzz`: {error}")),
    }
}

/// Returns how many inputs were tried, of libFuzzer's final statistics.
fn executed(text: &str) -> Option<&str> {
    let line = text.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?;
    Some(line.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_in_the_final_statistics() {
        let text =
            "Done 17 runs in 1 second(s)\nstat::number_of_executed_units: 17\nstat::new_units_added: 2\n";
        assert_eq!(executed(text), Some("17"));
        assert_eq!(executed("panicked\n"), None);
    }
}
