//! docs/push-comparison.md: the tables.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path, process::Command, time::Duration};

use super::{
    rounds::{Row, Sample, Task},
    ways::{Programs, WAYS},
};
use crate::{bench::median, process, registries};

/// Fills in the template.
pub(super) fn filled(
    template: &str,
    rows: &[Row],
    of_files: &[Row],
    rounds: usize,
    versions: &str,
) -> String {
    template
        .replace("ROUNDS", &rounds.to_string())
        .replace("VERSIONS\n", versions)
        .replace("SUMMARY\n", &summary(rows))
        .replace("TABLES\n", &tables(rows))
        .replace("FILES\n", &files(of_files))
}

/// Every pair of a registry and a distance, in the order of the rows.
fn scenes(rows: &[Row]) -> Vec<(&'static str, Duration)> {
    let mut seen = BTreeSet::new();
    rows.iter().map(|row| (row.server, row.round_trip)).filter(|scene| seen.insert(*scene)).collect()
}

fn find<'a>(rows: &'a [Row], scene: (&str, Duration), way: &str, task: Task) -> &'a [Sample] {
    let is_it = |row: &&Row| (row.server, row.round_trip) == scene && row.way == way && row.task == task;
    rows.iter().find(is_it).map_or(&[], |row| &row.samples)
}

fn time(samples: &[Sample]) -> Duration {
    median(&samples.iter().map(|sample| sample.time).collect::<Vec<_>>())
}

/// How many times as fast as the best of the others we are, with whose name.
fn summary(rows: &[Row]) -> String {
    let mut text = String::new();
    let Some((ours, others)) = WAYS.split_first() else { return text };
    for scene in scenes(rows) {
        let cells: String = Task::ALL
            .iter()
            .map(|task| {
                let ours = time(find(rows, scene, ours.title, *task));
                let best =
                    others.iter().map(|way| (time(find(rows, scene, way.title, *task)), way.title)).min();
                let (best, name) = best.unwrap_or_default();
                format!(" {:.1} × {name} |", best.as_secs_f64() / ours.as_secs_f64())
            })
            .collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | {} ms |{cells}", scene.0, scene.1.as_millis());
    }
    text
}

fn tables(rows: &[Row]) -> String {
    let mut text = String::new();
    for (server, round_trip) in scenes(rows) {
        let _ = writeln!(
            text,
            "### {server}, {} ms\n\n| program | cold | one layer changed | nothing changed | CPU, cold | requests | connections | \
             memory |\n|---|---|---|---|---|---|---|---|",
            round_trip.as_millis()
        );
        for way in WAYS {
            let of = |task| find(rows, (server, round_trip), way.title, task);
            let all = Task::ALL.map(of);
            let _ = writeln!(
                text,
                "| {} | {} | {} s | {} | {} | {} MB |",
                way.title,
                all.map(|samples| format!("{:.2} s", time(samples).as_secs_f64())).join(" | "),
                seconds(median(&of(Task::Cold).iter().map(|sample| sample.cpu).collect::<Vec<_>>())),
                all.map(|samples| number(samples, |sample| sample.requests)).join(", "),
                all.map(|samples| number(samples, |sample| sample.connections)).join(", "),
                all.iter().map(|samples| peak(samples)).max().unwrap_or(0) / 1024,
            );
        }
        text.push('\n');
    }
    text
}

/// From files on disk: each way has a row for cold and one for nothing changed.
fn files(rows: &[Row]) -> String {
    let mut text = String::from(
        "| program | cold | nothing changed | CPU | requests | memory |\n|---|---|---|---|---|---|\n",
    );
    for pair in rows.chunks(2) {
        let Some(Row { way, .. }) = pair.first() else { continue };
        let each = |cell: fn(&Row) -> String| pair.iter().map(cell).collect::<Vec<_>>();
        let _ = writeln!(
            text,
            "| {way} | {} | {} s | {} | {} MB |",
            each(|row| format!("{:.2} s", time(&row.samples).as_secs_f64())).join(" | "),
            each(|row| seconds(median(&row.samples.iter().map(|sample| sample.cpu).collect::<Vec<_>>())))
                .join(", "),
            each(|row| number(&row.samples, |sample| sample.requests)).join(", "),
            pair.iter().map(|row| peak(&row.samples)).max().unwrap_or(0) / 1024,
        );
    }
    text
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

fn number(samples: &[Sample], value: fn(&Sample) -> usize) -> String {
    median(&samples.iter().map(value).collect::<Vec<_>>()).to_string()
}

/// The most memory in any push, in KiB.
fn peak(samples: &[Sample]) -> u64 {
    samples.iter().map(|sample| sample.peak).max().unwrap_or(0)
}

/// The programs and the machine, with the load that was there before.
pub(super) fn versions(root: &Path, programs: &Programs, is_named: bool) -> Result<String, String> {
    let which = if is_named { " (the build that `--day2` named)" } else { "" };
    let mut versions = process::output(Command::new(&programs.day2).arg("--version"))? + which;
    for (title, directory, module) in [
        ("crane", "crane", "github.com/google/go-containerregistry"),
        ("regctl", "regctl", "github.com/regclient/regclient"),
        ("Distribution", "distribution", "github.com/distribution/distribution/v3"),
    ] {
        let _ = write!(versions, ", {title} {}", registries::version(root, directory, module)?);
    }
    for program in [&programs.skopeo, &programs.buildah] {
        let _ = write!(versions, ", {}", registries::said_version(program)?);
    }
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_err(|error| error.to_string())?;
    Ok(format!(
        "{versions}, oci-client 0.18.0; {cores} processors ({}), load {load} at the beginning.\n",
        std::env::consts::ARCH
    ))
}
