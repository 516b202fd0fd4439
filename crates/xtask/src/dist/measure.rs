//! The size and the cold start of a binary.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The slowest start, since a pipeline starts the binary six times.
pub(super) const SLOWEST: Duration = Duration::from_millis(15);

/// The number of starts that are measured. The best counts: others share the machine, and noise only adds.
pub(super) const RUNS: usize = 9;

/// A measured start.
pub(super) struct Start {
    pub(super) best: Duration,
    /// How the page cache was emptied before each run.
    pub(super) how: &'static str,
}

/// Returns the number of bytes of a file.
pub(super) fn size(path: &Path) -> Result<u64, String> {
    fs::metadata(path)
        .map(|metadata| metadata.len())
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Measures `day2 --version` with the file out of the page cache.
pub(super) fn cold_start(binary: &Path) -> Result<Start, String> {
    let mut best = Duration::MAX;
    let mut is_cold = true;
    for _ in 0..RUNS {
        is_cold &= evict(binary);
        let start = Instant::now();
        let status = Command::new(binary).arg("--version").stdout(Stdio::null()).status();
        let took = start.elapsed();
        match status {
            Ok(status) if status.success() => best = best.min(took),
            Ok(status) => return Err(format!("`day2 --version` failed ({status})")),
            Err(error) => return Err(format!("cannot run {}: {error}", binary.display())),
        }
    }
    let how = if is_cold {
        "the file's pages were dropped from the page cache (posix_fadvise DONTNEED, by dd)"
    } else {
        "nothing: this system's dd cannot drop pages, so the start is a warm one"
    };
    Ok(Start { best, how })
}

/// Drops a file's pages from the page cache, which needs no privileges: GNU dd calls
/// `posix_fadvise(POSIX_FADV_DONTNEED)` for the whole file, after `fdatasync`, since dirty pages stay.
fn evict(path: &Path) -> bool {
    let mut of = std::ffi::OsString::from("of=");
    of.push(path);
    let mut command = Command::new("dd");
    command.arg(of).args(["oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"]);
    command.stdin(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
