//! A chart of the phases, as text: it reads the same on the run's page, in a log and in a mail. (A mermaid chart would be
//! drawn on GitHub only, has no unit below a second that its axis shows, and gives names with a colon another meaning.)

use std::{fmt::Write, time::Duration};

/// How many characters the whole time takes.
const WIDTH: u128 = 40;

/// The phases of one application, one after the other.
#[derive(Debug)]
pub(crate) struct Row {
    /// Stands above them, if it is not empty.
    pub(crate) title: String,
    pub(crate) phases: Vec<(&'static str, Duration)>,
}

/// Draws the rows below each other, over one axis of time.
pub(crate) fn chart(rows: &[Row]) -> String {
    let length = |row: &Row| row.phases.iter().map(|(_, took)| *took).sum::<Duration>();
    let whole = rows.iter().map(length).max().unwrap_or_default();
    let names = rows.iter().flat_map(|row| &row.phases).map(|(name, _)| name.len());
    let widest = names.chain(["total".len()]).max().unwrap_or_default();
    let mut text = String::new();
    for row in rows {
        if !row.title.is_empty() {
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(text, "{}", row.title);
        }
        let mut start = Duration::ZERO;
        for (name, took) in &row.phases {
            let line = format!("{name:<widest$} {} {}", seconds(*took), bar(start, *took, whole));
            let _ = writeln!(text, "{}", line.trim_end());
            start += *took;
        }
        let _ = writeln!(text, "{:<widest$} {}", "total", seconds(start));
    }
    text
}

fn seconds(time: Duration) -> String {
    format!("{:>7.2} s", time.as_secs_f64())
}

/// A bar from the column where its time starts to the one where it ends; whatever takes time has at least one.
fn bar(start: Duration, took: Duration, whole: Duration) -> String {
    let column = |time: Duration| {
        usize::try_from(time.as_micros() * WIDTH / whole.as_micros().max(1)).unwrap_or_default()
    };
    let (from, to) = (column(start), column(start + took));
    if took.is_zero() {
        return String::new();
    }
    format!("{}{}", " ".repeat(from), "▇".repeat((to - from).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(title: &str, phases: &[(&'static str, u64)]) -> Row {
        let phases = phases.iter().map(|&(name, millis)| (name, Duration::from_millis(millis))).collect();
        Row { title: title.to_owned(), phases }
    }

    #[test]
    fn each_bar_begins_where_the_one_before_ends() {
        let rows = [
            row("dev", &[("sign-in", 50), ("apply", 950), ("ready", 3000), ("cutover", 0), ("settle", 2000)]),
            row("prod", &[("sign-in", 50), ("apply", 1450)]),
        ];
        insta::assert_snapshot!(chart(&rows), @r"
        dev
        sign-in    0.05 s ▇
        apply      0.95 s ▇▇▇▇▇▇
        ready      3.00 s       ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
        cutover    0.00 s
        settle     2.00 s                           ▇▇▇▇▇▇▇▇▇▇▇▇▇▇
        total      6.00 s
        prod
        sign-in    0.05 s ▇
        apply      1.45 s ▇▇▇▇▇▇▇▇▇▇
        total      1.50 s
        ");
    }

    #[test]
    fn no_time_at_all_is_no_division_by_zero() {
        assert_eq!(chart(&[row("", &[("sign-in", 0)])]), "sign-in    0.00 s\ntotal      0.00 s\n");
        assert_eq!(chart(&[]), "");
    }
}
