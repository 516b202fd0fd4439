//! Where the time went.

use std::{fmt::Write, time::Duration};

use runner::Record;

/// Returns a table of the steps of one run, with a bar for each, and its total.
pub(super) fn render(title: &str, record: &Record) -> String {
    let steps: Vec<_> = record.steps.iter().filter(|step| step.result != "skipped").collect();
    let width = steps.iter().map(|step| step.name.chars().count()).max().unwrap_or(0).max(8);
    let longest = steps.iter().map(|step| step.took).max().unwrap_or_default();
    let mut text = format!("{title}\n");
    for step in &steps {
        // Writing to a String cannot fail, here and below.
        let _ =
            writeln!(text, "  {:<width$}  {}  {}", step.name, seconds(step.took), bar(step.took, longest));
    }
    let known: Duration = steps.iter().map(|step| step.took).sum();
    let _ = writeln!(text, "  {:<width$}  {}", "runner", seconds(record.took.saturating_sub(known)));
    let _ = writeln!(text, "  {:<width$}  {}", "total", seconds(record.took));
    text
}

fn seconds(time: Duration) -> String {
    format!("{:>6.2} s", time.as_secs_f64())
}

fn bar(time: Duration, longest: Duration) -> String {
    const LONGEST: u128 = 30;
    let length = (time.as_micros() * LONGEST).div_ceil(longest.as_micros().max(1)).min(LONGEST);
    "▇".repeat(usize::try_from(length).unwrap_or(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use runner::Step;

    #[test]
    fn skipped_steps_have_no_line_and_the_runner_has_the_rest() {
        let step = |name: &str, result: &str, millis| Step {
            name: name.to_owned(),
            result: result.to_owned(),
            took: Duration::from_millis(millis),
        };
        let record = Record {
            steps: vec![
                step("Merge", "success", 500),
                step("Sync", "success", 1500),
                step("Never", "skipped", 0),
            ],
            took: Duration::from_millis(2250),
            ..Record::default()
        };
        assert_eq!(
            render("dev", &record).replace('▇', "#"),
            "dev\n  Merge       0.50 s  ##########\n  Sync        1.50 s  ##############################\n  \
             runner      0.25 s\n  total       2.25 s\n"
        );
    }
}
