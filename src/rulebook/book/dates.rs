//! Dates as they are written and the instants they are in a market.

use super::Context;
use crate::pricing::Window;
use crate::rulebook::syntax::{Fields, Findings, Node, Value, wrong_type};
use crate::rulebook::{Diagnostic, Span};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A written date, date and time, or instant with its offset.
#[derive(Clone, Debug)]
pub struct Instant {
    when: When,
    span: Span,
}

#[derive(Clone, Copy, Debug)]
enum When {
    /// By the clock of the market.
    Local(DateTime),
    /// With its offset: the same everywhere, in seconds since 1970.
    Exact(i64),
}

/// `from` and `until`, each optional.
#[derive(Clone, Debug, Default)]
pub struct WindowSpec {
    pub from: Option<Instant>,
    pub until: Option<Instant>,
}

impl Instant {
    pub fn read(node: &Node, out: &mut Findings) -> Option<Self> {
        let Value::Date(written) = &node.value else {
            wrong_type(node, "a date without quotes, such as 2026-11-23 or 2026-11-23T08:00:00", out);
            return None;
        };
        let exact = written.parse::<Timestamp>().map(|instant| When::Exact(instant.as_second()));
        let local = || written.parse::<DateTime>().map(When::Local);
        // A date alone is its midnight.
        let date = || written.parse::<Date>().map(|date| When::Local(date.at(0, 0, 0, 0)));
        let when = exact.or_else(|_| local()).or_else(|_| date()).ok();
        if when.is_none() {
            wrong_type(node, "a date, such as 2026-11-23 or 2026-11-23T08:00:00", out);
        }
        Some(Self { when: when?, span: node.span.clone() })
    }

    /// Seconds since 1970; a local time that does not exist or exists twice in `zone` is E0704.
    pub fn in_zone(&self, zone: &TimeZone, out: &mut Findings) -> Option<i64> {
        let local = match self.when {
            When::Exact(second) => return Some(second),
            When::Local(local) => local,
        };
        let instant =
            zone.to_ambiguous_timestamp(local).unambiguous().map(|instant| instant.as_second()).ok();
        if instant.is_none() {
            let name = zone.iana_name().unwrap_or("this zone");
            out.push(
                Diagnostic::error(
                    "E0704",
                    format!("{local} does not exist or exists twice in {name}"),
                    self.span.clone(),
                    "the clock is changed in that hour",
                )
                .note("write another hour, or the time with its offset, such as 2026-10-25T02:30:00+02:00"),
            );
        }
        instant
    }
}

impl Instant {
    /// Whether it is earlier as written; unlike ways of writing are not compared.
    fn before(&self, other: &Self) -> bool {
        match (self.when, other.when) {
            (When::Local(a), When::Local(b)) => a < b,
            (When::Exact(a), When::Exact(b)) => a < b,
            _ => true,
        }
    }
}

impl WindowSpec {
    pub fn read(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Self {
        let from = fields.optional("from").and_then(|node| Instant::read(node, &mut cx.out));
        let until = fields.optional("until").and_then(|node| Instant::read(node, &mut cx.out));
        if let (Some(from), Some(until)) = (&from, &until)
            && !from.before(until)
        {
            let title = "`until` is not after `from`";
            let label = "the window is half-open: `until` itself is outside";
            cx.out.push(
                Diagnostic::error("E0708", title, until.span.clone(), label)
                    .related(from.span.clone(), "from here"),
            );
        }
        Self { from, until }
    }

    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    pub fn in_zone(&self, zone: &TimeZone, out: &mut Findings) -> Window {
        let mut end =
            |instant: &Option<Instant>| instant.as_ref().and_then(|instant| instant.in_zone(zone, out));
        Window { from: end(&self.from).unwrap_or(i64::MIN), until: end(&self.until).unwrap_or(i64::MAX) }
    }
}
