//! Cron schedules of sync windows: five fields, as github.com/robfig/cron/v3 reads them for Argo CD.

use jiff::civil::DateTime;

/// When a window opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    /// From Sunday, which is 0.
    weekdays: Field,
}

/// The numbers that a field allows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    numbers: Vec<i8>,
    /// Whether it is written as any.
    is_any: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    /// Reads `0 18 * * 1-5`; none if it is no schedule.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = <[&str; 5]>::try_from(parts).ok()?;
        Some(Self {
            minutes: Field::parse(minutes, (0, 59), &[])?,
            hours: Field::parse(hours, (0, 23), &[])?,
            days: Field::parse(days, (1, 31), &[])?,
            months: Field::parse(months, (1, 12), &MONTHS)?,
            weekdays: Field::parse(weekdays, (0, 6), &WEEKDAYS)?,
        })
    }

    /// Whether a window opens in this minute. Of the two fields of days one is enough, unless one of them is any.
    pub(super) fn opens(&self, at: DateTime) -> bool {
        let is_day = self.days.has(at.day());
        let is_weekday = self.weekdays.has(at.weekday().to_sunday_zero_offset());
        let is_right_day = if self.days.is_any || self.weekdays.is_any {
            is_day && is_weekday
        } else {
            is_day || is_weekday
        };
        is_right_day
            && self.minutes.has(at.minute())
            && self.hours.has(at.hour())
            && self.months.has(at.month())
    }
}

impl Field {
    /// Reads `*`, `*/5`, `1-5`, `3/2`, `mon,fri`. `names` are those of the numbers from the lowest on.
    fn parse(text: &str, (low, high): (i8, i8), names: &[&str]) -> Option<Self> {
        let number = |text: &str| {
            let named = (low..).zip(names).find(|(_, name)| name.eq_ignore_ascii_case(text));
            named.map(|(number, _)| number).or_else(|| text.parse().ok())
        };
        let mut all = Self { numbers: Vec::new(), is_any: false };
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
                None => (part, None),
            };
            let is_any = matches!(range, "*" | "?");
            let (from, to) = match range.split_once('-') {
                _ if is_any => (low, high),
                Some((from, to)) => (number(from)?, number(to)?),
                None => (number(range)?, if step.is_some() { high } else { number(range)? }),
            };
            if from < low || to > high || from > to {
                return None;
            }
            all.is_any |= is_any && step.unwrap_or(1) == 1;
            all.numbers.extend((from..=to).step_by(step.unwrap_or(1)));
        }
        Some(all)
    }

    fn has(&self, number: i8) -> bool {
        self.numbers.contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn schedules() {
        // A Saturday.
        let at = date(2026, 11, 21).at(18, 30, 0, 0);
        for text in [
            "* * * * *",
            "30 18 * * *",
            "*/15 16-20 21 NOV ?",
            "0,30 * * * sat",
            // One of the two is enough.
            "30 18 1 * 6",
            "30 18 21 * 1-5",
            "10/20 * * * *",
            // A step is no any.
            "30 18 */2 * 1",
        ] {
            assert!(Schedule::parse(text).unwrap().opens(at), "{text}");
        }
        for text in ["31 18 * * *", "30 18 * * 1-5", "30 18 20 * *", "30 18 1 * 1", "*/20 * * * *"] {
            assert!(!Schedule::parse(text).unwrap().opens(at), "{text}");
        }
        for text in ["", "* * * *", "60 * * * *", "* * * * 7", "5-1 * * * *", "*/0 * * * *", "x * * * *"] {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
    }
}
