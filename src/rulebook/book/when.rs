//! `when` of a season: weekdays, times, days of the month, holidays and dates.

use super::{Context, Holidays};
use crate::pricing::{DayRange, MonthDay, Now, TimeRange, When, day_number};
use crate::rulebook::syntax::{Fields, Findings, Node, pieces, text, unknown_name};
use crate::rulebook::{Applicability, Diagnostic, Edit, Span};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

#[derive(Clone, Debug)]
pub struct WhenSpec {
    pub when: When,
    /// Where the times are written: in some markets a time may not exist on some day.
    time: Option<Span>,
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Clock changes are looked at in these years: what the rules of today say about the time a rulebook is for.
const CLOCK_YEARS: (&str, &str) = ("2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z");

pub fn read_when(node: &Node, key: &Span, holidays: &Holidays, cx: &mut Context<'_>) -> Option<WhenSpec> {
    let mut fields = Fields::of(node, key, "`when`", &mut cx.out)?;
    let before = cx.out.count();
    let mut when = When::default();
    let mut words = Vec::new();
    let mut say = |key: &str, node: &Node, cx: &mut Context<'_>| {
        let written = text(node, &mut cx.out).unwrap_or("");
        words.push(format!("{key} {written}"));
    };
    if let Some(node) = fields.optional("weekday") {
        say("weekday", node, cx);
        when.weekdays = read_weekdays(node, cx);
    }
    let time = fields.optional("time");
    if let Some(node) = time {
        say("time", node, cx);
        when.times = list_of(node, "a span of times such as `17:00 .. 21:00`", cx, time_range);
    }
    if let Some(node) = fields.optional("day_of_month") {
        say("day of month", node, cx);
        when.days_of_month = list_of(
            node,
            "days from 1 to 31, such as `5 .. 8 | 20`, or `28 .. 31 | 1 .. 3` over the month's end",
            cx,
            month_days,
        );
    }
    let (holiday, days) = (fields.optional("holiday"), fields.entry("days"));
    if let Some(node) = holiday {
        say("holiday", node, cx);
        let offset = days.map(|(_, node)| {
            say("days", node, cx);
            list_of(node, "days around the holiday, such as `-7 .. +2`", cx, offsets)
        });
        when.dates = Some(read_holidays(node, offset.as_deref().unwrap_or(&[(0, 0)]), holidays, cx));
    } else if let Some((key, _)) = days {
        let title = "`days` counts from a holiday, and none is named";
        cx.out.push(Diagnostic::error("E0203", title, key.clone(), "add `holiday = \"…\"`"));
    }
    if let Some(node) = fields.optional("dates") {
        say("dates", node, cx);
        read_dates(node, &mut when, cx);
    }
    fields.finish(&mut cx.out);
    if words.is_empty() && cx.out.count() == before {
        let title = "an empty `when` says nothing";
        let label = "takes: weekday, time, day_of_month, holiday, days, dates";
        cx.out.push(Diagnostic::error("E0206", title, node.span.clone(), label));
    }
    when.text = words.join(", ").into();
    Some(WhenSpec { when, time: time.map(|node| node.span.clone()) })
}

impl WhenSpec {
    /// The same, with words about what it is.
    pub fn named(mut self, words: &str) -> Self {
        let texts = [words, &*self.when.text];
        self.when.text =
            texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ").into();
        self
    }

    /// What holds always.
    pub fn always() -> Self {
        Self { when: When::default(), time: None }
    }

    /// E0704 where an end of a time does not exist or exists twice on one of its days in `zone`.
    pub fn check_clock(&self, zone: &TimeZone, out: &mut Findings) {
        let Some(span) = &self.time else { return };
        let (Ok(from), Ok(until)) = (CLOCK_YEARS.0.parse::<Timestamp>(), CLOCK_YEARS.1.parse::<Timestamp>())
        else {
            return;
        };
        for change in zone.following(from).take_while(|change| change.timestamp() < until) {
            let Ok(just_before) = change.timestamp().checked_sub(jiff::SignedDuration::from_secs(1)) else {
                continue;
            };
            let before = i64::from(zone.to_offset(just_before).seconds());
            let after = i64::from(change.offset().seconds());
            let instant = change.timestamp().as_second();
            let (low, high) = (instant + before.min(after), instant + before.max(after));
            for range in &self.when.times {
                let crosses = range.until <= range.from;
                let hit = self.edge_hit(range.from, 0, (low, high))
                    || self.edge_hit(range.until, i64::from(crosses), (low, high));
                if hit {
                    let day = zone.to_datetime(change.timestamp()).date();
                    let name = zone.iana_name().unwrap_or("this zone");
                    out.push(
                        Diagnostic::error(
                            "E0704",
                            format!("a time of this season does not exist or exists twice in {name} on {day}"),
                            span.clone(),
                            "the clock is changed in that hour",
                        )
                        .note("move the time out of the hour, or name weekdays on which the clock is not changed"),
                    );
                    return;
                }
            }
        }
    }

