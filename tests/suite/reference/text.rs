//! Words of the rulebook and the feeds: money, percents, durations, instants, and a small CSV reader.

use super::num::{self, Q};
use std::collections::BTreeMap;

/// Minor digits of a currency (ISO 4217; decisions 1.6).
pub fn minor_digits(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "ISK" | "CLP" | "VND" => 0,
        "KWD" | "BHD" | "OMR" | "JOD" | "TND" | "IQD" | "LYD" => 3,
        _ => 2,
    }
}

/// `12.5%`, a sign in front allowed; at most 7 decimals (decisions 1.2).
pub fn percent(text: &str) -> Option<Q> {
    let number = text.trim().strip_suffix('%')?;
    let (value, places) = num::parse(number.strip_prefix('+').unwrap_or(number))?;
    (places <= 7).then(|| value / num::q(100))
}

/// `298.00 EUR`; at most 6 decimals and inside the range of amounts (decisions 1.1).
pub fn money(text: &str) -> Option<(Q, String)> {
    let (number, currency) = text.trim().split_once(' ')?;
    let currency = currency.trim();
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        return None;
    }
    Some((amount(number)?, currency.to_string()))
}

/// The number of an amount, without currency.
pub fn amount(text: &str) -> Option<Q> {
    let (value, places) = num::parse(text)?;
    (places <= 6 && num::fits(&value, num::AMOUNT_PLACES)).then_some(value)
}

/// Money in several currencies, `"20 EUR | 9000 KZT"`: the one of the market applies (RULEBOOK 2.4).
#[derive(Clone, Debug, Default)]
pub struct Monies(pub BTreeMap<String, Q>);

impl Monies {
    pub fn parse(text: &str) -> Result<Monies, String> {
        let mut all = BTreeMap::new();
        for part in text.split('|').map(str::trim) {
            let (value, currency) = money(part).ok_or(format!("`{part}` is not money"))?;
            all.insert(currency, value);
        }
        Ok(Monies(all))
    }

    /// Zero needs no currency of the market (semantics 2, FX).
    pub fn of(&self, currency: &str) -> Option<Q> {
        if let Some(value) = self.0.get(currency) {
            return Some(value.clone());
        }
        self.0.values().any(|value| *value == num::zero()).then(num::zero)
    }
}

/// Whole seconds: `11w`, `1.5h` (decisions 1.4).
pub fn duration(text: &str) -> Option<Q> {
    let text = text.trim();
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let (value, _) = num::parse(&text[..text.len() - 1])?;
    let total = value * num::q(seconds);
    total.is_integer().then_some(total)
}

/// An RFC 3339 instant, as seconds since 1970 (exact).
pub fn instant(text: &str) -> Option<jiff::Timestamp> {
    text.trim().parse().ok()
}

/// Seconds from `earlier` to `later`, negative if they are the other way round.
pub fn seconds_between(earlier: jiff::Timestamp, later: jiff::Timestamp) -> Q {
    let nanos = later.as_nanosecond() - earlier.as_nanosecond();
    Q::from_integer(nanos.into()) / num::q(1_000_000_000)
}

/// A range closed at both ends whatever its dots (semantics 4.4): `limit`, `absolute`, `[facts]`, days.
pub fn closed<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<(T, T)> {
    let (low, high) = text.split_once("..")?;
    Some((parse(low.trim())?, parse(high.trim_start_matches('=').trim())?))
}

/// A CSV file: header and rows, comma, optional double quotes. The number is the line as Excel counts.
pub struct Csv {
    pub header: Vec<String>,
    pub rows: Vec<(u32, Vec<String>)>,
}

pub fn csv(text: &str) -> Csv {
    let mut lines = Vec::new();
    let (mut row, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.chars().filter(|c| *c != '\r').peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut row));
            }
            _ => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        lines.push(row);
    }
    let mut numbered = (1u32..).zip(lines);
    let header = numbered.next().map(|(_, header)| header).unwrap_or_default();
    Csv { header, rows: numbered.filter(|(_, row)| row.iter().any(|c| !c.is_empty())).collect() }
}

impl Csv {
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|header| header == name)
    }
}
