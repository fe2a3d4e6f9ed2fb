//! How much an adjustment changes a target: always the same, or as the year goes.

use super::{MonthDay, Now, When};
use crate::money::Ratio;

/// The change of an adjustment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Always(Ratio),
    /// One for each month (12) or each week (52) of the year.
    Yearly(Box<[Ratio]>),
}

/// Days of the months of a leap year, so that a date is in the same week every year.
const MONTHS: [i8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl Change {
    /// The change by the local date.
    #[must_use]
    pub fn on(&self, now: &Now) -> Ratio {
        match self {
            Self::Always(change) => *change,
            Self::Yearly(parts) => {
                let part = part(parts.len(), now.month_day());
                parts.get(part).copied().unwrap_or(Ratio::ZERO)
            }
        }
    }

    /// The smallest and the largest change of a year.
    #[must_use]
    pub fn range(&self) -> (Ratio, Ratio) {
        match self {
            Self::Always(change) => (*change, *change),
            Self::Yearly(parts) => {
                let ends = parts.iter().min().zip(parts.iter().max());
                ends.map_or((Ratio::ZERO, Ratio::ZERO), |(low, high)| (*low, *high))
            }
        }
    }

    /// A condition that begins or ceases to hold whenever the change is another one.
    #[must_use]
    pub fn turns(&self) -> Option<When> {
        let Self::Yearly(parts) = self else { return None };
        let mut spans: Vec<(MonthDay, MonthDay)> = Vec::new();
        let mut last = None;
        for day in days().filter(|day| part(parts.len(), *day) % 2 == 1) {
            let part = part(parts.len(), day);
            match spans.last_mut() {
                Some(span) if last == Some(part) => span.1 = day,
                _ => spans.push((day, day)),
            }
            last = Some(part);
        }
        Some(When { days_of_year: spans.into(), ..When::default() })
    }
}

fn days() -> impl Iterator<Item = MonthDay> {
    (1_i8..).zip(MONTHS).flat_map(|(month, last)| (1..=last).map(move |day| MonthDay(month, day)))
}

/// Which of 12 months or 52 weeks a day is in, from 0. Weeks are counted from 1 January; the last one has nine days.
fn part(parts: usize, MonthDay(month, day): MonthDay) -> usize {
    let months = usize::try_from(month - 1).unwrap_or(0);
    if parts == MONTHS.len() {
        return months;
    }
    let before: i32 = MONTHS.iter().take(months).map(|days| i32::from(*days)).sum();
    let day = before + i32::from(day) - 1;
    usize::try_from(day / 7).unwrap_or(0).min(parts.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn at(date: &str) -> Now {
        let instant: jiff::Timestamp = format!("{date}T00:00:00Z").parse().unwrap();
        Now::new(instant.as_second(), &TimeZone::UTC)
    }

    #[test]
    fn a_date_has_its_month_or_its_week() {
        let numbered = |count: i64| Change::Yearly((1..=count).map(Ratio::from_nanos).collect());
        let (months, weeks) = (numbered(12), numbered(52));
        for (date, month, week) in [
            ("2026-01-01", 1, 1),
            ("2026-01-07", 1, 1),
            ("2026-01-08", 1, 2),
            ("2024-02-29", 2, 9),
            ("2026-03-01", 3, 9),
            ("2024-03-01", 3, 9),
            ("2026-12-22", 12, 51),
            ("2026-12-23", 12, 52),
            ("2026-12-31", 12, 52),
        ] {
            assert_eq!(months.on(&at(date)).nanos(), month, "{date}");
            assert_eq!(weeks.on(&at(date)).nanos(), week, "{date}");
        }
        assert_eq!(weeks.range(), (Ratio::from_nanos(1), Ratio::from_nanos(52)));
        assert_eq!(Change::Always(Ratio::ONE).on(&at("2026-05-05")), Ratio::ONE);
    }

    #[test]
    fn what_holds_turns_with_the_change() {
        for count in [12, 52] {
            let change = Change::Yearly((1..=count).map(Ratio::from_nanos).collect());
            let turns = change.turns().unwrap();
            let days = (0..800).map(|day| Now::new(1_735_689_600 + day * 86_400, &TimeZone::UTC));
            let days: Vec<Now> = days.collect();
            for pair in days.windows(2) {
                let turned = turns.holds(&pair[0]) != turns.holds(&pair[1]);
                assert_eq!(turned, change.on(&pair[0]) != change.on(&pair[1]), "{pair:?}");
            }
        }
        assert_eq!(Change::Always(Ratio::ONE).turns(), None);
    }
}