    /// Whether the time `second` of some day that counts lies in the local seconds `[low, high)`; `late` days after its start day.
    fn edge_hit(&self, second: i32, late: i64, (low, high): (i64, i64)) -> bool {
        (low.div_euclid(86_400)..=high.div_euclid(86_400)).any(|day| {
            let local = day * 86_400 + i64::from(second);
            let noon = (day - late) * 86_400 + 43_200;
            let days_only = When { times: [].into(), ..self.when.clone() };
            (low..high).contains(&local) && days_only.holds(&Now::new(noon, &TimeZone::UTC))
        })
    }
}

/// The alternatives of a list, each read by `read`; what it does not understand is E0708.
fn list_of<T>(node: &Node, due: &str, cx: &mut Context<'_>, read: impl Fn(&str) -> Option<T>) -> Box<[T]> {
    let Some(written) = text(node, &mut cx.out) else {
        return [].into();
    };
    let mut list = Vec::new();
    for (piece, range) in pieces(written) {
        match read(piece) {
            Some(item) => list.push(item),
            None => {
                let title = format!("`{piece}` is not understood");
                let span = node.part(range);
                let finding = Diagnostic::error("E0708", title, span.clone(), format!("write {due}"));
                let (first, last) = ends(piece);
                let exchanged = format!("{last} .. {first}");
                cx.out.push(if first != last && read(&exchanged).is_some() {
                    let edits = vec![Edit { span, text: exchanged }];
                    finding.note("the first end comes before the last").fix(
                        Applicability::Maybe,
                        "exchange the two ends",
                        edits,
                    )
                } else {
                    finding
                });
            }
        }
    }
    list.into()
}

fn read_weekdays(node: &Node, cx: &mut Context<'_>) -> u8 {
    let day = |word: &str| WEEKDAYS.iter().position(|known| *known == word);
    let spans = list_of(node, "weekdays such as `fri | sat` or `mon .. fri`", cx, |piece| {
        match piece.split_once("..") {
            None => day(piece).map(|day| (day, day)),
            Some((first, last)) => Some((day(first.trim())?, day(last.trim())?)),
        }
    });
    let mut bits = 0;
    for (first, last) in &spans {
        let mut at = *first;
        loop {
            bits |= 1 << at;
            if at == *last {
                break;
            }
            at = (at + 1) % 7;
        }
    }
    bits
}

fn time_range(piece: &str) -> Option<TimeRange> {
    let (from, until) = piece.split_once("..")?;
    let (from, until) = (clock(from.trim())?, clock(until.trim())?);
    let whole_day = from == until;
    (from < 86_400 && !whole_day).then_some(TimeRange { from, until })
}

/// `HH:MM`; `24:00` is the day's end.
fn clock(text: &str) -> Option<i32> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let second = hours * 3_600 + minutes * 60;
    (minutes < 60 && second <= 86_400).then_some(second)
}

fn month_days(piece: &str) -> Option<(i8, i8)> {
    let (first, last) = ends(piece);
    let (first, last): (i8, i8) = (first.parse().ok()?, last.parse().ok()?);
    (1 <= first && first <= last && last <= 31).then_some((first, last))
}

fn offsets(piece: &str) -> Option<(i32, i32)> {
    let (first, last) = ends(piece);
    let number = |text: &str| text.strip_prefix('+').unwrap_or(text).parse::<i32>().ok();
    let (first, last) = (number(first)?, number(last)?);
    (-366 <= first && first <= last && last <= 366).then_some((first, last))
}

fn ends(piece: &str) -> (&str, &str) {
    match piece.split_once("..") {
        Some((first, last)) => (first.trim(), last.trim()),
        None => (piece, piece),
    }
}

fn read_holidays(
    node: &Node,
    offsets: &[(i32, i32)],
    holidays: &Holidays,
    cx: &mut Context<'_>,
) -> Box<[DayRange]> {
    let Some(written) = text(node, &mut cx.out) else {
        return [].into();
    };
    let mut days = Vec::new();
    for (name, range) in pieces(written) {
        let Some(known) = holidays.get(name) else {
            let calendar = name.split_once(':').map_or(name, |(calendar, _)| calendar);
            let same: Vec<&str> = holidays
                .names()
                .filter(|known| known.split_once(':').is_some_and(|(known, _)| known == calendar))
                .collect();
            let names = if same.is_empty() { holidays.names().collect() } else { same };
            let finding = unknown_name("E0710", "holiday of a known calendar", name, node.part(range), names);
            cx.out.push(finding.note("a holiday is named by calendar and name, such as `KZ:nauryz`; `tables/holidays.csv` can add some"));
            continue;
        };
        for day in known {
            days.extend(
                offsets
                    .iter()
                    .map(|(first, last)| DayRange { first: day.first + first, last: day.last + last }),
            );
        }
    }
    days.sort();
    days.into()
}

