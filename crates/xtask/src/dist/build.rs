//! Builds the binary.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::process;

/// How the binary is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// What is shipped.
    Release,
    /// Quick to build.
    Dev,
}

impl Profile {
    /// Cargo's name for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }
}

/// A built binary.
#[derive(Debug)]
pub(crate) struct Binary {
    /// Where cargo left it.
    pub(crate) path: PathBuf,
    /// Its directory in `dist/`.
    pub(crate) platform: &'static str,
    /// Rust's name of what it runs on.
    pub(crate) target: String,
}

/// Builds `day2` for this machine's processor. A release links the C library statically where that target is
/// installed (`rustup target add …-musl`), so that it runs on any Linux; without it the host's C library is needed.
pub(crate) fn binary(root: &Path, profile: Profile) -> Result<Binary, String> {
    let (platform, processor) = match std::env::consts::ARCH {
        "x86_64" => ("linux-amd64", "x86_64"),
        "aarch64" => ("linux-arm64", "aarch64"),
        other => return Err(format!("there is no release for {other}: only for x86_64 and aarch64")),
    };
    let musl = format!("{processor}-unknown-linux-musl");
    let has_musl = profile == Profile::Release && is_installed(root, &musl);
    let target = if has_musl { musl } else { format!("{processor}-unknown-linux-gnu") };
    let mut command = process::cargo();
    command
        .args(["build", "--quiet", "--package", "day2", "--bin", "day2", "--profile", profile.name()])
        .args(["--message-format=json-render-diagnostics"])
        .current_dir(root);
    if profile == Profile::Release {
        // Paths of this machine say nothing to anyone else, and would make each build a different file.
        command.env("RUSTFLAGS", remapped()).args(["--target", &target]);
        if has_musl && crate::tools::on_path("musl-gcc").is_none() && crate::env("CC").is_none() {
            // The C in our dependencies needs no more than `memcpy` and the like, so the host's compiler serves.
            command.env(format!("CC_{}", target.replace('-', "_")), "cc");
        }
    }
    let messages = process::output(&mut command)?;
    let path = executable(&messages).ok_or("cargo built no day2")?;
    Ok(Binary { path, platform, target })
}

/// Whether the toolchain of `root` has the standard library of `target`.
fn is_installed(root: &Path, target: &str) -> bool {
    let mut command = Command::new("rustc");
    command.args(["--print", "target-libdir", "--target", target]).current_dir(root);
    process::output(&mut command).is_ok_and(|directory| Path::new(&directory).is_dir())
}

/// Flags that keep paths of this machine out of the binary. Those of our own sources are relative already.
fn remapped() -> String {
    let mut flags = Vec::new();
    for (name, otherwise, to) in [("CARGO_HOME", ".cargo", "cargo"), ("RUSTUP_HOME", ".rustup", "rustup")] {
        let given = crate::env(name).map(PathBuf::from);
        let path = given.or_else(|| std::env::home_dir().map(|home| home.join(otherwise)));
        flags.extend(path.map(|path| format!("--remap-path-prefix={}={to}", path.display())));
    }
    flags.join(" ")
}

/// Finds the executable in cargo's messages, one JSON object per line.
fn executable(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == "day2")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_found_among_cargos_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"day2"},"executable":null}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"day2"},"executable":"/t/day2"}"#,
        );
        assert_eq!(executable(messages), Some(PathBuf::from("/t/day2")));
    }
}
