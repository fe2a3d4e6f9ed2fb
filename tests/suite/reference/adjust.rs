//! Seasons and stock rules (semantics 5, decisions 6).

use super::doc;
use super::entry::{Setting, Source};
use super::num::{self, Q};
use super::season::Fitted;
use super::text;
use jiff::civil::{Date, DateTime, Time};
use std::collections::BTreeMap;
use toml::Table;

#[derive(Clone, Debug)]
pub struct Adjustment {
    change: Change,
    pub relax: Vec<String>,
    pub when: When,
}

#[derive(Clone, Debug)]
enum Change {
    Written(Q),
    Fitted(Fitted),
}

impl Adjustment {
    /// Whether it says anything of this item: a fitted season does so of the categories of its file.
    pub fn concerns(&self, setting: &Setting) -> bool {
        match &self.change {
            Change::Written(_) => true,
            Change::Fitted(fitted) => fitted.category(setting.values).is_some(),
        }
    }

    /// What it adds, and for a fitted season how that came about.
    pub fn change(&self, setting: &Setting) -> (Q, Option<String>) {
        match &self.change {
            Change::Written(change) => (change.clone(), None),
            Change::Fitted(fitted) => {
                let (change, how) = fitted.change(setting);
                (change, Some(how))
            }
        }
    }
}

/// Conditions on local time; all that are given hold for the same start day.
#[derive(Clone, Debug, Default)]
pub struct When {
    weekdays: Option<Vec<(i8, i8)>>,
    month_days: Option<Vec<(i8, i8)>>,
    /// half-open windows in minutes of the day; one whose end is not after its start runs into the next day
    times: Option<Vec<(i32, i32)>>,
    /// first and last days of the holiday, offsets applied
    holidays: Option<Vec<(Date, Date)>>,
}

/// `calendar:holiday` → its first and last days, one pair for each year.
pub type Holidays = BTreeMap<String, Vec<(Date, Date)>>;

pub fn holidays(file: &str) -> Result<Holidays, String> {
    let csv = text::csv(file);
    let mut holidays = Holidays::new();
    for (number, row) in &csv.rows {
        let cell = |name: &str| {
            csv.column(name).and_then(|i| row.get(i)).ok_or(format!("holidays: no column `{name}`"))
        };
        let day = |name: &str| -> Result<Date, String> {
            cell(name)?.parse().map_err(|e| format!("holidays, row {number}: {e}"))
        };
        let name = format!("{}:{}", cell("calendar")?, cell("holiday")?);
        holidays.entry(name).or_default().push((day("first")?, day("last")?));
    }
    Ok(holidays)
}

pub fn parse(source: &Source, holidays: &Holidays, table: &Table) -> Result<Adjustment, String> {
    let change = match doc::table(table, "fitted")? {
        None => Change::Written(doc::percent(table, "adjust")?.ok_or("`adjust` is missing")?),
        Some(fitted) => Change::Fitted(Fitted::parse(source, fitted)?),
    };
    Ok(Adjustment {
        change,
        relax: doc::texts(table, "relax")?,
        when: doc::table(table, "when")?.map(|w| when(holidays, w)).transpose()?.unwrap_or_default(),
    })
}

fn when(holidays: &Holidays, table: &Table) -> Result<When, String> {
    let weekday = |word: &str| {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        days.iter().position(|day| *day == word).map(|i| i as i8 + 1)
    };
    let number = |word: &str| word.parse::<i8>().ok();
    let holidays = match doc::text(table, "holiday")? {
        None => None,
        Some(name) => {
            let (before, after) = match doc::text(table, "days")? {
                None => (0, 0),
                Some(words) => text::closed(words, |w| w.parse::<i32>().ok()).ok_or("`days` is no range")?,
            };
            let days = holidays.get(name).ok_or(format!("no holiday `{name}`"))?;
            let moved = |day: Date, by: i32| day.saturating_add(jiff::Span::new().days(by));
            Some(days.iter().map(|(first, last)| (moved(*first, before), moved(*last, after))).collect())
        }
    };
    Ok(When {
        weekdays: doc::text(table, "weekday")?.map(|t| list(t, weekday)).transpose()?,
        month_days: doc::text(table, "day_of_month")?.map(|t| list(t, number)).transpose()?,
        times: doc::text(table, "time")?.map(|t| list(t, minute)).transpose()?,
        holidays,
    })
}

/// `a | b .. c`: single values and ranges.
fn list<T: Copy>(words: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<(T, T)>, String> {
    let parts = words.split('|').map(str::trim);
    let pairs = parts.map(|part| text::closed(part, &parse).or_else(|| parse(part).map(|one| (one, one))));
    pairs.collect::<Option<_>>().ok_or(format!("`{words}` cannot be read"))
}

/// `17:00` as minutes of the day; `24:00` is its end.
fn minute(word: &str) -> Option<i32> {
    let (hour, minute) = word.split_once(':')?;
    let (hour, minute): (i32, i32) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..=24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
}

impl When {
    /// Whether a local moment matches. A window across midnight belongs to its start day.
    pub fn holds(&self, local: DateTime) -> bool {
        let Some(times) = &self.times else {
            return self.day_holds(local.date());
        };
        let yesterday = local.date().yesterday();
        times.iter().any(|(from, to)| {
            let today = if from < to {
                at_or_after(local.time(), *from) && !at_or_after(local.time(), *to)
            } else {
                at_or_after(local.time(), *from)
            };
            let spilled = from >= to && !at_or_after(local.time(), *to);
            (today && self.day_holds(local.date()))
                || (spilled && yesterday.as_ref().is_ok_and(|day| self.day_holds(*day)))
        })
    }

    fn day_holds(&self, day: Date) -> bool {
        let among = |ranges: &Option<Vec<(i8, i8)>>, value: i8| {
            ranges
                .as_ref()
                .is_none_or(|ranges| ranges.iter().any(|(low, high)| (*low..=*high).contains(&value)))
        };
        let holiday = self
            .holidays
            .as_ref()
            .is_none_or(|days| days.iter().any(|(first, last)| *first <= day && day <= *last));
        among(&self.weekdays, day.weekday().to_monday_one_offset())
            && among(&self.month_days, day.day())
            && holiday
    }
}

fn at_or_after(time: Time, minute: i32) -> bool {
    i32::from(time.hour()) * 60 + i32::from(time.minute()) >= minute
}

/// The product of all (1 + change), clamped to the limit; none if nothing matches.
pub fn factor(changes: &[Q], limit: Option<&(Q, Q)>) -> Option<Q> {
    if changes.is_empty() {
        return None;
    }
    let product = changes.iter().fold(num::one(), |product, change| product * (num::one() + change));
    Some(match limit {
        None => product,
        Some((low, high)) => product.max(num::one() + low).min(num::one() + high),
    })
}