/// Dates with a year, or days of every year.
fn read_dates(node: &Node, when: &mut When, cx: &mut Context<'_>) {
    enum Dates {
        Days(DayRange),
        Yearly(MonthDay, MonthDay),
    }
    let read = |piece: &str| {
        let (first, last) = ends(piece);
        let date = |text: &str| text.parse::<Date>().ok().filter(|_| text.len() == 10).map(day_number);
        if let (Some(first), Some(last)) = (date(first), date(last)) {
            return (first <= last).then_some(Dates::Days(DayRange { first, last }));
        }
        Some(Dates::Yearly(month_day(first)?, month_day(last)?))
    };
    let due = "dates such as `2026-12-01 .. 2026-12-24`, or days of every year such as `12-01 .. 12-24`";
    let (mut days, mut yearly) = (Vec::new(), Vec::new());
    for item in list_of(node, due, cx, read) {
        match item {
            Dates::Days(range) => days.push(range),
            Dates::Yearly(first, last) => yearly.push((first, last)),
        }
    }
    if !days.is_empty() && !yearly.is_empty() {
        let title = "dates of one year and days of every year stand in one list";
        cx.out.push(Diagnostic::error("E0708", title, node.span.clone(), "write two seasons"));
    }
    days.sort();
    if !days.is_empty() {
        when.dates = Some(match &when.dates {
            None => days.into(),
            Some(holidays) => common(holidays, &days),
        });
    }
    when.days_of_year = yearly.into();
}

fn month_day(text: &str) -> Option<MonthDay> {
    let (month, day) = text.split_once('-')?;
    // A leap year has every day that some year has.
    let date: Date = format!("2024-{month}-{day}").parse().ok().filter(|_| text.len() == 5)?;
    Some(MonthDay(date.month(), date.day()))
}

/// The days in both lists.
fn common(a: &[DayRange], b: &[DayRange]) -> Box<[DayRange]> {
    let mut both: Vec<DayRange> = a
        .iter()
        .flat_map(|a| b.iter().map(|b| DayRange { first: a.first.max(b.first), last: a.last.min(b.last) }))
        .filter(|range| range.first <= range.last)
        .collect();
    both.sort();
    both.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_days_are_read_strictly() {
        assert_eq!(time_range("22:00 .. 02:00"), Some(TimeRange { from: 79_200, until: 7_200 }));
        for bad in ["17 .. 21", "17:00", "17:60 .. 18:00", "25:00 .. 26:00", "7:00 .. 8:00", "08:00 .. 08:00"]
        {
            assert_eq!(time_range(bad), None, "{bad}");
        }
        assert_eq!(month_days("5 .. 8"), Some((5, 8)));
        assert_eq!(month_days("8 .. 5"), None);
        assert_eq!(offsets("-7 .. +2"), Some((-7, 2)));
        assert_eq!(month_day("02-29"), Some(MonthDay(2, 29)));
        assert_eq!(month_day("02-30"), None);
    }

    #[test]
    fn the_clock_is_checked_on_days_that_count() {
        let season = |weekdays, time: &str| WhenSpec {
            when: When { weekdays, times: [time_range(time).unwrap()].into(), ..When::default() },
            time: Some(Span { file: "x".into(), start: 0, end: 0 }),
        };
        let bad = |spec: WhenSpec, zone: &str| {
            let mut out = Findings::default();
            spec.check_clock(&TimeZone::get(zone).unwrap(), &mut out);
            !out.is_empty()
        };
        assert!(bad(season(0, "02:30 .. 04:00"), "Europe/Berlin"));
        assert!(bad(season(0, "02:00 .. 04:00"), "Europe/Berlin"));
        assert!(!bad(season(0, "03:00 .. 04:00"), "Europe/Berlin"));
        assert!(!bad(season(0, "02:30 .. 04:00"), "Asia/Almaty"));
        let (saturday, sunday) = (1 << 5, 1 << 6);
        assert!(!bad(season(saturday, "02:30 .. 04:00"), "Europe/Berlin"));
        assert!(bad(season(sunday, "02:30 .. 04:00"), "Europe/Berlin"));
        assert!(bad(season(saturday, "22:00 .. 02:30"), "Europe/Berlin"));
        assert!(!bad(season(sunday, "22:00 .. 02:30"), "Europe/Berlin"));
    }
}
