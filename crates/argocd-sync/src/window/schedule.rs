//! Schedules as Argo CD reads them: the five fields of robfig/cron, without descriptors such as `@daily`
//! (pkg/apis/application/v1alpha1 `SyncWindow.Validate`).

use std::ops::RangeInclusive;

use jiff::{
    Span, ToSpan,
    civil::{DateTime, Weekday},
};

/// When a window begins, on the clock of its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// The values of one field as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    bits: u64,
    /// Whether it is `*` or `?`, which leaves the choice of days to the other field of days.
    is_star: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// How far a beginning is looked for: `29 2` comes every fourth year, or every eighth.
const YEARS: i32 = 9;

impl Schedule {
    /// Reads `minute hour day month weekday`. None if it is no schedule.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
        Some(Self {
            minutes: field(minutes, 0..=59, &[])?,
            hours: field(hours, 0..=23, &[])?,
            days: field(days, 1..=31, &[])?,
            months: field(months, 1..=12, &MONTHS)?,
            weekdays: field(weekdays, 0..=6, &WEEKDAYS)?,
        })
    }

    /// Returns the first beginning after `time`.
    pub(crate) fn after(&self, time: DateTime) -> Option<DateTime> {
        let mut next = at(time, time.hour(), time.minute())?.checked_add(1.minute()).ok()?;
        let end = time.checked_add(Span::new().years(YEARS)).ok()?;
        while next < end {
            let midnight = at(next, 0, 0)?;
            if !self.months.has(next.month()) {
                next = midnight.first_of_month().checked_add(1.month()).ok()?;
            } else if !self.has_day(next) {
                next = midnight.checked_add(1.day()).ok()?;
            } else if !self.hours.has(next.hour()) {
                next = at(next, next.hour(), 0)?.checked_add(1.hour()).ok()?;
            } else if !self.minutes.has(next.minute()) {
                next = next.checked_add(1.minute()).ok()?;
            } else {
                return Some(next);
            }
        }
        None
    }

    /// Whether it is one of the days. Of two fields that both choose, either suffices.
    fn has_day(&self, time: DateTime) -> bool {
        let (day, weekday) = (self.days.has(time.day()), self.weekdays.has(number(time.weekday())));
        if self.days.is_star || self.weekdays.is_star { day && weekday } else { day || weekday }
    }
}

fn number(weekday: Weekday) -> i8 {
    weekday.to_sunday_zero_offset()
}

fn at(day: DateTime, hour: i8, minute: i8) -> Option<DateTime> {
    DateTime::new(day.year(), day.month(), day.day(), hour, minute, 0, 0).ok()
}

impl Field {
    fn has(self, value: i8) -> bool {
        u32::try_from(value).is_ok_and(|value| self.bits >> value & 1 == 1)
    }
}

/// Reads `*`, `a`, `a-b`, each with a step `/n`, and lists of them.
fn field(text: &str, range: RangeInclusive<u32>, names: &[&str]) -> Option<Field> {
    let mut field = Field { bits: 0, is_star: false };
    for part in text.split(',') {
        let (values, step) = part.split_once('/').map_or((part, None), |(values, step)| (values, Some(step)));
        let step: u32 = step.map_or(Some(1), |step| step.parse().ok()).filter(|step| *step > 0)?;
        let is_star = matches!(values, "*" | "?");
        let (first, last) = match values.split_once('-') {
            _ if is_star => (*range.start(), *range.end()),
            Some((first, last)) => (value(first, names, &range)?, value(last, names, &range)?),
            None => {
                let first = value(values, names, &range)?;
                // `a/n` has no end of its own.
                (first, if part.contains('/') { *range.end() } else { first })
            }
        };
        if first > last || !range.contains(&first) || !range.contains(&last) {
            return None;
        }
        field.is_star |= is_star && step == 1;
        field.bits |=
            (first..=last).step_by(usize::try_from(step).ok()?).fold(0, |bits, value| bits | 1 << value);
    }
    Some(field)
}

fn value(text: &str, names: &[&str], range: &RangeInclusive<u32>) -> Option<u32> {
    let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
    match named {
        Some(index) => u32::try_from(index).ok().map(|index| index + range.start()),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(schedule: &str, time: &str) -> String {
        let next = Schedule::parse(schedule).unwrap().after(time.parse().unwrap());
        next.map_or("never".to_owned(), |next| next.strftime("%a %F %R").to_string())
    }

    #[test]
    fn the_next_beginning_is_found() {
        for (schedule, time, next) in [
            ("* * * * *", "2026-01-01T10:00:30", "Thu 2026-01-01 10:01"),
            ("0 22 * * *", "2026-01-01T22:00:00", "Fri 2026-01-02 22:00"),
            ("0 22 * * *", "2026-01-01T21:59:59", "Thu 2026-01-01 22:00"),
            ("*/20 8-10 * * *", "2026-01-01T10:40:00", "Fri 2026-01-02 08:00"),
            ("5/20 * * * *", "2026-01-01T10:30:00", "Thu 2026-01-01 10:45"),
            ("0 9 * * mon-FRI", "2026-01-02T10:00:00", "Mon 2026-01-05 09:00"),
            ("0 0 1 * *", "2026-01-15T00:00:00", "Sun 2026-02-01 00:00"),
            ("0 0 1 1,Jul ?", "2026-01-15T00:00:00", "Wed 2026-07-01 00:00"),
            ("0 0 29 2 *", "2026-03-01T00:00:00", "Tue 2028-02-29 00:00"),
            ("0 0 31 2 *", "2026-03-01T00:00:00", "never"),
            // Either field of days suffices, but not where one is a star.
            ("0 0 13 * fri", "2026-02-01T00:00:00", "Fri 2026-02-06 00:00"),
            ("0 0 * * fri", "2026-02-07T00:00:00", "Fri 2026-02-13 00:00"),
            ("0 0 13 * *", "2026-02-07T00:00:00", "Fri 2026-02-13 00:00"),
        ] {
            assert_eq!(after(schedule, time), next, "{schedule} after {time}");
        }
    }

    #[test]
    fn what_argo_cd_does_not_read_is_refused() {
        for text in [
            "",
            "@daily",
            "0 22 * *",
            "60 * * * *",
            "0 0 0 * *",
            "0 0 * * 7",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
        ] {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
    }
}
