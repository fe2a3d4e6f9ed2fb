//! When rules are open: windows, weekdays, times, holidays, all in the market's time.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A half-open span of instants, seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: i64,
    pub until: i64,
}

/// A recurring condition; each list that is not empty must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct When {
    /// Bit 0 is Monday; 0 asks for nothing.
    pub weekdays: u8,
    pub times: Box<[TimeRange]>,
    /// Days of the month, both ends included.
    pub days_of_month: Box<[(i8, i8)]>,
    /// Days of the year, both ends included; they may run over the year's end.
    pub days_of_year: Box<[(MonthDay, MonthDay)]>,
    /// Dates, both ends included, sorted: holidays with their offsets, and dates as written.
    pub dates: Option<Box<[DayRange]>>,
    /// As written, for explanations.
    pub text: Box<str>,
}

/// Seconds of the day, half-open. `until` at or before `from` runs across midnight and belongs to its start day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    pub from: i32,
    pub until: i32,
}

/// (month, day).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay(pub i8, pub i8);

/// Days since 1970, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayRange {
    pub first: i32,
    pub last: i32,
}

/// One instant as a market's clock and calendar show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Seconds of the local day, by the clock on the wall.
    pub second: i32,
    today: Day,
    yesterday: Day,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Day {
    number: i32,
    weekday: i8,
    month_day: MonthDay,
}

impl Window {
    pub const ALWAYS: Self = Self { from: i64::MIN, until: i64::MAX };

    #[must_use]
    #[inline]
    pub fn holds(self, at: i64) -> bool {
        self.from <= at && at < self.until
    }

    /// Whether the two share an instant.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.from.max(other.from) < self.until.min(other.until)
    }
}

impl Now {
    /// The instant `at` (seconds since 1970) in `zone`; an instant no calendar holds is the nearest that one does.
    #[must_use]
    pub fn new(at: i64, zone: &TimeZone) -> Self {
        let clamped =
            at.clamp(jiff::Timestamp::MIN.as_second() + 86_400, jiff::Timestamp::MAX.as_second() - 86_400);
        let local = zone.to_datetime(jiff::Timestamp::from_second(clamped).unwrap_or_default());
        let date = local.date();
        let second =
            i32::from(local.hour()) * 3_600 + i32::from(local.minute()) * 60 + i32::from(local.second());
        Self { at, second, today: Day::new(date), yesterday: Day::new(date.yesterday().unwrap_or(date)) }
    }

    /// Month and day of the local date.
    #[must_use]
    pub fn month_day(&self) -> MonthDay {
        self.today.month_day
    }

    /// The local date, in days since 1970.
    #[must_use]
    pub fn day(&self) -> i32 {
        self.today.number
    }
}

impl Day {
    fn new(date: Date) -> Self {
        Self {
            number: day_number(date),
            weekday: date.weekday().to_monday_zero_offset(),
            month_day: MonthDay(date.month(), date.day()),
        }
    }
}

/// Days since 1970-01-01.
#[must_use]
pub fn day_number(date: Date) -> i32 {
    let seconds = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_or(0, |instant| instant.as_second());
    i32::try_from(seconds.div_euclid(86_400)).unwrap_or(0)
}

impl When {
    /// Whether the condition holds now.
    #[must_use]
    pub fn holds(&self, now: &Now) -> bool {
        if self.times.is_empty() {
            return self.day_holds(now.today);
        }
        self.times.iter().any(|range| {
            let crosses = range.until <= range.from;
            let evening = range.from <= now.second && (crosses || now.second < range.until);
            let morning = crosses && now.second < range.until;
            evening && self.day_holds(now.today) || morning && self.day_holds(now.yesterday)
        })
    }

    fn day_holds(&self, day: Day) -> bool {
        let weekday = self.weekdays == 0 || self.weekdays >> day.weekday & 1 == 1;
        let of_month = self.days_of_month.is_empty()
            || self.days_of_month.iter().any(|(first, last)| (*first..=*last).contains(&day.month_day.1));
        let of_year = self.days_of_year.is_empty()
            || self.days_of_year.iter().any(|(first, last)| match first <= last {
                true => (*first..=*last).contains(&day.month_day),
                false => *first <= day.month_day || day.month_day <= *last,
            });
        let dates = self
            .dates
            .as_ref()
            .is_none_or(|ranges| ranges.iter().any(|range| (range.first..=range.last).contains(&day.number)));
        weekday && of_month && of_year && dates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(text: &str, zone: &str) -> Now {
        Now::new(crate::facts::parse_instant(text).unwrap(), &TimeZone::get(zone).unwrap())
    }

    #[test]
    fn a_window_across_midnight_belongs_to_its_start_day() {
        let friday_night = When {
            weekdays: 1 << 4,
            times: [TimeRange { from: 22 * 3_600, until: 2 * 3_600 }].into(),
            ..When::default()
        };
        let berlin = |text| friday_night.holds(&now(text, "Europe/Berlin"));
        assert!(berlin("2026-11-20T23:00:00+01:00"));
        assert!(berlin("2026-11-21T01:59:59+01:00"));
        assert!(!berlin("2026-11-21T02:00:00+01:00"));
        assert!(!berlin("2026-11-20T01:00:00+01:00"));
        assert!(!berlin("2026-11-21T23:00:00+01:00"));
    }

    #[test]
    fn days_are_the_markets_days() {
        let payday = When { days_of_month: [(5, 8)].into(), ..When::default() };
        assert!(payday.holds(&now("2026-11-04T20:00:00Z", "Asia/Almaty")));
        assert!(!payday.holds(&now("2026-11-04T18:59:59Z", "Asia/Almaty")));
        let new_year = When { days_of_year: [(MonthDay(12, 28), MonthDay(1, 3))].into(), ..When::default() };
        assert!(new_year.holds(&now("2026-01-03T12:00:00Z", "UTC")));
        assert!(!new_year.holds(&now("2026-01-04T12:00:00Z", "UTC")));
    }
}
